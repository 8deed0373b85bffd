"""Bodies that schemathesis does not know how to send: lines of JSON are text."""

from __future__ import annotations

from typing import Any

import schemathesis


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:
    """What is text is sent as it is, surrogates and all."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")
