"""Files into an organisation's bank: told first, then all or nothing, and never into anybody else's."""

from __future__ import annotations

import copy
import uuid
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import func, select, text
from sqlalchemy.orm import Session
from typer.testing import CliRunner

from app.accounts.models import Organization
from app.bank.exchange import FORMATS, ImportResult, read, write
from app.bank.importing import ImportPlan, apply_import, export_questions, plan_import
from app.bank.models import Question, QuestionDraft, QuestionEvent, QuestionSearch, QuestionVersion, Sample
from app.bank.queries import question_by_slug
from app.bank.question_file import QuestionFile
from app.bank.question_source import read_source
from app.bank.seed_folder import read_questions
from app.commands.bank import bank_app
from app.kit.config import ROOT, get_settings
from app.kit.errors import Conflict, Invalid, NotFound

SEED = read_questions(ROOT / "seed").questions
DROPOUT = SEED["dropout"]
FILES = Path(__file__).parent / "files"


def organization(session: Session, slug: str = "acme") -> uuid.UUID:
    one = Organization(slug=slug, name=slug)
    session.add(one)
    session.flush()
    return one.id


@pytest.fixture
def acme(session: Session) -> uuid.UUID:
    return organization(session)


def changed(**fields: Any) -> QuestionFile:
    return QuestionFile.model_validate(copy.deepcopy(DROPOUT.model_dump(mode="json")) | fields)


def result_of(*questions: QuestionFile) -> ImportResult:
    return read(write(questions, "json"), "ours.json")


def imported(session: Session, owner: uuid.UUID, *questions: QuestionFile) -> ImportPlan:
    plan = plan_import(session, owner, result_of(*questions))
    apply_import(session, owner, plan, None)
    session.expire_all()
    return plan


def counts(session: Session) -> list[int]:
    models = (Question, QuestionVersion, Sample, QuestionDraft, QuestionEvent, QuestionSearch)
    return [session.scalar(select(func.count()).select_from(model)) or 0 for model in models]


def test_the_public_bank_goes_into_an_organisation_and_out_again(session: Session, acme: uuid.UUID) -> None:
    exported = export_questions(session, None)
    assert {question.slug for question in exported} == set(SEED)
    plan = imported(session, acme, *exported)
    assert plan.counts() == {"new": len(SEED)}
    assert export_questions(session, acme) == exported
    again = imported(session, acme, *exported)
    assert again.counts() == {"unchanged": len(SEED)}


@pytest.mark.parametrize("format", list(FORMATS))
def test_every_format_carries_it(session: Session, acme: uuid.UUID, format: str) -> None:
    exported = export_questions(session, None, ["dropout", "gan"])
    plan = plan_import(session, acme, read(write(exported, format), "bank", format))
    apply_import(session, acme, plan, None)
    assert export_questions(session, acme, ["gan", "dropout"]) == exported


def test_a_plan_changes_nothing(session: Session, acme: uuid.UUID) -> None:
    before = counts(session)
    assert plan_import(session, acme, result_of(DROPOUT)).is_allowed
    assert counts(session) == before


def test_a_public_question_of_the_same_name_is_not_touched(session: Session, acme: uuid.UUID) -> None:
    public = question_by_slug(session, None, "dropout")
    imported(session, acme, changed(title="Ours", samples=[]))
    assert question_by_slug(session, None, "dropout").id == public.id
    assert question_by_slug(session, None, "dropout").title == "Dropout"
    assert len(export_questions(session, None, ["dropout"])[0].samples) == len(DROPOUT.samples)
    assert question_by_slug(session, acme, "dropout").title == "Ours"
    other = organization(session, "other")
    assert question_by_slug(session, other, "dropout").title == "Dropout"


def test_a_change_is_told_field_by_field_and_becomes_a_version(session: Session, acme: uuid.UUID) -> None:
    imported(session, acme, DROPOUT)
    samples = [sample.model_dump() for sample in DROPOUT.samples[1:]]
    plan = imported(session, acme, changed(minutes=9, samples=samples))
    (entry,) = plan.entries
    assert entry.action == "new version"
    assert [(change.place.split(" ")[0], change.kind) for change in entry.changes] == [
        ("minutes", "changed"),
        ("sample", "removed"),
    ]
    assert (entry.changes[0].before, entry.changes[0].after) == (str(DROPOUT.minutes), "9")
    version = question_by_slug(session, acme, "dropout")
    assert (version.number, version.minutes) == (2, 9)
    assert len(export_questions(session, acme)[0].samples) == len(samples)
    back = imported(session, acme, DROPOUT)
    assert back.entries[0].reason == "it is version 1 again"
    assert question_by_slug(session, acme, "dropout").number == 1
    said = session.scalars(select(QuestionEvent.action).where(QuestionEvent.organization_id == acme)).all()
    assert sorted(said) == ["back to version 1", "version 1 imported", "version 2 imported"]


def test_other_samples_alone_are_a_change(session: Session, acme: uuid.UUID) -> None:
    imported(session, acme, DROPOUT)
    plan = imported(session, acme, changed(samples=[]))
    assert (plan.entries[0].action, plan.entries[0].reason) == ("new version", "the samples differ")
    assert question_by_slug(session, acme, "dropout").number == 1


def test_a_retired_question_is_put_back_into_use(session: Session, acme: uuid.UUID) -> None:
    imported(session, acme, DROPOUT)
    session.execute(text("UPDATE questions SET status = 'retired' WHERE organization_id = :o"), {"o": acme})
    session.expire_all()
    plan = imported(session, acme, DROPOUT)
    assert plan.entries[0].reason == "it was retired, and is put back into use"
    assert export_questions(session, acme)


def test_a_problem_stops_everything(session: Session, acme: uuid.UUID) -> None:
    data = write([DROPOUT, SEED["gan"]], "json").replace(b'"level": 3', b'"level": 44')
    result = read(data, "two.json")
    before = counts(session)
    plan = plan_import(session, acme, result)
    assert not plan.is_allowed
    assert [entry.slug for entry in plan.entries] == ["dropout"]
    with pytest.raises(Invalid, match=r"Nothing was imported: two.json, line .* field level"):
        apply_import(session, acme, plan, None)
    assert counts(session) == before


def test_a_conflict_in_the_middle_leaves_nothing(database_url: str, session: Session) -> None:
    from app.kit.db import transaction

    with transaction(database_url) as one:
        acme = organization(one)
    with transaction(database_url) as one:
        plan = plan_import(one, acme, result_of(SEED["gan"], DROPOUT))
    with transaction(database_url) as other:
        imported(other, acme, changed(title="Somebody was quicker"))
    with pytest.raises(Conflict, match="'dropout' changed meanwhile"), transaction(database_url) as one:
        apply_import(one, acme, plan, None)
    assert [question.title for question in export_questions(session, acme)] == ["Somebody was quicker"]


def test_a_plan_belongs_to_one_organisation(session: Session, acme: uuid.UUID) -> None:
    plan = plan_import(session, acme, result_of(DROPOUT))
    with pytest.raises(Invalid, match="another organisation"):
        apply_import(session, organization(session, "other"), plan, None)


def test_what_another_tool_wrote_becomes_a_working_copy(session: Session, acme: uuid.UUID) -> None:
    result = read((FILES / "moodle.gift").read_bytes(), "moodle.gift", topic="mathematics")
    plan = plan_import(session, acme, result)
    assert plan.counts() == {"working copy": 16}
    apply_import(session, acme, plan, None)
    assert export_questions(session, acme) == []  # nothing of it can be asked yet
    drafts = session.scalars(select(QuestionDraft).where(QuestionDraft.organization_id == acme)).all()
    readable = [found for draft in drafts if (found := read_source(draft.source)).question]
    assert len(drafts) == 16
    assert len(readable) == 15  # the essay has no model answer
    assert {found.data["topic"] for found in readable} == {"mathematics"}
    notes = session.scalars(select(QuestionEvent.note).where(QuestionEvent.organization_id == acme)).all()
    assert all(note.startswith("moodle.gift\nThis is a draft") for note in notes)
    again = plan_import(session, acme, result)
    assert again.counts() == {"unchanged": 16}


def test_a_draft_overwrites_nothing(session: Session, acme: uuid.UUID) -> None:
    imported(session, acme, changed(slug="sums"))
    first = read(b"::Sums::What is 2 plus 2?{=4}\n\n::Half::What is 4 half?{=2}", "a.gift")
    apply_import(session, acme, plan_import(session, acme, first), None)
    second = read(b"::Sums::What is 2 plus 3?{=5}\n\n::Half::What is 6 half?{=3}", "a.gift")
    plan = plan_import(session, acme, second)
    assert plan.counts() == {"kept": 2}
    assert plan.is_allowed
    before = counts(session)
    apply_import(session, acme, plan, None)
    assert counts(session) == before


def test_a_whole_question_does_not_publish_somebodys_working_copy(session: Session, acme: uuid.UUID) -> None:
    apply_import(session, acme, plan_import(session, acme, read(b"::Sums::What is 2 plus 2?{=4}", "a.gift")), None)
    plan = plan_import(session, acme, result_of(changed(slug="sums"), DROPOUT))
    assert plan.counts() == {"new": 1, "not allowed": 1}
    with pytest.raises(Invalid, match="Nothing was imported: sums: a working copy that was never published"):
        apply_import(session, acme, plan, None)


def test_links_that_lead_nowhere_are_told(session: Session, acme: uuid.UUID) -> None:
    plan = plan_import(session, acme, result_of(changed(slug="mine", related=["nowhere", "gan", "mine"])))
    assert plan.entries[0].notes == ["It points at 'nowhere', which is not in the bank."]


def test_export_names_what_is_not_there(session: Session, acme: uuid.UUID) -> None:
    with pytest.raises(NotFound, match="no question 'nowhere'"):
        export_questions(session, None, ["dropout", "nowhere"])
    imported(session, acme, changed(slug="secret"))
    with pytest.raises(NotFound, match="no question 'secret'"):
        export_questions(session, None, ["secret"])
    with pytest.raises(NotFound, match="no question 'secret'"):
        export_questions(session, organization(session, "other"), ["secret"])
    assert [question.slug for question in export_questions(session, acme, ["secret", "gan"])] == ["gan", "secret"]


class Cli:
    """`viva bank …` on the test's database."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def __call__(self, *arguments: str) -> tuple[int, str]:
        result = CliRunner().invoke(bank_app, list(arguments))
        if result.exception and not isinstance(result.exception, SystemExit):
            return 1, str(result.exception)
        return result.exit_code, result.output


@pytest.fixture
def viva(database_url: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Cli]:
    monkeypatch.setenv("DATABASE_URL", database_url)
    monkeypatch.chdir(tmp_path)
    get_settings.cache_clear()  # a process has its settings once, and here many are played
    yield Cli(tmp_path)
    get_settings.cache_clear()


def test_the_command_exports_and_imports(viva: Cli, session: Session) -> None:
    assert viva("export", "--question", "dropout", "-o", "one.yaml") == (0, "1 question written as YAML.\n")
    code, said = viva("import", "one.yaml", "--dry-run")
    assert code == 0
    assert "Nothing was changed. It would be: 1 new." in said
    assert session.scalar(select(Organization).where(Organization.is_personal.is_(False))) is None
    session.rollback()
    assert viva("import", "one.yaml")[1].endswith("Imported: 1 new.\n")
    assert viva("import", "one.yaml")[1].endswith("Imported: 1 unchanged.\n")
    path = viva.folder / "one.yaml"
    path.write_text(path.read_text().replace("title: Dropout", "title: Dropout anew"))
    said = viva("import", "one.yaml")[1]
    assert "    title: Dropout → Dropout anew\n" in said
    assert said.endswith("Imported: 1 new version.\n")
    code, said = viva("export", "--org", "main", "-o", "main.gift")
    assert said.startswith("1 question written as GIFT (Moodle).\n  note: Other tools see")
    assert "Dropout anew" in (viva.folder / "main.gift").read_text()


def test_the_command_exports_from_files(viva: Cli) -> None:
    code, said = viva("export", "--seed", str(ROOT / "seed"), "--format", "json", "-o", "all.txt")
    assert (code, said) == (0, f"{len(SEED)} questions written as JSON.\n")
    assert len(read((viva.folder / "all.txt").read_bytes(), "all.txt").questions) == len(SEED)


def test_the_command_says_what_is_wrong(viva: Cli) -> None:
    bad = viva.folder / "bad.yaml"
    bad.write_bytes(write([DROPOUT], "yaml").replace(b"level: 2", b"level: 20"))
    code, said = viva("import", "bad.yaml")
    assert code == 2
    assert said == ("bad.yaml, line 6, field level: Input should be less than or equal to 5\nNothing was imported.\n")
    for arguments, says in (
        (["import", "missing.yaml"], "missing.yaml cannot be read: No such file or directory."),
        (["import", "bad.yaml", "--topic", "cooking"], "There is no topic 'cooking'"),
        (["import", "bad.yaml", "--format", "docx"], "There is no format 'docx'"),
        (["export", "-o", "x.docx"], "Say in which format"),
        (["export", "-o", "nowhere/x.yaml"], "nowhere/x.yaml cannot be written"),
        (["export", "-o", "x.yaml", "--question", "nowhere"], "There is no question 'nowhere'."),
        (["export", "-o", "x.yaml", "--org", "nobody"], "There is no organisation 'nobody'."),
    ):
        code, said = viva(*arguments)
        assert code == 1, arguments
        assert says in said
