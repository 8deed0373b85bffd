"""Viva as an assessment partner of Greenhouse: what Greenhouse calls, as its documentation has it."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request

from app.integrations.greenhouse import sending
from app.integrations.greenhouse.caller import AsGreenhouse
from app.integrations.greenhouse.schemas import MalformedReport, SendTest, SentTest, TestOut, TestStatus
from app.integrations.greenhouse.standing import standing_of, test_of
from app.kit.outward import Outward
from app.kit.rest import Cleaned
from app.kit.web import SessionDep, SettingsDep, base_url

# Not in the API's description: it is Greenhouse's contract, not Viva's, and nobody else calls it.
router = APIRouter(prefix="/api/greenhouse", include_in_schema=False)


@router.get("/list_tests")
def list_tests(holder: AsGreenhouse, session: SessionDep) -> list[TestOut]:
    """The templates that the organisation can invite candidates to."""
    return [
        TestOut(partner_test_id=str(offer.id), partner_test_name=offer.name)
        for offer in sending.offers(session, holder.organization_id)
    ]


@router.post("/send_test")
def send_test(
    request: Request, body: SendTest, holder: AsGreenhouse, session: SessionDep, settings: SettingsDep
) -> SentTest:
    """Invite a candidate; Viva writes the letter. The same `url` again is the same test."""
    base = base_url(request)
    test = sending.send_test(session, holder, body, lambda path: base + path, Outward.of(settings))
    return SentTest(partner_interview_id=str(test.id))


@router.get("/test_status", response_model_exclude_none=True)
def test_status(
    request: Request,
    holder: AsGreenhouse,
    session: SessionDep,
    partner_interview_id: Annotated[str, Query(max_length=200), Cleaned],
) -> TestStatus:
    """How a test stands."""
    standing = standing_of(session, test_of(session, holder.organization_id, partner_interview_id))
    return TestStatus(
        partner_status=standing.status,
        partner_profile_url=base_url(request) + standing.path if standing.path else None,
        partner_score=standing.score,
        metadata=standing.facts,
    )


@router.post("/response_error")
def response_error(body: MalformedReport, holder: AsGreenhouse, session: SessionDep) -> dict[str, int]:
    """Greenhouse could not read an answer of ours: it is kept for people to see."""
    sending.note_malformed(session, holder, body)
    return {"status": 200}
