"""What made a score: enough to compute it again."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterable

ENGINE = "9"
"""Raised whenever the same input could give another score."""


def samples_digest(samples: Iterable[tuple[str, float]]) -> str:
    """SHA-256 (hex) of a set of graded answers; their order does not matter.

    Parameters
    ----------
    samples : iterable of (text, grade)
    """
    lines = sorted(json.dumps([text, round(float(grade), 6)], ensure_ascii=True) for text, grade in samples)
    return hashlib.sha256("\n".join(lines).encode()).hexdigest()


def receipt(model: str, calibration: str, rubric: str, samples: str) -> dict[str, str]:
    """The receipt of one assessment.

    Parameters
    ----------
    model : str
        SHA-256 of the encoder's weights, and of the adapter's after a ``+``, if there is one.
    calibration, rubric, samples : str
        SHA-256 of what was learnt, the rubric and the graded samples used.

    Returns
    -------
    dict of str to str
    """
    encoder, _, adapter = model.partition("+")
    return {
        "engine": ENGINE,
        "model": encoder,
        "adapter": adapter or "none",
        "calibration": calibration,
        "rubric": rubric,
        "samples": samples,
    }
