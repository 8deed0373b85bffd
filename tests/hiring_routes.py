"""The routes of organisations, hiring and reviews, and one of each thing that they are about."""

from __future__ import annotations

import uuid
from typing import Any

from integrator import GOOD, Integrator

REVIEWER = {"external_id": "rev-1", "name": "Rita"}
SOON = "2999-01-01T00:00:00Z"
INVITEES = {"template": "warm-up", "candidates": [{"external_id": "c-{n}", "name": "Carol"}], "return_links": True}
LEARN = "/reviews/questions/why-cnns-for-images"

ROUTES: list[tuple[str, str, str | None, Any]] = [
    ("GET", "/whoami", None, None),
    ("GET", "/organization", "admin", None),
    ("PATCH", "/organization", "admin", {"blind": False}),
    ("GET", "/members", "admin", None),
    ("GET", "/members/{member}", "admin", None),
    ("PATCH", "/members/{member}", "admin", {"role": "interviewer"}),
    ("DELETE", "/members/{member}", "admin", None),
    ("GET", "/members/invitations", "admin", None),
    ("POST", "/members/invitations", "admin", {"email": "{n}@example.org"}),
    ("DELETE", "/members/invitations/{invitation}", "admin", None),
    ("GET", "/keys", "admin", None),
    ("POST", "/keys", "admin", {"name": "another", "scopes": ["bank:read"]}),
    ("POST", "/keys/{key}/rotate", "admin", None),
    ("DELETE", "/keys/{key}", "admin", None),
    ("GET", "/audit-events", "admin", None),
    ("POST", "/invitations", "interviews:write", INVITEES),
    ("GET", "/invitations", "interviews:read", None),
    ("GET", "/invitations/{invitation}", "interviews:read", None),
    ("PATCH", "/invitations/{invitation}", "interviews:write", {"opens_at": "2026-01-01T00:00:00Z"}),
    ("POST", "/invitations/{invitation}/resend", "interviews:write", {}),
    ("POST", "/invitations/{invitation}/revoke", "interviews:write", None),
    ("POST", "/invitations/resend", "interviews:write", {"invitation_ids": ["{invitation}"]}),
    ("POST", "/invitations/extend", "interviews:write", {"invitation_ids": ["{invitation}"], "closes_at": "{later}"}),
    ("POST", "/interviews/{interview}/extra-time", "interviews:write", {"minutes": 5}),
    ("POST", "/interviews/{interview}/pause", "interviews:write", {"reason": "A power cut."}),
    ("POST", "/interviews/{interview}/resume", "interviews:write", None),
    ("POST", "/interviews/{interview}/stop", "interviews:write", None),
    ("POST", "/interviews/release", "interviews:write", {}),
    ("GET", "/interviews/{finished}/report.pdf", "interviews:read", None),
    ("POST", "/interviews/{interview}/decisions", "reviews:write", {"decision": "advance", "reviewer": REVIEWER}),
    ("GET", "/interviews/{interview}/decisions", "reviews:read", None),
    ("GET", "/live", "interviews:read", None),
    ("GET", "/reviews", "reviews:read", None),
    ("GET", "/reviews/queue", "reviews:read", None),
    ("GET", "/reviews/answers/{answer}", "reviews:read", None),
    ("POST", "/reviews/answers/{answer}", "reviews:write", {"reviewer": REVIEWER, "score": 0.5}),
    ("GET", "/appeals", "reviews:read", None),
    ("POST", "/appeals/{appeal}/reply", "reviews:write", {"text": "We looked again."}),
    ("GET", "/reviews/questions", "reviews:read", None),
    ("GET", LEARN, "reviews:read", None),
    ("POST", LEARN + "/preview", "reviews:write", None),
    ("POST", LEARN + "/apply", "reviews:write", None),
    ("POST", LEARN + "/take-back", "reviews:write", None),
    ("GET", "/analytics", "interviews:read", None),
    ("GET", "/analytics/totals", "interviews:read", None),
    ("GET", "/comparison", "interviews:read", None),
    ("POST", "/exports", "interviews:read", {"what": "interviews"}),
    ("GET", "/exports", "interviews:read", None),
    ("GET", "/exports/{export}", "interviews:read", None),
    ("GET", "/exports/{export}/file", "interviews:read", None),
]
NAMES = [f"{method} {path}" for method, path, _, _ in ROUTES]
KINDS = ("interview", "finished", "answer", "appeal", "invitation", "member_invitation", "member", "key", "export")


def as_documented(path: str) -> str:
    """A path of the list as the API's description has it (with the names of `test_api_access`)."""
    return (
        path.replace("{finished}", "{interview}")
        .replace("why-cnns-for-images", "what-learning-is")
        .replace("/analytics/totals", "/analytics/{picture}")
    )


def things_of(owner: Integrator) -> dict[str, str]:
    """One of each thing; `owner` may do everything."""
    n = uuid.uuid4().hex[:8]
    # So many exports may wait at once.
    owner.sql("DELETE FROM exports")
    running, finished = owner.interview(), owner.interview()
    item = finished["items"][0]
    owner.post(item["links"]["answer"], {"text": GOOD})
    owner.post(f"/interviews/{finished['id']}/finish")
    (answer,) = owner.sql("SELECT id, organization_id FROM answers WHERE item_id = :i", i=item["id"])
    appeal, member, user = (str(uuid.uuid4()) for _ in range(3))
    owner.sql(
        "INSERT INTO appeals (id, organization_id, answer_id, text) VALUES (:a, :o, :answer, 'I said more.')",
        a=appeal, o=answer.organization_id, answer=answer.id,
    )  # fmt: skip
    owner.sql(
        "INSERT INTO users (id, personal_organization_id, email, name) VALUES (:u, :o, :e, 'Mia')",
        u=user, o=answer.organization_id, e=f"mia-{n}@example.org",
    )  # fmt: skip
    owner.sql(
        "INSERT INTO memberships (id, organization_id, user_id, role) VALUES (:m, :o, :u, 'interviewer')",
        m=member, o=answer.organization_id, u=user,
    )  # fmt: skip
    invited = owner.post("/invitations", filled(INVITEES, {"n": f"made-{n}"}))
    assert invited.status_code == 201, invited.text
    window = invited.json()["items"][0]
    colleague = owner.post("/members/invitations", {"email": f"colleague-{n}@example.org"})
    assert colleague.status_code == 201, colleague.text
    key = owner.post("/keys", {"name": "a key", "scopes": ["bank:read"]})
    assert key.status_code == 201, key.text
    export = owner.post("/exports", {"what": "interviews"})
    assert export.status_code == 202, export.text
    return {
        "n": n,
        "later": window["closes_at"],
        "interview": running["id"],
        "finished": finished["id"],
        "answer": str(answer.id),
        "appeal": appeal,
        "invitation": window["id"],
        "member_invitation": colleague.json()["id"],
        "member": member,
        "key": key.json()["id"],
        "export": export.json()["id"],
    }


def nothing() -> dict[str, str]:
    """The same for things that nobody has."""
    return {name: str(uuid.uuid4()) for name in KINDS} | {"n": "none", "later": SOON}


def filled(body: Any, things: dict[str, str]) -> Any:
    """A body with the things in it."""
    if isinstance(body, str):
        return body.format(**things) if "{" in body else body
    if isinstance(body, list):
        return [filled(one, things) for one in body]
    return {key: filled(value, things) for key, value in body.items()} if isinstance(body, dict) else body


def address(path: str, things: dict[str, str]) -> str:
    """A path with the things in it."""
    if path.startswith("/members/invitations/"):
        things = things | {"invitation": things["member_invitation"]}
    return path.format(**things)
