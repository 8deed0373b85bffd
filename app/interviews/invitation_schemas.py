"""What the REST routes of invitations take and give."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated, Literal, Self

from pydantic import ConfigDict, Field, StringConstraints, model_validator

from app.accounts.schemas import Email, ExternalId
from app.interviews.invitation_queries import MANY, InvitationRow
from app.kit.rest import Cleaned, Moment, Out, SlugText, StrictBody

Standing = Literal["invited", "opened", "running", "finished", "expired", "revoked", "erased"]
InvitationId = Annotated[uuid.UUID, Field(strict=False)]
Factor = Annotated[float, Field(ge=1, le=10, allow_inf_nan=False)]


class InviteeIn(StrictBody):
    """A candidate to invite."""

    name: Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Cleaned] = Field(
        "", description="How letters and pages call them; else the e-mail, else the `external_id`."
    )
    email: Email | None = Field(None, description="Where the letter goes.")
    external_id: ExternalId | None = Field(
        None, description="Your own identifier of the person; the interview carries it, too."
    )
    time_multiplier: Factor | None = Field(None, description="Extra time of this candidate: 1.25 is a quarter more.")

    @model_validator(mode="after")
    def _somebody(self) -> Self:
        if not (self.name or self.email or self.external_id):
            raise ValueError("give a name, an email or an external_id")
        return self


class _Delivery(StrictBody):
    send_letters: bool = Field(True, description="Send a letter with the link to whoever has an e-mail.")
    return_links: bool = Field(
        False, description="Give each link in the response, this once, so that you can send letters of your own."
    )

    @model_validator(mode="after")
    def _reaches_somebody(self) -> Self:
        if not self.send_letters and not self.return_links:
            raise ValueError("without letters and without links nobody would get a link: ask for one of them")
        return self


class InvitationsIn(_Delivery):
    """Candidates to invite to one interview."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {
                    "template": "warm-up",
                    "candidates": [
                        {"name": "Lina", "email": "lina@example.org", "external_id": "ats-4711"},
                        {
                            "name": "Omar",
                            "email": "omar@example.org",
                            "external_id": "ats-4712",
                            "time_multiplier": 1.25,
                        },
                    ],
                    "closes_at": "2027-01-29T18:00:00+01:00",
                },
                {
                    "template": "warm-up",
                    "candidates": [{"external_id": "ats-4713"}],
                    "send_letters": False,
                    "return_links": True,
                },
            ]
        }
    )

    template: SlugText = Field(description="Slug of the template.", examples=["warm-up"])
    candidates: list[InviteeIn] = Field(min_length=1, max_length=MANY)
    opens_at: Moment | None = Field(None, description="Can be started from then on; null: at once.")
    closes_at: Moment | None = Field(None, description="Can be started until then; null: 14 days after it opens.")
    time_multiplier: Factor = Field(1.0, description="Extra time of all who have none of their own.")
    again: bool = Field(
        False,
        description="Invite also who has an open invitation to this template; else that is 409 `already-invited`.",
    )

    @model_validator(mode="after")
    def _all_get_their_link(self) -> Self:
        if not self.return_links and any(one.email is None for one in self.candidates):
            raise ValueError("a candidate without an email would get no link: ask for return_links")
        named = [
            key
            for one in self.candidates
            for key in ({("email", one.email.lower())} if one.email else set())
            | ({("external_id", one.external_id)} if one.external_id else set())
        ]
        if len(set(named)) != len(named):
            raise ValueError("one candidate stands there twice, by email or external_id")
        return self


class ResendIn(_Delivery):
    """How the new link goes out."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"send_letters": False, "return_links": True}]})


class WindowIn(StrictBody):
    """Other days; a field that is not there stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"closes_at": "2027-02-05T18:00:00+01:00"}]})

    opens_at: Moment | None = None
    closes_at: Moment | None = None


class WhichIn(StrictBody):
    """Which invitations: those named, or all that wait."""

    invitation_ids: list[InvitationId] | None = Field(
        None, min_length=1, max_length=MANY, description="Exactly these; null: all that the operation is for."
    )
    template: SlugText | None = Field(None, description="Of all, only those to this template.")

    @model_validator(mode="after")
    def _one_way(self) -> Self:
        if self.invitation_ids is not None and self.template is not None:
            raise ValueError("give invitation_ids or a template")
        return self


class ResendManyIn(WhichIn, _Delivery):
    """New links for many."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"template": "warm-up"},
                {
                    "invitation_ids": ["0b5f0000-0000-4000-8000-000000000001"],
                    "send_letters": False,
                    "return_links": True,
                },
            ]
        }
    )


class ExtendManyIn(WhichIn):
    """A later end for many."""

    model_config = ConfigDict(
        json_schema_extra={
            "examples": [
                {"template": "warm-up", "closes_at": "2027-02-05T18:00:00+01:00"},
                {
                    "invitation_ids": ["0b5f0000-0000-4000-8000-000000000001"],
                    "closes_at": "2027-02-05T18:00:00+01:00",
                },
            ]
        }
    )

    closes_at: Moment = Field(description="Can be started until then.")


class InvitedOut(Out):
    """Who is invited."""

    external_id: str | None
    name: str
    email: str | None


class InvitedTo(Out):
    """The template, in the version that the invitation was made with."""

    slug: str
    version: int
    title: str


class InvitationLinks(Out):
    """Where to go on with an invitation."""

    self: str
    interview: str | None


class InvitationOut(Out):
    """An invitation, and where it stands."""

    id: uuid.UUID
    status: Standing = Field(
        description="`invited`; `opened`: the candidate came in and has not started; `running`; `finished`; `expired`:"
        " its days are over; `revoked`; `erased`: the candidate had their data deleted."
    )
    candidate: InvitedOut
    template: InvitedTo
    opens_at: dt.datetime
    closes_at: dt.datetime
    time_multiplier: float
    created_at: dt.datetime
    sent_at: dt.datetime | None = Field(description="When a letter was last written; null: never.")
    interview_id: uuid.UUID | None = Field(description="There when the candidate has come in.")
    started_at: dt.datetime | None
    finished_at: dt.datetime | None
    released_at: dt.datetime | None
    links: InvitationLinks


class InvitationSent(InvitationOut):
    """An invitation whose link was made anew."""

    link: str | None = Field(description="The candidate's link, this once, where `return_links` asked for it.")


class InvitationPage(Out):
    """One page of invitations, newest first."""

    items: list[InvitationOut]
    next_cursor: str | None = Field(description="For the next page; null on the last.")


class InvitationsSent(Out):
    """What was sent, in the order of the candidates."""

    items: list[InvitationSent]
    left: int = Field(description="So many more wait for the same: ask again.")


class InvitationsMoved(Out):
    """What was given other days."""

    items: list[InvitationOut]
    left: int = Field(description="So many more wait for the same: ask again.")


def invitation_out(row: InvitationRow) -> InvitationOut:
    """An invitation for programs."""
    interview = f"/api/v1/interviews/{row.interview_id}" if row.interview_id else None
    return InvitationOut(
        id=row.id,
        status=row.status,
        candidate=InvitedOut(external_id=row.external_id, name=row.name, email=row.email),
        template=InvitedTo(slug=row.template, version=row.version_number, title=row.title),
        opens_at=row.opens_at,
        closes_at=row.closes_at,
        time_multiplier=row.time_multiplier,
        created_at=row.created_at,
        sent_at=row.sent_at,
        interview_id=row.interview_id,
        started_at=row.started_at,
        finished_at=row.finished_at,
        released_at=row.released_at,
        links=InvitationLinks(self=f"/api/v1/invitations/{row.id}", interview=interview),
    )


def invitation_sent(row: InvitationRow, link: str | None) -> InvitationSent:
    """The same with its link."""
    return InvitationSent(**dict(invitation_out(row)), link=link)
