"""What can be seen of a question without a model: counts, lengths, kinds of samples, links."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import get_args

from app.bank.checks.finding import Finding, error, warning
from app.bank.question_file import QuestionFile
from app.bank.words import Kind
from app.scoring.rubric import Approach, Criterion, Rubric
from app.scoring.text import sentences, words

CRITERIA = (4, 8)
LEAST_STATEMENTS = 3
LEAST_WITH_TWINS = 2
MODEL_ANSWER_WORDS = (80, 220)
STATEMENT_WORDS = 45
NEEDED_SAMPLES = ("strong-short", "strong-long", "what-without-why", "salad", "confidently-wrong", "plain")
BEHAVIOURAL: Kind = "behavioural"
STORY = ("situation", "action", "result", "reflection")
assert BEHAVIOURAL in get_args(Kind)


def form_findings(question: QuestionFile, prerequisites: Mapping[str, list[str]] | None) -> Iterator[Finding]:
    """What is wrong with a question's form.

    Parameters
    ----------
    question : QuestionFile
    prerequisites : mapping of slug to slugs, or None
        The other questions of the bank and what they presuppose; None where links cannot be followed.

    Yields
    ------
    Finding
    """
    rubric = Rubric.from_dict(question.rubric)
    for number, approach in enumerate(rubric.approaches):
        yield from _approach(question, approach, f"rubric.approaches[{number}]", len(rubric.approaches))
    length = len(words(question.model_answer))
    if not MODEL_ANSWER_WORDS[0] <= length <= MODEL_ANSWER_WORDS[1]:
        yield error(
            "model-answer-length",
            "model_answer",
            f"has {length} words; say it in {MODEL_ANSWER_WORDS[0]} to {MODEL_ANSWER_WORDS[1]}",
        )
    yield from _samples(question)
    if not any(source.title for source in question.sources):
        yield error("readable-source", "sources", "names nothing to read: add a paper or a chapter by title")
    if prerequisites is not None:
        yield from _links(question, prerequisites)


def _approach(question: QuestionFile, approach: Approach, path: str, approaches: int) -> Iterator[Finding]:
    count = len(approach.criteria)
    least = CRITERIA[0] if approaches == 1 else CRITERIA[0] - 1
    if not least <= count <= CRITERIA[1] + 2:
        yield error(
            "criteria-count", f"{path}.criteria", f"has {count} criteria; a rubric needs {least} to {CRITERIA[1]}"
        )
    elif count > CRITERIA[1]:
        yield warning("criteria-count", f"{path}.criteria", f"has {count} criteria; {CRITERIA[1]} are enough")
    for number, criterion in enumerate(approach.criteria):
        yield from _criterion(criterion, f"{path}.criteria[{number}]")
    twins = sum(bool(criterion.false_twins) for criterion in approach.criteria)
    if twins < LEAST_WITH_TWINS:
        yield error(
            "false-twins",
            f"{path}.criteria",
            f"{twins} of the criteria have false twins; write down what people who are wrong say for at least"
            f" {LEAST_WITH_TWINS}",
        )
    facets = {criterion.facet for criterion in approach.criteria}
    if question.kind == BEHAVIOURAL:
        missing = [facet for facet in STORY if facet not in facets]
        if missing:
            yield error("facets", f"{path}.criteria", f"nothing asks for {', '.join(missing)}")
    elif not facets & {"why", "trade_off"}:
        yield error("facets", f"{path}.criteria", "nothing asks for a reason or a trade-off (facet why or trade_off)")
    if not any(criterion.follow_up for criterion in approach.criteria):
        yield warning("follow-ups", f"{path}.criteria", "no criterion has a follow-up")


def _criterion(criterion: Criterion, path: str) -> Iterator[Finding]:
    if len(criterion.statements) < LEAST_STATEMENTS:
        yield error(
            "statement-count",
            f"{path}.statements",
            f"{criterion.id!r} is said in {len(criterion.statements)} ways; at least {LEAST_STATEMENTS} in different"
            " words are needed",
        )
    for name, texts in (("statements", criterion.statements), ("false_twins", criterion.false_twins)):
        for i, text in enumerate(texts):
            length = len(words(text))
            if length > STATEMENT_WORDS or len(sentences(text)) > 1:
                yield warning(
                    "one-sentence", f"{path}.{name}[{i}]", f"should be one sentence of at most {STATEMENT_WORDS} words"
                )
    both = set(criterion.statements) & set(criterion.false_twins)
    if both:
        yield error(
            "false-twins", f"{path}.false_twins", f"{both.pop()!r} is a statement of the same criterion as well"
        )


def _samples(question: QuestionFile) -> Iterator[Finding]:
    kinds = {sample.kind for sample in question.samples}
    missing = [kind for kind in NEEDED_SAMPLES if kind not in kinds]
    if missing:
        yield error("sample-kinds", "samples", f"there is no sample of the kind {', '.join(missing)}")
    if len(question.samples) < len(NEEDED_SAMPLES):
        yield error("sample-kinds", "samples", f"{len(question.samples)} of at least {len(NEEDED_SAMPLES)} are there")
    seen: set[str] = set()
    for i, sample in enumerate(question.samples):
        text = " ".join(sample.text.split())
        if text in seen:
            yield error("sample-kinds", f"samples[{i}].text", "stands there twice")
        seen.add(text)


def _links(question: QuestionFile, prerequisites: Mapping[str, list[str]]) -> Iterator[Finding]:
    for name, slugs in (("related", question.related), ("prerequisites", question.prerequisites)):
        for i, slug in enumerate(slugs):
            if slug == question.slug:
                yield error("links", f"{name}[{i}]", "points at the question itself")
            elif slug not in prerequisites:
                yield error("links", f"{name}[{i}]", f"there is no question {slug!r}")
            elif slug in slugs[:i]:
                yield error("links", f"{name}[{i}]", f"names {slug!r} twice")
    circle = _circle(question, prerequisites)
    if circle:
        yield error("links", "prerequisites", f"lead back to the question itself: {' → '.join(circle)}")


def _circle(question: QuestionFile, prerequisites: Mapping[str, list[str]]) -> list[str]:
    paths = [[question.slug, slug] for slug in question.prerequisites]
    seen: set[str] = set()
    while paths:
        path = paths.pop()
        if path[-1] == question.slug:
            return path
        if path[-1] not in seen:
            seen.add(path[-1])
            paths += [[*path, slug] for slug in prerequisites.get(path[-1], [])]
    return []
