"""Questions written and read again: nothing is lost in any format, and what cannot be read says where."""

from __future__ import annotations

import copy
import json
import time
from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.bank.exchange import FORMATS, loses, read, write
from app.bank.exchange import result as limits
from app.bank.exchange.csv_format import defused, restored
from app.bank.exchange.json_lines import lines_of
from app.bank.question_file import QuestionFile
from app.bank.seed_folder import read_questions
from app.kit.config import ROOT
from app.kit.errors import Invalid

SEED = list(read_questions(ROOT / "seed").questions.values())
DROPOUT = next(question for question in SEED if question.slug == "dropout")
every_format = pytest.mark.parametrize("format", list(FORMATS))


def read_one(data: bytes, format: str) -> QuestionFile:
    result = read(data, f"file.{format}", format)
    assert not result.all_problems
    (one,) = result.questions
    assert one.question is not None
    return one.question


def changed(**fields: Any) -> QuestionFile:
    return QuestionFile.model_validate(copy.deepcopy(DROPOUT.model_dump(mode="json")) | fields)


@every_format
def test_the_whole_bank_comes_back_equal(format: str) -> None:
    result = read(write(SEED, format), "bank", format)
    assert not result.all_problems
    assert not result.notes
    assert [one.question for one in result.questions] == SEED
    assert not any(one.notes or one.is_draft for one in result.questions)


@every_format
def test_the_format_is_found_without_its_name(format: str) -> None:
    data = write([DROPOUT], format)
    for name in ("upload", f"dropout{FORMATS[format].suffix}"):
        assert read(data, name).format == format


# Everything that can be stored: no NUL, no surrogates; the rest is taken as it is or cleaned when the question is made.
texts = st.text(st.characters(exclude_categories=["Cs"], exclude_characters="\0"), min_size=1, max_size=40)
odd = st.one_of(
    texts,
    st.text(
        st.sampled_from(" \n\t\\{}=~#:%-+@'\"|>&*!?[]\x85\u2028\u2029\ufeff\ufffe\xa0\r;,$<"), min_size=1, max_size=25
    ),
)


@st.composite
def questions(draw: st.DrawFn) -> QuestionFile:
    def text(head: str) -> str:
        return f"{head} {draw(odd)} {draw(odd)}x"

    data = copy.deepcopy(DROPOUT.model_dump(mode="json"))
    data |= {"title": text("T")[:60], "prompt": text("What is asked here, in words?"), "model_answer": text("A" * 20)}
    criterion = data["rubric"]["approaches"][0]["criteria"][0]
    criterion |= {"statements": [text("s"), draw(odd) + "x"], "follow_up": text("f")}
    data["samples"][0]["text"] = "x" + draw(odd) + "x"
    data["sources"] = [{"title": draw(odd) + "x"}]
    return QuestionFile.model_validate(data)


@every_format
@given(question=questions())
@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
def test_odd_text_comes_back_equal(format: str, question: QuestionFile) -> None:
    assert read_one(write([question], format), format) == question


@given(texts)
def test_a_defused_cell_is_restored_and_starts_no_formula(text: str) -> None:
    assert restored(defused(text)) == text
    assert defused(text)[0] not in "=+-@\t\r\n"


@pytest.mark.parametrize("cell", ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "'=1", "''=1", "＝1"])
def test_what_a_spreadsheet_would_run_is_text_in_it(cell: str) -> None:
    assert defused(cell) == f"'{cell}"
    written = write([changed(prompt=f"={cell} and more than twenty characters")], "csv").decode("utf-8-sig")
    assert "\"'=" in written or ",'=" in written


def test_a_cell_that_was_not_defused_keeps_its_apostrophe() -> None:
    assert defused("'tis") == "'tis"
    assert restored("'tis") == "'tis"


def test_what_a_format_cannot_hold_is_said() -> None:
    assert loses("yaml") == []
    assert loses("json") == []
    for format in ("csv", "gift", "qti"):
        assert loses(format)
    with pytest.raises(Invalid, match="no format 'docx'"):
        loses("docx")


BAD: list[tuple[str, Callable[[str], str], str]] = [
    ("yaml", lambda text: text.replace("level: ", "level: 9"), "line 6, field level: Input should be less"),
    (
        "yaml",
        lambda text: text.replace("facet: what", "facet: who"),
        "field rubric.criteria[0].facet: 'who' is not one",
    ),
    ("yaml", lambda text: text.replace("title: Dropout\n", ""), "line 2, field title: is missing"),
    ("yaml", lambda text: text + "nonsense: 1\n", "field nonsense: is not a field"),
    ("yaml", lambda text: text.replace("slug: ", "slug: &x "), "anchors and aliases"),
    ("yaml", lambda text: text + "---\n- a\n", "must be a mapping"),
    ("yaml", lambda text: text + "---\na: [\n", "bad.yaml, line"),
    (
        "yaml",
        lambda text: text.replace("slug: dropout", "slug: !!python/object/apply:os.system [ls]"),
        "bad.yaml, line 2",
    ),
    ("yaml", lambda text: text + "---\na: " + "[" * 5000, "bad.yaml, line"),
    ("yaml", lambda text: text + "  # long" * 40_000, "is over 256 KiB"),
    ("json", lambda text: text.replace('"level": 2', '"level": "high"'), "line 10, field level"),
    ("json", lambda text: text.replace('"facet": "what"', '"facet": "who"', 1), "criteria[0].facet: 'who' is not one"),
    ("json", lambda text: text.replace('"level": 2', '"level": NaN'), "NaN is no number"),
    ("json", lambda text: text.replace('"level": 2', '"level": 2, "level": 3'), "'level' stands twice"),
    ("json", lambda text: text.replace('"version": 1', '"version": 2'), "line 3, field version: is 2"),
    ("json", lambda text: text.replace("viva-questions", "quiz"), "line 2, field format: is 'quiz'"),
    ("json", lambda text: text[:-40], "is not readable JSON"),
    ("json", lambda text: "[" * 100_000, "nested too deeply"),
    ("json", lambda text: text.replace('"Dropout"', '"Drop\\u0000out"'), "line 7, field title: the text holds a NUL"),
    ("json", lambda text: text.replace('"Dropout"', '"Drop\\ud800out"'), "half of a surrogate pair"),
    ("csv", lambda text: text.replace(",explain,", ",explian,"), "line 2, field kind: Input should be"),
    (
        "csv",
        lambda text: text.replace("optimisation,2,5,", "optimisation,two,5,"),
        "line 2, field level: must be a whole",
    ),
    ("csv", lambda text: text.replace('"{""approaches', '"{""approach'), "line 2, field rubric.approach"),
    ("csv", lambda text: text.replace('"{""approaches', '"{approaches'), "field rubric: the cell is not readable"),
    ("csv", lambda text: text.replace("title,", "name,", 1), "line 1, field title: has no column 'title'"),
    ("csv", lambda text: text.replace("kind,", "title,", 1), "has two columns 'title'"),
    ("csv", lambda text: text + '"never closed', "is not readable as a table"),
    ("csv", lambda text: text + "," * 30 + "x\r\n", "has 31 cells for 13 columns"),
    ("gift", lambda text: text.replace('"level":2', '"level":7'), "line 1, field level"),
    ("gift", lambda text: text.replace("// viva: {", "// viva: {{"), "line 1: is not readable JSON"),
]


@pytest.mark.parametrize(("format", "spoil", "says"), BAD, ids=[f"{entry[0]}-{entry[2][:30]}" for entry in BAD])
def test_a_bad_file_names_line_and_field(format: str, spoil: Callable[[str], str], says: str) -> None:
    good = write([DROPOUT], format).decode("utf-8-sig")
    bad = spoil(good)
    assert bad != good
    result = read(bad.encode(), f"bad.{format}", format)
    assert any(says in str(problem) for problem in result.all_problems), result.all_problems
    assert all(problem.file.startswith("bad.") for problem in result.all_problems)


@pytest.mark.parametrize("format", ["yaml", "json", "csv", "gift"])
def test_the_second_question_is_named_by_its_own_line(format: str) -> None:
    second = changed(slug="second", title="The second of them")
    text = write([DROPOUT, second], format).decode("utf-8-sig")
    at = text.rindex("optimisation")
    bad = text[:at] + "no-such-topic" + text[at + len("optimisation") :]
    (problem,) = read(bad.encode(), "two", format).all_problems
    assert problem.field == "topic"
    line = problem.line
    assert line is not None
    assert line > 15 or format == "gift"
    if format in ("yaml", "json", "gift"):
        assert "no-such-topic" in bad.split("\n")[line - 1]


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b"", "in no format that is known"),
        (b"\x89PNG\r\n", "in no format that is known"),
        (b"just words", "in no format that is known"),
        (b"slug: \xff\n", "is not UTF-8"),
        (b"slug: a\0b\n", "NUL"),
        (b"---\n# nothing\n", "holds no questions"),
        (b"x" * (limits.MAX_BYTES + 1), "is over 10 MiB"),
    ],
)
def test_what_is_no_file_of_questions(data: bytes, says: str) -> None:
    result = read(data, "upload")
    assert says in str(result.problems[0])
    assert not result.questions


@pytest.mark.parametrize("format", ["yaml", "json", "csv", "gift"])
def test_too_many_questions_are_refused(format: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(limits, "MAX_QUESTIONS", 1)
    result = read(write(SEED[:2], format), "many", format)
    assert "has 2 questions; at most 1 are read at once" in str(result.problems[0])
    assert not result.questions


@every_format
def test_a_name_that_stands_twice_is_a_problem(format: str) -> None:
    if format == "qti":
        return  # one file name, so the archive says it: see test_exchange_qti.py
    (problem,) = read(write([DROPOUT, DROPOUT], format), "twice", format).all_problems
    assert problem.field == "slug"
    assert "stands in this file already" in problem.message


def test_json_is_read_with_and_without_its_cover() -> None:
    plain = DROPOUT.model_dump(mode="json")
    for shape in (plain, [plain], {"questions": [plain]}):
        assert read_one(json.dumps(shape).encode(), "json") == DROPOUT


def test_brackets_in_prose_are_prose_and_others_cost_no_time() -> None:
    question = changed(model_answer="Half-open: " + "[0, 1) and {x " * 60)
    assert read_one(write([question], "yaml"), "yaml") == question
    start = time.monotonic()
    deep = "---\na: " + ("[a, " * 300 + "]" * 300 + ", ") * 100
    result = read((deep + "\n").encode() * 20, "deep.yaml")
    assert time.monotonic() - start < 20
    assert [problem.message for problem in result.all_problems] == ["is nested too deeply"] * 20
    assert result.all_problems[1].line == 4


@pytest.mark.parametrize("depth", [200, 480, 900, 960, 5000])
def test_deep_json_is_a_problem_and_no_crash(depth: int) -> None:
    text = write([DROPOUT], "json").decode().replace('"level": 2', '"level": ' + "[" * depth + "]" * depth)
    assert read(text.encode(), "deep.json").all_problems


def test_lines_of_json_are_those_of_the_names() -> None:
    lines = lines_of('{\n "a":\n  1,\n "b": [\n  {"c": "}\\""},\n  []\n ], "d": {}\n}\n')
    assert lines == {
        (): 1, ("a",): 2, ("b",): 4, ("b", 0): 5, ("b", 0, "c"): 5, ("b", 1): 6, ("d",): 7,
    }  # fmt: skip


@given(
    st.recursive(
        st.none() | st.booleans() | st.floats(allow_nan=False) | texts,
        lambda x: st.lists(x) | st.dictionaries(texts, x),
    )
)
@settings(deadline=None)
def test_every_json_value_has_a_line(value: Any) -> None:
    count = 0

    def walk(item: Any) -> None:
        nonlocal count
        count += 1
        for child in item.values() if isinstance(item, dict) else item if isinstance(item, list) else ():
            walk(child)

    walk(value)
    assert len(lines_of(json.dumps(value, indent=1))) == count


def test_yaml_may_have_comments_and_directives_between_documents() -> None:
    text = write([DROPOUT], "yaml").decode()
    second = write([changed(slug="second")], "yaml").decode()
    whole = f"# of ours\n%YAML 1.2\n{text}...\n# between\n{second}...\n---\n# at the end\n"
    result = read(whole.encode(), "x.yaml")
    assert [one.slug for one in result.questions] == ["dropout", "second"]
    assert not result.all_problems


def test_a_table_of_somebody_else_gives_drafts() -> None:
    table = "Title;Prompt;Model answer;Topic;Mood\nMomentum;What does momentum do?;It averages gradients. It damps.;vision;gay\n;;;;\n"
    result = read(table.encode(), "x.csv")
    assert result.notes == ["The column 'mood' is not known and was left out."]
    (one,) = result.questions
    assert one.is_draft
    assert one.question is not None
    assert (one.question.slug, one.question.topic, one.question.level) == ("momentum", "vision", 3)
    criteria = one.question.rubric["approaches"][0]["criteria"]
    assert [criterion["statements"] for criterion in criteria] == [["It averages gradients."], ["It damps."]]
    assert any("draft" in note for note in one.notes)


def test_a_rubric_without_a_column_of_samples_would_withdraw_them() -> None:
    text = write([DROPOUT], "csv").decode("utf-8-sig").replace("rubric,sources,samples", "rubric,sources,other", 1)
    assert "a column 'samples' is needed" in str(read(text.encode(), "x.csv").all_problems[0])
