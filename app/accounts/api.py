"""Who calls: the key itself."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Depends, Response

from app.accounts.deps import RequireScope
from app.accounts.keys import KeyHolder, key_by_id
from app.accounts.organizations import organization_by_id
from app.accounts.schemas import KeyOut, OrganizationRef, WhoAmI
from app.kit.rest import json_response, problems
from app.kit.web import SessionDep

router = APIRouter(prefix="/api/v1", tags=["Organisation"])

Anybody = Annotated[KeyHolder, Depends(RequireScope())]


@router.get(
    "/whoami",
    operation_id="whoAmI",
    summary="See what a key may do",
    response_model=WhoAmI,
    responses=problems(),
)
def who_am_i(holder: Anybody, session: SessionDep) -> Response:
    """The key that you sent, with its scopes and when it expires, and the organisation that it belongs to.

    Needs no scope: every good key may ask.
    """
    key = key_by_id(session, holder.organization_id, holder.key_id)
    organization = organization_by_id(session, holder.organization_id)
    return json_response(
        WhoAmI(organization=OrganizationRef.model_validate(organization), key=KeyOut.model_validate(key))
    )
