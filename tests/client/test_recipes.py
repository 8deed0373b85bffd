"""The programs of docs/recipes, run as their readers would."""

from __future__ import annotations

import csv
import os
import re
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from integrator import GOOD, TWO
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker

from app.accounts.keys import create_key
from app.integrations.consuming import EventJobs
from app.integrations.webhook_deliveries import WEBHOOKS
from app.integrations.webhook_jobs import WebhookJobs
from app.kit.config import ROOT, Settings
from viva_client import Viva

RECIPES = ROOT / "docs" / "recipes"


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(
        data_dir=tmp_path / "data",
        encoder="hashed",
        outbound_private_networks="127.0.0.0/8",
        outbound_plain_http=True,
    )


def environment(served: str, key: str, **more: str) -> dict[str, str]:
    return os.environ | {"PYTHONPATH": str(ROOT / "clients/python"), "VIVA_URL": served, "VIVA_KEY": key} | more


def recipe(name: str, *arguments: str, cwd: Path, served: str, key: str) -> str:
    done = subprocess.run(
        [sys.executable, str(RECIPES / name), *arguments],
        cwd=cwd,
        env=environment(served, key),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


def test_a_folder_of_answers(served: str, key: str, tmp_path: Path) -> None:
    answers = tmp_path / "answers"
    answers.mkdir()
    for number in range(104):
        (answers / f"{number:03}.txt").write_text(GOOD if number % 2 else "It learns.", encoding="utf-8")
    (answers / "empty.txt").write_text("")
    model = tmp_path / "model.txt"
    model.write_text(GOOD)
    said = recipe("grade_folder.py", "answers", "--model-answer", "model.txt", cwd=tmp_path, served=served, key=key)
    assert "105 answers are graded" in said
    with (tmp_path / "grades.csv").open(newline="") as file:
        rows = list(csv.DictReader(file))
    assert [row["answer"] for row in rows] == [*(f"{number:03}.txt" for number in range(104)), "empty.txt"]
    assert len({row["score"] for row in rows[:104:2]}) == len({row["score"] for row in rows[1:104:2]}) == 1
    assert float(rows[1]["score"]) > float(rows[0]["score"])


def test_fifty_candidates(served: str, key: str, tmp_path: Path, sessions: sessionmaker[Session]) -> None:
    with Viva(served, key) as viva:
        with (tmp_path / "candidates.csv").open("w", newline="") as file:
            out = csv.writer(file)
            out.writerow(["name", "email", "external_id"])
            out.writerows([f"Candidate {n}", f"c{n}@example.org", f"ats-{n}"] for n in range(50))
        for _ in range(2):  # run twice, they are invited once
            said = recipe("screen_candidates.py", "candidates.csv", "warm-up", cwd=tmp_path, served=served, key=key)
            assert "50 candidates are invited." in said
        with sessions.begin() as session:
            assert session.scalar(text("SELECT count(*) FROM invitations")) == 50
        made = viva.interviews.create_interview({"questions": TWO[:1], "candidate": {"external_id": "ats-7"}})
        viva.interviews.submit_answer(made.id, made.items[0].id, {"text": GOOD})
        viva.interviews.finish_interview(made.id)
        more = ["candidates.csv", "warm-up", "--results", "results.csv"]
        assert "1 of 50 have finished" in recipe("screen_candidates.py", *more, cwd=tmp_path, served=served, key=key)
        with (tmp_path / "results.csv").open(newline="") as file:
            rows = list(csv.DictReader(file))
        assert (len(rows), rows[0]["external_id"]) == (50, "ats-7")
        assert {row["note"] for row in rows[1:]} == {"not finished"}


@pytest.fixture
def delivering(sessions: sessionmaker[Session], settings: Settings) -> Iterator[None]:
    """A worker that hands events on and delivers webhooks."""
    events, webhooks, over = EventJobs(sessions, [WEBHOOKS]), WebhookJobs(sessions, settings), threading.Event()

    def work() -> None:
        while not over.is_set():
            events.number_events()
            events.hand_over("webhooks")
            webhooks.sweep()
            time.sleep(0.1)

    thread = threading.Thread(target=work)
    thread.start()
    yield
    over.set()
    thread.join()
    webhooks.close()


def test_a_bot(served: str, sessions: sessionmaker[Session], delivering: None, tmp_path: Path) -> None:
    with sessions.begin() as session:
        key = create_key(session, "bot", None, ["interviews:read", "interviews:write", "webhooks:write"])
    bots: list[subprocess.Popen[str]] = []

    def bot(secret: str, port: int) -> tuple[subprocess.Popen[str], int]:
        started = subprocess.Popen(
            [sys.executable, str(RECIPES / "webhook_bot.py"), "--port", str(port)],
            cwd=tmp_path,
            env=environment(served, key, VIVA_WEBHOOK_SECRET=secret),
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        bots.append(started)
        assert started.stdout is not None
        found = re.search(r"port (\d+)", started.stdout.readline())
        assert found
        return started, int(found[1])

    try:
        with Viva(served, key) as viva:
            probe, port = bot("whsec_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", 0)
            probe.kill()
            probe.wait(10)
            made = viva.webhooks.create_webhook_endpoint(
                {"url": f"http://127.0.0.1:{port}/", "event_types": ["interview.scored"]}
            )
            listening, _ = bot(made.secret, port)
            interview = viva.interviews.create_interview(
                {"questions": TWO[:1], "candidate": {"external_id": "ats-1", "name": "Grace"}}
            )
            viva.interviews.submit_answer(interview.id, interview.items[0].id, {"text": GOOD})
            viva.interviews.finish_interview(interview.id)
            assert listening.stdout is not None
            assert re.match(r"Grace: .+ \(0\.\d+\)", listening.stdout.readline())
            (delivery,) = viva.webhooks.list_webhook_deliveries(made.id)
            viva.webhooks.replay_webhook_delivery(made.id, delivery.id)
            viva.wait_for(viva.webhooks.read_webhook_delivery, made.id, delivery.id, until=lambda d: d.attempts == 2)
            time.sleep(0.5)
    finally:
        for one in bots:
            one.kill()
            one.wait(10)
            assert one.stdout is not None
            rest = one.stdout.read()
            one.stdout.close()
    assert rest == "", "the event that came twice was dealt with once"
