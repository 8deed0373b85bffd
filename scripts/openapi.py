"""Keep docs/openapi.json as the code has it (`make openapi`), or check that it is (`--check`) and breaks nobody.

What breaks a client is refused, also by `make openapi`, unless the version is a new one that may (0.1 to 0.2, 1 to 2),
or the newest part of the changelog names the operation, in backquotes, in an entry that says “Breaking for
integrators”. It is compared with the file as it lies there, and with every one of this version in git's history.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from openapi_changes import Breaking, breaking_changes

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
KEPT = "docs/openapi.json"
BREAKING = "breaking for integrators"


def as_the_code_has_it() -> dict[str, Any]:
    """The document of an app that is made for this alone."""
    from app.kit.config import Settings
    from app.main import create_app

    return create_app(Settings(data_dir=Path("unused"), encoder="hashed"), "postgresql://unused").openapi()


def text_of(document: dict[str, Any]) -> str:
    """The file: stable, and with a line for each thing, so that a change is read as one."""
    return json.dumps(document, ensure_ascii=False, indent=1) + "\n"


def earlier(root: Path) -> Iterator[tuple[str, dict[str, Any]]]:
    """The file as it lies there, and as git knows it: (where, document), newest first."""
    path = root / KEPT
    if path.is_file():
        yield KEPT, json.loads(path.read_text(encoding="utf-8"))
    log = _git(root, "log", "--first-parent", "--format=%h", "--", KEPT)
    for commit in (log or "").split():
        if (text := _git(root, "show", f"{commit}:{KEPT}")) is not None:
            yield f"commit {commit}", json.loads(text)


def _git(root: Path, *arguments: str) -> str | None:
    """What git says; None where there is no git, no history, or no such file in it."""
    try:
        done = subprocess.run(["git", *arguments], cwd=root, capture_output=True, text=True, check=False)
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None


def may_break(before: str, after: str) -> bool:
    """Whether a version says that clients may have to change: its first number that is not 0 has grown."""
    old, new = (tuple(int(part) for part in re.findall(r"\d+", version)[:3]) for version in (before, after))
    significant = next((place for place, part in enumerate(old) if part), len(old) - 1)
    return new[: significant + 1] > old[: significant + 1]


def said(changelog: str) -> set[str]:
    """The operations that the newest part of the changelog says are broken."""
    newest = [*re.split(r"^## ", changelog, flags=re.MULTILINE), "", ""][1]
    items = re.split(r"\n\s*\n|\n(?=- )", newest)
    return {name for item in items if BREAKING in item.casefold() for name in re.findall(r"`(\w+)`", item)}


def unsaid(root: Path, now: dict[str, Any]) -> list[str]:
    """What breaks clients and is said nowhere."""
    changelog = (root / "CHANGELOG.md").read_text(encoding="utf-8")
    known = said(changelog)
    found: dict[Breaking, str] = {}
    for where, document in earlier(root):
        if may_break(document["info"]["version"], now["info"]["version"]):
            break
        for one in breaking_changes(document, now):
            if one.operation_id not in known:
                found.setdefault(one, where)
    return [f"breaks clients of {where}: {one}" for one, where in found.items()]


def main(root: Path = ROOT) -> int:
    """Write, or check; 1 when something is wrong."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--check", action="store_true", help="write nothing")
    check = parser.parse_args().check
    now = as_the_code_has_it()
    wrong = unsaid(root, now)
    if wrong:
        wrong.append("Mend it, or see docs/versioning.md for how a breaking change is said.")
    path = root / KEPT
    if check and (not path.is_file() or path.read_text(encoding="utf-8") != text_of(now)):
        wrong.append(f"{KEPT} is not what the code has: run `make openapi`, and read what changed.")
    for line in wrong:
        print(line, file=sys.stderr)
    if wrong:
        return 1
    if not check:
        path.write_text(text_of(now), encoding="utf-8")
        print(f"{KEPT}: version {now['info']['version']}, {sum(map(len, now['paths'].values()))} operations.")
    return 0


if __name__ == "__main__":
    sys.exit(main())
