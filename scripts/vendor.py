"""Fetch the browser libraries at pinned versions (`make vendor`), or check what lies there (`--check`).

Only the files that pages or tests load are kept, each library in a folder that names its version, with its licence.
`npm` is needed to fetch, and for nothing else.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import subprocess
import sys
import tarfile
import tempfile
from dataclasses import dataclass
from pathlib import Path

from tabler_base import base_of

VENDOR = Path(__file__).resolve().parents[1] / "app" / "static" / "vendor"
CHECKSUMS = VENDOR / "CHECKSUMS.txt"


@dataclass(frozen=True)
class Library:
    """One package, and the files of it that are kept (path in the package → name here)."""

    folder: str
    package: str
    version: str
    files: dict[str, str]

    @property
    def home(self) -> Path:
        """Where its files lie."""
        return VENDOR / f"{self.folder}-{self.version}"


LIBRARIES = [
    Library("htmx", "htmx.org", "4.0.1", {"dist/htmx.min.js": "htmx.min.js", "LICENSE": "LICENSE"}),
    Library("tabler", "@tabler/core", "1.6.1", {"dist/css/tabler.min.css": "tabler.min.css"}),
    # The charts of the dashboards.
    Library(
        "echarts",
        "echarts",
        "6.1.0",
        {"dist/echarts.min.js": "echarts.min.js", "LICENSE": "LICENSE", "NOTICE": "NOTICE"},
    ),
    # Tests only: no page loads it.
    Library("axe", "axe-core", "4.14.1", {"axe.min.js": "axe.min.js", "LICENSE": "LICENSE"}),
]

# Tabler's package carries no licence file; this is the one of its repository.
TABLER_LICENCE = """The MIT License (MIT)

Copyright (c) 2018-2026 The Tabler Authors

Permission is hereby granted, free of charge, to any person obtaining a copy
of this software and associated documentation files (the "Software"), to deal
in the Software without restriction, including without limitation the rights
to use, copy, modify, merge, publish, distribute, sublicense, and/or sell
copies of the Software, and to permit persons to whom the Software is
furnished to do so, subject to the following conditions:

The above copyright notice and this permission notice shall be included in
all copies or substantial portions of the Software.

THE SOFTWARE IS PROVIDED "AS IS", WITHOUT WARRANTY OF ANY KIND, EXPRESS OR
IMPLIED, INCLUDING BUT NOT LIMITED TO THE WARRANTIES OF MERCHANTABILITY,
FITNESS FOR A PARTICULAR PURPOSE AND NONINFRINGEMENT. IN NO EVENT SHALL THE
AUTHORS OR COPYRIGHT HOLDERS BE LIABLE FOR ANY CLAIM, DAMAGES OR OTHER
LIABILITY, WHETHER IN AN ACTION OF CONTRACT, TORT OR OTHERWISE, ARISING FROM,
OUT OF OR IN CONNECTION WITH THE SOFTWARE OR THE USE OR OTHER DEALINGS IN
THE SOFTWARE.
"""


def fetch(library: Library) -> None:
    """Download one package and keep its files.

    Raises:
        SystemExit: npm is missing or fails, or the package lacks a file.
    """
    npm = shutil.which("npm")
    if npm is None:
        raise SystemExit("npm is needed to fetch the browser libraries; the copies in app/static/vendor work without.")
    with tempfile.TemporaryDirectory() as folder:
        command = [npm, "pack", "--silent", f"{library.package}@{library.version}"]
        done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
        if done.returncode:
            raise SystemExit(f"npm pack {library.package}@{library.version} failed: {done.stderr.strip()[-300:]}")
        (archive,) = Path(folder).glob("*.tgz")
        shutil.rmtree(library.home, ignore_errors=True)
        library.home.mkdir(parents=True)
        with tarfile.open(archive) as packed:
            for inside, name in library.files.items():
                try:
                    source = packed.extractfile(f"package/{inside}")
                except KeyError:
                    source = None
                if source is None:
                    raise SystemExit(f"{library.package}@{library.version} has no file {inside}.")
                text = source.read()
                # Without its map beside it, this comment only makes developer tools ask for a file that is not there.
                lines = [line for line in text.splitlines(keepends=True) if b"sourceMappingURL=" not in line]
                (library.home / name).write_bytes(b"".join(lines))
    if library.folder == "tabler":
        whole = (library.home / "tabler.min.css").read_text(encoding="utf-8")
        (library.home / "tabler-base.min.css").write_text(base_of(whole), encoding="utf-8")
        (library.home / "LICENSE").write_text(TABLER_LICENCE, encoding="utf-8")


def remove_old() -> None:
    """Remove the folders of versions and libraries that are no longer listed."""
    wanted = {library.home for library in LIBRARIES}
    for folder in VENDOR.iterdir():
        if folder.is_dir() and folder not in wanted:
            shutil.rmtree(folder)


def checksums() -> str:
    """One line a file: its SHA-256, two spaces, its path."""
    files = sorted(path for path in VENDOR.rglob("*") if path.is_file() and path != CHECKSUMS)
    lines = [
        f"{hashlib.sha256(path.read_bytes()).hexdigest()}  {path.relative_to(VENDOR).as_posix()}\n" for path in files
    ]
    return "".join(lines)


def check() -> list[str]:
    """What is wrong with the files that lie there; nothing, when all is well."""
    known = CHECKSUMS.read_text(encoding="utf-8") if CHECKSUMS.exists() else ""
    found = set(checksums().splitlines())
    wrong = [f"missing or altered: {line.split('  ', 1)[1]}" for line in known.splitlines() if line not in found]
    wrong += [f"not in CHECKSUMS.txt: {line.split('  ', 1)[1]}" for line in found - set(known.splitlines())]
    wrong += [
        f"not fetched: {path.relative_to(VENDOR)}"
        for library in LIBRARIES
        for path in [library.home / name for name in library.files.values()]
        if not path.exists()
    ]
    return sorted(set(wrong))


def main() -> int:
    """Fetch, or check."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--check", action="store_true", help="check the files against CHECKSUMS.txt; fetch nothing")
    if not parser.parse_args().check:
        VENDOR.mkdir(parents=True, exist_ok=True)
        for library in LIBRARIES:
            fetch(library)
        remove_old()
        CHECKSUMS.write_text(checksums(), encoding="utf-8")
    wrong = check()
    for line in wrong:
        print(line, file=sys.stderr)
    if not wrong:
        print(f"{len(LIBRARIES)} browser libraries, as listed in {CHECKSUMS.relative_to(VENDOR.parents[2])}.")
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main())
