"""What torch trains and what numpy runs are the same network over words."""

from __future__ import annotations

import random

import numpy as np
import torch

from app.scoring.syntax import Syntax, symbols
from app.training.material import Marked, Task
from app.training.syntax import MAKERS, Network, _filled, known_words

TEXTS = (
    "Dropout switches units off at random, so that none can lean on another; it is a regulariser.",
    "Zqxwv!",
    "",
    "because it's the students’ own words that count (and no others).",
)


def test_numpy_computes_what_was_trained():
    torch.manual_seed(0)
    theirs = Network(known=600).eval()
    ours = Syntax.from_arrays({name: value.astype(np.float32) for name, value in theirs.arrays().items()})
    rows, mask, _, _ = _filled([(symbols(text), 0.0, 1.0) for text in TEXTS])
    with torch.inference_mode():
        wanted = theirs(rows, mask).numpy()
    found = [ours.log_odds(text) for text in TEXTS]
    # Weights are kept in float16. What fills up a shorter text in its batch changes nothing.
    np.testing.assert_allclose(found, wanted, atol=0.02)
    assert np.ptp(found) > 0.05


def test_what_is_known_comes_from_the_answers_and_the_function_words():
    answer = Marked("gradient " * 80 + "rarely", 1.0)
    known = known_words([Task("own", "q", "?", ("A reference.",), (), (answer,))])["words"]
    assert known == sorted(set(known))
    assert {"gradient", "the", "because", ".", "("} <= set(known)
    assert "rarely" not in known


def test_every_maker_keeps_to_the_words_it_was_given():
    text = "The gradient is the slope of the loss, and training follows it down step by step."
    allowed = {word.strip(".,;").lower() for word in text.split()}
    for make, _ in MAKERS:
        made = make(text, random.Random(1))
        assert {word.strip(".,;:-0123456789").lower() for word in made.split()} - {""} <= allowed
        assert made != text
