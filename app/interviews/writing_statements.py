"""The statements of every save and every answer, built once: building them costs more than PostgreSQL's work.

The deadline is checked here, in the WHERE of the writes themselves.
"""

from __future__ import annotations

from sqlalchemy import (
    Boolean,
    Insert,
    Integer,
    String,
    Text,
    Uuid,
    bindparam,
    delete,
    exists,
    func,
    literal,
    select,
    update,
)
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import aliased
from sqlalchemy.sql.selectable import ExecutableReturnsRows

from app.interviews.clock import question_takes_text, takes_text
from app.interviews.models import Answer, Draft, Interview, InterviewItem
from app.kit.clock import viva_now
from app.kit.db import table_of

_ITEM, _TEXT = bindparam("this_item", type_=Uuid), bindparam("new_text", type_=Text)
_MODE = bindparam("said_mode", type_=String)
_RUNS = exists().where(Interview.id == bindparam("this_interview"), takes_text())
SAVE_DRAFT = (
    update(table_of(InterviewItem))
    .where(
        InterviewItem.id == _ITEM,
        InterviewItem.draft_revision == bindparam("base_revision"),
        ~exists().where(Answer.item_id == _ITEM),
        question_takes_text(),
        _RUNS,
    )
    .values(
        draft_text=_TEXT,
        draft_revision=InterviewItem.draft_revision + 1,
        draft_saved_at=viva_now(),
        input_mode=func.coalesce(_MODE, InterviewItem.input_mode),
    )
    .returning(InterviewItem.draft_revision, InterviewItem.draft_saved_at, InterviewItem.deadline_at)
)


def _remember_revision() -> Insert:
    """History, thinned to the last revision of each minute, so that an hour's typing stays small."""
    other, revision = aliased(Draft), bindparam("new_revision", type_=Integer)
    # What a stale tab was shown as the other text stays: this save may be that tab's choice against it.
    was_shown = exists().where(other.item_id == _ITEM, other.kind == "conflict", other.revision == revision - 1)
    thinned = delete(Draft).where(
        Draft.item_id == _ITEM,
        Draft.kind == "saved",
        Draft.revision == revision - 1,
        func.date_trunc("minute", Draft.created_at) == func.date_trunc("minute", viva_now()),
        ~was_shown,
    )
    # Chosen after all, or one's own whose acknowledgement got lost: it stands beside nothing any more.
    chosen = delete(Draft).where(Draft.item_id == _ITEM, Draft.kind == "conflict", Draft.text == _TEXT)
    return (
        insert(table_of(Draft))
        .values(
            id=bindparam("new_id"),
            organization_id=bindparam("this_organization"),
            item_id=_ITEM,
            kind="saved",
            revision=revision,
            text=_TEXT,
        )
        .add_cte(thinned.cte("thinned"), chosen.cte("chosen"))
    )


def _submit_answer() -> ExecutableReturnsRows:
    given = {
        "id": bindparam("new_id", type_=Uuid),
        "organization_id": bindparam("this_organization", type_=Uuid),
        "item_id": _ITEM,
        "text": _TEXT,
        "does_not_know": bindparam("does_not_know_it", type_=Boolean),
        "submitted_by": literal("candidate"),
        "input_mode": _MODE,
    }
    is_open = exists().where(InterviewItem.id == _ITEM, question_takes_text())
    submitted = insert(table_of(Answer)).from_select(list(given), select(*given.values()).where(is_open, _RUNS))
    return select(Answer).from_statement(
        submitted.on_conflict_do_nothing(index_elements=["item_id"]).returning(table_of(Answer))
    )


REMEMBER_REVISION, SUBMIT_ANSWER = _remember_revision(), _submit_answer()
