"""Interviewers who invite, and candidates who come in by their links."""

from __future__ import annotations

import datetime as dt
import re
import uuid
from typing import Any

from people import Person, Sitting
from sqlalchemy import text
from teams import Team

NOW = dt.datetime.now(dt.UTC).replace(second=0, microsecond=0)


def at(days: float) -> str:
    return (NOW + dt.timedelta(days=days)).strftime("%Y-%m-%dT%H:%M")


def rows(team: Team, statement: str, **values: object) -> list[Any]:
    with team.admin.sessions.begin() as session:
        result = session.execute(text(statement), values)
        return list(result.all()) if result.returns_rows else []


def template_id(team: Team, slug: str = "warm-up") -> uuid.UUID:
    (row,) = rows(team, "SELECT id FROM interview_templates WHERE slug = :s AND organization_id IS NULL", s=slug)
    return uuid.UUID(str(row.id))


def post(team: Team, candidates: str, **more: str) -> Any:
    form = {"template": str(template_id(team)), "candidates": candidates, "opens": at(-1), "closes": at(7)} | more
    return team.admin.http.post(f"{team.url}/invitations", data=form)


def links(page: str) -> dict[str, str]:
    """Links by the name of the candidate, from the page that shows them once."""
    found = re.findall(r'value="http://testserver(/invited/[\w-]+)" aria-label="Link of ([^"]+)"', page)
    return {name: link for link, name in found}


def invited(team: Team, name: str = "Carol", **more: str) -> str:
    response = post(team, name, names_alone="yes", **more)
    assert response.status_code == 201, response.text
    return links(response.text)[name]


def come_in(person: Person, link: str, who: str = "guest") -> Sitting:
    page = person.http.get(link)
    assert page.status_code == 200, page.text
    token = re.search(r'name="page" value="([^"]+)"', page.text)
    assert token
    response = person.http.post(link, data={"page": token[1], "who": who})
    assert response.status_code == 303, response.text
    return person._sitting(response.headers["location"])


def invitation_id(team: Team, name: str = "Carol") -> uuid.UUID:
    return uuid.UUID(str(rows(team, "SELECT id FROM invitations WHERE candidate_name = :n", n=name)[0].id))


def rules(team: Team, sees: str, release: str, follow_ups: bool = True) -> None:
    """What the template of the tests lets candidates see."""
    rows(
        team,
        "UPDATE interview_template_versions SET candidate_sees = :s, release = :r, follow_ups = :f"
        " WHERE template_id = :t",
        s=sees, r=release, f=follow_ups, t=template_id(team),
    )  # fmt: skip
