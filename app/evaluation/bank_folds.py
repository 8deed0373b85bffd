"""By which curves each part of the bank is measured: those that have not seen its questions' samples."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from zlib import crc32

from app.scoring.learnt import Curve, Learnt

FOLDS = 10
BANK_FOLDS = Path(__file__).parent / "held_out" / "bank.json"
"""Where `viva train` writes them."""


def fold_of(question: str) -> int:
    """In which of the `FOLDS` parts a question of the bank lies, by its slug, whatever other questions there are."""
    return crc32(question.encode()) % FOLDS


def without_fold(learnt: Learnt, fold: int) -> Learnt:
    """What ships, with the score by a rubric fitted without one part of the bank."""
    curves = json.loads(BANK_FOLDS.read_text(encoding="utf-8"))["folds"][fold]
    return replace(
        learnt,
        score={**learnt.score, "rubric": Curve.from_dict(curves["score"])},
        inverted={**learnt.inverted, "rubric": Curve.from_dict(curves["inverted"])},
    )
