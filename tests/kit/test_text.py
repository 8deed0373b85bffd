from __future__ import annotations

import pytest

from app.kit.errors import Invalid, TooLarge
from app.kit.text import clean_text


def test_line_ends_become_one_kind_and_controls_go() -> None:
    assert clean_text("a\r\nb\rc\td\x07\x7f") == "a\nb\nc\td"


def test_people_s_text_is_untouched() -> None:
    text = "שלום — 👩‍👩‍👧 ∂L/∂w ≤ ¼ \u200f\u202eabc"
    assert clean_text(text) == text


@pytest.mark.parametrize("bad", ["a\x00b", "half \ud83d"])
def test_what_cannot_be_stored_is_refused_with_its_reason(bad: str) -> None:
    with pytest.raises(Invalid, match="remove it"):
        clean_text(bad)


def test_too_long_says_how_long() -> None:
    with pytest.raises(TooLarge, match="12 characters and at most 10"):
        clean_text("x" * 12, max_chars=10)
