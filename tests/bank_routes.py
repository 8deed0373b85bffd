"""The routes of the bank for the access test: method, path, scopes, body; and the things that they are tried on."""

from __future__ import annotations

from typing import Any

from integrator import Integrator

Q, T, D = "/questions/{question}", "/templates/{template}", "/question-drafts/{draft}"
TEMPLATE = {
    "title": "Short",
    "description": "A short one.",
    "minutes": 10,
    "sections": [{"id": "one", "title": "One", "questions": ["what-learning-is"]}],
}
SAMPLE = {"kind": "plain", "grade": 0.5, "text": "It moves its weights."}

ROUTES: list[tuple[str, str, str, Any]] = [
    ("GET", "/questions", "bank:read", None),
    ("GET", Q, "bank:read", None),
    ("GET", Q + "/similar", "bank:read", None),
    ("GET", Q + "/history", "bank:read", None),
    ("GET", Q + "/versions", "bank:read", None),
    ("GET", Q + "/versions/1", "bank:read", None),
    ("GET", Q + "/versions/1/difference", "bank:read", None),
    ("GET", Q + "/samples", "rubrics:read", None),
    ("POST", Q + "/samples", "bank:write", SAMPLE),
    ("DELETE", Q + "/samples/{sample}", "bank:write", None),
    ("POST", Q + "/draft", "bank:write", None),
    ("POST", Q + "/copy", "bank:write", None),
    ("POST", Q + "/retire", "bank:write", None),
    ("POST", Q + "/restore", "bank:write", None),
    ("GET", "/question-drafts", "bank:read", None),
    ("POST", "/question-drafts", "bank:write", {"title": "New"}),
    ("GET", D, "bank:read", None),
    ("PUT", D, "bank:write", {"title": "Other"}),
    ("DELETE", D, "bank:write", None),
    ("POST", D + "/check", "bank:write", None),
    ("GET", D + "/check", "bank:read", None),
    ("POST", D + "/impact", "bank:write", None),
    ("GET", D + "/impact", "bank:read", None),
    ("POST", D + "/submit", "bank:write", {"note": "look"}),
    ("POST", D + "/send-back", "bank:write", {"note": "mend"}),
    ("POST", D + "/publish", "bank:write", {"note": "done"}),
    ("POST", "/bank/import", "bank:write", []),
    ("GET", "/bank/export", "bank:read rubrics:read", None),
    ("GET", "/templates", "bank:read", None),
    ("POST", "/templates", "bank:write", TEMPLATE),
    ("GET", T, "bank:read", None),
    ("PUT", T, "bank:write", TEMPLATE),
    ("POST", T + "/copy", "bank:write", None),
    ("POST", T + "/retire", "bank:write", None),
    ("POST", T + "/restore", "bank:write", None),
    ("POST", T + "/preview", "bank:read", None),
    ("POST", "/template-previews", "bank:read", TEMPLATE),
    ("GET", T + "/versions", "bank:read", None),
    ("GET", T + "/versions/1", "bank:read", None),
]

UNREADABLE = {"POST /bank/import"}
"""What the bodies above are refused with is no matter of access: 422."""


def bank_things_of(owner: Integrator) -> dict[str, str]:
    """A question of the organisation's with a sample and a working copy that has a preview, and a template."""
    exported = owner.get("/bank/export", params={"format": "json", "limit": 1}).json()
    question = exported["questions"][0] | {"slug": "ours", "title": "Ours", "related": [], "prerequisites": []}
    assert owner.post("/bank/import", question).status_code == 200
    sample = owner.post("/questions/ours/samples", SAMPLE).json()
    draft = owner.post("/questions/ours/draft").json()
    assert owner.post(f"/question-drafts/{draft['id']}/impact").status_code == 202
    template = owner.post("/templates", TEMPLATE).json()
    return {"question": "ours", "sample": sample["id"], "draft": draft["id"], "template": template["slug"]}
