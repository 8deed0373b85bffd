from __future__ import annotations

import copy

import pytest

from app.scoring.derive import facet_of, rubric_from_references
from app.scoring.rubric import Rubric, RubricError

from .dropout import RUBRIC


def broken(change) -> str:
    data = copy.deepcopy(RUBRIC)
    change(data)
    with pytest.raises(RubricError) as caught:
        Rubric.from_dict(data)
    return str(caught.value)


def test_bare_criteria_mean_one_approach_and_the_long_form_reads_back():
    rubric = Rubric.from_dict(RUBRIC)
    assert [len(a.criteria) for a in rubric.approaches] == [4]
    again = Rubric.from_dict(rubric.to_dict())
    assert again == rubric
    assert again.digest() == rubric.digest()


def test_the_digest_sees_content_and_not_spelling():
    data = copy.deepcopy(RUBRIC)
    data["criteria"][0]["weight"] = 2.0
    assert Rubric.from_dict(data).digest() == Rubric.from_dict(RUBRIC).digest()
    data["criteria"][0]["statements"][0] += " Always."
    assert Rubric.from_dict(data).digest() != Rubric.from_dict(RUBRIC).digest()


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (lambda d: d["criteria"][2].pop("statements"), "criteria[2].statements: needs at least one statement"),
        (lambda d: d["criteria"][2].update(statements=[]), "criteria[2].statements: needs at least one statement"),
        (lambda d: d["criteria"][1].update(statements=["ok", " "]), "criteria[1].statements[1]: must not be empty"),
        (lambda d: d["criteria"][0].update(facet="colour"), "criteria[0].facet: 'colour' is not one of what, how"),
        (lambda d: d["criteria"][0].update(weight=0), "criteria[0].weight: must be a number above 0"),
        (lambda d: d["criteria"][0].update(weight=True), "criteria[0].weight: must be a number above 0"),
        (lambda d: d["criteria"][0].update(weight=float("nan")), "criteria[0].weight: must be a number above 0"),
        (lambda d: d["criteria"][0].update(wieght=1), "criteria[0].wieght: is not a field here"),
        (lambda d: d.update(version=2), "version: is not a field here"),
        (lambda d: d["criteria"][1].update(id="random-zeroing"), "criteria[1].id: 'random-zeroing' is used twice"),
        (lambda d: d.update(criteria=[]), "criteria: needs at least one criterion"),
        (lambda d: d.update(criteria="text"), "criteria: must be a list"),
        (lambda d: d.update(groups=[{"criteria": ["nowhere"]}]), "groups[0].criteria[0]: 'nowhere' is no criterion"),
        (
            lambda d: d.update(groups=[{"criteria": ["no-reliance"], "at_least": 2}]),
            "groups[0].at_least: asks for 2 of only 1 criteria",
        ),
        (
            lambda d: d.update(groups=[{"criteria": ["no-reliance"]}, {"criteria": ["no-reliance"]}]),
            "groups[1].criteria[0]: 'no-reliance' is in a group already",
        ),
    ],
)
def test_what_is_wrong_is_named_with_its_path(change, message):
    assert message in broken(change)


def test_approaches_are_named_in_paths_and_need_ids_when_there_are_several():
    data = {"approaches": [{"id": "a", **copy.deepcopy(RUBRIC)}, {"id": "b", **copy.deepcopy(RUBRIC)}]}
    data["approaches"][1]["criteria"][2]["statements"] = []
    with pytest.raises(RubricError, match=r"approaches\[1\]\.criteria\[2\]\.statements: needs at least one statement"):
        Rubric.from_dict(data)
    data = {"approaches": [copy.deepcopy(RUBRIC), copy.deepcopy(RUBRIC)]}
    with pytest.raises(RubricError, match=r"approaches\[0\]\.id"):
        Rubric.from_dict(data)


@pytest.mark.parametrize("data", [None, 3, "rubric", [], {}, {"approaches": []}, {"approaches": [3]}])
def test_what_is_no_rubric_at_all_is_refused(data):
    with pytest.raises(RubricError):
        Rubric.from_dict(data)


def test_criteria_are_derived_from_the_sentences_of_a_model_answer():
    text = "Dropout zeroes units. It helps because units cannot rely on each other. For example, p may be 0.5. Yes."
    rubric = rubric_from_references([text])
    assert [c.facet for c in rubric.approaches[0].criteria] == ["what", "why", "example"]
    # A sentence of one word goes with the one before.
    assert rubric.approaches[0].criteria[2].statements == ("For example, p may be 0.5. Yes.",)


def test_several_references_are_alternatives():
    assert (
        len(rubric_from_references(["One way to say it.", "Another way of it.", "One way to say it."]).approaches) == 2
    )


@pytest.mark.parametrize("references", [[], [""], ["  \n "], ["?!"]])
def test_references_without_words_are_refused(references):
    with pytest.raises(RubricError, match="needs at least one model answer"):
        rubric_from_references(references)


def test_a_very_long_reference_does_not_make_hundreds_of_criteria():
    rubric = rubric_from_references([" ".join(f"Sentence number {i} says something." for i in range(400))])
    assert len(rubric.approaches[0].criteria) == 24
    assert "number 399" in rubric.approaches[0].criteria[-1].statements[0]


def test_facets_by_cue_words():
    assert facet_of("It costs memory, however.") == "trade_off"
    assert facet_of("Weights are updated after each batch.") == "how"
    assert facet_of("A network of layers.") == "what"
