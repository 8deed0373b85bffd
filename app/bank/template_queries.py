"""Reads of interview templates as programs see them: an organisation's own, also retired ones, and Viva's."""

from __future__ import annotations

import uuid

from sqlalchemy import select, tuple_
from sqlalchemy.orm import Session

from app.bank.models import InterviewTemplate, InterviewTemplateVersion
from app.kit.errors import NotFound


def seen_template(
    session: Session, organization_id: uuid.UUID, slug: str
) -> tuple[InterviewTemplate, InterviewTemplateVersion]:
    """A template by its slug with its current version: the organisation's own, also a retired one, before Viva's.

    Raises:
        NotFound: there is none that the organisation may see.
    """
    public = InterviewTemplate.organization_id.is_(None) & (InterviewTemplate.status == "published")
    row = session.execute(
        select(InterviewTemplate, InterviewTemplateVersion)
        .join(InterviewTemplateVersion, InterviewTemplateVersion.id == InterviewTemplate.current_version_id)
        .where(InterviewTemplate.slug == slug, public | (InterviewTemplate.organization_id == organization_id))
        .order_by(InterviewTemplate.status != "published", InterviewTemplate.organization_id.nulls_last())
        .limit(1)
    ).first()
    if row is None:
        raise NotFound(f"There is no interview template {slug!r}.", slug=slug)
    return row[0], row[1]


def templates_after(
    session: Session, organization_id: uuid.UUID, status: str, after: tuple[int, str, uuid.UUID] | None, limit: int
) -> list[tuple[InterviewTemplate, InterviewTemplateVersion]]:
    """A page for programs, shortest first, one more than asked; of the retired only the own."""
    mine = InterviewTemplate.organization_id == organization_id
    shown = mine if status == "retired" else mine | InterviewTemplate.organization_id.is_(None)
    order = (InterviewTemplateVersion.minutes, InterviewTemplate.slug, InterviewTemplate.id)
    query = (
        select(InterviewTemplate, InterviewTemplateVersion)
        .join(InterviewTemplateVersion, InterviewTemplateVersion.id == InterviewTemplate.current_version_id)
        .where(InterviewTemplate.status == status, shown)
    )
    if after is not None:
        query = query.where(tuple_(*order) > after)
    return [(template, version) for template, version in session.execute(query.order_by(*order).limit(limit + 1))]


def versions_before(
    session: Session, template: InterviewTemplate, before: int | None, limit: int
) -> list[InterviewTemplateVersion]:
    """A page of a template's versions, newest first, one more than asked."""
    query = select(InterviewTemplateVersion).where(InterviewTemplateVersion.template_id == template.id)
    if before is not None:
        query = query.where(InterviewTemplateVersion.number < before)
    return list(session.scalars(query.order_by(InterviewTemplateVersion.number.desc()).limit(limit + 1)))


def version_numbered(session: Session, template: InterviewTemplate, number: int) -> InterviewTemplateVersion:
    """One version of a template.

    Raises:
        NotFound: there is no such version.
    """
    version = session.scalar(
        select(InterviewTemplateVersion).where(
            InterviewTemplateVersion.template_id == template.id, InterviewTemplateVersion.number == number
        )
    )
    if version is None:
        raise NotFound(f"The template {template.slug!r} has no version {number}.")
    return version
