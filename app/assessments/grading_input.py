"""What `POST /gradings` takes: refused as a whole if it cannot be stored, else judged object by object."""

from __future__ import annotations

import math
import uuid
from collections.abc import Iterable
from typing import Any

from sqlalchemy.orm import Session

from app.bank.queries import find_grading_parts
from app.kit.errors import Invalid, NotFound
from app.kit.text import clean_text
from app.scoring.grading import MAX_SAMPLES

MAX_DEPTH = 16
MAX_NUMBER = 2**53
"""Beyond it, not every program reads the same whole number."""


def read_gradings(body: Any) -> list[dict[str, Any]]:
    """The objects of a body, one or a list, with their text cleaned.

    Raises:
        Invalid: something is no object, or holds what cannot be stored (NUL, half a surrogate pair, NaN).
    """
    if not isinstance(body, list):
        if not isinstance(body, dict):
            raise Invalid(
                "The body must be a JSON object to grade, or a list of them, sent with the header "
                "Content-Type: application/json.",
                field="body",
            )
        return [cleaned(body, "", 0)]
    for index, entry in enumerate(body):
        if not isinstance(entry, dict):
            raise Invalid(f"[{index}]: must be an object to grade.", field=f"[{index}]")
    return [cleaned(entry, f"[{index}]", 0) for index, entry in enumerate(body)]


def cleaned(value: Any, path: str = "", depth: int = 0) -> Any:
    """A value of JSON as it can be stored: text as everywhere, numbers that every program reads the same.

    Raises:
        Invalid: it cannot be stored; the message names the place.
    """
    if depth > MAX_DEPTH:
        raise Invalid(f"{path}: is nested too deeply.", field=path)
    if isinstance(value, str):
        return clean_text(value, field=path)
    if isinstance(value, float) and not math.isfinite(value):
        raise Invalid(f"{path}: is not a number that JSON knows (NaN or infinite).", field=path)
    if isinstance(value, int) and not isinstance(value, bool) and abs(value) > MAX_NUMBER:
        raise Invalid(f"{path}: is a number out of range.", field=path)
    if isinstance(value, list):
        return [cleaned(entry, f"{path}[{index}]", depth + 1) for index, entry in enumerate(value)]
    if isinstance(value, dict):
        named = {}
        for key, entry in value.items():
            name = clean_text(key, field="The name of a field")
            named[name] = cleaned(entry, f"{path}.{name}" if path else name, depth + 1)
        return named
    return value


def with_bank_questions(
    session: Session, organization_id: uuid.UUID, requests: list[dict[str, Any]]
) -> list[dict[str, Any]]:
    """The requests with every `slug` that the bank knows replaced by what stands behind it now.

    What cannot be replaced is left, and gets its error in its place when it is graded.
    """
    known = bank_questions(session, organization_id, requests)
    return [with_bank_question(request, known) for request in requests]


def bank_questions(
    session: Session, organization_id: uuid.UUID, requests: Iterable[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    """What stands behind the slugs of requests now, of those that the bank knows."""
    slugs = {slug for request in requests if (slug := _slug_alone(request)) is not None}
    found = {slug: _bank_question(session, organization_id, slug) for slug in sorted(slugs)}
    return {slug: parts for slug, parts in found.items() if parts is not None}


def with_bank_question(request: dict[str, Any], known: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """A request with its slug replaced by what stands behind it, if that is known."""
    slug = _slug_alone(request)
    found = known.get(slug) if slug is not None else None
    if found is None:
        return request
    own: list[Any] = request.get("samples") or []
    rest = {name: value for name, value in request.items() if name not in {"slug", "rubric", "references", "samples"}}
    rest["question"] = request.get("question") or found["question"]
    # The caller's samples come first: there is a limit, and they were sent on purpose.
    return {**rest, "rubric": found["rubric"], "samples": [*own, *found["samples"]][: max(MAX_SAMPLES, len(own))]}


def _slug_alone(request: dict[str, Any]) -> str | None:
    slug, samples = request.get("slug"), request.get("samples")
    alone = request.get("rubric") is None and request.get("references") is None
    return slug if isinstance(slug, str) and alone and (samples is None or isinstance(samples, list)) else None


def _bank_question(session: Session, organization_id: uuid.UUID, slug: str) -> dict[str, Any] | None:
    try:
        return find_grading_parts(session, organization_id, slug)
    except NotFound:
        return None
