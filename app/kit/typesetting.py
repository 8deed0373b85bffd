"""PDF from a Typst template and data: set by a short-lived process, a few at a time, within a time limit."""

from __future__ import annotations

import datetime as dt
import json
import subprocess
import sys
import threading
from typing import Any

from app.kit.config import ROOT
from app.kit.errors import Unavailable
from app.kit.logging import get_logger

log = get_logger("viva.typesetting")

LIMIT_SECONDS = 20.0
AT_ONCE = 2

_places = threading.BoundedSemaphore(AT_ONCE)


class NotSet(Unavailable):
    """The document could not be made now."""

    type = "document-not-made"


def typeset(template: str, data: dict[str, Any], made_at: dt.datetime) -> bytes:
    """The document of `templates/<template>`; the same data and time give the same bytes.

    `data` is only ever text to the template, so nothing in it is obeyed.

    Raises:
        NotSet: it took too long, or too many were wanted at once.
    """
    order = {"template": str(ROOT / "templates" / template), "data": data, "made_at": made_at.isoformat()}
    if not _places.acquire(timeout=LIMIT_SECONDS):
        raise NotSet("Too many documents are being made right now: try again in a minute.", retry_after_seconds=60)
    try:
        done = subprocess.run(
            [sys.executable, "-m", "app.kit.typesetter"],
            input=json.dumps(order).encode(),
            capture_output=True,
            timeout=LIMIT_SECONDS,
            cwd=ROOT,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise NotSet("This document takes too long to make: use the print page of the report instead.") from None
    finally:
        _places.release()
    if done.returncode != 0:
        log.error("document not set", template=template, code=done.returncode, error=done.stderr[-2000:].decode())
        raise NotSet("This document could not be made: use the print page of the report instead.")
    return done.stdout
