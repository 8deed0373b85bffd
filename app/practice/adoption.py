"""A guest who signs in takes the guest's interviews along; an account that is deleted leaves nothing behind."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, select, update
from sqlalchemy.orm import Session

from app.accounts.models import AuditEvent, BrowserSession, Membership, Organization, User
from app.accounts.service import audit
from app.assessments.models import Assessment, ScoringFailure
from app.interviews.models import Answer, Draft, Interview, InterviewItem


def adopt_guest(session: Session, guest: User, user: User) -> None:
    """Move what the guest did to the account, into the account's own organisation."""
    source, target = guest.personal_organization_id, user.personal_organization_id
    session.execute(update(Interview).where(Interview.candidate_user_id == guest.id).values(candidate_user_id=user.id))
    for model in (Interview, InterviewItem, Draft, Answer, Assessment, ScoringFailure, AuditEvent):
        session.execute(update(model).where(model.organization_id == source).values(organization_id=target))
    _remove_person(session, guest)
    audit(session, target, f"user:{user.id}", "guest.adopted", f"user:{guest.id}")


def erase_person(session: Session, user: User) -> None:
    """Delete a person with all interviews, answers, drafts and assessments."""
    session.execute(delete(Interview).where(Interview.candidate_user_id == user.id))
    session.execute(delete(AuditEvent).where(AuditEvent.organization_id == user.personal_organization_id))
    _remove_person(session, user)


def _remove_person(session: Session, user: User) -> None:
    organization_id: uuid.UUID = user.personal_organization_id
    user_id = user.id
    session.execute(delete(BrowserSession).where(BrowserSession.user_id == user_id))
    session.execute(delete(Membership).where(Membership.user_id == user_id))
    session.execute(delete(User).where(User.id == user_id).execution_options(synchronize_session=False))
    session.expunge(user)
    others = select(Membership.id).where(Membership.organization_id == organization_id)
    session.execute(delete(Organization).where(Organization.id == organization_id, ~others.exists()))
