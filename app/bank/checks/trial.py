"""The rubric put to the test: the question's own samples, each judged without its own grade, and attacks."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import combinations

import numpy as np

from app.bank.checks.finding import Finding, error, warning
from app.bank.question_file import QuestionFile
from app.scoring.attacks import IN_PART, attacks_on, seeded
from app.scoring.encoded import Encode, EncodedText
from app.scoring.engine import assess, criterion_reports, readable
from app.scoring.judging import Judged, judge, nothing_said
from app.scoring.learnt import shipped
from app.scoring.prepared import PreparedRubric
from app.scoring.report import Report
from app.scoring.samples import Answers, Kernel, answers_of, fit

BANDS = (0.25, 0.5, 0.75)
"""Where the bands of a score begin: getting there, solid, strong."""
PASSES = 0.5
"""Half marks: what an attack must not reach."""
CLEARLY_APART = 0.5
"""Grades so far apart must never come out in the wrong order."""
FAR_OFF = 0.4
"""A score so far from its grade is wrong by more than a band."""
MUST_FAIL = ("question echoed", "keywords alone", "fluent padding", "instruction to the grader", "headings listed")
"""Attacks that no rubric may let pass; the others are a warning."""


@dataclass(frozen=True)
class TriedSample:
    """A sample and what it got.

    Attributes
    ----------
    kind : str
    grade : float
        What it deserves.
    score : float
        By the rubric and the question's other samples.
    by_rubric : float
        By the rubric alone.
    report : Report
        By the rubric alone.
    verdicts : tuple of str
        By the rubric alone, on every criterion of every approach, in their order.
    """

    kind: str
    grade: float
    score: float
    by_rubric: float
    report: Report
    verdicts: tuple[str, ...]

    @property
    def in_band(self) -> bool:
        """Whether the score lies in the band of the grade."""
        return band(self.score) == band(self.grade)


@dataclass(frozen=True)
class TriedAttack:
    """A text that must not pass, and what it got by the rubric alone."""

    kind: str
    score: float
    text: str


@dataclass(frozen=True)
class Trial:
    """How a rubric judges what it should know.

    Attributes
    ----------
    samples : tuple of TriedSample
    attacks : tuple of TriedAttack
    pairs : tuple of (int, int, float)
        Numbers of two samples, the first with the higher grade, and how much higher the first scores when both are
        taken out of what corrects them.
    """

    samples: tuple[TriedSample, ...]
    attacks: tuple[TriedAttack, ...]
    pairs: tuple[tuple[int, int, float], ...]

    @property
    def in_order(self) -> int:
        """How many of the pairs are in the right order."""
        return sum(gap > 0 for _, _, gap in self.pairs)


def band(score: float) -> int:
    """0 “not yet”, 1 “getting there”, 2 “solid”, 3 “strong”."""
    # Grades are written in quarters, so a score is not out of its band for a rounding error.
    return int(np.searchsorted(BANDS, score + 1e-9, side="right"))


def try_rubric(question: QuestionFile, prepared: PreparedRubric, encode: Encode, other_answer: str = "") -> Trial:
    """Judge a question's samples, and attacks made from them.

    Parameters
    ----------
    question : QuestionFile
    prepared : PreparedRubric
        Of the question, without graded samples.
    encode : callable
    other_answer : str
        A right answer to another question; empty if there is none.

    Returns
    -------
    Trial
    """
    tried = [_judge(prepared, sample.text, encode) for sample in question.samples]
    reports = [report for report, _, _ in tried]
    scores = [report.score for report in reports]
    texts = [readable(sample.text) for sample in question.samples]
    nearness = [numbers.nearness for _, numbers, _ in tried]
    known = answers_of(texts, [encoded.vector for _, _, encoded in tried], scores, nearness)
    nothing = nothing_said(prepared, encode)
    grades = np.array([sample.grade for sample in question.samples])
    samples = tuple(
        TriedSample(
            sample.kind,
            sample.grade,
            corrected(known, grades, [n], nothing)[0],
            scores[n],
            reports[n],
            _verdicts(prepared, texts[n], tried[n][1]),
        )
        for n, sample in enumerate(question.samples)
    )
    return Trial(samples, tuple(_attacks(question, prepared, encode, other_answer)), _pairs(known, grades, nothing))


def corrected(known: Answers, grades: np.ndarray, out: Sequence[int], nothing: Answers) -> list[float]:
    """The scores of some of a question's samples, corrected by its others.

    Parameters
    ----------
    known : Answers
        All of the question's samples.
    grades : float64 array (k,)
    out : sequence of int
        Which samples are taken out of what corrects.
    nothing : Answers
        Texts that say nothing of the question: see `app.scoring.samples.fit`.

    Returns
    -------
    list of float
        One for each of `out`.
    """
    rest = [n for n in range(len(known)) if n not in out]
    if not rest:
        return [float(known.scores[n]) for n in out]
    bar = fit(known[rest], grades[rest], Kernel(**shipped().settings["samples"]), nothing)
    return [float(score) for score in bar.corrected(known[out])]


def _pairs(known: Answers, grades: np.ndarray, nothing: Answers) -> tuple[tuple[int, int, float], ...]:
    """Both are taken out at once.

    With one taken out at a time, a low grade would be missing in what corrects its own answer and not in what corrects
    the other: pairs would come out in the wrong order for that alone.
    """
    found = []
    for one, other in combinations(range(len(known)), 2):
        if grades[one] != grades[other]:
            high, low = (one, other) if grades[one] > grades[other] else (other, one)
            first, second = corrected(known, grades, [high, low], nothing)
            found.append((high, low, first - second))
    return tuple(found)


def _judge(prepared: PreparedRubric, answer: str, encode: Encode) -> tuple[Report, Judged, EncodedText]:
    text = readable(answer)
    encoded = encode(text)
    numbers = judge(prepared, text, encoded)
    return assess(prepared, answer, encoded, judged=numbers), numbers, encoded


def _verdicts(prepared: PreparedRubric, text: str, judged: Judged) -> tuple[str, ...]:
    if not judged.signals:
        return ("missed",) * len(prepared.criteria)
    return tuple(one.verdict for one in criterion_reports(prepared, judged, text, range(len(prepared.criteria))))


def _attacks(
    question: QuestionFile, prepared: PreparedRubric, encode: Encode, other_answer: str
) -> Iterator[TriedAttack]:
    if not question.samples:
        return
    reference = " ".join(question.model_answer.split())
    best = max(question.samples, key=lambda sample: sample.grade).text
    for kind, text, _ in attacks_on(question.prompt, reference, best, other_answer, seeded(0, question.slug)):
        if text and not kind.endswith(IN_PART):  # most of such an answer is as right as it was
            yield TriedAttack(kind, _judge(prepared, text, encode)[0].score, text)


def trial_findings(question: QuestionFile, prepared: PreparedRubric, trial: Trial) -> Iterator[Finding]:
    """What a trial says of the rubric.

    Parameters
    ----------
    question : QuestionFile
    prepared : PreparedRubric
    trial : Trial

    Yields
    ------
    Finding
    """
    for high, low, gap in trial.pairs:
        one, other = trial.samples[high], trial.samples[low]
        if gap <= 0:
            apart = one.grade - other.grade
            make = error if apart >= CLEARLY_APART else warning
            yield make(
                "samples-in-order",
                f"samples[{high}]",
                f"{one.kind} (grade {one.grade:g}) scores {one.score:.2f}, not above {other.kind} at samples[{low}]"
                f" (grade {other.grade:g}) with {other.score:.2f}",
            )
    for n, sample in enumerate(trial.samples):
        if abs(sample.score - sample.grade) > FAR_OFF:
            yield error(
                "samples-in-band",
                f"samples[{n}]",
                f"{sample.kind} deserves {sample.grade:g} and gets {sample.score:.2f}",
            )
        elif not sample.in_band:
            yield warning(
                "samples-in-band",
                f"samples[{n}]",
                f"{sample.kind} deserves {sample.grade:g} and gets {sample.score:.2f}, another band",
            )
    for attack in trial.attacks:
        if attack.score >= PASSES:
            make = error if attack.kind in MUST_FAIL else warning
            yield make("attacks", "rubric", f"“{attack.kind}” gets {attack.score:.2f}")
    yield from _told_apart(question, prepared, trial)


def _told_apart(question: QuestionFile, prepared: PreparedRubric, trial: Trial) -> Iterator[Finding]:
    """Every criterion is met by a sample and missed by another, or it tells nobody apart.

    Whichever approach a sample is judged by: an approach may have one sample of its own, and the others miss it.
    """
    used = {sample.report.approach for sample in trial.samples}
    places = [0] * len(prepared.rubric.approaches)
    for number, (owner, criterion) in enumerate(prepared.criteria):
        place = places[owner]
        places[owner] += 1
        if prepared.rubric.approaches[owner].id not in used:
            if place == 0:
                path = f"rubric.approaches[{owner}]"
                yield warning("criteria-tested", path, "no sample is judged by this approach")
            continue
        path = f"rubric.approaches[{owner}].criteria[{place}]"
        verdicts = {sample.verdicts[number] for sample in trial.samples}
        if not verdicts & {"met", "partial"}:
            yield error("criteria-tested", path, f"no sample meets {criterion.id!r}: add a statement or a sample")
        elif not verdicts & {"missed", "contradicted", "unsure"}:
            yield error("criteria-tested", path, f"every sample meets {criterion.id!r}: it tells nobody apart")
