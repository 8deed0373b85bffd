"""Try every operation of a real Viva with all that schemathesis thinks of: with a key of all scopes, then with none.

`make fuzz` takes some minutes; arguments are handed to `schemathesis run`, such as `--max-examples 500`,
`--include-operation-id saveDraft` or `--phases stateful`. A part of it runs among the tests.
"""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT))
CONFIGURATION = ROOT / "scripts" / "schemathesis.toml"


def fuzz(url: str, database_url: str | None, *arguments: str) -> int:
    """Run schemathesis against a Viva, without a key if there is no database to make one in; its exit status.

    It ends well, too, when one of its threads has died, and leaves out what that one had to do: that is a 1.
    """
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join([str(ROOT), str(ROOT / "scripts")])}
    environment["SCHEMATHESIS_HOOKS"] = "fuzz_bodies"
    if database_url is not None:
        environment |= {"SCHEMATHESIS_HOOKS": "fuzz_hooks", "FUZZ_DATABASE": database_url}
    program = str(Path(sys.executable).parent / "schemathesis")
    command = [program, "--config-file", str(CONFIGURATION), "run", f"{url}/api/v1/openapi.json", *arguments]
    done = subprocess.run(command, cwd=ROOT, env=environment, stderr=subprocess.PIPE, text=True, check=False)
    print(done.stderr, file=sys.stderr, flush=True)
    return 1 if "Exception in thread" in done.stderr else done.returncode


def main() -> int:
    """Both rounds, the second also when the first has failed; 1 if one has."""
    from bench.site import running_site

    # What the scores are does not matter here, and hashed words have none to wait for.
    os.environ["VIVA_ENCODER"] = "hashed"
    failed = 0
    with running_site(workers=1) as site:
        for words, database_url in (("a key of all scopes", site.database_url), ("no key", None)):
            print(f"\nWith {words}:\n", flush=True)
            failed |= int(fuzz(site.url, database_url, *sys.argv[1:]) != 0)
    return failed


if __name__ == "__main__":
    sys.exit(main())
