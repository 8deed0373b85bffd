"""`viva grade`: lines in, lines out, whatever the lines hold."""

from __future__ import annotations

import json
import sys
from contextlib import ExitStack, contextmanager
from io import BytesIO, TextIOWrapper
from pathlib import Path

import pytest
import typer

from app.commands import grade as command
from app.commands.grade import LineGrader, grade
from app.embedding.hashed import DeterministicEncoder
from app.scoring.grading import BankQuestion, GradingError, PreparedCache, grade_request
from app.scoring.prepared import Sample
from tests.scoring.dropout import PLAIN, QUESTION, RUBRIC, STRONG

GOOD = {"id": "a1", "question": QUESTION, "answer": STRONG, "references": [STRONG]}


@pytest.fixture(autouse=True)
def hashed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(command, "load_encoder", lambda settings: DeterministicEncoder())


def run(tmp_path: Path, lines: list[object]) -> tuple[int, list[dict]]:
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_bytes(b"\n".join(x if isinstance(x, bytes) else json.dumps(x).encode() for x in lines) + b"\n")
    code = 0
    try:
        grade(str(source), str(output))
    except typer.Exit as stop:
        code = stop.exit_code
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]
    return code, [json.loads(line) for line in output.read_text("utf-8").splitlines()]


def test_the_contract(tmp_path: Path):
    rubric = {
        "id": 2,
        "question": QUESTION,
        "answer": PLAIN,
        "rubric": RUBRIC,
        "samples": [{"text": "x y", "grade": 0.25}],
    }
    code, (one, two) = run(tmp_path, [GOOD, rubric])
    assert code == 0
    assert (one["id"], two["id"]) == ("a1", 2)
    for result in (one, two):
        assert {"score", "confidence", "needs_review", "facets", "criteria", "receipt"} <= set(result)
        assert 0 <= result["score"] <= 1
        assert set(result["receipt"]) == {"engine", "model", "adapter", "calibration", "rubric", "samples"}
        for criterion in result["criteria"]:
            assert {"id", "verdict", "credit", "evidence", "because"} <= set(criterion)
    assert one["receipt"]["samples"] != two["receipt"]["samples"]


@pytest.mark.parametrize(
    ("line", "message"),
    [
        (b"{", "the line is not JSON"),
        (b"\xff\xfe", "the line is not UTF-8"),
        (b"[" * 100_000, "the line is nested too deeply"),
        (b'{"id": "x", "answer": "a", "references": ["b"], "n": NaN}', "NaN is not a number that JSON knows"),
        (b"3", "must be an object"),
        ({"id": "x", "references": ["b"]}, "answer: is missing"),
        ({"id": "x", "answer": 3, "references": ["b"]}, "answer: must be text"),
        ({"id": "x", "answer": "a\0b", "references": ["b"]}, "answer: holds a NUL character"),
        ({"id": "x", "answer": "\ud800", "references": ["b"]}, "answer: holds half of a surrogate pair"),
        ({"id": "x", "answer": "a"}, "needs a rubric, references or the slug of a question"),
        ({"id": "x", "answer": "a", "references": []}, "references: needs at least one model answer"),
        ({"id": "x", "answer": "a", "references": {"a": 1}}, "references: must be a list"),
        ({"id": "x", "answer": "a", "rubric": {"criteria": []}}, "rubric.criteria: needs at least one criterion"),
        ({"id": "x", "answer": "a", "references": ["b"], "sample": []}, "sample: is not a field here"),
        (
            {"id": "x", "answer": "a", "references": ["b"], "samples": [{"text": "c", "grade": 3}]},
            "samples[0].grade: must lie between 0 and 1",
        ),
        ({"id": "x", "answer": "a", "slug": "b", "references": ["c"]}, "slug: cannot go with references"),
    ],
)
def test_a_bad_line_gets_its_error_in_its_place_and_the_rest_goes_on(tmp_path: Path, line, message):
    code, (first, bad, last) = run(tmp_path, [GOOD, line, {**GOOD, "id": "a3"}])
    assert code == 1
    assert message in bad["error"]
    assert set(bad) == {"id", "error"}
    assert first["id"] == "a1"
    assert last["id"] == "a3"
    assert last["score"] == first["score"]
    if isinstance(line, dict):
        assert bad["id"] == "x"


def test_a_line_that_is_too_long_is_not_read_into_memory(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(command, "MAX_LINE_BYTES", 2000)
    code, results = run(tmp_path, [GOOD, {**GOOD, "answer": "word " * 4000}, GOOD])
    assert code == 1
    assert [("error" in r) for r in results] == [False, True, False]
    assert "longer than" in results[1]["error"]


def test_standard_input_and_output(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]):
    lines = "\n".join([json.dumps(GOOD), "", json.dumps({**GOOD, "id": "b"})]).encode()
    monkeypatch.setattr(sys, "stdin", TextIOWrapper(BytesIO(lines)))
    grade("-", "-")
    out = capsys.readouterr()
    assert [json.loads(line)["id"] for line in out.out.splitlines()] == ["a1", "b"]
    assert out.err == ""


def test_progress_is_shown_on_a_terminal(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    run(tmp_path, [GOOD, GOOD])
    assert "2 of 2 (100 %) answers" in capsys.readouterr().err


def test_a_missing_file_and_a_missing_folder_are_usage_errors(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    for source, output in ((tmp_path / "no.jsonl", "-"), (Path(__file__), tmp_path / "no" / "out.jsonl")):
        with pytest.raises(typer.Exit) as stop:
            grade(str(source), str(output))
        assert stop.value.exit_code == 2
    assert "There is no file" in capsys.readouterr().err


def test_an_interrupted_run_leaves_no_half_file(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    source, output = tmp_path / "in.jsonl", tmp_path / "out.jsonl"
    source.write_text(json.dumps(GOOD) + "\n")
    output.write_text("earlier results")

    def interrupted(self: LineGrader, line: bytes) -> str:
        raise KeyboardInterrupt

    monkeypatch.setattr(LineGrader, "grade", interrupted)
    with pytest.raises(KeyboardInterrupt):
        grade(str(source), str(output))
    assert output.read_text() == "earlier results"
    assert sorted(p.name for p in tmp_path.iterdir()) == ["in.jsonl", "out.jsonl"]


def test_a_question_of_the_bank_by_slug_opens_the_bank_once_and_only_when_needed():
    opened = []

    @contextmanager
    def bank():
        opened.append(1)
        yield {"dropout": BankQuestion(QUESTION, RUBRIC, [Sample("x y", 0.5)])}.get

    with ExitStack() as stack:
        grader = LineGrader(DeterministicEncoder(), stack, bank)
        grader.grade(json.dumps(GOOD).encode())
        assert not opened
        known = json.loads(grader.grade(b'{"id": 1, "answer": "a", "slug": "dropout"}'))
        unknown = json.loads(grader.grade(b'{"id": 2, "answer": "a", "slug": "pooling"}'))
    assert opened == [1]
    assert len(known["criteria"]) == 4
    assert unknown == {"id": 2, "error": "slug: there is no question 'pooling' in the bank"}


def test_the_same_objects_serve_the_api():
    result = grade_request({"answer": STRONG, "references": STRONG}, DeterministicEncoder(), PreparedCache())
    assert "id" not in result
    with pytest.raises(GradingError) as caught:
        grade_request({"answer": "a", "rubric": {"criteria": [{"id": "a"}]}}, DeterministicEncoder(), PreparedCache())
    assert caught.value.field == "rubric.criteria[0].facet"
    assert caught.value.message == "is missing"


def test_line_ends_become_lf_before_places_are_counted():
    answer = STRONG.replace(". ", ".\r\n")
    one = grade_request({"answer": answer, "rubric": RUBRIC}, DeterministicEncoder(), PreparedCache())
    other = grade_request(
        {"answer": answer.replace("\r\n", "\n"), "rubric": RUBRIC}, DeterministicEncoder(), PreparedCache()
    )
    assert one == other


def test_prepared_rubrics_are_kept_and_bounded():
    cache = PreparedCache(size=2)
    encoder = DeterministicEncoder()
    for i in range(5):
        grade_request({"answer": "a", "references": [f"Reference number {i} says this."]}, encoder, cache)
    assert len(cache._kept) == 2
