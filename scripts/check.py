"""All checks of `make check`, one after the other: one line each, and what is wrong where something is."""

from __future__ import annotations

import subprocess
import sys
import time
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
PYTHON = sys.executable
TOOLS = Path(PYTHON).parent


def commands() -> dict[str, list[str]]:
    """The checks by name."""
    files = (*(ROOT / "seed" / "questions").rglob("*.yaml"), *(ROOT / "seed" / "templates").glob("*.yaml"))
    bank = sorted(str(path.relative_to(ROOT)) for path in files)
    return {
        "format": [f"{TOOLS}/ruff", "format", "--check", "--output-format=concise", "."],
        "lint": [f"{TOOLS}/ruff", "check", "--output-format=concise", "."],
        "types": [f"{TOOLS}/mypy", "--no-error-summary"],
        "templates": [f"{TOOLS}/djlint", "templates", "--lint", "--quiet"],
        "import rules": [f"{TOOLS}/lint-imports", "--no-logo"],
        "Python client, as the API is": [PYTHON, "scripts/client_models.py", "--check"],
        "models and migrations": [PYTHON, "scripts/migrations.py", "check"],
        "vendored files": [PYTHON, "scripts/vendor.py", "--check"],
        "API description": [PYTHON, "scripts/openapi.py", "--check"],
        "questions and templates": [PYTHON, "-m", "app.bank.question_file", *bank],
        "rubrics, by their own samples": [f"{TOOLS}/viva", "bank", "check", "--quiet"],
        "catalogue": [f"{TOOLS}/viva", "bank", "coverage"],
    }


def main() -> int:
    """Run them all, also after one has failed; 1 if one has."""
    failed = []
    for name, command in commands().items():
        began = time.perf_counter()
        done = subprocess.run(
            command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False
        )
        mark = "✗" if done.returncode else "✓"
        print(f"{mark} {name} ({time.perf_counter() - began:.1f} s)", flush=True)
        if done.returncode:
            failed.append(name)
            print(done.stdout.strip(), flush=True)
    if failed:
        print(f"{len(failed)} of {len(commands())} checks failed: {', '.join(failed)}.", file=sys.stderr)
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
