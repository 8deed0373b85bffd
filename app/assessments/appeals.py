"""Candidates who do not agree with a mark: said once for each answer, replied to by a person, and kept."""

from __future__ import annotations

import uuid
from collections.abc import Collection

from sqlalchemy import ColumnElement, or_, select, update
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.doer import Doer
from app.accounts.models import Organization, User
from app.accounts.service import audit
from app.assessments.models import Appeal
from app.assessments.views import AppealView
from app.bank.models import InterviewTemplateVersion
from app.interviews.access import interviews_readable_by
from app.interviews.models import Answer, Interview, InterviewItem
from app.kit import clock
from app.kit.errors import Conflict, Invalid, NotFound
from app.kit.text import clean_text
from app.kit.waiting import announce

MAX_CHARS = 4000


class AppealedAlready(Conflict):
    """The answer's mark was appealed against before."""


class RepliedAlready(Conflict):
    """Somebody has replied to the appeal."""


def may_appeal() -> ColumnElement[bool]:
    """Interviews (joined with their template version and organisation) whose candidate may object to marks now.

    Somebody else holds it, and its report is the candidate's to see.
    """
    return (
        Interview.finished_at.is_not(None)
        & Organization.is_personal.is_(False)
        & or_(
            InterviewTemplateVersion.id.is_(None),
            (InterviewTemplateVersion.candidate_sees == "report")
            & ((InterviewTemplateVersion.release == "at_once") | Interview.released_at.is_not(None)),
        )
    )


def can_appeal(session: Session, interview: Interview) -> bool:
    """Whether the candidate of an interview may object to its marks now."""
    return bool(
        session.scalar(
            select(Interview.id)
            .join(Organization, Organization.id == Interview.organization_id)
            .outerjoin(InterviewTemplateVersion, InterviewTemplateVersion.id == Interview.template_version_id)
            .where(Interview.id == interview.id, may_appeal())
        )
    )


def appeal(session: Session, candidate: User, interview_id: uuid.UUID, item_id: uuid.UUID, text: str) -> Appeal:
    """Keep that a candidate does not agree with the mark of an answer.

    Raises:
        NotFound: there is no such answer of the candidate's, or its report is not to be seen.
        Invalid: nothing is said, or too much.
        AppealedAlready: it was said before.
    """
    answer = session.execute(
        select(Answer.id, Answer.organization_id)
        .join(InterviewItem, Answer.item_id == InterviewItem.id)
        .join(Interview, InterviewItem.interview_id == Interview.id)
        .join(Organization, Organization.id == Interview.organization_id)
        .outerjoin(InterviewTemplateVersion, InterviewTemplateVersion.id == Interview.template_version_id)
        .where(
            InterviewItem.id == item_id, Interview.id == interview_id, interviews_readable_by(candidate), may_appeal()
        )
    ).first()
    if answer is None:
        raise NotFound("There is no such answer of yours whose mark could be looked at again.")
    text = _text(text, "What you do not agree with")
    # Pressed twice at once, one of the two is kept.
    stored: Appeal | None = session.scalar(
        insert(Appeal)
        .values(id=uuid.uuid4(), organization_id=answer.organization_id, answer_id=answer.id, text=text)
        .on_conflict_do_nothing(index_elements=["answer_id"])
        .returning(Appeal)
    )
    if stored is None:
        raise AppealedAlready("You have said already that you do not agree with this mark; it is shown below.")
    audit(session, answer.organization_id, f"user:{candidate.id}", "appeal.made", f"answer:{answer.id}")
    return stored


def reply(session: Session, organization_id: uuid.UUID, person: Doer, answer_id: uuid.UUID, text: str) -> None:
    """Reply to an appeal; the candidate sees the reply.

    Raises:
        NotFound: nobody appealed.
        Invalid: nothing is said, or too much.
        RepliedAlready: somebody was quicker.
    """
    mine = (Appeal.answer_id == answer_id) & (Appeal.organization_id == organization_id)
    if session.scalar(select(Appeal.id).where(mine)) is None:
        raise NotFound("Nobody has appealed against the mark of this answer.")
    text = _text(text, "The reply")
    changed = session.execute(
        update(Appeal)
        .where(mine, Appeal.replied_at.is_(None))
        .values(reply=text, replied_by=person.user_id, replied_at=clock.now(session))
        .returning(Appeal.id)
        .execution_options(synchronize_session=False)
    ).first()
    if changed is None:
        raise RepliedAlready("Somebody has replied meanwhile: the reply is shown below.")
    audit(session, organization_id, person.actor, "appeal.replied", f"answer:{answer_id}", **person.in_place_of)
    interview_id = session.scalar(
        select(InterviewItem.interview_id)
        .join(Answer, Answer.item_id == InterviewItem.id)
        .where(Answer.id == answer_id)
    )
    announce(session, f"interview:{interview_id}")


def appeals_of(session: Session, answer_ids: Collection[uuid.UUID]) -> dict[uuid.UUID, AppealView]:
    """The appeals against the marks of answers, with their replies, by answer."""
    if not answer_ids:
        return {}
    rows = session.execute(
        select(Appeal, User.name)
        .outerjoin(User, User.id == Appeal.replied_by)
        .where(Appeal.answer_id.in_(answer_ids))
        .execution_options(populate_existing=True)
    )
    return {
        one.answer_id: AppealView(one.text, one.created_at, one.reply, name or "", one.replied_at) for one, name in rows
    }


def _text(text: str, shown: str) -> str:
    text = clean_text(text, field="text").strip()
    if not text:
        raise Invalid(f"{shown} is empty: write a sentence or two.", field="text")
    if len(text) > MAX_CHARS:
        raise Invalid(f"{shown} has {len(text):,} characters; at most {MAX_CHARS:,} are taken.", field="text")
    return text
