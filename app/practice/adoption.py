"""A guest who signs in takes the guest's interviews along; an account that is deleted leaves nothing behind."""

from __future__ import annotations

import uuid

from sqlalchemy import delete, func, select, update
from sqlalchemy.orm import Session

from app.accounts.leaving import places_to_give_up
from app.accounts.models import (
    ApiKey,
    AuditEvent,
    BrowserSession,
    MemberInvitation,
    Membership,
    Organization,
    OutgoingMail,
    OutsidePerson,
    User,
)
from app.accounts.service import audit
from app.assessments.models import (
    Appeal,
    Assessment,
    Decision,
    Grading,
    Lesson,
    Review,
    RubricImpact,
    ScoringFailure,
)
from app.bank.erasing import erase_questions
from app.bank.models import InterviewTemplate, InterviewTemplateVersion, Sample
from app.dashboards.export_jobs import erase_exports
from app.interviews.models import Answer, Draft, Interview, InterviewItem, Invitation

_MOVED = (
    Interview, InterviewItem, Draft, Answer, Assessment, ScoringFailure, Review, Appeal, Decision, Lesson,
    AuditEvent,
)  # fmt: skip


_OWNED = (
    Interview, Invitation, Grading, RubricImpact, Lesson, ApiKey, MemberInvitation, AuditEvent, OutgoingMail,
)  # fmt: skip


def adopt_guest(session: Session, guest: User, user: User) -> None:
    """Move what the guest did to the account, into the account's own organisation."""
    source, target = guest.personal_organization_id, user.personal_organization_id
    for owned in (Interview, Invitation):
        session.execute(update(owned).where(owned.candidate_user_id == guest.id).values(candidate_user_id=user.id))
    # What a guest's own reviews have taught is left behind; it can be applied again.
    session.execute(delete(Sample).where(Sample.organization_id == source))
    for model in _MOVED:
        session.execute(update(model).where(model.organization_id == source).values(organization_id=target))
    _remove_person(session, guest)
    audit(session, target, f"user:{user.id}", "guest.adopted", f"user:{guest.id}")


def erase_person(session: Session, user: User) -> None:
    """Delete a person with all interviews, answers, drafts and assessments, and the questions they wrote.

    What organisations keep is what the person did for them (reviews, templates), without a name, and that a person was
    erased. An organisation that nobody else belongs to goes as a whole.

    Raises:
        LastAdmin: others in an organisation would be left without an admin.
    """
    going_on, left_alone = places_to_give_up(session, user)
    mine = Interview.candidate_user_id == user.id
    held = select(Interview.organization_id, func.count()).where(mine).group_by(Interview.organization_id)
    counts = {row[0]: row[1] for row in session.execute(held)}
    _erase_samples(session, user)
    for organization_id in counts:
        erase_exports(session, organization_id)
    session.execute(delete(Interview).where(mine))
    session.execute(delete(Invitation).where(Invitation.candidate_user_id == user.id))
    _erase_letters(session, user)
    for organization in left_alone:
        erase_organization(session, organization.id)
    gone = {organization.id for organization in left_alone} | {user.personal_organization_id}
    for organization_id in {organization.id for organization in going_on} | (counts.keys() - gone):
        interviews = counts.get(organization_id, 0)
        audit(session, organization_id, "viva", "person.erased", f"user:{user.id}", interviews=interviews)
    personal = user.personal_organization_id
    session.execute(delete(AuditEvent).where(AuditEvent.organization_id == personal))
    # What was tried out in the editor, and what a changed rubric would have done.
    session.execute(delete(Grading).where(Grading.organization_id == personal))
    for worked_out in (RubricImpact, Lesson):
        session.execute(delete(worked_out).where(worked_out.organization_id == personal))
    erase_questions(session, personal)
    _remove_person(session, user)


def erase_organization(session: Session, organization_id: uuid.UUID) -> None:
    """Delete an organisation with everything in it."""
    erase_exports(session, organization_id)
    _erase_outside_people(session, organization_id)
    for model in (
        Interview,
        Invitation,
        Grading,
        RubricImpact,
        Lesson,
        ApiKey,
        MemberInvitation,
        AuditEvent,
        OutgoingMail,
    ):
        session.execute(delete(model).where(model.organization_id == organization_id))
    templates = select(InterviewTemplate.id).where(InterviewTemplate.organization_id == organization_id)
    session.execute(
        update(InterviewTemplate)
        .where(InterviewTemplate.organization_id == organization_id)
        .values(current_version_id=None)
    )
    session.execute(delete(InterviewTemplateVersion).where(InterviewTemplateVersion.template_id.in_(templates)))
    session.execute(delete(InterviewTemplate).where(InterviewTemplate.organization_id == organization_id))
    erase_questions(session, organization_id)
    session.execute(delete(Membership).where(Membership.organization_id == organization_id))
    session.execute(delete(Organization).where(Organization.id == organization_id))


def _erase_outside_people(session: Session, organization_id: uuid.UUID) -> None:
    """People whom other systems named for an organisation are nobody elsewhere."""
    named = select(OutsidePerson.user_id).where(OutsidePerson.organization_id == organization_id)
    for person in session.scalars(select(User).where(User.id.in_(named))).all():
        _remove_person(session, person)


def _erase_samples(session: Session, user: User) -> None:
    """Answers that became graded samples of an organisation are the person's words still."""
    session.execute(
        delete(Sample).where(
            Sample.text == Answer.text,
            Sample.organization_id == Answer.organization_id,
            Answer.item_id == InterviewItem.id,
            InterviewItem.interview_id == Interview.id,
            Interview.candidate_user_id == user.id,
        )
    )


def _erase_letters(session: Session, user: User) -> None:
    """Letters to the person. Those of organisations are the person's only if the address was shown to be."""
    if user.email is None:
        return
    letters = delete(OutgoingMail).where(func.lower(OutgoingMail.recipient) == user.email.lower())
    if user.email_confirmed_at is None:
        session.execute(letters.where(OutgoingMail.organization_id.is_(None)))
        return
    session.execute(letters)
    asked = func.lower(MemberInvitation.email) == user.email.lower()
    session.execute(delete(MemberInvitation).where(asked))


def _remove_person(session: Session, user: User) -> None:
    organization_id: uuid.UUID = user.personal_organization_id
    user_id = user.id
    session.execute(delete(BrowserSession).where(BrowserSession.user_id == user_id))
    session.execute(delete(Membership).where(Membership.user_id == user_id))
    session.execute(delete(User).where(User.id == user_id).execution_options(synchronize_session=False))
    session.expunge(user)
    others = select(Membership.id).where(Membership.organization_id == organization_id)
    session.execute(delete(Organization).where(Organization.id == organization_id, ~others.exists()))
