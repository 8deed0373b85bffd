"""Loading seed/: idempotent, versions by content, one bad file never stops the others."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.bank.models import Question, QuestionVersion, Sample
from app.bank.queries import question_by_slug, template_by_slug
from app.bank.seeding import load_seed
from app.kit.config import ROOT


@pytest.fixture
def seed(tmp_path: Path) -> Path:
    """A copy of a part of the seed that a test may spoil."""
    for name in ("dropout", "batch-normalisation", "cross-entropy-l2-l1"):
        target = tmp_path / "questions" / "optimisation" / f"{name}.yaml"
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copy(ROOT / "seed" / "questions" / "optimisation" / f"{name}.yaml", target)
    (tmp_path / "templates").mkdir()
    (tmp_path / "templates" / "short.yaml").write_text(
        "slug: short\ntitle: A short one\ndescription: One question only.\nminutes: 5\n"
        "sections:\n  - id: one\n    title: One\n    questions: [dropout]\n"
    )
    return tmp_path


def count(session: Session, model: type) -> int:
    return session.scalar(select(func.count()).select_from(model)) or 0


def test_the_whole_bank_is_there(session: Session) -> None:
    published = session.scalars(select(Question).where(Question.status == "published")).all()
    assert len(published) >= 24
    for slug in ("warm-up", "fundamentals", "computer-vision"):
        assert template_by_slug(session, None, slug).sections


def test_loading_again_changes_nothing(session: Session) -> None:
    before = [count(session, model) for model in (Question, QuestionVersion, Sample)]
    report = load_seed(session, ROOT / "seed")
    assert not report.new_versions
    assert not report.problems
    assert [count(session, model) for model in (Question, QuestionVersion, Sample)] == before


def test_an_edit_makes_a_new_version_and_keeps_the_old(session: Session, seed: Path) -> None:
    load_seed(session, seed)
    old = question_by_slug(session, None, "dropout")
    path = seed / "questions" / "optimisation" / "dropout.yaml"
    original = path.read_text(encoding="utf-8")
    path.write_text(original.replace("title: Dropout", "title: Dropout, again"), encoding="utf-8")
    report = load_seed(session, seed)
    new = question_by_slug(session, None, "dropout")
    assert report.new_versions == [f"dropout v{old.number + 1}"]
    assert (new.title, old.title) == ("Dropout, again", "Dropout")
    assert session.get(QuestionVersion, old.id) is old
    # Going back points at the first version again: same content, same hash, no third one.
    path.write_text(original, encoding="utf-8")
    assert not load_seed(session, seed).new_versions
    assert question_by_slug(session, None, "dropout").id == old.id


def test_a_sample_that_leaves_is_withdrawn_not_deleted(session: Session, seed: Path) -> None:
    load_seed(session, seed)
    question = question_by_slug(session, None, "dropout").question_id
    everything = select(func.count()).select_from(Sample).where(Sample.question_id == question)
    all_before = session.scalar(everything)
    path = seed / "questions" / "optimisation" / "dropout.yaml"
    text = path.read_text(encoding="utf-8")
    path.write_text(text[: text.rindex("  - kind:")], encoding="utf-8")
    load_seed(session, seed)
    assert session.scalar(everything) == all_before
    assert session.scalar(everything.where(Sample.withdrawn_at.is_(None))) == (all_before or 0) - 1


def test_what_leaves_the_seed_is_retired(session: Session, seed: Path) -> None:
    load_seed(session, seed)
    (seed / "questions" / "optimisation" / "cross-entropy-l2-l1.yaml").unlink()
    assert "cross-entropy-l2-l1" in load_seed(session, seed).retired


@pytest.mark.parametrize(
    ("find", "put", "line_has", "says"),
    [
        ("level: ", "levle: ", "levle", "is not a field that is known here"),
        ("minutes: ", "minutes: many # ", "minutes", "valid integer"),
        ("kind: explain", "kind: explian", "kind", "Input should be"),
        ("title: Dropout", "title: [Dropout", "", "expected"),
        ("title: Dropout", "title: &a Dropout", "", "anchors and aliases"),
        ("title: Dropout", "title: !!python/object:os.system Dropout", "", "could not determine a constructor"),
        ("title: Dropout", "title: Dropout\ntitle: Twice", "", "stands here twice"),
        ("slug: dropout", "slug: other", "slug", "but the file is 'dropout.yaml'"),
        ("topic: optimisation", "topic: vision", "topic", "but the folder is 'optimisation'"),
        ("facet: ", "facet: colour # ", "facet: colour", "is not one of"),
    ],
)
def test_a_bad_file_is_named_with_line_and_field_and_the_rest_loads(
    session: Session, seed: Path, find: str, put: str, line_has: str, says: str
) -> None:
    path = seed / "questions" / "optimisation" / "dropout.yaml"
    source = path.read_text(encoding="utf-8")
    assert find in source
    path.write_text(source.replace(find, put, 1), encoding="utf-8")
    report = load_seed(session, seed)
    problem = next(problem for problem in report.problems if says in str(problem))
    assert problem.file == "questions/optimisation/dropout.yaml"
    assert problem.line is not None
    if line_has:
        assert line_has in path.read_text(encoding="utf-8").splitlines()[problem.line - 1]
        assert problem.field
    assert report.questions == 2
    # A file that cannot be read does not retire its question.
    assert "dropout" not in report.retired


@pytest.mark.parametrize(
    ("content", "says"),
    [
        (b"\xff\xfe\x00", "is not UTF-8"),
        (b"", "must be a mapping"),
        (b"- a\n- b\n", "must be a mapping"),
        (b"x" * 300_000, "is over 256 KiB"),
        (b"a: " + b"[" * 5000, "dropout.yaml"),
    ],
)
def test_what_is_no_question_at_all(session: Session, seed: Path, content: bytes, says: str) -> None:
    (seed / "questions" / "optimisation" / "dropout.yaml").write_bytes(content)
    report = load_seed(session, seed)
    assert any(says in str(problem) for problem in report.problems)
    assert report.questions == 2


def test_an_unknown_slug_in_a_template_is_named(session: Session, seed: Path) -> None:
    path = seed / "templates" / "short.yaml"
    path.write_text(path.read_text().replace("[dropout]", "[no-such-question]"))
    report = load_seed(session, seed)
    assert any("no question has the slug 'no-such-question'" in str(problem) for problem in report.problems)


def test_an_empty_folder_does_not_empty_the_bank(session: Session, tmp_path: Path) -> None:
    report = load_seed(session, tmp_path)
    assert "no questions found" in str(report.problems[0])
    assert session.scalar(select(func.count()).select_from(Question).where(Question.status == "published")) >= 24
