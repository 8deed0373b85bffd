"""Events of interviews as xAPI 1.0.3 statements, and their way to the store.

No name and no word of an answer is in a statement: people are ids of accounts, as the course platform, the calling
system or Viva knows them.
"""

from __future__ import annotations

import base64
import datetime as dt
import json
import time
import uuid
from typing import Any
from urllib.parse import urlencode

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.assessments.queries import InterviewScore, interview_scores
from app.bank.models import InterviewTemplate, InterviewTemplateVersion
from app.integrations.consuming import Consumer
from app.integrations.lti.models import LtiPlatform, LtiSitting, LtiUser
from app.integrations.models import Event
from app.integrations.xapi.models import XapiEndpoint
from app.integrations.xapi.service import XAPI
from app.interviews.models import Interview, InterviewItem
from app.kit.config import Settings
from app.kit.events import rfc3339
from app.kit.outward import Outward
from app.kit.sealing import Sealing

VERSION = "1.0.3"
SECONDS = 8.0
REST_SECONDS = 60.0
"""A store that is away must not hold up those of other organisations."""
_VERBS = {
    "interview.started": "attempted",
    "interview.submitted": "completed",
    "interview.scored": "scored",
    "interview.reviewed": "scored",
}


class StoreAway(Exception):
    """The store did not take a statement; the words are for an administrator."""


class Statements:
    """One worker process's part in telling stores."""

    def __init__(self, settings: Settings) -> None:
        self._address = settings.address
        self._outward = Outward.of(settings)
        self._sealing = Sealing.of(settings)
        self._resting: dict[uuid.UUID, float] = {}

    @property
    def consumer(self) -> Consumer:
        """What the outbox hands events to."""
        return Consumer(XAPI, self.tell, frozenset(_VERBS))

    def tell(self, session: Session, event: Event) -> None:
        """Send the statement of an event, if the organisation has a store.

        Raises:
            StoreAway: it was not taken; it is tried again.
        """
        endpoint = session.get(XapiEndpoint, event.organization_id)
        if endpoint is None or event.interview_id is None:
            return
        statement = statement_of(session, event, self._address)
        if statement is None:
            return
        if self._resting.get(event.organization_id, 0.0) > time.monotonic():
            raise StoreAway("The store did not answer a moment ago.")
        try:
            self._send(endpoint, statement)
        except Exception:
            self._resting[event.organization_id] = time.monotonic() + REST_SECONDS
            raise

    def _send(self, endpoint: XapiEndpoint, statement: dict[str, Any]) -> None:
        secret = base64.b64encode(f"{endpoint.username}:{self._sealing.open(endpoint.sealed)}".encode()).decode()
        answered = self._outward.call(
            "PUT",
            f"{endpoint.url}/statements?{urlencode({'statementId': statement['id']})}",
            body=json.dumps(statement, ensure_ascii=False).encode(),
            headers={
                "content-type": "application/json",
                "authorization": f"Basic {secret}",
                "x-experience-api-version": VERSION,
            },
            total_seconds=SECONDS,
        )
        # 409: it is there already; the first time is what counts.
        if not 200 <= answered.status < 300 and answered.status != 409:
            raise StoreAway(f"The store answers {answered.status}.")


def statement_of(session: Session, event: Event, address: str) -> dict[str, Any] | None:
    """The statement of an event; None where there is nothing to say (yet)."""
    row = session.execute(
        select(Interview, InterviewTemplate.slug)
        .outerjoin(InterviewTemplateVersion, InterviewTemplateVersion.id == Interview.template_version_id)
        .outerjoin(InterviewTemplate, InterviewTemplate.id == InterviewTemplateVersion.template_id)
        .where(Interview.id == event.interview_id)
    ).first()
    if row is None:
        return None
    interview, slug = row
    verb = _VERBS[event.type]
    result = _result(session, interview, verb)
    if verb == "scored" and result is None:
        return None
    activity = f"{address}/templates/{slug}" if slug else f"{address}/interviews/{interview.id}"
    return {
        "id": str(event.id),
        "timestamp": rfc3339(event.created_at),
        "actor": _actor(session, interview, address),
        "verb": {"id": f"http://adlnet.gov/expapi/verbs/{verb}", "display": {"en": verb}},
        "object": {
            "objectType": "Activity",
            "id": activity,
            "definition": {
                "type": "http://adlnet.gov/expapi/activities/assessment",
                "name": {"und": interview.title},
            },
        },
        "context": {"registration": str(interview.id), "platform": "Viva"},
        **({"result": result} if result else {}),
    }


def _actor(session: Session, interview: Interview, address: str) -> dict[str, Any]:
    row = session.execute(
        select(LtiPlatform.issuer, LtiUser.subject)
        .join(LtiUser, LtiUser.platform_id == LtiPlatform.id)
        .join(LtiSitting, LtiSitting.lti_user_id == LtiUser.id)
        .where(LtiSitting.interview_id == interview.id)
    ).first()
    home, name = row if row else (address, interview.candidate_external_id or str(interview.candidate_user_id))
    return {"objectType": "Agent", "account": {"homePage": home, "name": name}}


def _result(session: Session, interview: Interview, verb: str) -> dict[str, Any] | None:
    if verb == "completed" and interview.started_at and interview.finished_at:
        lasted = interview.finished_at - interview.started_at - dt.timedelta(seconds=interview.paused_seconds)
        return {"completion": True, "duration": f"PT{max(0.0, lasted.total_seconds()):.0f}S"}
    if verb != "scored":
        return None
    questions = session.scalar(select(func.count()).where(InterviewItem.interview_id == interview.id)) or 0
    score = interview_scores(session, [interview.id]).get(interview.id, InterviewScore())
    if interview.finished_at is None or not questions or score.scored < score.answers:
        return None
    mean = round(score.points / questions, 4)
    return {"completion": True, "score": {"scaled": mean, "raw": round(100 * mean, 2), "min": 0, "max": 100}}
