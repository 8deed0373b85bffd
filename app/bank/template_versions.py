"""Interview templates of an organisation: copied, written in versions that never change, retired and restored."""

from __future__ import annotations

import uuid
from typing import Any

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from app.accounts.organizations import slug_of
from app.accounts.service import audit
from app.bank.access import Author
from app.bank.models import InterviewTemplate, InterviewTemplateVersion
from app.bank.problems import ComesWithViva, SlugTaken
from app.bank.queries import question_cards
from app.bank.question_file import content_hash
from app.kit.errors import Invalid, NotFound

MAX_SLUG = 80
MAX_QUESTIONS = 50
"""Of one interview."""


def store_version(
    session: Session, template: InterviewTemplate, content: dict[str, Any], created_by: uuid.UUID | None = None
) -> tuple[InterviewTemplateVersion, bool]:
    """Point the template at the version with this content, making it when it is new; whether it was."""
    digest = content_hash(content)
    mine = InterviewTemplateVersion.template_id == template.id
    version = session.scalar(
        select(InterviewTemplateVersion).where(mine, InterviewTemplateVersion.content_hash == digest)
    )
    is_new = version is None
    if version is None:
        newest = session.scalar(select(func.max(InterviewTemplateVersion.number)).where(mine)) or 0
        version = InterviewTemplateVersion(
            template_id=template.id, number=newest + 1, content_hash=digest, created_by=created_by, **content
        )
        session.add(version)
        session.flush()
    template.current_version_id = version.id
    session.flush()
    return version, is_new


def own_templates(
    session: Session, organization_id: uuid.UUID
) -> list[tuple[InterviewTemplate, InterviewTemplateVersion]]:
    """An organisation's own templates with their current versions, by title; retired ones too."""
    return _templates(session, InterviewTemplate.organization_id == organization_id)


def public_templates(session: Session) -> list[tuple[InterviewTemplate, InterviewTemplateVersion]]:
    """What Viva brings along."""
    return _templates(session, InterviewTemplate.organization_id.is_(None))


def _templates(session: Session, which: Any) -> list[tuple[InterviewTemplate, InterviewTemplateVersion]]:
    rows = session.execute(
        select(InterviewTemplate, InterviewTemplateVersion)
        .join(InterviewTemplateVersion, InterviewTemplateVersion.id == InterviewTemplate.current_version_id)
        .where(which)
        .order_by(InterviewTemplateVersion.title, InterviewTemplate.slug)
        .limit(300)
    )
    return [(template, version) for template, version in rows]


def own_template(session: Session, organization_id: uuid.UUID, template_id: uuid.UUID) -> InterviewTemplate:
    """One of the organisation's own, locked until the transaction ends.

    Raises:
        NotFound: the organisation has no such template.
    """
    template = session.scalar(
        select(InterviewTemplate)
        .where(InterviewTemplate.id == template_id, InterviewTemplate.organization_id == organization_id)
        .with_for_update()
    )
    if template is None:
        raise NotFound("There is no such template.")
    return template


def own_template_named(session: Session, organization_id: uuid.UUID, slug: str) -> InterviewTemplate:
    """One of the organisation's own by its slug, whatever its status, locked until the transaction ends.

    Raises:
        NotFound: neither the organisation nor Viva has such a template.
        ComesWithViva: it is Viva's.
    """
    template = session.scalar(select(InterviewTemplate).where(_named(slug, organization_id)).with_for_update())
    if template is not None:
        return template
    if session.scalar(select(InterviewTemplate.id).where(_named(slug, None))) is not None:
        raise ComesWithViva(f"The template {slug!r} comes with Viva and is not yours to change: change a copy of it.")
    raise NotFound(f"There is no interview template {slug!r}.", slug=slug)


def check_sections(session: Session, organization_id: uuid.UUID, sections: list[dict[str, Any]]) -> None:
    """Whether an interview can be made of the sections.

    Raises:
        Invalid: a question is not in the bank, or there are too many; `errors` names the fields.
    """
    known = question_cards(session, organization_id, {slug for one in sections for slug in one.get("questions") or ()})
    errors = [
        {"field": f"sections[{n}].questions[{k}]", "in": "body", "message": f"{slug!r} is no question of the bank"}
        for n, one in enumerate(sections)
        for k, slug in enumerate(one.get("questions") or ())
        if slug not in known
    ]
    count = sum(one["draw"]["count"] if one.get("draw") else len(one["questions"]) for one in sections)
    if count > MAX_QUESTIONS:
        message = f"asks for {count} questions, and at most {MAX_QUESTIONS} fit into one interview"
        errors.append({"field": "sections", "in": "body", "message": message})
    if errors:
        raise Invalid(f"{errors[0]['field']}: {errors[0]['message']}.", errors=errors)


def versions_of(session: Session, template: InterviewTemplate) -> list[InterviewTemplateVersion]:
    """All versions of a template, newest first."""
    return list(
        session.scalars(
            select(InterviewTemplateVersion)
            .where(InterviewTemplateVersion.template_id == template.id)
            .order_by(InterviewTemplateVersion.number.desc())
            .limit(100)
        )
    )


def save_template(
    session: Session,
    author: Author,
    template: InterviewTemplate | None,
    content: dict[str, Any],
    slug: str | None = None,
) -> tuple[InterviewTemplate, InterviewTemplateVersion]:
    """Write a version of a template, or a new template; the same content again makes no new version.

    Raises:
        SlugTaken: the organisation, or Viva, has a template of the name that was asked for.
    """
    if template is None:
        organization_id = author.organization_id
        if slug is None:
            slug = _free_slug(session, organization_id, content)
        elif session.scalar(select(InterviewTemplate.id).where(_named(slug, organization_id) | _named(slug, None))):
            raise SlugTaken(f"There is another template with the slug {slug!r}: choose another one.")
        template = InterviewTemplate(organization_id=organization_id, slug=slug)
        try:
            with session.begin_nested():
                session.add(template)
        except IntegrityError:
            raise SlugTaken(f"There is another template with the slug {slug!r}: choose another one.") from None
    before = template.current_version_id
    version, _ = store_version(session, template, content, author.user_id)
    if version.id != before:
        _audit(session, template, author, "written", version=version.number)
    return template, version


def copy_template(
    session: Session, author: Author, template_id: uuid.UUID
) -> tuple[InterviewTemplate, InterviewTemplateVersion]:
    """A copy of one of Viva's templates, or of the organisation's own, which is the organisation's to change.

    Raises:
        NotFound: there is no such template.
    """
    row = session.execute(
        select(InterviewTemplate, InterviewTemplateVersion)
        .join(InterviewTemplateVersion, InterviewTemplateVersion.id == InterviewTemplate.current_version_id)
        .where(
            InterviewTemplate.id == template_id,
            InterviewTemplate.organization_id.is_(None) | (InterviewTemplate.organization_id == author.organization_id),
        )
    ).first()
    if row is None:
        raise NotFound("There is no such template.")
    content = content_of(row[1]) | {"title": f"{row[1].title[:73]} (copy)"}
    return save_template(session, author, None, content)


def content_of(version: InterviewTemplateVersion) -> dict[str, Any]:
    """What makes a version: what is as usual is left out, so that it changes no digest."""
    content: dict[str, Any] = {
        "title": version.title,
        "description": version.description,
        "minutes": version.minutes,
        "sections": version.sections,
    }
    if version.timing != "interview":
        content["timing"] = version.timing
    if version.candidate_sees != "report":
        content["candidate_sees"] = version.candidate_sees
    if version.release != "at_once":
        content["release"] = version.release
    if not version.follow_ups:
        content["follow_ups"] = False
    return content


def set_template_status(
    session: Session, author: Author, template_id: uuid.UUID, *, is_retired: bool
) -> InterviewTemplate:
    """Retire a template (nobody new is invited to it), or restore it; doing it twice is fine.

    Raises:
        NotFound: the organisation has no such template.
    """
    template = own_template(session, author.organization_id, template_id)
    wanted = "retired" if is_retired else "published"
    if template.status != wanted:
        template.status = wanted
        _audit(session, template, author, "retired" if is_retired else "restored")
    return template


def _named(slug: str, organization_id: uuid.UUID | None) -> ColumnElement[bool]:
    owner = InterviewTemplate.organization_id.is_not_distinct_from(organization_id)
    return (InterviewTemplate.slug == slug) & owner


def _audit(session: Session, template: InterviewTemplate, author: Author, what: str, **detail: object) -> None:
    assert template.organization_id is not None
    subject = f"template:{template.id}"
    audit(session, template.organization_id, author.actor, f"template.{what}", subject, **detail)


def _free_slug(session: Session, organization_id: uuid.UUID, content: dict[str, Any]) -> str:
    base = slug_of(content["title"])[: MAX_SLUG - 5].strip("-") or "interview"
    # Slugs of Viva's count too: a program that asks for one of those must not get another interview.
    taken = set(
        session.scalars(
            select(InterviewTemplate.slug).where(
                InterviewTemplate.slug.startswith(base, autoescape=True),
                InterviewTemplate.organization_id.is_(None) | (InterviewTemplate.organization_id == organization_id),
            )
        )
    )
    candidates = (base if number == 1 else f"{base}-{number}" for number in range(1, len(taken) + 2))
    return next(slug for slug in candidates if slug not in taken)
