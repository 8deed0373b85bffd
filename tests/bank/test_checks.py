"""What `viva bank check` finds, on questions that were spoilt in one way each."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import jsonschema
import numpy as np
import pytest

from app.bank.catalogue import coverage, read_catalogue, unknown_seeds
from app.bank.checks import Bank, check_question
from app.bank.checks.form import form_findings
from app.bank.checks.trial import band, corrected
from app.bank.question_file import QuestionFile
from app.bank.question_schema import question_schema
from app.bank.seed_folder import read_questions
from app.embedding.files import find_model
from app.embedding.local import LocalEncoder
from app.kit.config import ROOT
from app.scoring.samples import answers_of

SEED = read_questions(ROOT / "seed")
GOOD = SEED.questions["precision-recall-roc"]
OTHERS = {slug: list(question.prerequisites) for slug, question in SEED.questions.items()}


@pytest.fixture(scope="module")
def encoder() -> LocalEncoder:
    return LocalEncoder.load(find_model(None), threads=1)


def spoilt(change: Callable[[dict[str, Any]], None]) -> QuestionFile:
    data = copy.deepcopy(GOOD.model_dump(mode="json"))
    change(data)
    return QuestionFile.model_validate(data)


def rules(question: QuestionFile, severity: str = "error") -> set[str]:
    return {finding.rule for finding in form_findings(question, OTHERS) if finding.severity == severity}


def criteria(data: dict[str, Any]) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = data["rubric"]["approaches"][0]["criteria"]
    return found


def keep_two(data: dict[str, Any]) -> None:
    approach = data["rubric"]["approaches"][0]
    approach["criteria"], approach["groups"] = approach["criteria"][:2], []
    approach["criteria"][0]["facet"] = "why"


def no_twins(data: dict[str, Any]) -> None:
    for criterion in criteria(data):
        criterion["false_twins"] = []


def only_what(data: dict[str, Any]) -> None:
    for criterion in criteria(data):
        criterion["facet"] = "what"


def twin_is_statement(data: dict[str, Any]) -> None:
    criteria(data)[0]["false_twins"] = criteria(data)[0]["statements"][:1]


def without_salad(data: dict[str, Any]) -> None:
    data["samples"] = [one for one in data["samples"] if one["kind"] != "salad"]


@pytest.mark.parametrize(
    ("change", "rule"),
    [
        (keep_two, "criteria-count"),
        (lambda data: criteria(data)[0].update(statements=["One way of saying it."]), "statement-count"),
        (no_twins, "false-twins"),
        (twin_is_statement, "false-twins"),
        (only_what, "facets"),
        (lambda data: data.update(kind="behavioural"), "facets"),
        (lambda data: data.update(model_answer="Far too short to be an answer."), "model-answer-length"),
        (lambda data: data.update(model_answer="word " * 300), "model-answer-length"),
        (without_salad, "sample-kinds"),
        (lambda data: data["samples"].append(data["samples"][0]), "sample-kinds"),
        (lambda data: data.update(sources=[{"seed": "S01"}]), "readable-source"),
        (lambda data: data.update(related=["no-such-question"]), "links"),
        (lambda data: data.update(related=[data["slug"]]), "links"),
        (lambda data: data.update(related=["dropout", "dropout"]), "links"),
    ],
)
def test_each_fault_of_form_is_named(change: Callable[[dict[str, Any]], None], rule: str) -> None:
    assert rules(spoilt(change)) - rules(GOOD) == {rule}


def test_prerequisites_that_lead_back_are_named() -> None:
    others = OTHERS | {"a": ["b"], "b": [GOOD.slug]}
    question = spoilt(lambda data: data.update(prerequisites=["a"]))
    said = [
        one.message for one in form_findings(question, others) if one.rule == "links" and "lead back" in one.message
    ]
    assert said == [f"lead back to the question itself: {GOOD.slug} → a → b → {GOOD.slug}"]


def test_links_are_not_followed_where_there_is_no_bank() -> None:
    question = spoilt(lambda data: data.update(related=["no-such-question"]))
    assert "links" not in {one.rule for one in form_findings(question, None)}


def test_a_good_question_passes(encoder: LocalEncoder) -> None:
    result = check_question(GOOD, encoder.encode, Bank(OTHERS))
    assert result.passes, [str(one) for one in result.findings]
    assert result.trial.in_order >= 0.9 * len(result.trial.pairs)
    assert result.to_dict()["passes"] is True


def test_the_same_question_gives_the_same_result(encoder: LocalEncoder) -> None:
    assert check_question(GOOD, encoder.encode).to_dict() == check_question(GOOD, encoder.encode).to_dict()


def test_criteria_that_overlap_are_named(encoder: LocalEncoder) -> None:
    def overlap(data: dict[str, Any]) -> None:
        criteria(data)[1]["statements"].append(criteria(data)[0]["statements"][0] + " ")

    found = check_question(spoilt(overlap), encoder.encode).findings
    assert any(one.rule == "criteria-overlap" and one.severity == "error" for one in found)


def test_a_question_that_exists_already_is_named(encoder: LocalEncoder) -> None:
    from app.bank.checks.likeness import asked

    same = spoilt(lambda data: data.update(slug="another-name"))
    found = check_question(same, encoder.encode, Bank(None, {GOOD.slug: asked(GOOD, encoder.encode)})).findings
    assert [one.message for one in found if one.rule == "same-question"] == [
        f"asks nearly what {GOOD.slug!r} asks (cosine 1.00)"
    ]


def test_samples_pasted_into_the_rubric_are_named(encoder: LocalEncoder) -> None:
    def paste(data: dict[str, Any]) -> None:
        data["samples"][0]["text"] = criteria(data)[0]["statements"][0]

    found = check_question(spoilt(paste), encoder.encode).findings
    assert any(one.rule == "pasted" for one in found)


def test_grades_the_wrong_way_round_are_named(encoder: LocalEncoder) -> None:
    def turn(data: dict[str, Any]) -> None:
        for sample in data["samples"]:
            sample["grade"] = 1 - sample["grade"]

    found = check_question(spoilt(turn), encoder.encode).findings
    errors = {one.rule for one in found if one.severity == "error"}
    assert {"samples-in-order", "samples-in-band"} <= errors


def test_a_criterion_that_nobody_meets_is_named(encoder: LocalEncoder) -> None:
    def odd(data: dict[str, Any]) -> None:
        criteria(data).append(
            {
                "id": "odd",
                "facet": "why",
                "weight": 1,
                "statements": [
                    "The Danube flows through ten countries before it reaches the sea.",
                    "A long river of Europe crosses many borders.",
                    "Water from the Black Forest ends in the Black Sea.",
                ],
            }
        )

    found = check_question(spoilt(odd), encoder.encode).findings
    assert [one.message for one in found if one.rule == "criteria-tested" and one.severity == "error"] == [
        "no sample meets 'odd': add a statement or a sample"
    ]


def test_a_rubric_without_points_lets_attacks_through_and_is_told(encoder: LocalEncoder) -> None:
    def vague(data: dict[str, Any]) -> None:
        for number, criterion in enumerate(criteria(data)):
            criterion["statements"] = [
                "That is an important topic with advantages and disadvantages.",
                "It depends on the situation and on the requirements.",
                f"In practice one must understand the fundamentals well, number {number}.",
            ]
            criterion["false_twins"] = []

    found = check_question(spoilt(vague), encoder.encode).findings
    assert any(one.rule == "attacks" and one.severity == "error" for one in found)


def test_bands_begin_where_grades_stand() -> None:
    assert [band(one) for one in (0, 0.24, 0.25, 0.5, 0.75, 1)] == [0, 0, 1, 2, 3, 3]
    # A sum of quarters that rounding left a little below its band.
    assert band(0.1 + 0.2 + 0.45) == 3


def test_without_other_samples_nothing_is_corrected() -> None:
    known = answers_of(["a tree"], [np.ones(3, np.float32)], [0.4], [(0.8, 0.7)])
    assert corrected(known, np.array([1.0]), [0], answers_of([], [], [], [])) == [0.4]


def test_every_entry_of_the_catalogue_has_a_question() -> None:
    catalogue = read_catalogue(ROOT / "seed")
    missing = [entry.id for entry in coverage(catalogue, SEED.questions.values()) if not entry.slugs]
    assert not missing
    assert not unknown_seeds(catalogue, SEED.questions.values())
    assert {f"P{n}" for n in range(1, 10)} == set(catalogue.principles)


def test_the_bank_is_as_large_as_promised() -> None:
    assert not SEED.problems
    assert len(SEED.questions) >= 120
    assert len({question.kind for question in SEED.questions.values()}) == 10
    assert len(list((ROOT / "seed" / "templates").glob("*.yaml"))) >= 8


def test_every_question_fits_the_published_schema() -> None:
    validator = jsonschema.Draft202012Validator(question_schema())
    jsonschema.Draft202012Validator.check_schema(question_schema())
    for question in SEED.questions.values():
        validator.validate(question.model_dump(mode="json", exclude_none=True))
    with pytest.raises(jsonschema.ValidationError):
        validator.validate({"slug": "only-this"})
