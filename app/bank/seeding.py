"""Load `seed/` into the bank: idempotent; an edit becomes a new version; a bad file is reported, the rest loads."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.bank.models import InterviewTemplate, Question
from app.bank.question_file import TemplateFile, read_template
from app.bank.search_index import index_missing
from app.bank.seed_folder import read_questions
from app.bank.template_versions import store_version
from app.bank.versions import store_question
from app.kit.db import transaction
from app.kit.locks import Lock
from app.kit.yaml_file import FileError, FileProblem


@dataclass
class SeedReport:
    """What a load did."""

    questions: int = 0
    templates: int = 0
    new_versions: list[str] = field(default_factory=list)
    retired: list[str] = field(default_factory=list)
    problems: list[FileProblem] = field(default_factory=list)

    @property
    def errors(self) -> list[str]:
        """The problems as sentences."""
        return [str(problem) for problem in self.problems]

    def __str__(self) -> str:
        said = f"{self.questions} questions and {self.templates} interview templates"
        if self.new_versions:
            said += f", {len(self.new_versions)} new or changed"
        if self.retired:
            said += f", {len(self.retired)} retired"
        return said


def seed_all(database_url: str, seed_dir: Path | None = None) -> SeedReport:
    """Load the seed folder in one transaction."""
    from app.kit.config import get_settings

    with transaction(database_url) as session:
        return load_seed(session, seed_dir or get_settings().seed_dir)


def load_seed(session: Session, seed_dir: Path) -> SeedReport:
    """Load questions, then templates, into the public bank."""
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": Lock.SEED})
    report = SeedReport()
    found = read_questions(seed_dir)
    questions = found.questions
    report.problems += found.problems
    for question in questions.values():
        stored = store_question(session, question)
        if stored.is_new:
            report.new_versions.append(f"{question.slug} v{stored.version.number}")
        report.questions += 1
    bad_slugs = {Path(problem.file).stem for problem in report.problems}
    _retire_missing(session, set(questions) | bad_slugs, report)
    session.flush()
    known = set(session.scalars(select(Question.slug).where(Question.organization_id.is_(None))))
    for path in sorted((seed_dir / "templates").glob("*.yaml")):
        try:
            template = read_template(path, seed_dir)
            missing = [slug for section in template.sections for slug in section.questions if slug not in known]
            if missing:
                where = str(path.relative_to(seed_dir))
                raise FileError([FileProblem(where, None, "sections", f"no question has the slug {missing[0]!r}")])
        except FileError as error:
            report.problems.extend(error.problems)
            continue
        store_template(session, template, report)
    # What was there before search had tables of its own.
    while index_missing(session):
        session.flush()
    return report


def store_template(session: Session, file: TemplateFile, report: SeedReport) -> None:
    """Point the template at the version with this content, making it when it is new."""
    template = session.scalar(
        select(InterviewTemplate).where(
            InterviewTemplate.slug == file.slug, InterviewTemplate.organization_id.is_(None)
        )
    )
    if template is None:
        template = InterviewTemplate(slug=file.slug)
        session.add(template)
        session.flush()
    version, is_new = store_version(session, template, file.content())
    if is_new:
        report.new_versions.append(f"template {file.slug} v{version.number}")
    report.templates += 1


def _retire_missing(session: Session, present: set[str], report: SeedReport) -> None:
    """What left the seed is retired, not deleted: interviews keep pointing at its versions."""
    if not report.questions:
        return  # an empty or unreadable folder must not empty the bank
    gone = session.scalars(
        select(Question).where(
            Question.organization_id.is_(None), Question.status == "published", Question.slug.not_in(present)
        )
    )
    for question in gone:
        question.status = "retired"
        report.retired.append(question.slug)
