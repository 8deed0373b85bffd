"""What the webhook routes take and give."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

from app.integrations.event_body import event_object
from app.integrations.models import Event
from app.integrations.webhook_models import WebhookDelivery, WebhookEndpoint
from app.kit.rest import Cleaned

EventType = Literal[
    "interview.started",
    "interview.submitted",
    "interview.expired",
    "interview.scored",
    "interview.reviewed",
    "interview.released",
    "invitation.expired",
    "question.published",
    "grading.done",
    "export.done",
    "webhook.test",
]
DeliveryStatus = Literal["waiting", "delivered", "failed"]
Url = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), Cleaned]
Description = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Cleaned]
Types = Annotated[list[EventType], Field(max_length=50)]

_URL = "An https:// address that takes POST requests. Private addresses are refused unless the operator allows them."
_TYPES = "Which events it gets; an empty list means all, also those that are added later."


class _In(BaseModel):
    # Strict: "yes" is no boolean and "3" no number, and a name that is not known is refused, not ignored.
    model_config = ConfigDict(extra="forbid", strict=True)


class EndpointIn(_In):
    """An endpoint to make."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "url": "https://hooks.example.org/viva",
                    "description": "Hiring system",
                    "event_types": ["interview.submitted", "interview.scored"],
                }
            ]
        }
    )

    url: Url = Field(description=_URL, examples=["https://hooks.example.org/viva"])
    description: Description = Field("", description="What is behind it, for people.", examples=["Hiring system"])
    event_types: Types = Field([], description=_TYPES, examples=[["interview.submitted", "interview.scored"]])
    is_enabled: bool = Field(True, description="Whether events are sent.")


class EndpointChange(_In):
    """What is to be different; what is left out stays."""

    model_config = ConfigDict(
        json_schema_extra={"examples": [{"event_types": ["interview.scored"]}, {"is_enabled": False}]}
    )

    url: Url | None = Field(None, description=_URL)
    description: Description | None = Field(None, description="What is behind it, for people.")
    event_types: Types | None = Field(None, description=_TYPES)
    is_enabled: bool | None = Field(
        None, description="Switch it off, or on again. What waits when it is switched off has failed; replay it."
    )


class EndpointLinks(BaseModel):
    """Where to go on."""

    self: str
    deliveries: str
    test: str
    rotate: str


class EndpointOut(BaseModel):
    """An endpoint."""

    id: uuid.UUID
    url: str
    description: str
    event_types: list[str] = Field(description="Empty: all.")
    is_enabled: bool
    disabled_at: dt.datetime | None = Field(description="When Viva switched it off after lasting failure, or a 410.")
    disabled_reason: str = Field(description="Why, for people; empty where it did not.")
    failing_since: dt.datetime | None = Field(description="Since when no attempt has succeeded, where the last failed.")
    last_success_at: dt.datetime | None = Field(description="When it last took an event, to within ten seconds.")
    old_secret_until: dt.datetime | None = Field(description="Until when the secret before the rotation signs as well.")
    created_at: dt.datetime
    links: EndpointLinks


class EndpointSecretOut(EndpointOut):
    """An endpoint, with its secret."""

    secret: str = Field(
        description="Verifies deliveries (`whsec_…`). It is in this response and nowhere else: keep it.",
        examples=["whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"],
    )


class EndpointPage(BaseModel):
    """Endpoints, newest first."""

    items: list[EndpointOut]
    next_cursor: str | None


class DeliveryLinks(BaseModel):
    """Where to go on."""

    self: str
    endpoint: str
    replay: str


class DeliveryOut(BaseModel):
    """One event on its way to one endpoint."""

    id: uuid.UUID
    event_id: uuid.UUID = Field(description="The event, and the `webhook-id` of every attempt.")
    event_type: str
    sequence: int | None = Field(description="The event's number; null for the moment before it has one.")
    status: DeliveryStatus = Field(description="`failed`: given up after three days, or the endpoint was switched off.")
    attempts: int
    created_at: dt.datetime
    next_attempt_at: dt.datetime | None = Field(description="When it is tried (again), while it is `waiting`.")
    last_attempt_at: dt.datetime | None
    delivered_at: dt.datetime | None
    response_status: int | None = Field(description="Of the last attempt; null: there was no response.")
    response_snippet: str = Field(description="How the last response's body began, in at most 1,000 characters.")
    error: str = Field(description="What was wrong at the last attempt, for people; empty if nothing.")
    duration_ms: int | None = Field(description="How long the last attempt took.")
    links: DeliveryLinks


class DeliveryPage(BaseModel):
    """The log of an endpoint, newest first."""

    items: list[DeliveryOut]
    next_cursor: str | None


class EventOut(BaseModel):
    """An event, exactly as it is delivered."""

    id: uuid.UUID = Field(description="The `webhook-id` of its deliveries.")
    type: str = Field(examples=["interview.scored"])
    timestamp: dt.datetime = Field(description="When it happened.")
    sequence: int = Field(description="Counts the organisation's events from 1; gaps are events that were erased.")
    data: dict[str, Any] = Field(description="Ids, states, times and links; no texts.")


class EventPage(BaseModel):
    """Events in their order, oldest first."""

    items: list[EventOut]
    next_cursor: str | None


def endpoint_out(endpoint: WebhookEndpoint) -> EndpointOut:
    """An endpoint as the API shows it."""
    return EndpointOut(**_endpoint(endpoint))


def endpoint_secret_out(endpoint: WebhookEndpoint, secret: str) -> EndpointSecretOut:
    """A new endpoint or secret, the one time that it is shown."""
    return EndpointSecretOut(**_endpoint(endpoint), secret=secret)


def _endpoint(endpoint: WebhookEndpoint) -> dict[str, Any]:
    here = f"/api/v1/webhook-endpoints/{endpoint.id}"
    links = EndpointLinks(self=here, deliveries=f"{here}/deliveries", test=f"{here}/test", rotate=f"{here}/rotate")
    names = EndpointOut.model_fields.keys() - {"links"}
    return {name: getattr(endpoint, name) for name in names} | {"links": links}


def delivery_out(delivery: WebhookDelivery) -> DeliveryOut:
    """A delivery as the API shows it; its event is loaded."""
    endpoint = f"/api/v1/webhook-endpoints/{delivery.endpoint_id}"
    here = f"{endpoint}/deliveries/{delivery.id}"
    names = DeliveryOut.model_fields.keys() - {"links", "event_type", "sequence"}
    return DeliveryOut(
        **{name: getattr(delivery, name) for name in names},
        event_type=delivery.event.type,
        sequence=delivery.event.sequence,
        links=DeliveryLinks(self=here, endpoint=endpoint, replay=f"{here}/replay"),
    )


def event_out(event: Event) -> EventOut:
    """An event as the API shows it."""
    return EventOut.model_validate(event_object(event))
