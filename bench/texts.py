"""Answers of about 150 words, put together from the bank's graded samples; the same in every run."""

from __future__ import annotations

import random

from app.bank.question_file import QuestionFile, read_question
from app.kit.config import ROOT

WORDS = 150


def bank() -> list[QuestionFile]:
    """All questions of the seed."""
    return [read_question(path) for path in sorted((ROOT / "seed" / "questions").glob("*/*.yaml"))]


def answers(count: int, seed: int = 7) -> list[str]:
    """`count` different answers of 150 words, sentences of strong samples in random order."""
    randomness = random.Random(seed)
    pool = [
        sentence.strip()
        for question in bank()
        for sample in question.samples
        if sample.grade >= 0.5
        for sentence in " ".join(sample.text.split()).split(". ")
        if len(sentence.split()) > 4
    ]
    made = []
    for _ in range(count):
        words: list[str] = []
        while len(words) < WORDS:
            words += (randomness.choice(pool).rstrip(".") + ".").split()
        made.append(" ".join(words[:WORDS]))
    return made
