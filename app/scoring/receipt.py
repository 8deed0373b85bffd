"""What made a score: enough to compute it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

ENGINE = "1"
"""Raised whenever the same input could give another score."""

WEIGHTS = ("credit.json", "order.json", "words.json")


@cache
def calibration() -> str:
    """SHA-256 (hex) over the weights' files."""
    digest = hashlib.sha256()
    for name in WEIGHTS:
        digest.update(name.encode() + b"\0" + files("app.scoring").joinpath("weights", name).read_bytes() + b"\0")
    return digest.hexdigest()


def samples_digest(samples: Iterable[tuple[str, float]]) -> str:
    """SHA-256 (hex) of a set of graded answers; their order does not matter.

    Parameters
    ----------
    samples : iterable of (text, grade)
    """
    lines = sorted(json.dumps([text, round(float(grade), 6)], ensure_ascii=True) for text, grade in samples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def receipt(model: str, rubric: str, samples: str) -> dict[str, str]:
    """The receipt of one assessment.

    Parameters
    ----------
    model, rubric, samples : str
        SHA-256 of the encoder's weights, the rubric and the graded samples used.

    Returns
    -------
    dict of str to str
    """
    return {
        "engine": ENGINE,
        "model": model,
        "adapter": "none",
        "calibration": calibration(),
        "rubric": rubric,
        "samples": samples,
    }
