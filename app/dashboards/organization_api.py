"""The organisation behind a key, and what an admin decides for it."""

from __future__ import annotations

import datetime as dt
import uuid
from typing import Annotated

from fastapi import APIRouter, Depends, Request, Response
from pydantic import ConfigDict, Field

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder
from app.accounts.models import Organization
from app.accounts.organization_settings import LONGEST_RETENTION_DAYS
from app.accounts.organizations import organization_by_id
from app.accounts.schemas import OrganizationRef
from app.interviews.retention import change_rules
from app.kit.etags import entity_tag, require_match
from app.kit.rest import IF_MATCH, Cleaned, StrictBody, json_response, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1", tags=["Organisation"])

Admin = Annotated[KeyHolder, Depends(RequireScope("admin"))]


class OrganizationOut(OrganizationRef):
    """What an organisation has decided."""

    id: uuid.UUID
    retention_days: int | None = Field(
        description="Finished interviews older than this are deleted with all that hangs on them; null keeps them."
    )
    blind: bool = Field(description="Whether names are hidden in review, live views and comparisons until asked for.")
    created_at: dt.datetime


class OrganizationChange(StrictBody):
    """What to change; a field that is not there stays as it is."""

    model_config = ConfigDict(json_schema_extra={"examples": [{"retention_days": 730, "blind": True}]})

    name: Annotated[str, Field(max_length=200), Cleaned] = Field("", description="The new name.")
    retention_days: int | None = Field(None, ge=1, le=LONGEST_RETENTION_DAYS, description="Null keeps for ever.")
    blind: bool = Field(True, description="Whether to hide names.")
    delete_now: bool = Field(
        False,
        description="Say that interviews which the new `retention_days` ends at once may go. Without it such a change"
        " is refused with their number (409 `retention-would-delete`).",
    )


@router.get(
    "/organization",
    operation_id="readOrganization",
    summary="Read your organisation",
    response_model=OrganizationOut,
    responses=problems(),
)
def read_organization(holder: Admin, session: SessionDep) -> Response:
    """Your organisation and what it has decided; the `ETag` goes with a change. Needs the scope `admin`."""
    return _organization(organization_by_id(session, holder.organization_id))


@router.patch(
    "/organization",
    operation_id="changeOrganization",
    summary="Change your organisation",
    response_model=OrganizationOut,
    responses=problems(400, 409, 412, 413, 428),
    openapi_extra=IF_MATCH,
)
def change_organization(request: Request, body: OrganizationChange, holder: Admin, session: SessionDep) -> Response:
    """Change name, retention or blind review; what is not sent stays.

    A shorter `retention_days` deletes what is older, within an hour and for good: where there is something, say
    `"delete_now": true`. Needs the scope `admin`.
    """
    organization = organization_by_id(session, holder.organization_id, for_write=True)
    require_match(request, _tag(organization))
    sent = body.model_fields_set
    change_rules(
        session,
        organization,
        holder.doer,
        body.name if "name" in sent else organization.name,
        body.retention_days if "retention_days" in sent else organization.retention_days,
        body.blind if "blind" in sent else organization.blind,
        sure=body.delete_now,
    )
    return _organization(organization)


def _tag(organization: Organization) -> str:
    return entity_tag(organization.id, organization.name, organization.retention_days, organization.blind)


def _organization(organization: Organization) -> Response:
    return json_response(OrganizationOut.model_validate(organization), etag=_tag(organization))
