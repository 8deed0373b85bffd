"""What the scorer should reach, beside what it does."""

from __future__ import annotations

from collections.abc import Iterator

from app.evaluation.agreement import Attacked
from app.evaluation.run import Evaluation
from app.scoring.attacks import IN_PART

WANTED_R = {"mohler": 0.62, "saf": 0.80, "digiklausur": 0.70, "semeval": 0.52}
PARTIAL_ABOVE_COSINE = 0.10
FEW, SOME = 0.02, 0.10
"""Shares of attacks that may pass: of most kinds, and of those that turn a right answer round."""
TURNED = ("negated", "directions flipped", "roles swapped")
SAMPLES_GAIN = 0.10

Aim = tuple[str, float, float, bool]
"""What, the aim, what was reached, and whether that is enough."""


def aims(found: Evaluation) -> Iterator[Aim]:
    """Every aim that the evaluation can judge."""
    for name, one in found.sets.items():
        yield _least(f"{name}: r", WANTED_R[name], one.measures["Viva"].r)
    if found.with_blanks:
        yield _least("digiklausur with its blank answers: r", WANTED_R["digiklausur"], found.with_blanks[1])
    for name, one in found.sets.items():
        wanted = one.measures["cosine"].partial + PARTIAL_ABOVE_COSINE
        yield _least(f"{name}: r given length, .10 above cosine", wanted, one.measures["Viva"].partial)
    for name, one in found.sets.items():
        if 8 in one.samples:
            without, learnt, _ = one.samples[8]
            yield _least(f"{name}: gain in r by 8 graded answers", SAMPLES_GAIN, learnt - without)
    groups: dict[str, dict[str, Attacked]] = {name: one.attacks for name, one in found.sets.items()}
    groups["the bank"] = found.bank_attacks
    for name, kinds in groups.items():
        turned = {kind: one for kind, one in kinds.items() if kind.removesuffix(IN_PART) in TURNED}
        wholly = {kind: one for kind, one in turned.items() if not kind.endswith(IN_PART)}
        others = {kind: one for kind, one in kinds.items() if kind not in turned}
        for what, mine, most in (
            ("all others", others, FEW),
            ("turned round", turned, SOME),
            ("turned round in most sentences", wholly, SOME),
        ):
            if mine:
                passed = sum(one.passes * one.count for one in mine.values()) / sum(one.count for one in mine.values())
                yield _most(f"{name}: attacks that pass, {what}", most, passed)
    if found.paraphrases:
        yield _least("paraphrased references: mean score", 0.75, found.paraphrases[2])
    if found.bank:
        alone, samples = found.bank["model answer alone"], found.bank["rubric and the question's other samples"]
        yield _least("bank: pairs in order by the model answer alone", 0.80, alone.in_order)
        yield _least("bank: pairs in order by rubric and samples", 0.97, samples.in_order)
        yield _least("bank: samples in the band of their grade", 0.85, samples.in_band)
        for kind in ("strong-short", "strong-long", "plain"):
            yield _least(f"bank: {kind} answers at half marks or more", 0.90, samples.passes.get(kind, float("nan")))
        yield _most("bank: salads that pass", 0.10, samples.passes.get("salad", float("nan")))
        yield _most("bank: confidently wrong answers that pass", 0.15, samples.passes.get("confidently-wrong", 1.0))


def _least(what: str, wanted: float, reached: float) -> Aim:
    return what, wanted, reached, round(reached, 3) >= round(wanted, 3)


def _most(what: str, wanted: float, reached: float) -> Aim:
    return what, wanted, reached, round(reached, 3) <= round(wanted, 3)
