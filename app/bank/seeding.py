"""Load `seed/` into the bank: idempotent; an edit becomes a new version; a bad file is reported, the rest loads."""

from __future__ import annotations

import uuid
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from sqlalchemy import func, select, text
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.bank.models import InterviewTemplate, InterviewTemplateVersion, Question, QuestionVersion, Sample
from app.bank.question_file import QuestionFile, TemplateFile, content_hash, read_question, read_template
from app.kit.clock import viva_now
from app.kit.db import transaction
from app.kit.yaml_file import FileError, FileProblem

_LOCK = 0x73656564  # "seed": one process loads at a time


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
    session.execute(text("SELECT pg_advisory_xact_lock(:key)"), {"key": _LOCK})
    report = SeedReport()
    questions = _read_questions(seed_dir, report)
    for question in questions.values():
        store_question(session, question, report)
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
    return report


def _read_questions(seed_dir: Path, report: SeedReport) -> dict[str, QuestionFile]:
    questions: dict[str, QuestionFile] = {}
    for path in sorted((seed_dir / "questions").glob("*/*.yaml")):
        try:
            question = read_question(path, seed_dir)
            if question.slug in questions:
                where = str(path.relative_to(seed_dir))
                raise FileError([FileProblem(where, 1, "slug", f"{question.slug!r} stands in another file as well")])
            questions[question.slug] = question
        except FileError as error:
            report.problems.extend(error.problems)
    if not questions and not report.problems:
        report.problems.append(FileProblem(str(seed_dir), None, "", "no questions found in questions/*/*.yaml"))
    return questions


def store_question(session: Session, file: QuestionFile, report: SeedReport) -> None:
    """Point the question at the version with this content, making it when it is new."""
    question = session.scalar(select(Question).where(Question.slug == file.slug, Question.organization_id.is_(None)))
    if question is None:
        question = Question(slug=file.slug)
        session.add(question)
        session.flush()
    content = file.content()
    digest = content_hash(content)
    version = session.scalar(
        select(QuestionVersion).where(
            QuestionVersion.question_id == question.id, QuestionVersion.content_hash == digest
        )
    )
    if version is None:
        version = QuestionVersion(
            question_id=question.id,
            number=_next_number(session, QuestionVersion, QuestionVersion.question_id == question.id),
            content_hash=digest,
            **content,
        )
        session.add(version)
        session.flush()
        report.new_versions.append(f"{file.slug} v{version.number}")
    question.current_version_id = version.id
    question.status = "published"
    report.questions += 1
    _store_samples(session, question.id, file)


def _store_samples(session: Session, question_id: uuid.UUID, file: QuestionFile) -> None:
    digests = [sample.digest() for sample in file.samples]
    if file.samples:
        session.execute(
            insert(Sample)
            .values(
                [
                    {
                        "id": uuid.uuid4(),
                        "question_id": question_id,
                        "kind": sample.kind,
                        "grade": sample.grade,
                        "text": sample.text,
                        "digest": digest,
                    }
                    for sample, digest in zip(file.samples, digests, strict=True)
                ]
            )
            .on_conflict_do_nothing()
        )
    public = (Sample.question_id == question_id, Sample.organization_id.is_(None))
    live = session.scalars(select(Sample).where(*public))
    for sample in live:
        gone = sample.digest not in digests
        if gone and sample.withdrawn_at is None:
            sample.withdrawn_at = session.scalar(select(viva_now()))
        elif not gone:
            sample.withdrawn_at = None


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
    content = file.content()
    digest = content_hash(content)
    version = session.scalar(
        select(InterviewTemplateVersion).where(
            InterviewTemplateVersion.template_id == template.id, InterviewTemplateVersion.content_hash == digest
        )
    )
    if version is None:
        number = _next_number(session, InterviewTemplateVersion, InterviewTemplateVersion.template_id == template.id)
        version = InterviewTemplateVersion(template_id=template.id, number=number, content_hash=digest, **content)
        session.add(version)
        session.flush()
        report.new_versions.append(f"template {file.slug} v{version.number}")
    template.current_version_id = version.id
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


def _next_number(session: Session, model: Any, condition: Any) -> int:
    return int(session.scalar(select(func.coalesce(func.max(model.number), 0) + 1).where(condition)) or 1)
