from __future__ import annotations

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.blocks import code_lines
from app.scoring.text import MAX_WORDS, segments, sentences, words


def cut(text: str) -> list[str]:
    return [text[s.start : s.end] for s in sentences(text)]


def test_sentences_end_where_a_reader_would_say():
    assert cut("Use p = 0.5, e.g. in dense layers (Fig. 3). Smith et al. agree! And you? yes") == [
        "Use p = 0.5, e.g. in dense layers (Fig. 3).",
        "Smith et al. agree!",
        "And you?",
        "yes",
    ]


def test_a_variable_or_a_unit_ends_a_sentence_and_an_initial_does_not():
    assert cut("Then CV for λ. Collinear columns suffer. Gone after 5 ms. If it hangs, stop. J. Pearl and Ms. Ng agree.") == [
        "Then CV for λ.", "Collinear columns suffer.", "Gone after 5 ms.", "If it hangs, stop.", "J. Pearl and Ms. Ng agree.",
    ]  # fmt: skip
    assert cut("where x. y is small") == ["where x. y is small"]


def test_a_line_break_after_a_word_that_wants_another_is_no_end():
    assert cut("It is fast enough, because\n25 ms is less than 60 ms.") == [
        "It is fast enough, because\n25 ms is less than 60 ms."
    ]
    assert cut("First point\nSecond point") == ["First point", "Second point"]


def test_a_soft_line_break_is_no_end_and_a_paragraph_is():
    text = "A sentence that is wrapped by somebody's editor at the usual width\ngoes on here.\n\nNext paragraph"
    assert cut(text) == [text[: text.index("\n\n")], "Next paragraph"]


def test_list_items_are_sentences_without_their_marks():
    assert cut("Reasons:\n- less noise\n* more speed\n1. first\n2) second\n• third") == [
        "Reasons:", "less noise", "more speed", "first", "second", "third",
    ]  # fmt: skip


def test_each_line_of_code_stands_alone():
    assert cut("Like so:\n```python\nx = a.b()\nreturn x / (1 - p)\n```\nDone.") == [
        "Like so:", "x = a.b()", "return x / (1 - p)", "Done.",
    ]  # fmt: skip


def test_scripts_without_spaces_are_cut_at_their_own_stops():
    assert cut("这是第一句。这是第二句！") == ["这是第一句。", "这是第二句！"]


def test_clauses():
    text = "Units are switched off, because they must not rely on others. That helps."
    found = {(s.kind, text[s.start : s.end]) for s in segments(text)}
    assert ("clause", "because they must not rely on others.") in found
    assert {kind for kind, _ in found} == {"sentence", "clause"}


def test_a_text_without_any_punctuation_is_cut_into_short_pieces():
    text = "word " * 300
    pieces = [s for s in segments(text) if s.kind == "clause"]
    assert pieces
    assert all(len(text[s.start : s.end].split()) <= MAX_WORDS for s in pieces)


TEXT = st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=300) | st.text(
    alphabet="ab. ,;:!?\n-*1`)'\t\u2028é😀。", max_size=200
)


@given(TEXT)
def test_segments_lie_inside_the_text_and_have_no_space_round_them(text):
    for segment in segments(text):
        assert 0 <= segment.start < segment.end <= len(text)
        piece = text[segment.start : segment.end]
        assert piece == piece.strip()
        assert any(c.isalnum() for c in piece)


@given(TEXT)
def test_sentences_do_not_overlap_and_stand_in_order(text):
    found = sentences(text)
    assert all(one.end <= two.start for one, two in pairwise(found))


@given(TEXT)
def test_words_never_fail(text):
    assert all(words(text))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("There are two: 1. Draw a sample. 2. Update.", ["There are two:", "1. Draw a sample.", "2. Update."]),
        ("1. Draw a sample 2. Find the winner 3. Update", ["Draw a sample", "2. Find the winner", "3. Update"]),
        ("The result is 1. Nothing else follows.", ["The result is 1.", "Nothing else follows."]),
        ("It falls from 2. It rises to 3.", ["It falls from 2.", "It rises to 3."]),
    ],
)
def test_a_list_in_one_line_is_cut_before_its_numbers(text, expected):
    assert [text[s.start : s.end] for s in sentences(text)] == expected


def test_a_fence_makes_code_of_what_looks_like_code():
    code = "slow = fast = head\nwhile fast and fast.next:\n\n    slow = slow.next\nreturn slow"
    text = f"Two pointers:\n```python\n{code}\n```\nThey meet.\n```\ndropout = regularisation\nvariance\nensemble\n```"
    assert [text[start:end] for start, end in code_lines(text)] == [line for line in code.split("\n") if line]
    assert code_lines("while True:\n    pass") == []
    assert code_lines("") == []
