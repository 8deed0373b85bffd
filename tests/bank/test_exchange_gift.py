"""GIFT, as Moodle and others write it."""

from __future__ import annotations

import time
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bank.exchange import Imported, read, write
from app.bank.exchange.gift_blocks import escaped, unescaped
from app.bank.seed_folder import read_questions
from app.kit.config import ROOT

FILES = Path(__file__).parent / "files"
DROPOUT = read_questions(ROOT / "seed").questions["dropout"]


def read_file(name: str) -> dict[str, Imported]:
    result = read((FILES / name).read_bytes(), name, topic="evaluation")
    assert not result.all_problems
    return {one.draft["title"]: one for one in result.questions}


def drafted(text: str) -> Imported:
    (one,) = read(text.encode(), "x.gift").questions
    assert not one.problems
    return one


@pytest.fixture(scope="module")
def moodle() -> dict[str, Imported]:
    return read_file("moodle.gift")


def test_every_kind_of_question_is_read(moodle: dict[str, Imported]) -> None:
    assert len(moodle) == 16
    assert len({one.slug for one in moodle.values()}) == 16
    for one in moodle.values():
        assert one.is_draft
        assert one.draft["topic"] == "evaluation"
        assert "draft" in one.notes[0]
        assert one.line
    essay = moodle["An essay"]
    assert [title for title, one in moodle.items() if one.question is None] == ["An essay"]
    assert any("It says no right answer" in note for note in essay.notes)


@pytest.mark.parametrize(
    ("title", "prompt", "answer"),
    [
        (
            "Which layer halves height and width of its input?",
            "- a bias\n- a dropout layer\n- a pooling layer with stride two",
            "The right answer is: a pooling layer with stride two.",
        ),
        (
            "Early stopping is _____ in practice.",
            "Early stopping is _____ in practice.",
            "right answer is: a regulariser.",
        ),
        (
            "“A larger batch always generalises better.”",
            "Is this true or false? Say why.",
            "The statement is false: “A larger batch always generalises better”.",
        ),
        (
            "Two to the power of three equals _____.",
            "Say what belongs into the gaps",
            "Into gap 1 belongs: eight or 8.",
        ),
        (
            "What does the R in ReLU stand for?",
            "Answer in your own words, and say why.",
            "The right answer is: rectified. Rectified means that negative inputs become zero.",
        ),
        (
            "Match each loss with the task that it is usual for.",
            "to be matched with\n\n- classification\n- metric learning\n- regression",
            "“cross-entropy” belongs to “classification”. “squared error” belongs to “regression”.",
        ),
        ("How many weights has a layer from 3 to 4 units, without…", "Give the number", "The right answer is: 12."),
        (
            "What is the natural logarithm of 2 (to 3 decimal places)?",
            "What is the natural logarithm of 2 (to 3 decimal places)?\n",
            "between 0.692 and 0.694",
        ),
        (
            "In which year did the paper on dropout appear in JMLR?",
            "Give the number",
            "The right answer is: 2014. That is the journal's year.",
        ),
        ("Weights and halves", "Which of these are right?", "Right is: dropout. Right is: weight decay."),
        (
            "Partly right",
            "A single layer perceptron can learn _____.",
            "Wrong is: exclusive or, because of this: Exclusive or is not linearly separable.",
        ),
        ("Which expression equals 5?", "- = 2 + 2\n- = 2 + 3\n- x ~ 4 {or} #5", "The right answer is: = 2 + 3."),
        (
            "A title: with a colon",
            "Does a backslash \\ survive, and does this line break go?",
            "The right answer is: yes.",
        ),
        ("What does **bold** text do to a *loss*?", "**bold** text", "The right answer is: nothing at all."),
        ("An essay", "Why do residual connections help?\n\n- gradients\n- identity\n\n[picture: two layers]", ""),
    ],
)
def test_what_becomes_of_each(moodle: dict[str, Imported], title: str, prompt: str, answer: str) -> None:
    one = moodle[title]
    assert prompt in one.draft["prompt"]
    assert answer in one.draft.get("model_answer", "")


def test_half_marks_and_pictures_are_noted(moodle: dict[str, Imported]) -> None:
    assert "Partly right (50%): 2012" in moodle["In which year did the paper on dropout appear in JMLR?"].notes
    assert "Partly right (25%): any function of one bit" in moodle["Partly right"].notes
    assert "Left out: a picture." in moodle["An essay"].notes


def test_what_an_editor_writes() -> None:
    result = read((FILES / "editor.gift").read_bytes(), "editor.gift")
    assert not result.all_problems
    assert result.notes == [
        "Line 6: a description without a question was left out: “The next questions are about networks.”."
    ]
    momentum, depth, norm = result.questions
    assert momentum.question is not None
    assert momentum.line == 9
    assert momentum.question.prompt == "Explain what momentum does to gradient descent in a narrow valley."
    assert momentum.question.model_answer.startswith("Momentum averages the gradients of past steps.")
    assert len(momentum.question.rubric["approaches"][0]["criteria"]) == 2
    assert "Its category was $course$/top/Networks." in momentum.notes
    assert depth.draft["model_answer"] == (
        "The statement is false: “Depth alone makes a network non-linear”. Composition of linear maps is linear."
        " See the chapter on activations. Without activations the layers collapse."
    )
    assert norm.draft["model_answer"] == "The right answer is: the length of a vector."


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("Good?{=yes}\n\nBad{=no\n\nAlso good?{T}\n", "line 3: the { is not closed"),
        ("Bad}{\n", "line 1: a } stands without a {"),
        ("One{=a} and{=b}\n", "line 1: has a second pair of braces"),
        ("Match{=a->b\n=c}\n", "line 1: 'c' has no -> and what it belongs to"),
        ("Number{#many}\n", "line 1: 'many' is no number"),
        ("{}\n", "line 1, field prompt: asks nothing"),
    ],
)
def test_a_bad_question_names_its_line(text: str, says: str) -> None:
    problems = read(text.encode(), "x.gift").all_problems
    assert says in str(problems[0])


def test_good_questions_beside_a_bad_one_are_still_told() -> None:
    result = read(b"Good?{=yes}\n\nBad{=no\n\nAlso good?{T}\n", "x.gift")
    assert [bool(one.problems) for one in result.questions] == [False, True, False]


def test_a_large_file_of_nothing_is_read_in_passing() -> None:
    start = time.monotonic()
    for text in ("Open{" + "\n" * 2_000_000 + "}", "Open{\n\n" * 200_000, "{=a\\" * 500_000, "::" * 1_000_000):
        read(text.encode(), "x.gift")
    assert time.monotonic() - start < 60


def test_our_own_is_an_essay_for_others() -> None:
    text = write([DROPOUT], "gift").decode()
    assert text.startswith('// viva: {"slug":"dropout"')
    without = "\n".join(line for line in text.split("\n") if not line.startswith("//"))
    one = drafted(without)
    assert one.is_draft
    assert one.draft["title"] == DROPOUT.title
    assert one.draft["prompt"] == DROPOUT.prompt
    assert " ".join(one.draft["model_answer"].split()) == " ".join(DROPOUT.model_answer.split())


def test_an_edit_of_another_tool_counts() -> None:
    text = write([DROPOUT], "gift").decode().replace("::Dropout::", "::Dropout, renamed::")
    one = drafted(text)
    assert not one.is_draft
    assert one.question is not None
    assert one.question.title == "Dropout, renamed"
    assert one.question.samples == DROPOUT.samples
    assert one.notes == ["Title was edited outside Viva; the edit was taken."]


def test_html_is_taken_out_and_code_is_not() -> None:
    assert drafted("What does vector<int> hold, and what if a < b and b > c?{}").draft["prompt"] == (
        "What does vector<int> hold, and what if a < b and b > c?"
    )
    assert (
        drafted("[html]<p>Is <b>this</b> bold?<script>alert(1)</script></p>{T}")
        .draft["prompt"]
        .startswith("“Is this bold?”")
    )


def test_a_short_essay_gets_a_prompt_that_is_long_enough() -> None:
    assert drafted("::Q::Why?{}").draft["prompt"] == "Why?\n\nAnswer in your own words."


def test_names_are_made_of_titles_and_used_once() -> None:
    result = read("::Élan vital?::a{T}\n\n::elan VITAL::b{T}\n\n::日本語の質問::c{T}\n".encode(), "x.gift")
    assert [one.slug for one in result.questions] == ["elan-vital", "elan-vital-2", "question-3"]


@given(st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0\r")))
def test_escapes_are_undone(text: str) -> None:
    assert unescaped(escaped(text)) == text
    assert "\n" not in escaped(text)


@given(st.text(st.sampled_from("ab{}=~#:%-> \n\\[T]5$/.")))
def test_no_text_breaks_the_reader(text: str) -> None:
    for one in read(text.encode(), "x.gift").questions:
        assert one.problems or one.draft
