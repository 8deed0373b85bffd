"""Search as people type: full text and meaning, ranked together; spelling is mended by the bank's own words."""

from __future__ import annotations

import math
import re
import uuid
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import ColumnElement, case, func, literal, or_, select, text, union
from sqlalchemy.orm import Session

from app.bank.highlight import Highlighter
from app.bank.models import Question, QuestionSearch, QuestionVector, QuestionVersion
from app.bank.queries import Banks, Filters, narrowed, questions_readable_by
from app.bank.search_index import vocabulary
from app.bank.search_words import Vocabulary, Wanted, wanted_words
from app.scoring.encoded import Vectors

WORDS_WEIGHT = 1.0
"""What finding all the words counts, against 1 for meaning exactly the same."""
LEAST_MEANING = 0.3
"""Cosine below which a question is not about what is looked for."""
LEAST_SHARE = 0.34
"""Share of the words, by rarity, that a question must have where it is not near in meaning."""
RANK_WEIGHTS = "{0.05, 0.15, 0.35, 1.0}"
"""What a word counts in the model answer, the statements, the prompt, the title."""
LEAST_OF_BEST = 0.5
CANDIDATES = 300
"""So many questions are ranked for each way of coming near: by meaning, by all the words, by a word of the title."""


@dataclass(frozen=True)
class Hit:
    """A question found."""

    question: Question
    rank: float
    title_marked: str
    excerpt_marked: str

    @property
    def slug(self) -> str:
        """The question's."""
        return self.question.slug


@dataclass(frozen=True)
class Found:
    """One page of what was found."""

    hits: list[Hit]
    total: int
    mended: dict[str, str] = field(default_factory=dict)
    """Typed words and what was looked for instead."""
    by_meaning: bool = False


def search_questions(
    session: Session,
    banks: Banks,
    filters: Filters,
    known: dict[str, int],
    vector: Vectors | None = None,
    model: str = "",
    offset: int = 0,
    limit: int = 30,
) -> Found:
    """One page of the questions that fit best.

    `vector` is what `filters.q` means, of `model`; without it words alone count.
    """
    wanted = wanted_words(filters.q, known)
    ranked = _ranked(session, banks, filters, wanted, vector, model)
    page = ranked[offset : offset + limit]
    rows = session.execute(
        select(Question, QuestionVersion.prompt)
        .join(QuestionVersion, Question.current_version_id == QuestionVersion.id)
        .where(Question.id.in_([question_id for question_id, _ in page]))
    )
    found = {question.id: (question, prompt) for question, prompt in rows}
    marks = Highlighter(
        [one.mended or one.typed for one in wanted if not one.begun], [one.typed for one in wanted if one.begun]
    )
    hits = [
        Hit(question, rank, marks.marked(question.title or ""), marks.excerpt(prompt))
        for question_id, rank in page
        for question, prompt in [found[question_id]]
    ]
    mended = {one.typed: one.mended for one in wanted if one.mended}
    return Found(hits, len(ranked), mended, vector is not None)


def _ranked(
    session: Session,
    banks: Banks,
    filters: Filters,
    wanted: Sequence[Wanted],
    vector: Vectors | None,
    model: str,
) -> list[tuple[uuid.UUID, float]]:
    visible = questions_readable_by(banks)
    near = _near_in_meaning(session, visible, filters, vector, model)
    said = _with_words(session, visible, filters, wanted, list(near))
    found = {
        question_id: WORDS_WEIGHT * said.get(question_id, 0.0) + near.get(question_id, 0.0)
        for question_id in {*near, *said}
        if said.get(question_id, 0.0) >= (LEAST_SHARE if vector is not None else LEAST_SHARE / 4)
        or near.get(question_id, 0.0) >= LEAST_MEANING
    }
    if vector is not None and (missing := [one for one in found if one not in near]):
        # What was found by its words alone means something too.
        distance = QuestionVector.vector.cosine_distance(vector)
        rows = session.execute(
            select(QuestionVector.question_id, distance).where(
                QuestionVector.question_id.in_(missing), QuestionVector.model == model
            )
        )
        for question_id, far in rows:
            found[question_id] += max(0.0, 1 - float(far))
    ranked = sorted(found.items(), key=lambda item: (-item[1], item[0]))
    # What is far behind the best would only make the list long.
    return [one for one in ranked if one[1] >= LEAST_OF_BEST * ranked[0][1]]


def _near_in_meaning(
    session: Session, visible: ColumnElement[bool], filters: Filters, vector: Vectors | None, model: str
) -> dict[uuid.UUID, float]:
    """Cosine of the questions that ask what is nearest to a text."""
    if vector is None:
        return {}
    distance = QuestionVector.vector.cosine_distance(vector)
    query = select(QuestionVector.question_id, distance.label("far")).where(QuestionVector.model == model)
    query = narrowed(query.join(Question, Question.id == QuestionVector.question_id), filters).where(visible)
    rows = session.execute(query.order_by("far", QuestionVector.question_id).limit(CANDIDATES))
    return {row.question_id: 1 - float(row.far) for row in rows}


def _with_words(
    session: Session,
    visible: ColumnElement[bool],
    filters: Filters,
    wanted: Sequence[Wanted],
    also: Sequence[uuid.UUID],
) -> dict[uuid.UUID, float]:
    """Share of the words that a question has, by their rarity and by where they stand.

    Looked at are those with all of the words, those with one in the title, those with any where these are few, and
    `also`: ranking each of ten thousand questions that have a frequent word would take longer than typing it.
    """
    if not wanted:
        return {}
    rarity = _rarity(session, wanted)
    whole = sum(rarity)
    queries = [func.to_tsquery("english", one.query) for one in wanted]
    document = QuestionSearch.document
    share: ColumnElement[Any] = literal(0.0)
    for query, weight in zip(queries, rarity, strict=True):
        # ts_rank of one word is its weight times a factor of at most .61, however often it stands there.
        rank: ColumnElement[Any] = func.ts_rank(text(f"'{RANK_WEIGHTS}'::real[]"), document, query)
        share = share + case((document.op("@@")(query), weight / whole * func.least(rank / 0.6079, 1)), else_=0)
    every = func.to_tsquery("english", " & ".join(one.query for one in wanted))
    titled = func.to_tsquery("english", " | ".join(_titled(one.query) for one in wanted))
    some = func.to_tsquery("english", " | ".join(one.query for one in wanted))
    ids = narrowed(
        select(QuestionSearch.question_id).join(Question, Question.id == QuestionSearch.question_id), filters
    ).where(visible)
    candidates = [
        ids.where(document.op("@@")(every)).limit(CANDIDATES),
        ids.where(document.op("@@")(titled)).limit(CANDIDATES),
        ids.where(document.op("@@")(some)).limit(CANDIDATES),
    ]
    chosen = union(*[select(one.subquery().c.question_id) for one in candidates]).subquery()
    rows = session.execute(
        select(QuestionSearch.question_id, share.label("share")).where(
            or_(QuestionSearch.question_id.in_(select(chosen.c.question_id)), QuestionSearch.question_id.in_(also))
        )
    )
    return {row.question_id: float(row.share) for row in rows}


def _titled(query: str) -> str:
    """The same words, in the title alone."""
    return re.sub(r"('[^']+')(:\\*)?", lambda m: f"{m[1]}:{'*' if m[2] else ''}A", query)


def _rarity(session: Session, wanted: Sequence[Wanted]) -> list[float]:
    """How much each word tells: the logarithm of how many questions do not have it."""
    counts = [
        select(func.count())
        .where(QuestionSearch.document.op("@@")(func.to_tsquery("english", one.query)))
        .scalar_subquery()
        for one in wanted
    ]
    row = session.execute(select(select(func.count(QuestionSearch.question_id)).scalar_subquery(), *counts)).one()
    total, found = int(row[0]), [int(count) for count in row[1:]]
    return [math.log(1 + (total - count + 0.5) / (count + 0.5)) for count in found]


def similar_questions(session: Session, banks: Banks, question_id: uuid.UUID, limit: int = 5) -> list[Question]:
    """The questions that ask what is nearest to this one; none where it has no vector yet."""
    mine = session.get(QuestionVector, question_id)
    if mine is None:
        return []
    distance = QuestionVector.vector.cosine_distance(mine.vector)
    return list(
        session.scalars(
            select(Question)
            .join(QuestionVector, QuestionVector.question_id == Question.id)
            .where(questions_readable_by(banks), QuestionVector.model == mine.model, Question.id != question_id)
            .order_by(distance, Question.slug)
            .limit(limit)
        )
    )


__all__ = ["Found", "Hit", "Vocabulary", "search_questions", "similar_questions", "vocabulary", "wanted_words"]
