"""An organisation with an object of every kind, each with a marked word in it; and everybody who must not see them."""

from __future__ import annotations

import datetime as dt
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from conftest import Api, run_jobs
from people import Person, Sitting
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient
from teams import Team, new_team, user_id_of

from app.accounts.keys import create_key
from app.accounts.models import AccountToken, ApiKey, BrowserSession, MemberInvitation, Membership, OutgoingMail, User
from app.accounts.service import audit, create_guest
from app.accounts.tokens import token_hash
from app.assessments.jobs import Jobs
from app.assessments.models import Appeal, Decision, Grading, GradingBatch, Review, RubricImpact
from app.bank.models import (
    InterviewTemplate,
    InterviewTemplateVersion,
    Question,
    QuestionDraft,
    QuestionEvent,
    QuestionVersion,
    Sample,
)
from app.bank.search_index import index_question
from app.dashboards.models import StoredExport, StoredExportPart
from app.integrations.lti.models import LtiDeepLink, LtiGrant, LtiLink, LtiPlatform, LtiSession, LtiUser
from app.integrations.models import Event
from app.integrations.webhook_models import WebhookDelivery, WebhookEndpoint
from app.interviews.models import Answer, Draft, Interview, Invitation

MARK = "zqxmark"
"""Begins every word of the organisation's own: nobody else's page may hold it."""
JSON = {"accept": "application/json"}


def mark(what: str) -> str:
    return f"{MARK}{what}"


@dataclass
class World:
    """Acme with its things, their ids by kind, and Other, whose admin and interviewer look in."""

    team: Team
    other: Team
    api: Api
    running: Sitting
    finished: Sitting
    ids: dict[str, list[str]] = field(default_factory=dict)
    dead_tokens: list[str] = field(default_factory=list)
    keys: dict[str, str] = field(default_factory=dict)
    teacher: str = ""
    """The cookie of somebody who teaches, and came from Acme's course platform."""

    @property
    def sessions(self) -> sessionmaker[Session]:
        return self.api.sessions

    def add(self, session: Session, kind: str, thing: Any) -> Any:
        session.add(thing)
        session.flush()
        self.ids.setdefault(kind, []).append(str(getattr(thing, "id", None) or thing.question_id))
        return thing


def build_world(newcomer: Callable[[], Person], api: Api, worker: Jobs) -> World:
    team, other = new_team(newcomer, "Acme"), new_team(newcomer, "Other")
    team.join("ben")
    team.join("rex")
    team.join("dan", role="candidate")
    other.join("ian")
    slug = mark("slug")
    _question(team, slug, team.id)
    # What a person writes belongs to the person's own organisation, and is read on the bank's pages by that person alone.
    with team.admin.sessions.begin() as session:
        personal = session.get_one(User, user_id_of(team.admin, "ada@acme.example.org")).personal_organization_id
    _question(team, mark("own"), personal)
    world = World(team, other, api, *(team.candidate(mark(n), slugs=[slug, "dropout"]) for n in ("runs", "done")))
    for sitting in (world.running, world.finished):
        sitting.start()
        sitting.save(f"{mark('draft')} words", item=0)
        sitting.answer(f"{mark('answer')} Dropout sets activations to zero.", item=0)
    world.finished.finish()
    run_jobs(worker, api.sessions)
    team.leave("rex")
    with api.sessions.begin() as session:
        _fill(session, world, slug)
    return world


def _question(team: Team, slug: str, organization_id: uuid.UUID) -> None:
    """A published question of an organisation."""
    with team.admin.sessions.begin() as session:
        model = session.scalars(
            select(QuestionVersion).join(Question, Question.current_version_id == QuestionVersion.id).limit(1)
        ).one()
        question = Question(organization_id=organization_id, slug=slug)
        session.add(question)
        session.flush()
        names = [c.key for c in QuestionVersion.__table__.columns if c.key not in {"id", "question_id", "created_at"}]
        version = QuestionVersion(**{name: getattr(model, name) for name in names}, question_id=question.id)
        version.title, version.prompt, version.content_hash = mark("question"), f"What is {mark('prompt')}?", "0" * 64
        session.add(version)
        session.flush()
        question.current_version_id = version.id
        for name in ("title", "kind", "topic", "level", "minutes"):
            setattr(question, name, getattr(version, name))
        question.prerequisites, question.seeds = [], []
        session.flush()
        index_question(session, question, version)


def _fill(session: Session, world: World, slug: str) -> None:
    team = world.team
    own: dict[str, Any] = {"organization_id": team.id}
    now = session.scalar(text("SELECT viva_now()"))
    day = dt.timedelta(days=1)
    ada, ben = user_id_of(team.admin, "ada@acme.example.org"), user_id_of(team.members["ben"], "ben@acme.example.org")
    question = session.scalars(select(Question).where(Question.slug == slug)).one()
    world.ids["question"] = [str(question.id)]
    world.ids["interview"] = [str(world.running.id), str(world.finished.id)]
    interviews = session.scalars(select(Interview).where(Interview.organization_id == team.id)).all()
    for interview in interviews:
        interview.title = mark("title")
    session.add(QuestionDraft(question_id=question.id, **own, source=f"title: {mark('source')}\n", updated_by=ada))
    session.add(QuestionEvent(question_id=question.id, **own, action="edited", user_id=ada, note=mark("event")))
    sample = Sample(question_id=question.id, **own, kind="good", grade=1.0, text=mark("sample"), digest="0" * 64)
    world.add(session, "sample", sample)
    session.add(RubricImpact(question_id=question.id, **own, source=mark("impact"), requested_by=ada))
    answers = session.scalars(select(Answer).where(Answer.organization_id == team.id)).all()
    for answer in answers:
        world.ids.setdefault("answer", []).append(str(answer.id))
        session.add(Draft(item_id=answer.item_id, **own, kind="late", revision=9, text=mark("late")))
        review = {
            "reviewer_id": ben,
            "score": 0.5,
            "verdicts": {},
            "reason": mark("reason"),
            "comment": mark("comment"),
        }
        world.add(session, "review", Review(answer_id=answer.id, **own, **review))
        world.add(session, "appeal", Appeal(answer_id=answer.id, **own, text=mark("appeal")))
    for interview in interviews:
        decision = Decision(interview_id=interview.id, **own, user_id=ben, decision="hold", note=mark("note"))
        world.add(session, "decision", decision)
    result = [{"id": "a", "error": mark("grading")}]
    request = {"answer": mark("graded"), "rubric": session.get_one(QuestionVersion, question.current_version_id).rubric}
    graded = Grading(**own, is_list=True, requests=[request], results=result, status="queued")
    world.add(session, "grading", graded)
    batch = GradingBatch(**own, total=1, questions={mark("batch"): "planted"}, status="done", finished_at=now)
    world.add(session, "batch", batch)
    _invitations(session, world, own, now, day, ada)
    made = {"what": "answers", "form": "csv", "requested_by": f"user:{ada}", "status": "done", "completed_at": now}
    export = world.add(session, "export", StoredExport(**own, **made, size=len(mark("export"))))
    session.add(StoredExportPart(**own, export_id=export.id, number=0, content=mark("export").encode()))
    for kind in ("confirm_email", "reset_password"):
        for number, (expires, used) in enumerate(((now - day, None), (now + day, now))):
            token = f"{kind}-{number}-{uuid.uuid4().hex}"
            world.dead_tokens.append(token)
            one = AccountToken(kind=kind, user_id=ben, token_hash=token_hash(token), expires_at=expires, used_at=used)
            session.add(one)
    session.add(
        OutgoingMail(**own, recipient=f"{mark('mail')}@example.org", subject=mark("subject"), body=mark("body"))
    )
    world.ids["mail"] = [str(one.id) for one in session.scalars(select(OutgoingMail))]
    _course_platform(session, world, own, now + day)
    audit(session, team.id, f"user:{ada}", "secret.thing", f"thing:{mark('audit')}")
    members = select(Membership).where(Membership.organization_id == team.id)
    world.ids["member"] = [str(one.id) for one in session.scalars(members)]
    world.ids["user"] = [str(ben)]
    browsers = select(BrowserSession).where(BrowserSession.user_id == ben)
    world.ids["browser"] = [str(one.id) for one in session.scalars(browsers)]
    for name in ("good", "revoked", "expired"):
        world.keys[name] = create_key(session, mark("key"), team.slug, ["admin"])
    keys = session.scalars(select(ApiKey).where(ApiKey.organization_id == team.id).order_by(ApiKey.created_at)).all()
    by_hash = {key.secret_hash: key for key in keys}
    by_hash[token_hash(world.keys["revoked"])].revoked_at = now
    by_hash[token_hash(world.keys["expired"])].expires_at = now - day
    world.ids["key"] = [str(key.id) for key in keys]
    _webhooks(session, world, own)


def _webhooks(session: Session, world: World, own: dict[str, Any]) -> None:
    url, words = f"https://{MARK}hook.example.org/", mark("behind")
    hook = WebhookEndpoint(**own, url=url, description=words, event_types=[], secret=f"plain:{mark('secret')}")
    world.add(session, "endpoint", hook)
    happened = Event(**own, type="question.published", data={"slug": mark("told")}, sequence=1000)
    session.add(happened)
    session.flush()
    sent = {"endpoint_id": hook.id, "event_id": happened.id, "response_snippet": mark("snippet")}
    world.add(session, "delivery", WebhookDelivery(**own, **sent))


def _invitations(session: Session, world: World, own: dict[str, Any], now: Any, day: dt.timedelta, ada: Any) -> None:
    model = session.scalars(select(InterviewTemplateVersion).limit(1)).one()
    template = world.add(session, "template", InterviewTemplate(**own, slug=mark("template")))
    version = InterviewTemplateVersion(
        template_id=template.id,
        number=1,
        content_hash="1" * 64,
        title=mark("template"),
        description=mark("description"),
        minutes=30,
        sections=model.sections,
    )
    world.add(session, "version", version)
    template.current_version_id = version.id
    past, future = (now - 3 * day, now - day), (now - day, now + day)
    states: list[tuple[str, Any, dict[str, Any]]] = [
        ("open", future, {}),
        ("claimed", future, {"claimed_at": now}),
        ("expired", past, {}),
        ("revoked", future, {"revoked_at": now}),
    ]
    for name, (opens, closes), more in states:
        token = f"invitation-{name}-{uuid.uuid4().hex}"
        invitation = Invitation(
            **own,
            template_version_id=version.id,
            candidate_name=mark("invited"),
            candidate_email=f"{mark('invited')}@example.org",
            opens_at=opens,
            closes_at=closes,
            token_hash=token_hash(token),
            created_by=ada,
            **more,
        )
        world.add(session, "invitation", invitation)
        colleague = {"email": f"{mark('colleague')}{name}@example.org", "role": "interviewer", "invited_by": ada}
        member = f"member-{name}-{uuid.uuid4().hex}"
        member_more = {{"claimed_at": "accepted_at"}.get(key, key): value for key, value in more.items()}
        asked = MemberInvitation(**own, **colleague, token_hash=token_hash(member), expires_at=closes, **member_more)
        world.add(session, "member_invitation", asked)
        if name != "open":
            world.dead_tokens += [token, member]


def _course_platform(session: Session, world: World, own: dict[str, Any], later: dt.datetime) -> None:
    where = "https://lms.example.org/auth"
    platform = LtiPlatform(**own, name=mark("platform"), issuer="https://lms.example.org", client_id=mark("client"),
                           auth_login_url=where, token_url=where, jwks_url=where,
                           deployment_ids=["1"], frame_origins=["https://lms.example.org"])  # fmt: skip
    world.add(session, "lti_platform", platform)
    link = LtiLink(**own, platform_id=platform.id, deployment_id="1", resource_link_id="1", title=mark("link"))
    world.add(session, "lti_link", link)
    guest = create_guest(session)
    teacher = LtiUser(**own, platform_id=platform.id, subject=mark("subject"), user_id=guest.id)
    session.add(teacher)
    session.flush()
    world.teacher = f"teacher-{uuid.uuid4().hex}"
    opened = LtiSession(**own, lti_user_id=teacher.id, token_hash=token_hash(world.teacher), expires_at=later)
    session.add(opened)
    session.flush()
    session.add(LtiGrant(**own, session_id=opened.id, link_id=link.id))
    choice = LtiDeepLink(**own, session_id=opened.id, deployment_id="1", return_url=where, data=mark("data"))
    world.add(session, "lti_deep_link", choice)


def key_client(app: Any, secret: str) -> TestClient:
    """A program with a key."""
    http = TestClient(app, follow_redirects=False, raise_server_exceptions=False)
    http.headers.update({"authorization": f"Bearer {secret}", "accept": "application/json"})
    return http
