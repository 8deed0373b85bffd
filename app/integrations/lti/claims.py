"""The words of LTI: names of claims, messages, scopes and roles, and what Viva reads from them."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from app.kit.text import clean_text

CLAIM = "https://purl.imsglobal.org/spec/lti/claim/"
DEEP_LINKING = "https://purl.imsglobal.org/spec/lti-dl/claim/"
AGS = "https://purl.imsglobal.org/spec/lti-ags/claim/endpoint"
SCORE_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/score"
LINEITEM_SCOPE = "https://purl.imsglobal.org/spec/lti-ags/scope/lineitem"
TOOL_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-tool-configuration"
PLATFORM_CONFIGURATION = "https://purl.imsglobal.org/spec/lti-platform-configuration"

VERSION = "1.3.0"
RESOURCE_LINK = "LtiResourceLinkRequest"
DEEP_LINK = "LtiDeepLinkingRequest"
DEEP_LINK_RESPONSE = "LtiDeepLinkingResponse"
SCORE_MAXIMUM = 100

Role = Literal["staff", "learner", "none"]

_MEMBERSHIP = "http://purl.imsglobal.org/vocab/lis/v2/membership"
_STAFF = ("Instructor", "ContentDeveloper", "Administrator")


def role_of(roles: list[Any]) -> Role:
    """What somebody is in the course: only roles in the context count, not those in the institution or the system.

    Who teaches and learns is staff. Mentors, officers and those without a role in the course are nobody here.
    """
    names = {_context_role(role) for role in roles if isinstance(role, str)}
    if names & set(_STAFF):
        return "staff"
    return "learner" if "Learner" in names else "none"


def _context_role(role: str) -> str:
    """`Instructor` of `…membership#Instructor` and `…membership/Instructor#TeachingAssistant`, and of the bare word."""
    if "://" not in role:
        return role
    if not role.startswith(_MEMBERSHIP):
        return ""
    rest = role.removeprefix(_MEMBERSHIP)
    return rest.removeprefix("#") if rest.startswith("#") else rest.removeprefix("/").partition("#")[0]


def mapping(claims: Mapping[str, Any], name: str) -> dict[str, Any]:
    """A claim that is an object; an empty one where there is none."""
    found = claims.get(name)
    return found if isinstance(found, dict) else {}


def words(value: Any, limit: int) -> str:
    """Text that a platform sends for people to read, as it can be stored; empty where there is none."""
    if not isinstance(value, str):
        return ""
    plain = "".join(character if character.isprintable() else " " for character in value)
    return clean_text(" ".join(plain.split()), field="the text")[:limit]


def person_name(claims: Mapping[str, Any]) -> str:
    """What the platform calls somebody; empty where it keeps names to itself."""
    given = " ".join(filter(None, (words(claims.get(part), 100) for part in ("given_name", "family_name"))))
    return words(claims.get("name"), 200) or given[:200]
