"""Everything that is stored of a person, as one JSON object: for the person alone."""

from __future__ import annotations

import uuid
from collections import defaultdict
from collections.abc import Iterable
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.browser_sessions import browsers_of
from app.accounts.models import AuditEvent, ExternalIdentity, Membership, Organization, User
from app.assessments.models import Appeal, Assessment, Grading, Review
from app.bank.models import Question, QuestionDraft, QuestionVersion
from app.interviews.access import interviews_readable_by
from app.interviews.models import Answer, Draft, Interview, InterviewItem
from app.interviews.seeing import ALL, seeing_of_all
from app.interviews.views import is_shown
from app.kit import clock

FORMAT = "viva-export-1"

Json = dict[str, Any]


def export_of(session: Session, user: User) -> Json:
    """What is stored of a person; of results that an organisation has not released, only that they are there."""
    return {
        "format": FORMAT,
        "exported_at": clock.now(session).isoformat(),
        "account": _account(session, user),
        "browsers": [
            _row(one, "browser", "address", "created_at", "last_used_at") for one in browsers_of(session, user, None)
        ],
        "memberships": _memberships(session, user),
        "interviews": _interviews(session, user),
        "questions_written": _questions(session, user),
        "answers_tried_out": [
            _row(one, "id", "created_at", "status", "requests", "results")
            for one in session.scalars(
                select(Grading)
                .where(Grading.organization_id == user.personal_organization_id)
                .order_by(Grading.created_at)
            )
        ],
        "audit_trail": [
            _row(one, "at", "actor", "action", "subject", "detail")
            for one in session.scalars(
                select(AuditEvent)
                .where(AuditEvent.organization_id == user.personal_organization_id)
                .order_by(AuditEvent.at)
            )
        ],
    }


def _row(thing: Any, *names: str) -> Json:
    return {name: _plain(getattr(thing, name)) for name in names}


def _plain(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    return value.isoformat() if hasattr(value, "isoformat") else value


def _account(session: Session, user: User) -> Json:
    identities = session.scalars(select(ExternalIdentity).where(ExternalIdentity.user_id == user.id))
    return _row(user, "id", "name", "email", "email_confirmed_at", "created_at") | {
        "has_password": user.password_hash is not None,
        "signs_in_with": [_row(one, "issuer", "subject", "created_at") for one in identities],
    }


def _memberships(session: Session, user: User) -> list[Json]:
    rows = session.execute(
        select(Organization.name, Organization.slug, Membership.role, Membership.created_at)
        .join(Membership, Membership.organization_id == Organization.id)
        .where(Membership.user_id == user.id)
        .order_by(Membership.created_at)
    )
    return [
        {"organization": name, "address": slug, "role": role, "since": _plain(since)}
        for name, slug, role, since in rows
    ]


def _interviews(session: Session, user: User) -> list[Json]:
    rows = session.execute(
        select(Interview, Organization.name)
        .join(Organization, Interview.organization_id == Organization.id)
        .where(interviews_readable_by(user))
        .order_by(Interview.created_at, Interview.id)
    ).all()
    ruled = seeing_of_all(session, [one.id for one, _ in rows])
    items = _items(session, user, {one.id: ruled.get(one.id, ALL).what for one, _ in rows})
    return [
        _row(
            interview,
            *("id", "title", "mode", "status", "candidate_name", "timing", "duration_seconds", "time_multiplier"),
            *("created_at", "consented_at", "started_at", "deadline_at", "finished_at", "finish_reason", "released_at"),
        )
        | {"organization": organization, "questions": items[interview.id]}
        for interview, organization in rows
    ]


def _items(session: Session, user: User, seen: dict[uuid.UUID, str]) -> dict[uuid.UUID, list[Json]]:
    mine = select(Interview.id).where(interviews_readable_by(user)).scalar_subquery()
    rows = session.execute(
        select(InterviewItem, Interview, QuestionVersion.title, QuestionVersion.prompt, Answer)
        .join(Interview, InterviewItem.interview_id == Interview.id)
        .join(QuestionVersion, InterviewItem.question_version_id == QuestionVersion.id)
        .outerjoin(Answer, Answer.item_id == InterviewItem.id)
        .where(InterviewItem.interview_id.in_(mine))
        .order_by(InterviewItem.interview_id, InterviewItem.position)
    ).all()
    answers = [answer.id for *_, answer in rows if answer is not None]
    drafts = _by(
        "item_id",
        session.scalars(
            select(Draft)
            .join(InterviewItem, Draft.item_id == InterviewItem.id)
            .where(InterviewItem.interview_id.in_(mine))
            .order_by(Draft.created_at)
        ),
    )
    said = {
        model: _by(
            "answer_id",
            session.scalars(select(model).where(model.answer_id.in_(answers)).order_by(model.created_at, model.id)),
        )
        for model in (Assessment, Review, Appeal)
    }
    found: dict[uuid.UUID, list[Json]] = defaultdict(list)
    for item, interview, title, prompt, answer in rows:
        entry = _row(
            item,
            *("position", "section_title", "flagged", "draft_text", "draft_revision", "draft_saved_at", "input_mode"),
        )
        # Nobody reads here what is asked before its clock runs.
        shown = is_shown(interview, item)
        entry |= _row(item, "duration_seconds", "opened_at", "deadline_at") | {
            "title": title if shown else None,
            "prompt": prompt if shown else None,
            "drafts": [_row(one, "kind", "revision", "text", "created_at") for one in drafts[item.id]],
        }
        if answer is not None:
            entry["answer"] = _row(answer, "text", "does_not_know", "submitted_by", "submitted_at", "input_mode")
            entry["result"] = _result(seen[item.interview_id], {model: said[model][answer.id] for model in said})
            appeals = said[Appeal][answer.id]
            entry["appeals"] = [_row(one, "text", "created_at", "reply", "replied_at") for one in appeals]
        found[item.interview_id].append(entry)
    return found


def _result(seen: str, said: dict[type, list[Any]]) -> Json:
    if seen in {"nothing", "waits"}:
        return {"shown": "nothing: the organisation has not released it"}
    whole = seen == "report"
    machine = ["score", "confidence", "created_at", *(["report"] if whole else [])]
    people = ["score", "created_at", *(["verdicts", "comment"] if whole else [])]
    return {
        "shown": seen,
        "assessments": [_row(one, *machine) for one in said[Assessment]],
        "reviews": [_row(one, *people) for one in said[Review]],
    }


def _by(name: str, rows: Iterable[Any]) -> dict[uuid.UUID, list[Any]]:
    found: dict[uuid.UUID, list[Any]] = defaultdict(list)
    for row in rows:
        found[getattr(row, name)].append(row)
    return found


def _questions(session: Session, user: User) -> list[Json]:
    written = Question.organization_id == user.personal_organization_id
    versions = _by(
        "question_id",
        session.scalars(
            select(QuestionVersion)
            .join(Question, QuestionVersion.question_id == Question.id)
            .where(written)
            .order_by(QuestionVersion.created_at)
        ),
    )
    working = {
        draft.question_id: draft
        for draft in session.scalars(
            select(QuestionDraft).join(Question, QuestionDraft.question_id == Question.id).where(written)
        )
    }
    names = ("title", "prompt", "kind", "topic", "level", "minutes", "rubric", "model_answer", "sources", "created_at")
    return [
        _row(question, "slug", "status", "created_at")
        | {
            "versions": [_row(version, *names) for version in versions[question.id]],
            "working_copy": working[question.id].source if question.id in working else None,
        }
        for question in session.scalars(select(Question).where(written).order_by(Question.created_at))
    ]
