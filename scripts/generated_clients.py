"""Clients that other people's generators make of Viva's OpenAPI document: generated, type-checked, and run.

`make clients`. They come into a temporary folder with tools of their own, and hold an interview with a Viva that is
started for it. What is missing (npm) is said, and is a failure in CI.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
WALKS = ROOT / "scripts" / "clients"
# Pinned: what they make changes from one version to the next. (package.json: the same.)
PYTHON_TOOLS = ["openapi-python-client==0.29.1", "mypy==2.4.1"]
PORT_SECONDS = 120


def run(*command: str | Path, cwd: Path, **environment: str) -> str:
    """What a command says; when it fails, that is the end."""
    done = subprocess.run(
        [str(part) for part in command],
        cwd=cwd,
        env=os.environ | environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        check=False,
    )
    if done.returncode:
        raise SystemExit(f"{Path(command[0]).name} {' '.join(map(str, command[1:4]))} failed:\n{done.stdout[-6000:]}")
    return done.stdout.strip()


@contextlib.contextmanager
def viva(folder: Path) -> Iterator[dict[str, str]]:
    """A Viva of its own: where it is, and a key."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    place = {"PYTHONPATH": str(ROOT), "VIVA_DATA_DIR": str(folder / "data"), "VIVA_ENCODER": "hashed"}
    mine = {name: value for name, value in os.environ.items() if not name.startswith(("VIVA_", "DATABASE_URL"))}
    command = [sys.executable, "-P", "-m", "app.cli"]
    log = (folder / "viva.log").open("w")
    served = subprocess.Popen([*command, "serve", "--port", str(port)], env=mine | place, stdout=log, stderr=log)
    try:
        address = f"http://127.0.0.1:{port}"
        _wait_until_ready(served, address, folder / "viva.log")
        key = run(*command, "key", "create", "generated", cwd=folder, **place).splitlines()[-1]
        yield {"VIVA_URL": address, "VIVA_KEY": key}
    finally:
        served.send_signal(signal.SIGINT)
        served.wait(30)
        log.close()


def _wait_until_ready(served: subprocess.Popen[bytes], address: str, log: Path) -> None:
    end = time.monotonic() + PORT_SECONDS
    while served.poll() is None and time.monotonic() < end:
        with contextlib.suppress(OSError), urllib.request.urlopen(f"{address}/readyz") as answer:  # noqa: S310
            if answer.status == 200:
                return
        time.sleep(0.2)
    raise SystemExit(f"Viva has not started:\n{log.read_text()[-3000:]}")


def with_json_alone(document: dict[str, Any]) -> dict[str, Any]:
    """The document, with bodies that may be sent in several ways sent as JSON: all that openapi-python-client can do.

    It leaves out texts (YAML, lines of JSON) with a warning, and what it writes for several types is no valid Python.
    """
    for path in document["paths"].values():
        for operation in path.values():
            content = operation.get("requestBody", {}).get("content", {})
            if "application/json" in content:
                operation["requestBody"]["content"] = {"application/json": content["application/json"]}
    return document


def python_client(folder: Path, place: dict[str, str]) -> str:
    """openapi-python-client: nothing may be left out, mypy finds nothing, and it runs."""
    mine = folder / "python"
    mine.mkdir()
    document = with_json_alone(json.loads((folder / "openapi.json").read_text(encoding="utf-8")))
    (mine / "openapi.json").write_text(json.dumps(document), encoding="utf-8")
    run(sys.executable, "-m", "venv", "venv", cwd=mine)
    tools = mine / "venv" / "bin"
    run(tools / "python", "-m", "pip", "install", "--quiet", *PYTHON_TOOLS, cwd=mine)
    config = WALKS / "openapi-python-client.yaml"
    generate = [tools / "openapi-python-client", "generate", "--path", mine / "openapi.json", "--meta", "none"]
    generate += ["--config", config]
    path = f"{tools}{os.pathsep}{os.environ['PATH']}"
    run(*generate, "--output-path", "viva_generated", "--fail-on-warning", cwd=mine, PATH=path)
    for name in ("walk.py", "mypy.ini"):
        shutil.copy(WALKS / name, mine)
    run(tools / "mypy", "walk.py", "viva_generated", cwd=mine)
    return run(tools / "python", "walk.py", cwd=mine, **place)


def typescript_client(folder: Path, place: dict[str, str]) -> str:
    """openapi-typescript and openapi-fetch: tsc finds nothing, and it runs."""
    mine = folder / "typescript"
    mine.mkdir()
    for name in ("package.json", "tsconfig.json", "walk.ts"):
        shutil.copy(WALKS / name, mine)
    run("npm", "install", "--no-audit", "--no-fund", "--silent", cwd=mine)
    # Without the option a field of a request that has a default would have to be sent.
    generate = ["openapi-typescript", folder / "openapi.json", "-o", "schema.d.ts", "--default-non-nullable=false"]
    run("npx", "--no-install", *generate, cwd=mine)
    run("npx", "--no-install", "tsc", cwd=mine)
    return run("node", "out/walk.js", cwd=mine, **place)


def main() -> int:
    """Make, check and run both."""
    sys.path.insert(0, str(ROOT / "scripts"))
    from client_models import document

    with tempfile.TemporaryDirectory(prefix="viva-clients-") as name:
        folder = Path(name)
        (folder / "openapi.json").write_text(json.dumps(document()), encoding="utf-8")
        with viva(folder) as place:
            print(f"openapi-python-client: {python_client(folder, place)}", flush=True)
            if shutil.which("npm"):
                print(f"openapi-typescript, openapi-fetch: {typescript_client(folder, place)}", flush=True)
            else:
                print("openapi-typescript: left out, npm is not there.", file=sys.stderr)
                return 1 if os.environ.get("CI", "").lower() == "true" else 0
    return 0


if __name__ == "__main__":
    sys.exit(main())
