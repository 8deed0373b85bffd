"""Words out of order are told from sentences, and a learner's sentences are sentences."""

from __future__ import annotations

import random

import numpy as np
import pytest

from app.scoring.attacks import shuffled
from app.scoring.engine import assess, prepare, readable
from app.scoring.learnt import shipped
from app.scoring.order import disorders
from app.scoring.rubric import Rubric
from app.scoring.syntax import EDGE, ENDINGS, KNOWN_FROM, UNKNOWN, symbols
from app.scoring.text import sentences

PLAIN = (
    "A pointer is a variable that holds the address of another variable, so the function can change the caller's value.",
    "If bulb A burns out the other two stay lit, because each of them still has a closed path to the battery.",
    "We split the data first and fit the scaler on the training part only, otherwise the test set leaks into it.",
)
LEARNERS = (
    "it take the smallest element and put in first place, then do again for the rest untill list is sort",
    "Because compiler must to know what type return the function before is call it in main program.",
    "model learn noise of train data so when new data come is not good, need more data or regularization",
    "push and pop, both of them work only on the top of stack and take constant time always",
    "O(n log n) in the average case, O(n^2) when the pivot is always the smallest or the largest element",
)
RUBRIC = {"criteria": [{"id": "a", "facet": "what", "statements": [PLAIN[1]]}]}


def disorder(encoder, text: str) -> np.ndarray:
    learnt, encoded = shipped(), encoder.encode(text)
    found = [(one.start, one.end) for one in sentences(text)]
    reaches = encoded.token_ranges(found).tolist()
    return disorders(
        learnt.order,
        learnt.syntax,
        [text[start:end] for start, end in found],
        [encoded.unit_tokens[first:last] for first, last in reaches],
        learnt.settings["disorder"],
    )


def test_words_become_numbers_and_unknown_ones_their_endings():
    found = symbols("The Regularisation, zqxwv")
    assert found.shape == (6, 3)
    assert found[0].tolist() == found[-1].tolist() == [EDGE, 0, 0]
    assert found[1, 0] >= KNOWN_FROM
    assert found[3, 0] >= KNOWN_FROM  # the comma
    assert found[4, 0] == UNKNOWN
    assert 1 <= found[4, 1] <= ENDINGS < found[4, 2] <= 2 * ENDINGS
    assert symbols("").tolist() == [[EDGE, 0, 0]] * 2


@pytest.mark.parametrize("text", [*PLAIN, *LEARNERS])
def test_what_people_write_is_in_order(encoder, text):
    assert disorder(encoder, text).max() < 0.4


@pytest.mark.parametrize("text", PLAIN)
def test_the_same_words_shuffled_are_not(encoder, text):
    found = [disorder(encoder, shuffled(text, random.Random(seed))).min() for seed in range(10)]
    assert np.mean([one >= 0.8 for one in found]) >= 0.9


def test_full_stops_between_shuffled_words_make_no_sentences(encoder):
    tokens = " ".join(PLAIN).replace(",", ".").split()
    random.Random(3).shuffle(tokens)
    assert disorder(encoder, " ".join(tokens)).min() >= 0.8


def test_code_is_no_list_of_words(encoder):
    code = (
        "```python\ndef search(a, t):\n    lo, hi = 0, len(a) - 1\n    while lo <= hi:\n        mid = (lo + hi) // 2\n"
        "        if a[mid] < t:\n            lo = mid + 1\n        else:\n            hi = mid - 1\n    return lo\n```"
    )
    rubric = {"criteria": [{"id": "a", "facet": "how", "statements": ["Halve the range until it is empty."]}]}
    prepared = prepare("Write a binary search.", Rubric.from_dict(rubric), encoder.encode)
    report = assess(prepared, code, encoder.encode(readable(code)))
    assert not any("list of words" in note for note in report.notes)
    listed = (
        "```\n" + "\n".join(["halve the range", "until empty", "binary search", "sorted array", "log time"]) + "\n```"
    )
    report = assess(prepared, listed, encoder.encode(readable(listed)))
    assert any("list of words" in note for note in report.notes)


def test_a_shuffled_model_answer_does_not_pass_by_itself(encoder):
    prepared = prepare("Which bulbs stay lit?", Rubric.from_dict(RUBRIC), encoder.encode)
    said = assess(prepared, PLAIN[1], encoder.encode(PLAIN[1]))
    assert said.score > 0.9
    for seed in range(5):
        text = shuffled(PLAIN[1], random.Random(seed))
        report = assess(prepared, text, encoder.encode(readable(text)))
        assert report.score < 0.5
        assert report.needs_review
