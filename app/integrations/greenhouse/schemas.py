"""What Greenhouse sends, and what it is answered, in its words (developers.greenhouse.io/assessment.html)."""

from __future__ import annotations

from typing import Annotated, Any

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints

from app.kit.rest import Cleaned


def _as_text(value: Any) -> Any:
    # Greenhouse writes its ids as strings, and in its own examples as numbers.
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else value


Words = Annotated[str, StringConstraints(strip_whitespace=True, max_length=200), Cleaned]
Address = Annotated[str, StringConstraints(strip_whitespace=True, min_length=1, max_length=2000), Cleaned]
Identifier = Annotated[str, StringConstraints(max_length=200), Cleaned, BeforeValidator(_as_text)]


class _Greenhouses(BaseModel):
    # Unlike Viva's own API: Greenhouse says that it may add to what it sends at any time.
    model_config = ConfigDict(extra="ignore")


class CandidateIn(_Greenhouses):
    """Who is to sit. What Viva has no use for (résumé, telephone) is not even read."""

    first_name: Words
    last_name: Words
    email: Annotated[str, StringConstraints(max_length=400), Cleaned]
    greenhouse_profile_url: Address | None = None


class SendTest(_Greenhouses):
    """Ask a candidate to sit a test."""

    partner_test_id: Identifier
    candidate: CandidateIn
    url: Address


class MalformedReport(_Greenhouses):
    """What Greenhouse could not read of an answer of ours."""

    api_call: Words
    errors: list[Annotated[str, StringConstraints(max_length=2000), Cleaned]] = Field(max_length=100)
    partner_test_id: Identifier | None = None
    partner_interview_id: Identifier | None = None


class TestOut(BaseModel):
    """A test that can be sent."""

    partner_test_id: str
    partner_test_name: str


class SentTest(BaseModel):
    """A test that was sent."""

    partner_interview_id: str


class TestStatus(BaseModel):
    """How a test stands. Once it is `complete`, the address and the score are there."""

    partner_status: str
    partner_profile_url: str | None = None
    partner_score: float | None = None
    metadata: dict[str, str | int | float | bool | None] | None = None
