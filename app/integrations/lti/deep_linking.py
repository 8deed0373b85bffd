"""Deep linking 2.0: a teacher chooses an interview template, and the platform gets a link and a gradebook column."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from typing import Any
from urllib.parse import urlsplit

from sqlalchemy import select
from sqlalchemy.orm import Session

from app.accounts.service import audit
from app.accounts.tokens import new_token
from app.bank.queries import template_by_slug
from app.integrations.lti import claims as words_of
from app.integrations.lti.claims import SCORE_MAXIMUM, mapping
from app.integrations.lti.keys import sign
from app.integrations.lti.launching import Launch, LaunchRefused
from app.integrations.lti.models import LtiDeepLink, LtiSession
from app.integrations.lti.platforms import origin_of
from app.integrations.lti.sessions import Staff, not_yours
from app.kit import clock
from app.kit.errors import Invalid
from app.kit.sealing import Sealing

SECONDS = 300


@dataclass(frozen=True)
class Choice:
    """What goes back to the platform, and where."""

    return_url: str
    origin: str
    jwt: str


def begin_choice(session: Session, launch: Launch, opened: LtiSession) -> LtiDeepLink:
    """Keep where a teacher's choice will go.

    Raises:
        LaunchRefused: the platform takes no links, or says no good address to send them to.
    """
    settings = mapping(launch.claims, words_of.DEEP_LINKING + "deep_linking_settings")
    types, return_url = settings.get("accept_types"), settings.get("deep_link_return_url")
    if not isinstance(types, list) or "ltiResourceLink" not in types:
        raise LaunchRefused("The platform takes no links to tools here (accept_types), and Viva has nothing else.")
    data = settings.get("data")
    choice = LtiDeepLink(
        organization_id=launch.platform.organization_id,
        session_id=opened.id,
        deployment_id=launch.deployment_id,
        return_url=_return_url(return_url),
        data=data if isinstance(data, str) and "\0" not in data else None,
        takes_lineitem=settings.get("accept_lineitem") is not False,
    )
    session.add(choice)
    session.flush()
    return choice


def _return_url(url: Any) -> str:
    if isinstance(url, str) and len(url) <= 4000 and "\0" not in url and urlsplit(url).scheme in {"https", "http"}:
        try:
            origin_of(url)
        except (Invalid, ValueError):
            pass
        else:
            return url
    raise LaunchRefused("The platform says no good address to send the choice to (deep_link_return_url).")


def choice_for(session: Session, staff: Staff, deep_link_id: uuid.UUID) -> LtiDeepLink:
    """A choice that this browser was launched into.

    Raises:
        NotFound: none, or not theirs.
    """
    found = session.scalar(
        select(LtiDeepLink).where(LtiDeepLink.id == deep_link_id, LtiDeepLink.session_id == staff.session_id)
    )
    if found is None:
        raise not_yours()
    return found


def answer_choice(
    session: Session, staff: Staff, choice: LtiDeepLink, slug: str, launch_url: str, sealing: Sealing
) -> Choice:
    """The signed answer: one link to the template, with a column of 100 points where the platform takes one.

    Raises:
        NotFound: there is no such template.
    """
    template = template_by_slug(session, choice.organization_id, slug)
    item: dict[str, Any] = {
        "type": "ltiResourceLink",
        "title": template.title,
        "text": template.description,
        "url": launch_url,
        "custom": {"template": slug},
    }
    if choice.takes_lineitem:
        item["lineItem"] = {
            "scoreMaximum": SCORE_MAXIMUM,
            "label": template.title,
            "resourceId": slug,
            "tag": "viva-interview",
        }
    audit(session, choice.organization_id, staff.actor, "lti.link_chosen", f"template:{slug}")
    return _signed(session, sealing, staff, choice, [item])


def _signed(
    session: Session, sealing: Sealing, staff: Staff, choice: LtiDeepLink, items: list[dict[str, Any]]
) -> Choice:
    platform = staff.platform
    now = int(clock.now(session).timestamp())
    claims: dict[str, Any] = {
        "iss": platform.client_id,
        "aud": platform.issuer,
        "iat": now,
        "exp": now + SECONDS,
        "nonce": new_token(),
        words_of.CLAIM + "deployment_id": choice.deployment_id,
        words_of.CLAIM + "message_type": words_of.DEEP_LINK_RESPONSE,
        words_of.CLAIM + "version": words_of.VERSION,
        words_of.DEEP_LINKING + "content_items": items,
    }
    if choice.data is not None:
        claims[words_of.DEEP_LINKING + "data"] = choice.data
    return Choice(choice.return_url, origin_of(choice.return_url), sign(session, sealing, claims))
