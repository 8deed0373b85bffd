"""An event as it is delivered and listed: the same bytes, whenever they are made."""

from __future__ import annotations

import json
from typing import Any

from app.integrations.models import Event
from app.kit.events import rfc3339


def event_object(event: Event) -> dict[str, Any]:
    """`type`, `timestamp` and `data` as Standard Webhooks has them, with `id` and `sequence`."""
    return {
        "id": str(event.id),
        "type": event.type,
        "timestamp": rfc3339(event.created_at),
        "sequence": event.sequence,
        "data": event.data,
    }


def event_body(event: Event) -> str:
    """The body of a delivery."""
    return json.dumps(event_object(event), ensure_ascii=False, separators=(",", ":"), allow_nan=False)
