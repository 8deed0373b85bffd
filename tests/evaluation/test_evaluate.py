"""`viva evaluate` on a small set of our own: the same figures each time, and the card."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from app.kit.config import ROOT

QUESTIONS = {
    "q1": ("What does a stack do?", "A stack returns the element that was added last first."),
    "q2": ("What is a queue for?", "A queue keeps elements in the order in which they were added."),
}
ANSWERS = {
    "q1": [("The last element added comes out first.", 2), ("It stores things.", 0), ("A stack is first in first out.", 0),
           ("Elements are taken from the top, where they were put last.", 2), ("It keeps data in some order.", 1),
           ("last in, first out", 2)],
    "q2": [("Elements leave in the order of arrival.", 2), ("It holds elements.", 1), ("The newest comes out first.", 0),
           ("First come, first served: the oldest element leaves first.", 2), ("A queue sorts its elements.", 0), ("", 0)],
}  # fmt: skip


@pytest.fixture
def data(tmp_path: Path) -> Path:
    """One set in the shape of the public ones, in our own words."""
    folder = tmp_path / "sets"
    folder.mkdir()
    with (folder / "digiklausur17.jsonl").open("w") as file:
        for qid, answers in ANSWERS.items():
            for text, score in [*answers, (QUESTIONS[qid][1], 2)]:
                question, reference = QUESTIONS[qid]
                row = {"dataset": "own", "qid": qid, "question": question, "reference": reference, "answer": text}
                file.write(json.dumps(row | {"score": score, "max_score": 2, "score01": score / 2}) + "\n")
    return folder


def evaluate(data: Path, *more: str) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if not name.startswith("VIVA_")}
    return subprocess.run(
        [sys.executable, "-P", "-m", "app.cli", "evaluate", "--data", str(data), "--set", "digiklausur", *more],
        env=environment | {"PYTHONPATH": str(ROOT), "VIVA_SEED_DIR": str(data / "seed")},
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )


def test_the_same_figures_from_kept_vectors_and_the_card(data: Path, tmp_path: Path) -> None:
    few = data / "seed" / "questions" / "foundations"
    few.mkdir(parents=True)
    for path in sorted((ROOT / "seed" / "questions" / "foundations").glob("*.yaml"))[:2]:
        (few / path.name).write_bytes(path.read_bytes())
    keep = ("--keep", str(tmp_path / "kept"))
    card = tmp_path / "docs" / "card.md"
    card.parent.mkdir()
    first = evaluate(data, *keep)
    assert first.returncode == 0, first.stderr
    again = evaluate(data, *keep, "--card", str(card))
    assert again.returncode == 0, again.stderr
    assert again.stdout == first.stdout
    assert "digiklausur (11 answers, 2 questions)" in first.stdout, "a blank answer and the references are left out"
    assert "With digiklausur's 1 blank answers" in first.stdout
    assert "answers judged" in first.stderr
    text = card.read_text()
    assert first.stdout.strip() in text
    for picture in ("coverage", "calibration", "sureness"):
        assert f"images/scoring-{picture}.svg" in text
        assert "<svg" in (card.parent / "images" / f"scoring-{picture}.svg").read_text()


def test_what_is_missing_is_said(tmp_path: Path) -> None:
    missing = evaluate(tmp_path / "nowhere")
    assert missing.returncode == 1
    assert "There is no digiklausur17.jsonl in" in missing.stderr
    assert "Traceback" not in missing.stderr
    unknown = evaluate(tmp_path, "--set", "exam")
    assert unknown.returncode == 2
    assert "There is no set 'exam': choose among mohler, saf, digiklausur, semeval." in unknown.stderr
