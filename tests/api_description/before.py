"""What has to have been done before an operation can succeed, or has something to tell: the one table of the walk.

A step is the operation id of what another system would call first, or a story: what people do on pages, or what an
organisation has had for long.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from typing import TYPE_CHECKING

import yaml
from httpx2 import Client

from app.assessments.scorer import Scorer
from app.authoring.jobs import AuthoringJobs
from app.dashboards.rollup import refresh_stale
from app.embedding.files import find_model
from app.embedding.local import LocalEncoder
from app.kit.db import make_engine, make_sessions

if TYPE_CHECKING:
    from .walk import Walk

Story = Callable[["Walk"], None]
QUESTION = "/api/v1/questions/{slug}"
INTERVIEW = "/api/v1/interviews/{interview_id}"


def an_own_question(walk: Walk) -> None:
    """The organisation has a question of its own, from a file."""
    walk.known[QUESTION] = walk.done("importQuestions").json()["items"][0]["slug"]


def an_answered_question(walk: Walk) -> None:
    """Somebody has answered the organisation's own question, whose working copy now asks for more."""
    an_own_question(walk)
    candidate = {"external_id": "ats-4711", "name": "Ada"}
    walk.done("createInterview", {"questions": [walk.known[QUESTION]], "candidate": candidate})
    words = "One measures the loss on held-out validation data after every epoch, and stops when it gets no better."
    walk.done("submitAnswer", {"text": words})
    walk.done("finishInterview")
    walk.done("editQuestion")
    question = yaml.safe_load(walk.example("importQuestions"))
    question["rubric"]["criteria"][0]["weight"] += 2
    walk.done("updateQuestionDraft", question)


def a_checked_copy(walk: Walk) -> None:
    """A working copy of a question of Viva's that has passed its check."""
    walk.known[QUESTION] = "cycle-in-a-linked-list"
    walk.done("copyQuestion")
    # Hashed words pass no check, so the real encoder looks at this one, before the site's own worker could.
    with walk.site.worker_paused():
        walk.done("checkQuestion", wait=False)
        engine = make_engine(walk.site.database_url)
        jobs = AuthoringJobs(make_sessions(engine), Scorer(LocalEncoder.load(find_model(None), threads=1)))
        jobs.check_question(walk.known["/api/v1/question-drafts/{question_id}"])
        engine.dispose()


def a_colleague_joins(walk: Walk) -> None:
    """Somebody who was asked in makes an account and joins."""
    made = walk.done("inviteMember").json()
    with Client(base_url=walk.client.base_url, headers={"accept": "text/html"}) as browser:
        account = {"email": f"{walk.slug}-{made['email']}", "password": "a long enough password", "name": "Rita"}
        assert browser.post("/sign-up", data=account).status_code == 303
        assert browser.post(path_of(made["link"])).status_code == 303


def a_candidate_appeals(walk: Walk) -> None:
    """A candidate comes in by a link, answers, reads the report, and does not agree with it."""
    sent = walk.done(
        "createInvitations",
        {
            "template": "warm-up",
            "candidates": [{"external_id": "ats-4711", "name": "Lina"}],
            "return_links": True,
        },
    ).json()["items"][0]
    with Client(base_url=walk.client.base_url, headers={"accept": "text/html"}) as browser:
        came = browser.post(path_of(sent["link"]))
        assert came.status_code == 303, came.text
        page = came.headers["location"]
        walk.known[INTERVIEW] = page.rsplit("/", 1)[1]
        assert browser.post(f"{page}/start", data={"consent": "yes"}).status_code == 303
        walk.done("submitAnswer")
        assert browser.post(f"{page}/finish").status_code == 303
        walk.done("readReport")
        item = walk.known[f"{INTERVIEW}/items/{{item_id}}"]
        words = "I did say how the error is measured: “a loss measures how far the output is from what was wanted”."
        assert browser.post(f"{page}/items/{item}/appeal", data={"text": words}).status_code == 303


def results_are_counted(walk: Walk) -> None:
    """The figures are counted, as a worker does every few minutes."""
    engine = make_engine(walk.site.database_url)
    refresh_stale(make_sessions(engine))
    engine.dispose()


def questions_are_known(walk: Walk) -> None:
    """A worker knows by now what each question of Viva's is about."""
    end = time.monotonic() + 120
    while walk.site.one(
        "SELECT count(*) AS n FROM questions q LEFT JOIN question_vectors v ON v.question_id = q.id"
        " WHERE q.organization_id IS NULL AND q.status = 'published' AND v.question_id IS NULL"
    ).n:
        assert time.monotonic() < end
        time.sleep(0.2)


def path_of(link: str) -> str:
    """A link without its host."""
    return re.sub(r"^https?://[^/]+", "", link)


SCORED: list[str | Story] = ["submitAnswer", "finishInterview"]
BEFORE: dict[str, list[str | Story]] = {
    "compareCandidates": ["readReport"],
    "createExport": ["finishInterview"],
    "decide": ["finishInterview"],
    "editQuestion": [an_own_question],
    "listAppeals": [a_candidate_appeals],
    "listAuditEvents": ["createWebhookEndpoint"],
    "listEvents": SCORED,
    "listGradingResults": ["readGradingBatch"],
    "listMembers": [a_colleague_joins],
    "listReviewedQuestions": ["reviewAnswer"],
    "listReviews": ["reviewAnswer"],
    "listSimilarQuestions": [questions_are_known],
    "listWebhookDeliveries": ["testWebhookEndpoint"],
    "downloadExport": ["readExport"],
    "applyLearning": ["previewLearning"],
    "changeMember": [a_colleague_joins],
    "previewImpact": [an_answered_question],
    "previewLearning": ["reviewAnswer"],
    "printReport": ["readReport"],
    "publishQuestion": [a_checked_copy],
    "readAnalytics": ["reviewAnswer", results_are_counted],
    "readAnswerToReview": ["readReport"],
    "readAssessment": ["submitAnswer"],
    "readLearning": ["previewLearning"],
    "readLive": ["createInterview"],
    "readMember": [a_colleague_joins],
    "readPicture": ["reviewAnswer", results_are_counted],
    "readQuestionHistory": [an_own_question],
    "readReport": SCORED,
    "readReviewQueue": ["readReport"],
    "readWebhookDelivery": ["testWebhookEndpoint"],
    "releaseResults": ["finishInterview"],
    "removeMember": [a_colleague_joins],
    "replayWebhookDelivery": ["testWebhookEndpoint"],
    "replyToAppeal": [a_candidate_appeals],
    "extendInvitations": ["createInvitations"],
    "resendInvitations": ["createInvitations"],
    "restoreQuestion": ["retireQuestion"],
    "restoreTemplate": ["retireTemplate"],
    "retireQuestion": [an_own_question],
    "reviewAnswer": ["readReport"],
    "takeLearningBack": ["applyLearning"],
}
"""What has to have been done with the same things."""
EVENTUALLY = {"listEvents"}
"""Lists that a worker fills: asked again until there is something."""
STILL = {"cancelGradingBatch"}
"""What must come before a worker is done: it stands still meanwhile."""
