from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.orm import Session, sessionmaker

from app.integrations.consuming import EventJobs
from app.integrations.webhook_deliveries import WEBHOOKS
from app.integrations.webhook_jobs import WebhookJobs
from app.kit.config import Settings
from webhooks.receiving import Receiver

Sessions = sessionmaker[Session]


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    """Settings of the app under test: webhooks may come to this machine."""
    return Settings(
        data_dir=tmp_path / "data",
        encoder="hashed",
        outbound_private_networks="127.0.0.0/8",
        outbound_plain_http=True,
    )


class Hooks:
    """A worker's part in webhooks, whose jobs are run when the test says."""

    def __init__(self, sessions: Sessions, settings: Settings) -> None:
        self.events = EventJobs(sessions, [WEBHOOKS])
        self.webhooks = WebhookJobs(sessions, settings)

    def run(self) -> None:
        """Number, hand over, deliver what is due, and wait until that is done."""
        self.events.number_events()
        self.events.hand_over("webhooks")
        self.deliver()

    def deliver(self) -> None:
        self.webhooks.deliver_webhooks()
        end = time.monotonic() + 20
        while self.webhooks._running.total():
            assert time.monotonic() < end
            time.sleep(0.01)


@pytest.fixture
def hooks(sessions: Sessions, settings: Settings) -> Iterator[Hooks]:
    made = Hooks(sessions, settings)
    yield made
    made.webhooks.close()


@pytest.fixture
def receive() -> Iterator[Callable[..., Receiver]]:
    made: list[Receiver] = []

    def begin(**more: Any) -> Receiver:
        made.append(Receiver(**more))
        return made[-1]

    yield begin
    for receiver in made:
        receiver.close()
