"""LTI Dynamic Registration 1.0: a platform registers itself by a link that an admin made."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from sqlalchemy.orm import Session

from app.integrations.lti import claims as words_of
from app.integrations.lti.claims import mapping, words
from app.integrations.lti.models import LtiPlatform, LtiRegistration
from app.integrations.lti.outgoing import PlatformAway, ask_json
from app.integrations.lti.platforms import PlatformForm, add_platform, origin_of
from app.kit.errors import Invalid
from app.kit.outward import Outward

# Instructure answers for the issuers of its Canvas from addresses of their own.
_SPEAKS_FOR = {f"canvas.{stage}instructure.com": f"sso.{stage}canvaslms.com" for stage in ("", "beta.", "test.")}


class RegistrationFailed(Invalid):
    """The platform does not say of itself what a registration takes, or did not take Viva's."""

    type = "lti-registration-failed"
    title = "The registration did not work"


def register(
    session: Session,
    link: LtiRegistration,
    outward: Outward,
    configuration_url: str,
    registration_token: str,
    base_url: str,
) -> LtiPlatform:
    """Ask the platform what it is, register Viva there, and keep what came back. The link is used up with it.

    Raises:
        RegistrationFailed: what the platform says is not as the specification has it, or it does not answer.
        PlatformTaken: the platform gave a client id that is registered already.
    """
    try:
        origin_of(configuration_url)
        # Canvas wants the token for its configuration, too.
        headers = {"authorization": f"Bearer {registration_token}"} if registration_token else {}
        configuration = ask_json(outward, "GET", configuration_url, headers=headers)
        issuer = _text(configuration, "issuer")
        platform = mapping(configuration, words_of.PLATFORM_CONFIGURATION)
        family = words(platform.get("product_family_code"), 60)
        # Otherwise anybody could register in the name of a platform that is somebody else's.
        at, own = urlsplit(configuration_url).hostname, urlsplit(issuer).hostname
        if at not in {own, _SPEAKS_FOR.get(own or "")}:
            raise RegistrationFailed("The configuration is not at the issuer’s own address.")
        endpoint = _text(configuration, "registration_endpoint")
        given = ask_json(outward, "POST", endpoint, body=tool_of(base_url, family), headers=headers)
    except PlatformAway as error:
        raise RegistrationFailed(f"{error}.") from None
    tool = mapping(given, words_of.TOOL_CONFIGURATION)
    deployment = tool.get("deployment_id") or given.get("deployment_id")
    form = PlatformForm(
        name=f"{family or 'Platform'} at {urlsplit(link.frame_origin).hostname}"[:120],
        issuer=issuer,
        client_id=_text(given, "client_id"),
        auth_login_url=_text(configuration, "authorization_endpoint"),
        token_url=_text(configuration, "token_endpoint"),
        jwks_url=_text(configuration, "jwks_uri"),
        token_audience=words(configuration.get("authorization_server"), 2000),
        deployment_ids=str(deployment) if isinstance(deployment, str | int) else "",
        frame_origins=link.frame_origin,
    )
    organization_id, by = link.organization_id, link.created_by
    session.delete(link)
    return add_platform(session, organization_id, form, f"user:{by}" if by else "viva", by)


def _text(given: dict[str, Any], name: str) -> str:
    value = given.get(name)
    if not isinstance(value, str) or not value:
        raise RegistrationFailed(f"The platform does not say its {name}.", claim=name)
    return value


def tool_of(base_url: str, family: str = "") -> dict[str, Any]:
    """What Viva says of itself to a platform; Canvas has words of its own for where a tool is offered."""
    is_canvas = family == "canvas"
    launch = f"{base_url}/lti/launch"
    return {
        "application_type": "web",
        "response_types": ["id_token"],
        "grant_types": ["implicit", "client_credentials"],
        "initiate_login_uri": f"{base_url}/lti/login",
        "redirect_uris": [launch],
        "client_name": "Viva",
        "jwks_uri": f"{base_url}/lti/jwks",
        "token_endpoint_auth_method": "private_key_jwt",
        "scope": words_of.SCORE_SCOPE,
        words_of.TOOL_CONFIGURATION: {
            "domain": urlsplit(base_url).netloc,
            "target_link_uri": launch,
            "description": "Timed interviews, scored against rubrics.",
            "claims": ["iss", "sub", "name", "given_name", "family_name"],
            **({"https://canvas.instructure.com/lti/privacy_level": "name_only"} if is_canvas else {}),
            "messages": [
                {"type": words_of.RESOURCE_LINK, "target_link_uri": launch},
                {
                    "type": words_of.DEEP_LINK,
                    "target_link_uri": launch,
                    "label": "Viva: choose an interview",
                    "placements": ["assignment_selection", "link_selection"] if is_canvas else ["ContentArea"],
                },
            ],
        },
    }
