"""Webhooks: whether a delivery is Viva's, and what it says. Needs the extra: `pip install "viva-client[webhooks]"`."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from standardwebhooks import Webhook, WebhookVerificationError

from viva_client.base import VivaModel
from viva_client.problems import VivaError


class NotFromViva(VivaError):
    """The signature is not good, or the delivery is more than five minutes old: answer 400, and do nothing."""


class Event(VivaModel):
    """Something that happened. `id` is the same each time it is delivered: who keeps it, can tell what came before."""

    id: str
    type: str
    timestamp: datetime
    sequence: int | None = None
    """Counts the events of the organisation."""
    data: dict[str, Any]


def verify(body: bytes | str, headers: Mapping[str, str], secrets: str | Sequence[str]) -> Event:
    """The event of a delivery, whose body must be as it came, byte for byte.

    `secrets` is the endpoint's `whsec_…`; while it is being rotated, the old one and the new.

    Raises:
        NotFromViva: none of the secrets signed it, or it is too old.
    """
    lowered = {name.lower(): value for name, value in headers.items()}
    for secret in [secrets] if isinstance(secrets, str) else secrets:
        try:
            Webhook(secret).verify(body, lowered)
        except (WebhookVerificationError, ValueError):
            continue
        return Event.model_validate({"id": lowered["webhook-id"], **json.loads(body)})
    raise NotFromViva("This delivery was not signed with the endpoint's secret, or it is too old.")
