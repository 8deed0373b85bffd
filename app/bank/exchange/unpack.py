"""Archives from strangers: unpacked in memory, bounded, and only under plain relative names."""

from __future__ import annotations

import io
import zipfile
import zlib

from app.bank.exchange.result import MAX_QUESTIONS, Reading

MAX_ENTRIES = 3 * MAX_QUESTIONS
MAX_UNPACKED = 40 * 1024 * 1024
_WANTED = (".xml", ".json")


def unpack(data: bytes, reading: Reading) -> dict[str, bytes]:
    """The XML and JSON files of an archive by name; pictures and the like are not unpacked.

    Raises:
        FileError: it is damaged, encrypted, too large once unpacked, or names files outside itself.
    """
    files: dict[str, bytes] = {}
    left = MAX_UNPACKED
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as archive:
            entries = archive.infolist()
            if len(entries) > MAX_ENTRIES:
                raise reading.error(f"has {len(entries):,} entries; at most {MAX_ENTRIES:,} are read")
            for entry in entries:
                name = entry.filename
                _expect_plain(name, reading)
                if entry.is_dir() or not name.lower().endswith(_WANTED):
                    continue
                if entry.flag_bits & 0x1:
                    raise reading.error(f"{name} is encrypted")
                # The others need memory that the archive itself declares.
                if entry.compress_type not in (zipfile.ZIP_STORED, zipfile.ZIP_DEFLATED):
                    raise reading.error(f"{name} is packed in another way than by deflating")
                if name in files:
                    raise reading.error(f"{name} stands in it twice")
                # What the entry says of its size may be a lie: no more is read than is left, and one byte.
                with archive.open(entry) as opened:
                    content = opened.read(left + 1)
                left -= len(content)
                if left < 0:
                    raise reading.error(f"unpacks to over {MAX_UNPACKED // 1024 // 1024} MiB")
                files[name] = content
    except (zipfile.BadZipFile, zlib.error, EOFError, NotImplementedError, OSError, RuntimeError, ValueError) as error:
        raise reading.error(f"is no archive that can be read: {error}") from None
    return files


def _expect_plain(name: str, reading: Reading) -> None:
    parts = name.replace("\\", "/").split("/")
    if name.startswith(("/", "\\")) or ".." in parts or ":" in parts[0] or not name.strip():
        raise reading.error(f"names a file outside itself ({name[:80]!r}): nothing of it was read")
