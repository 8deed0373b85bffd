"""Run the whole suite in two processes; a few tests that failed there are tried once more, alone.

A browser, a server, a worker and a model share the machine's cores with another such set, and some pages then meet an
order of events that no person meets. What passes alone is named at the end, loudly: each is a race to be looked into.
More than a few failures stand at once.
"""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
KEPT = ROOT / ".pytest_cache" / "v" / "cache" / "lastfailed"
PYTEST = [sys.executable, "-m", "pytest"]
TESTS_FAILED = 1
FEW = 5


def failed_tests() -> list[str]:
    """What failed, as pytest remembers it."""
    return sorted(json.loads(KEPT.read_text(encoding="utf-8"))) if KEPT.is_file() else []


def main() -> int:
    """Exit status of the suite."""
    KEPT.unlink(missing_ok=True)
    # In the order of tests/conftest.py: of itself xdist puts files with few tests last, which are the slow ones.
    together = ["--numprocesses", "2", "--dist", "loadfile", "--no-loadscope-reorder"]
    status = subprocess.run([*PYTEST, *together], cwd=ROOT, check=False).returncode
    failed = failed_tests()
    if status != TESTS_FAILED or not 0 < len(failed) <= FEW:
        return status
    print(f"\nFailed beside others: {len(failed)}. Once more, alone:", flush=True)
    status = subprocess.run([*PYTEST, "-p", "no:xdist", *failed], cwd=ROOT, check=False).returncode
    if status == 0:
        print("\nPASSED ONLY ALONE, a race to be looked into:", *failed, sep="\n  ", flush=True)
    return status


if __name__ == "__main__":
    sys.exit(main())
