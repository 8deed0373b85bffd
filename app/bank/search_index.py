"""What search reads, derived from a question's current version whenever that changes."""

from __future__ import annotations

import re
import uuid
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from sqlalchemy import and_, delete, or_, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.bank.models import Question, QuestionSearch, QuestionVector, QuestionVersion
from app.bank.words import KIND_LABELS, TOPIC_LABELS
from app.scoring.encoded import Vectors

LEAST_WORD, LONGEST_WORD = 2, 40
_WORD = re.compile(r"[a-z0-9]+(?:['’][a-z]+)?")

# Statements as text: they run for each question of an import, and building them would cost more than running them.
_INDEX = text(
    "INSERT INTO question_search (question_id, organization_id, version_id, document) VALUES"
    " (:question_id, :organization_id, :version_id,"
    " setweight(to_tsvector('english', :a), 'A') || setweight(to_tsvector('english', :b), 'B')"
    " || setweight(to_tsvector('english', :c), 'C') || setweight(to_tsvector('english', :d), 'D'))"
    " ON CONFLICT (question_id) DO UPDATE SET organization_id = excluded.organization_id,"
    " version_id = excluded.version_id, document = excluded.document"
)
# Counts only grow: they decide between two words that are equally near, and need be no more than roughly right.
_COUNT = text(
    "INSERT INTO search_words (word, questions) SELECT * FROM unnest(CAST(:words AS text[]), CAST(:counts AS int[]))"
    " ON CONFLICT (word) DO UPDATE SET questions = search_words.questions + excluded.questions"
)


def one_spelling(words: str) -> str:
    """“Normalization” and “normalisation” are one word, and what is hyphenated is found by its parts."""
    return words.lower().replace("iz", "is").replace("-", " ")


def vocabulary(words: str) -> set[str]:
    """The words of a text that spelling is mended to."""
    return {one for one in _WORD.findall(one_spelling(words)) if LEAST_WORD <= len(one) <= LONGEST_WORD}


def index_question(session: Session, question: Question, version: QuestionVersion) -> None:
    """Write a version's words down for full-text search and spelling; its vector is left to a worker."""
    _index(session, [(question, version)])


def _index(session: Session, found: Sequence[tuple[Question, QuestionVersion]]) -> None:
    if not found:
        return
    rows, counts = [], Counter[str]()
    for question, version in found:
        parts = _parts(question.slug, version)
        place = {
            "question_id": question.id,
            "organization_id": question.organization_id,
            "version_id": version.id,
        }
        rows.append(place | parts)
        counts.update(vocabulary(" ".join(parts.values())))
    session.execute(_INDEX, rows)
    session.execute(delete(QuestionVector).where(QuestionVector.question_id.in_([row["question_id"] for row in rows])))
    # In one order always, so that two imports at once never wait for each other in a circle.
    words = sorted(counts)
    session.execute(_COUNT, {"words": words, "counts": [counts[word] for word in words]})


def index_missing(session: Session, limit: int = 500) -> int:
    """Index published questions whose current version is not; how many there were (at most `limit`)."""
    rows = session.execute(
        select(Question, QuestionVersion)
        .join(QuestionVersion, Question.current_version_id == QuestionVersion.id)
        .outerjoin(QuestionSearch, QuestionSearch.question_id == Question.id)
        .where(
            Question.status == "published",
            or_(QuestionSearch.question_id.is_(None), QuestionSearch.version_id != QuestionVersion.id),
        )
        .limit(limit)
    ).all()
    _index(session, [(question, version) for question, version in rows])
    return len(rows)


def store_missing_vectors(session: Session, model: str, vector_of: Callable[[str], Vectors], limit: int = 50) -> int:
    """Embed questions that have no vector of this model yet; how many (at most `limit`)."""
    current = and_(
        QuestionVector.question_id == QuestionSearch.question_id,
        QuestionVector.version_id == QuestionSearch.version_id,
        QuestionVector.model == model,
    )
    rows = session.execute(
        select(QuestionSearch.question_id, QuestionSearch.organization_id, QuestionVersion)
        .join(QuestionVersion, QuestionSearch.version_id == QuestionVersion.id)
        .outerjoin(QuestionVector, current)
        .where(QuestionVector.question_id.is_(None))
        .order_by(QuestionSearch.question_id)
        .limit(limit)
    ).all()
    for question_id, organization_id, version in rows:
        vector = vector_of(asked_text(version.title, version.prompt))
        values: dict[str, Any] = {
            "organization_id": organization_id,
            "version_id": version.id,
            "model": model,
            "vector": vector.tolist(),
        }
        session.execute(
            insert(QuestionVector)
            .values(question_id=question_id, **values)
            .on_conflict_do_update(index_elements=["question_id"], set_=values)
        )
    return len(rows)


def asked_text(title: str, prompt: str) -> str:
    """What a question asks, as it is embedded."""
    return f"{title}. {' '.join(prompt.split())}"


def _parts(slug: str, version: QuestionVersion) -> dict[str, str]:
    """The words by weight: names, what is asked, what a good answer says, the model answer."""
    seeds = " ".join(str(source["seed"]) for source in version.sources if source.get("seed"))
    # “svm” finds the support vector machine.
    initials = "".join(word[0] for word in slug.split("-"))
    names = [version.title, slug, initials, seeds, TOPIC_LABELS[version.topic], KIND_LABELS[version.kind]]
    criteria = [c for approach in version.rubric["approaches"] for c in approach["criteria"]]
    return {
        "a": one_spelling(" ".join(names)),
        "b": one_spelling(version.prompt),
        "c": one_spelling(_statements(criteria)),
        "d": one_spelling(version.model_answer),
    }


def _statements(criteria: Iterable[dict[str, Any]]) -> str:
    return " ".join(statement for criterion in criteria for statement in criterion["statements"])


def forget_question(session: Session, question_id: uuid.UUID) -> None:
    """Take a question out of what search reads."""
    session.execute(delete(QuestionSearch).where(QuestionSearch.question_id == question_id))
    session.execute(delete(QuestionVector).where(QuestionVector.question_id == question_id))
