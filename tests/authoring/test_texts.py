"""Questions as text: written and read again, compared, and their comments kept."""

from __future__ import annotations

import random
from typing import Any

import pytest
import yaml
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.authoring.comments import keep_comments
from app.authoring.places import lines_of, place_of
from app.bank.difference import differences
from app.bank.question_file import QuestionFile
from app.bank.question_source import read_source
from app.bank.question_text import write_data, write_question
from app.bank.seed_folder import read_questions
from app.kit.config import ROOT

SEED = read_questions(ROOT / "seed").questions
SLUGS = sorted(SEED)[::9]

# What people paste: other scripts, quotes, YAML's own signs, tabs, blank lines, blanks at the ends of lines.
letters = st.one_of(
    st.characters(exclude_categories=("Cs", "Cc"), exclude_characters="\ufffe\uffff"),
    st.sampled_from("#:-|>'\"{}[],&*!%@`\t\n\n  ?~=<\\\x85\u2028"),
)
prose = st.text(letters, min_size=1, max_size=60).map(str.strip).filter(bool)
line = prose.map(lambda text: " ".join(text.split())).filter(bool)
ids = st.from_regex(r"[a-z]{1,6}(-[a-z]{1,4})?", fullmatch=True)


@st.composite
def criteria(draw: st.DrawFn) -> list[dict[str, Any]]:
    return [
        {
            "id": name,
            "facet": draw(st.sampled_from(["what", "why", "how"])),
            "weight": draw(st.sampled_from([1, 2, 0.5])),
            "statements": draw(st.lists(line, min_size=1, max_size=3, unique=True)),
            "false_twins": draw(st.lists(line, max_size=2, unique=True)),
            "follow_up": draw(st.none() | line),
        }
        for name in draw(st.lists(ids, min_size=1, max_size=4, unique=True))
    ]


@st.composite
def questions(draw: st.DrawFn) -> QuestionFile:
    base = SEED[draw(st.sampled_from(SLUGS))].model_dump(mode="json")
    found = draw(criteria())
    base["rubric"] = {"criteria": found}
    if draw(st.booleans()):
        base["rubric"]["groups"] = [{"criteria": [found[0]["id"]], "at_least": 1, "weight": 2}]
    base["prompt"] = draw(prose) + " and twenty letters more"
    base["model_answer"] = "Some twenty letters before " + draw(prose)
    base["samples"] = [
        {"kind": "plain", "grade": draw(st.sampled_from([0, 0.25, 1])), "text": text}
        for text in draw(st.lists(prose, max_size=3, unique=True))
    ]
    try:
        return QuestionFile.model_validate(base)
    except ValueError:
        return draw(st.nothing())


slow = settings(
    max_examples=40, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.filter_too_much]
)


@slow
@given(questions())
def test_what_is_written_is_read_again(question: QuestionFile) -> None:
    read = read_source(write_question(question))
    assert read.question == question, read.problems


@pytest.mark.parametrize("odd", ["\x85", "\u2028", "\u2029", "\ufeff", "\t", "\U0001f642", "  ", " \n \n", "\n\n\n#"])
def test_odd_characters_come_back_as_they_were(odd: str) -> None:
    text = f"Once upon a time {odd} there was {odd} a text of some length."
    question = SEED[SLUGS[0]].model_copy(update={"prompt": text, "title": f"A{odd.strip() or '-'}z"})
    assert read_source(write_question(question)).question == question
    assert yaml.safe_load(keep_comments("# kept\nslug: a\n", write_data({"slug": "a", "prompt": text}))) == {
        "slug": "a",
        "prompt": text if odd in "\x85\u2028\u2029" else f"{text}\n",
    }


@pytest.mark.parametrize("slug", sorted(SEED))
def test_every_question_of_the_bank_is_written_and_read_again(slug: str) -> None:
    assert read_source(write_question(SEED[slug])).question == SEED[slug]


@slow
@given(questions())
def test_a_question_does_not_differ_from_itself(question: QuestionFile) -> None:
    assert differences(question, question.model_copy()) == []


@slow
@given(questions(), questions())
def test_each_change_holds_both_sides(before: QuestionFile, after: QuestionFile) -> None:
    found = differences(before, after)
    there, back = {one.place: one for one in found}, {one.place: one for one in differences(after, before)}
    assert len(there) == len(found), "two changes of one place"
    assert there.keys() == back.keys()
    assert bool(found) == (before != after)
    for place, one in there.items():
        assert (one.before, one.after) == (back[place].after, back[place].before)
        assert one.kind == {"added": "removed", "removed": "added"}.get(back[place].kind, "changed")


def test_titles_and_samples_show_what_they_said() -> None:
    before = SEED[SLUGS[0]]
    after = before.model_copy(update={"title": "Another title", "samples": before.samples[1:]})
    found = {one.kind: one for one in differences(before, after)}
    assert (found["changed"].before, found["changed"].after) == (before.title, "Another title")
    assert before.samples[0].text.strip() in found["removed"].before


def test_samples_that_begin_alike_do_not_hide_each_other() -> None:
    before = SEED[SLUGS[0]]
    first = before.samples[0].model_copy(update={"text": "The same forty letters at the beginning of both: one."})
    second = first.model_copy(update={"text": first.text.replace("one", "two")})
    changed = second.model_copy(update={"grade": 0.25 if second.grade != 0.25 else 0.5})
    (found,) = differences(
        before.model_copy(update={"samples": [second, first]}), before.model_copy(update={"samples": [changed, first]})
    )
    assert f"grade {changed.grade:g}" in found.after


COMMENTED = """\
# at the head
slug: my-name  # behind the slug
title: "Not # a comment"
prompt: |  # behind a block's bar
  # not a comment either
  What is asked, in so many words?
# before the rubric
rubric:
  criteria:  # behind a list's name
    # before the first point
    - id: first
      facet: what
      statements:
        - one way  # behind a statement
        # before the second way
        - another way
    # before the second point
    - id: second
      facet: why
      statements: [a reason]
# before the samples
samples:
  - kind: plain
    text: |
      Words.
    # inside the sample
# at the end
"""


def comments_in(text: str) -> list[str]:
    bare = text.replace("'Not # a comment'", "").replace('"Not # a comment"', "")
    return sorted(one.partition("#")[2] for one in bare.split("\n") if "#" in one)


def test_comments_stay_where_they_belong() -> None:
    content = yaml.safe_load(COMMENTED)
    content["rubric"]["criteria"].reverse()
    content["title"] = "Changed in the form"
    kept = keep_comments(COMMENTED, write_data(content))
    assert yaml.safe_load(kept) == content
    assert comments_in(kept) == comments_in(COMMENTED)
    lines = [one.strip() for one in kept.split("\n")]
    assert lines[lines.index("# before the second point") + 1] == "- id: second"
    assert lines[lines.index("# before the second way") + 1] == "- another way"
    assert "slug: my-name  # behind the slug" in lines
    assert "- one way  # behind a statement" in lines
    assert lines[-2:] == ["# at the end", ""]
    # Saving once more moves nothing.
    assert keep_comments(kept, write_data(content)) == kept


def test_comments_of_what_was_removed_are_not_lost() -> None:
    content = yaml.safe_load(COMMENTED)
    del content["rubric"]["criteria"][0], content["samples"], content["prompt"]
    kept = keep_comments(COMMENTED, write_data(content))
    assert yaml.safe_load(kept) == content
    assert len(comments_in(kept)) >= len(set(comments_in(COMMENTED)) - {" not a comment either"}) - 2
    for comment in ("before the first point", "behind a statement", "inside the sample", "behind a block's bar"):
        assert comment in kept


@slow
@given(questions(), questions(), st.integers())
def test_comments_never_change_what_a_text_says(before: QuestionFile, after: QuestionFile, seed: int) -> None:
    dice = random.Random(seed)
    lines = write_question(before).split("\n")
    plain = read_source("\n".join(lines)).data
    sown: list[str] = []
    for number in range(len(lines) - 1, -1, -1):
        one = [*lines[:number], f"{' ' * dice.randrange(8)}# note {number}", *lines[number:]]
        # Inside a text it would be no comment.
        if dice.random() < 0.2 and read_source("\n".join(one)).data == plain:
            lines = one
            sown.append(f"# note {number}")
    new = write_question(after)
    kept = keep_comments("\n".join(lines), new)
    assert read_source(kept).question == after
    assert all(note in kept for note in sown)


@pytest.mark.parametrize(("escape", "field"), [(r"\0", "title"), (r"\ud800", "title")])
def test_what_no_page_can_show_is_a_problem_with_its_place(escape: str, field: str) -> None:
    read = read_source(f'slug: a\n{field}: "x{escape}"\n')
    assert read.question is None
    assert read.data == {}
    assert [(one.line, one.field) for one in read.problems] == [(2, field)]


@pytest.mark.parametrize(
    ("field", "subject", "path", "line"),
    [
        ("model_answer", "Model answer", "model_answer", None),
        ("rubric.approaches[0].criteria[1].statements[0]", "Point 2 “second”, statement 1", "rubric.criteria.1.statements.0", 20),
        ("rubric.approaches[0].criteria", "Rubric", "rubric.criteria", 9),
        ("rubric.approaches[0].criteria[0].false_twins", "Point 1 “first”, false twins", "rubric.criteria.0.false_twins", 11),
        ("samples[0].text", "Sample 1, text", "samples.0.text", 24),
        ("samples[7]", "Sample 8", "samples.7", 22),
        ("prerequisites[0]", "To know before 1", "prerequisites.0", None),
        ("", "Question", "", 2),
    ],
)  # fmt: skip
def test_a_finding_names_its_subject_and_its_place(field: str, subject: str, path: str, line: int | None) -> None:
    found = place_of(field, yaml.safe_load(COMMENTED), lines_of(COMMENTED))
    if line is None:
        assert found.line == 2  # the whole text's
    else:
        assert found.line == line
    assert (found.subject, found.path) == (subject, path)
