"""The data folder: made and checked before anything is written to it, and locked against a second owner."""

from __future__ import annotations

import errno
import fcntl
import os
import shutil
import tempfile
import time
from contextlib import suppress
from pathlib import Path

from app.kit.errors import OperatorError


def explain(folder: Path, error: OSError) -> OperatorError:
    """The sentence for an operating-system error met while writing below `folder`."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT):
        return disk_full(folder)
    if error.errno in (errno.ENOTDIR, errno.EEXIST):
        return OperatorError(
            f"The data folder {folder} cannot be used, as a file is in its place: "
            "move that file away, or set VIVA_DATA_DIR to another folder."
        )
    return OperatorError(
        f"Viva cannot write to its data folder {folder} ({error.strerror or error}): "
        "make it writable for this account, or set VIVA_DATA_DIR to another folder."
    )


def disk_full(folder: Path) -> OperatorError:
    """The sentence for a full disk."""
    return OperatorError(
        f"The disk that holds the data folder {folder} is full: "
        "free some space and start again, or set VIVA_DATA_DIR to a folder on another disk."
    )


def prepare(folder: Path, need_bytes: int = 0) -> Path:
    """Make the data folder if need be, and prove by writing that it can be written to. Returns its absolute path.

    Raises:
        OperatorError: it cannot be made or written, or the disk has less than `need_bytes` left.
    """
    try:
        # The real path: a link along the way may be changed while Viva runs, and PostgreSQL's socket must not move.
        folder = folder.expanduser().resolve()
        if not folder.exists():
            folder.mkdir(mode=0o700, parents=True, exist_ok=True)
            give_to_owner(folder, folder.parent)
        with tempfile.TemporaryFile(dir=folder) as probe:
            probe.write(bytes(8192))
            probe.flush()
            os.fsync(probe.fileno())
        free = shutil.disk_usage(folder).free
    except OSError as error:
        raise explain(folder, error) from None
    if free < need_bytes:
        raise OperatorError(
            f"The disk that holds the data folder {folder} has {free // 2**20} MB left, and Viva needs "
            f"{need_bytes // 2**20} MB: free some space, or set VIVA_DATA_DIR to a folder on another disk."
        )
    return folder


def give_to_owner(thing: int | Path, folder: Path) -> None:
    """Give what root has made to the owner of the folder above, so that `sudo viva serve` does not lock people out."""
    if os.geteuid() == 0:
        status = folder.stat()
        with suppress(PermissionError):  # a container's root may not be allowed to
            os.chown(thing, status.st_uid, status.st_gid)


class FolderLock:
    """A lock between processes, held as long as its owner lives: the system lets go of it even after a `kill -9`.

    The file stays when the lock is released. Removing it would let two processes hold locks on two files of one name.
    """

    def __init__(self, path: Path) -> None:
        self.path = path
        self._descriptor: int | None = None

    @property
    def held(self) -> bool:
        """Whether this object holds the lock."""
        return self._descriptor is not None

    def acquire(self, wait_seconds: float = 0.0, *, shared: bool = False) -> bool:
        """Take the lock (`shared`: beside others that share it); false if it was not free within the time.

        Raises:
            OperatorError: the lock file cannot be opened.
        """
        assert self._descriptor is None, "the lock is held already"
        try:
            descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o600)
        except OSError as error:
            raise explain(self.path.parent, error) from None
        give_to_owner(descriptor, self.path.parent)
        end = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(descriptor, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
            except BlockingIOError:
                if time.monotonic() >= end:
                    os.close(descriptor)
                    return False
                time.sleep(0.05)
            except OSError as error:
                os.close(descriptor)
                raise explain(self.path.parent, error) from None
            else:
                break
        self._descriptor = descriptor
        if not shared:
            with suppress(OSError):  # on a full disk: the number is for a message only
                os.ftruncate(descriptor, 0)
                os.pwrite(descriptor, f"{os.getpid()}\n".encode(), 0)
        return True

    def release(self) -> None:
        """Let go of the lock; nothing happens if it is not held."""
        if self._descriptor is not None:
            os.close(self._descriptor)
            self._descriptor = None

    def holder(self) -> str:
        """Who wrote itself down as the holder last: “process 123”, or “another process”."""
        with suppress(OSError, ValueError):
            return f"process {int(self.path.read_text())}"
        return "another process"
