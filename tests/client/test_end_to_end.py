"""An interview from its making to its report, with both clients, against a Viva that is really served."""

from __future__ import annotations

import base64
import datetime as dt
import json
import uuid

import anyio
import pytest
from integrator import GOOD, TWO
from standardwebhooks import Webhook

from viva_client import AlreadyAnswered, AsyncViva, DraftConflict, Invalid, MissingScope, Unauthenticated, Viva, models
from viva_client.webhooks import NotFromViva, verify


def test_an_interview(served: str, key: str) -> None:
    with Viva(served, key) as viva:
        made = viva.interviews.create_interview(
            {"questions": TWO, "minutes": 20, "candidate": {"external_id": "ats-1", "name": "Ada"}}
        )
        assert made.status == "running"
        assert made.deadline_at is not None
        assert made.deadline_at.utcoffset() == dt.timedelta(0)
        item = made.items[0]
        draft = viva.interviews.save_draft(made.id, item.id, {"text": "The weights", "base_revision": 0})
        assert draft.revision == 1
        with pytest.raises(DraftConflict) as conflict:
            viva.interviews.save_draft(made.id, item.id, {"text": "Other", "base_revision": 0})
        assert conflict.value.extra["theirs"]["text"] == "The weights"
        judged = viva.interviews.submit_answer(made.id, item.id, {"text": GOOD}, wait=20)
        assert isinstance(judged, models.AssessmentOut)
        assert 0 <= judged.score <= 1
        with pytest.raises(AlreadyAnswered):
            viva.interviews.submit_answer(made.id, item.id, {"text": "Something else"})
        taken = viva.interviews.submit_answer(made.id, made.items[1].id, {"does_not_know": True})
        assert isinstance(taken, models.AnswerTaken)
        assert viva.interviews.finish_interview(made.id).status == "finished"
        report = viva.wait_for(viva.interviews.read_report, made.id)
        assert report.status == "complete"
        assert report.score is not None
        assert [found.id for found in viva.interviews.list_interviews(external_id="ats-1")] == [made.id]


def test_an_interview_without_blocking(served: str, key: str) -> None:
    async def walk() -> None:
        async with AsyncViva(served, key) as viva:
            made = await viva.interviews.create_interview({"template": "warm-up"})
            async with anyio.create_task_group() as tasks:
                for item in made.items:
                    tasks.start_soon(viva.interviews.submit_answer, made.id, item.id, {"text": GOOD})
            await viva.interviews.finish_interview(made.id)
            report = await viva.wait_for(viva.interviews.read_report, made.id)
            assert (report.status, len(report.items)) == ("complete", 3)
            assert [one.id async for one in viva.interviews.list_interviews(limit=1)] == [made.id]

    anyio.run(walk)


def test_lists_are_gone_through_to_the_end(served: str, key: str) -> None:
    with Viva(served, key) as viva:
        made = [viva.interviews.create_interview({"questions": TWO, "start": False}).id for _ in range(7)]
        found = viva.interviews.list_interviews(limit=2)
        assert [one.id for one in found] == made[::-1]
        assert [len(page.items) for page in found.pages()] == [2, 2, 2, 1]
        first = found.page()
        second = viva.interviews.list_interviews(limit=2, cursor=first.next_cursor).page()
        assert [one.id for one in (*first.items, *second.items)] == made[:2:-1]


def test_gradings(served: str, key: str) -> None:
    with Viva(served, key) as viva:
        one = viva.gradings.create_grading({"id": "a1", "answer": GOOD, "references": [GOOD]}, wait=20)
        assert isinstance(one, models.ScoreOut)
        accepted = viva.gradings.create_grading([{"slug": "gan", "answer": GOOD}, {"slug": "none", "answer": GOOD}])
        assert isinstance(accepted, models.GradingAccepted)
        found = viva.wait_for(viva.gradings.read_grading, accepted.id)
        assert found.status == "done"
        assert isinstance(found.result, list)
        graded, refused = found.result
        assert isinstance(graded, models.ScoreOut)
        assert isinstance(refused, models.GradingFailed)
        assert "no question 'none'" in refused.error


def test_refusals(served: str, key: str) -> None:
    with Viva(served, "viva_nonsense") as stranger, pytest.raises(Unauthenticated):
        list(stranger.templates.list_templates())
    with Viva(served, key) as viva:
        with pytest.raises(Invalid) as raised:
            viva.interviews.create_interview({"template": "warm-up", "colour": "red"})  # type: ignore[typeddict-unknown-key]
        assert raised.value.errors == [
            {"field": "colour", "in": "body", "message": "is not a known field: remove it or correct its name"}
        ]
        same = str(uuid.uuid4())
        first = viva.interviews.create_interview({"template": "warm-up"}, idempotency_key=same)
        assert viva.interviews.create_interview({"template": "warm-up"}, idempotency_key=same).id == first.id
        assert issubclass(MissingScope, Exception)


def test_a_webhook_is_verified_and_a_false_one_is_not() -> None:
    secret = f"whsec_{base64.b64encode(b'x' * 24).decode()}"
    now = dt.datetime.now(dt.UTC)
    body = json.dumps({"type": "interview.scored", "timestamp": now.isoformat(), "data": {"interview_id": "1"}})
    headers = {
        "Webhook-Id": "msg_1",
        "Webhook-Timestamp": str(int(now.timestamp())),
        "Webhook-Signature": Webhook(secret).sign("msg_1", now, body),
    }
    other = f"whsec_{base64.b64encode(b'y' * 24).decode()}"
    event = verify(body, headers, [other, secret])
    assert (event.id, event.type, event.data) == ("msg_1", "interview.scored", {"interview_id": "1"})
    bad = [
        (body + " ", headers, secret),
        (body, headers, other),
        (body, headers | {"Webhook-Signature": "nonsense"}, secret),
        (body, {}, secret),
        (body, headers | {"Webhook-Timestamp": str(int(now.timestamp()) - 3600)}, secret),
    ]
    for text, with_headers, by in bad:
        with pytest.raises(NotFromViva):
            verify(text, with_headers, by)
