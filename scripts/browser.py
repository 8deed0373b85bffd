"""See to it that the browser tests have a browser: the system's Chromium, else Playwright's own download.

Without one they cannot run. That is said loudly, and is an error under CI=true.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

from playwright.sync_api import sync_playwright

SYSTEM = ("chromium", "chromium-browser", "google-chrome")
DOWNLOAD_SECONDS = 600


def find_browser() -> str | None:
    """The browser to use: the system's, else the one that Playwright has downloaded, else none."""
    for name in SYSTEM:
        if path := shutil.which(name):
            return path
    with sync_playwright() as playwright:
        own = playwright.chromium.executable_path
    return own if Path(own).exists() else None


def download() -> None:
    """Let Playwright download its own; whether it did, the next look will tell."""
    print("There is no Chromium on this machine: Playwright downloads its own …", flush=True)
    try:
        subprocess.run(
            [sys.executable, "-m", "playwright", "install", "chromium"],
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            timeout=DOWNLOAD_SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        print("The download takes too long.", file=sys.stderr)


def main() -> int:
    """Find one or fetch one; 1 if there is none although there must be."""
    if find_browser() is None:
        download()
    if browser := find_browser():
        print(f"Browser tests use {browser}.")
        return 0
    line = "!" * 78
    print(f"{line}\nTHE BROWSER TESTS WILL NOT RUN: there is no Chromium. Install it (package chromium).\n{line}")
    return 1 if os.environ.get("CI") == "true" else 0


if __name__ == "__main__":
    sys.exit(main())
