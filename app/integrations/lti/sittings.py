"""What a launch opens: for a learner their one interview behind the link, for staff the results of all."""

from __future__ import annotations

import uuid
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import func, select
from sqlalchemy.dialects.postgresql import insert
from sqlalchemy.orm import Session

from app.accounts.models import User
from app.accounts.service import audit, create_guest
from app.bank.queries import template_by_slug
from app.integrations.lti import claims as words_of
from app.integrations.lti.claims import mapping, words
from app.integrations.lti.launching import Launch, LaunchRefused
from app.integrations.lti.models import LtiLink, LtiSitting, LtiUser
from app.interviews.creation import Candidate, interview_from_template
from app.kit.errors import Conflict, NotFound
from app.kit.locks import Lock


def user_of(session: Session, launch: Launch) -> LtiUser:
    """The person of a launch, by the platform's name for them; a guest of their own the first time.

    Never an account: a platform does not decide who somebody is outside of it.
    """
    # One launch of a person goes after the other: pressing twice makes neither two guests nor two interviews.
    session.execute(
        select(func.pg_advisory_xact_lock(Lock.LTI_PERSON, func.hashtext(f"{launch.platform.id}:{launch.subject}")))
    )
    name = words_of.person_name(launch.claims)
    user = session.scalar(
        select(LtiUser).where(LtiUser.platform_id == launch.platform.id, LtiUser.subject == launch.subject)
    )
    if user is None:
        guest = create_guest(session)
        guest.name = name
        user = LtiUser(
            organization_id=launch.platform.organization_id,
            platform_id=launch.platform.id,
            subject=launch.subject,
            user_id=guest.id,
        )
        session.add(user)
        session.flush()
        return user
    known = session.get_one(User, user.user_id)
    if name and known.is_guest and known.name != name:
        known.name = name
    return user


def link_of(session: Session, launch: Launch) -> LtiLink:
    """The resource link of a launch, with what the platform says of it today."""
    claims = launch.claims
    resource = mapping(claims, words_of.CLAIM + "resource_link")
    said: dict[str, Any] = {
        "title": words(resource.get("title"), 200),
        "context_title": words(mapping(claims, words_of.CLAIM + "context").get("title"), 200),
        "template_slug": launch.template_slug,
        "lineitem_url": _lineitem(claims),
    }
    statement = (
        insert(LtiLink)
        .values(
            id=uuid.uuid4(),
            organization_id=launch.platform.organization_id,
            platform_id=launch.platform.id,
            deployment_id=launch.deployment_id,
            resource_link_id=resource["id"],
            **said,
        )
        .on_conflict_do_update(index_elements=["platform_id", "deployment_id", "resource_link_id"], set_=said)
        .returning(LtiLink)
    )
    return session.scalars(statement, execution_options={"populate_existing": True}).one()


def _lineitem(claims: dict[str, Any]) -> str:
    """Where grades of the link go; nowhere if the platform did not allow them to be written."""
    endpoint = mapping(claims, words_of.AGS)
    scopes, url = endpoint.get("scope"), endpoint.get("lineitem")
    if not isinstance(scopes, list) or words_of.SCORE_SCOPE not in scopes or not isinstance(url, str):
        return ""
    parts = urlsplit(url)
    return url if parts.scheme in {"http", "https"} and parts.netloc and len(url) <= 2000 and "\0" not in url else ""


def sitting_of(session: Session, launch: Launch, user: LtiUser, link: LtiLink) -> LtiSitting:
    """The learner's interview behind a link: made at their first launch, found again at every later one.

    Raises:
        LaunchRefused: the link names no template, or one that is not there.
        Conflict: the template has no questions to ask.
    """
    found = session.scalar(select(LtiSitting).where(LtiSitting.link_id == link.id, LtiSitting.lti_user_id == user.id))
    if found is not None:
        return found
    if not link.template_slug:
        raise LaunchRefused(
            "This link does not say which interview to open. Whoever made it chooses one, or adds the custom parameter "
            "template=… with the template’s name in Viva."
        )
    try:
        template = template_by_slug(session, link.organization_id, link.template_slug)
    except NotFound:
        raise LaunchRefused(
            f"There is no interview template {link.template_slug!r} (any more): whoever made this link has to mend it."
        ) from None
    guest = session.get_one(User, user.user_id)
    candidate = Candidate(user=guest, external_id=user.subject[:200], name=words_of.person_name(launch.claims))
    try:
        interview = interview_from_template(session, link.organization_id, candidate, template)
    except Conflict:
        raise Conflict("This interview has no questions to ask right now: tell whoever teaches the course.") from None
    sitting = LtiSitting(
        organization_id=link.organization_id, link_id=link.id, lti_user_id=user.id, interview_id=interview.id
    )
    session.add(sitting)
    session.flush()
    subject = f"interview:{interview.id}"
    audit(session, link.organization_id, f"user:{guest.id}", "lti.launched", subject, link=str(link.id))
    return sitting
