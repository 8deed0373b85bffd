"""Resolve pyproject.toml into the two lock files (`make lock`).

`requirements.lock` is what Viva runs and is installed with; `requirements-dev.lock` is what its tests and checks need
besides. Both are installed with `--no-deps --require-hashes`. Two things are left out on purpose:

- torch, and the CUDA packages that some of its builds ask for: every machine takes the build that suits it (the version
  is pinned in the Makefile and the Dockerfile). What a CPU build needs besides is in the lock.
- the address of the index and the paths of this machine: the files mean the same everywhere.
"""

from __future__ import annotations

import argparse
import re
import shutil
import subprocess
import sys
import tempfile
import tomllib
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
LOCK, DEV_LOCK = ROOT / "requirements.lock", ROOT / "requirements-dev.lock"
TORCH = re.compile(r"torch|triton|(nvidia|cuda)-.*")
OPTIONS = [
    *("--quiet", "--generate-hashes", "--strip-extras", "--no-header"),
    *("--no-emit-index-url", "--no-emit-find-links", "--no-emit-trusted-host", "--no-emit-options"),
    *("--unsafe-package", "torch", "--unsafe-package", "pip"),
]
HEAD = """\
# {what} Made by `make lock` from pyproject.toml: do not edit.
# torch is pinned beside this file (Makefile, Dockerfile), so that each machine takes the build that suits it.
"""


def pinned_torch() -> str:
    """The requirement that the Makefile installs.

    Raises:
        SystemExit: the Makefile has none.
    """
    found = re.search(r"^TORCH := (torch==\S+)$", (ROOT / "Makefile").read_text(encoding="utf-8"), re.MULTILINE)
    if found is None:
        raise SystemExit("Makefile: there is no line such as “TORCH := torch==2.13.0”.")
    return found[1]


def packages(text: str) -> dict[str, str]:
    """The entries of a lock file: the package's name, and its lines."""
    entries = re.split(r"^(?=[a-z0-9])", re.sub(r"^#.*\n", "", text, flags=re.MULTILINE), flags=re.MULTILINE | re.I)
    return {re.split(r"==| @ ", entry)[0].lower(): entry.rstrip() + "\n" for entry in entries if entry.strip()}


def compile_lock(
    folder: Path, source: str, constraints: list[str], old: Path, upgrade: bool, *more: str
) -> dict[str, str]:
    """Run pip-compile in `folder` on `source`; the pins of the old lock are kept unless they are to be upgraded.

    Raises:
        SystemExit: there is no set of versions that fits.
    """
    (folder / "constraints.txt").write_text("\n".join(constraints) + "\n", encoding="utf-8")
    output = folder / "out.lock"
    output.unlink(missing_ok=True)
    if old.exists() and not upgrade:
        shutil.copy(old, output)
    command = [sys.executable, "-m", "piptools", "compile", *OPTIONS, *more, "-c", "constraints.txt", "-o", output.name]
    # By bare names within the folder: the comments that say where an entry comes from carry no path of this machine.
    done = subprocess.run([*command, source], cwd=folder, stderr=subprocess.PIPE, text=True, check=False)
    if done.returncode:
        raise SystemExit(done.stderr)
    return packages(output.read_text(encoding="utf-8"))


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--upgrade", action="store_true", help="take the newest versions; else only what must change")
    upgrade = parser.parse_args().upgrade
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        shutil.copy(ROOT / "pyproject.toml", folder)
        # What the build backend looks for when it is asked for the project's metadata.
        for needed in ("README.md", "LICENSE"):
            (folder / needed).touch()
        (folder / "app").mkdir()
        runtime = compile_lock(
            folder, "pyproject.toml", [pinned_torch()], LOCK, upgrade, "--build-deps-for", "editable"
        )
        runtime = {package: lines for package, lines in runtime.items() if not TORCH.fullmatch(package)}
        pins = [re.split(r"[ ;\\]", lines)[0] for lines in runtime.values()]
        (folder / "dev.in").write_text("\n".join(project["project"]["optional-dependencies"]["dev"]), encoding="utf-8")
        dev = compile_lock(folder, "dev.in", pins, DEV_LOCK, upgrade)
        dev = {package: lines.replace("-r dev.in", "viva[dev] (pyproject.toml)") for package, lines in dev.items()}
    dev = {package: lines for package, lines in dev.items() if package not in runtime and not TORCH.fullmatch(package)}
    for path, what, entries in (
        (LOCK, "What Viva runs and is installed with.", runtime),
        (DEV_LOCK, "What tests and checks need besides requirements.lock.", dev),
    ):
        path.write_text(HEAD.format(what=what) + "".join(entries.values()), encoding="utf-8")
        print(f"{path.name}: {len(entries)} packages.")


if __name__ == "__main__":
    main()
