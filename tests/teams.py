"""An organisation with people at its desks, and candidates who sit its interviews: tests read as stories."""

from __future__ import annotations

import uuid
from collections.abc import Callable
from dataclasses import dataclass, field

from people import Person, Sitting
from sqlalchemy import select, text

from app.accounts.models import Membership, Organization, User
from app.bank.queries import template_by_slug
from app.interviews.creation import Candidate, interview_from_slugs, interview_from_template


def user_id_of(person: Person, email: str) -> uuid.UUID:
    """Who signed up with an e-mail."""
    with person.sessions.begin() as session:
        return session.scalars(select(User.id).where(User.email == email)).one()


@dataclass
class Team:
    """An organisation; `admin` made it, and others join."""

    slug: str
    id: uuid.UUID
    admin: Person
    newcomer: Callable[[], Person]
    members: dict[str, Person] = field(default_factory=dict)

    @property
    def url(self) -> str:
        return f"/organizations/{self.slug}"

    def join(self, name: str, role: str = "interviewer") -> Person:
        """Somebody new with an account and a role."""
        person = self.newcomer()
        email = f"{name}@{self.slug}.example.org"
        assert person.sign_up(email, name=name.capitalize()).status_code == 303
        with person.sessions.begin() as session:
            session.add(Membership(organization_id=self.id, user_id=user_id_of(person, email), role=role))
        self.members[name] = person
        return person

    def leave(self, name: str) -> None:
        """Take somebody's role away."""
        person = self.members[name]
        with person.sessions.begin() as session:
            session.execute(
                text("DELETE FROM memberships WHERE organization_id = :o AND user_id = :u"),
                {"o": self.id, "u": user_id_of(person, f"{name}@{self.slug}.example.org")},
            )

    def candidate(self, name: str = "Carol", template: str | None = None, slugs: list[str] | None = None) -> Sitting:
        """An interview of the organisation that waits in a new candidate's lobby (no invitation)."""
        person = self.newcomer()
        person.choose()  # makes a guest of the browser
        with person.sessions.begin() as session:
            guest = session.scalars(select(User).order_by(User.created_at.desc(), User.id).limit(1)).one()
            guest.name = name
            who = Candidate(user=guest, name=name)
            if template is not None:
                interview = interview_from_template(session, self.id, who, template_by_slug(session, self.id, template))
            else:
                interview = interview_from_slugs(session, self.id, who, slugs or ["dropout", "gan"])
            items = [item.id for item in interview.items]
            return Sitting(person, interview.id, items)


def new_team(newcomer: Callable[[], Person], name: str = "Acme") -> Team:
    """An organisation with an admin called `ada`."""
    ada = newcomer()
    slug = name.lower()
    assert ada.sign_up(f"ada@{slug}.example.org", name="Ada").status_code == 303
    response = ada.http.post("/organizations", data={"name": name})
    assert response.status_code == 303, response.text
    with ada.sessions.begin() as session:
        organization_id = session.scalars(select(Organization.id).where(Organization.slug == slug)).one()
    return Team(slug, organization_id, ada, newcomer, {"ada": ada})
