"""Viva served for real with its worker, a key that may do everything, and what the API says of itself."""

from __future__ import annotations

import datetime as dt
import os
import uuid
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client
from sqlalchemy.orm import Session, sessionmaker
from webhooks.receiving import Receiver

from app.accounts.keys import SCOPES, create_key
from app.accounts.models import Organization
from app.kit.config import Settings
from app.kit.db import make_engine, make_sessions
from app.main import create_app
from tests.browser.conftest import Site, run_site

from .walk import Walk

RECORDS = "RECORD_EXAMPLES"
"""Set it to keep what operations answer as the examples of the document."""


@cache
def document() -> dict[str, Any]:
    """The API's description, without a server."""
    return create_app(Settings(data_dir=Path("unused"), encoder="hashed"), "postgresql://unused").openapi()


@pytest.fixture(scope="package")
def served(postgres_server: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Web and worker; scores by hashed words, unless examples are recorded."""
    settings = {"VIVA_OUTBOUND_PRIVATE_NETWORKS": "127.0.0.0/8", "VIVA_OUTBOUND_PLAIN_HTTP": "true"}
    if not os.environ.get(RECORDS):
        settings["VIVA_ENCODER"] = "hashed"
    with run_site(postgres_server, template_database, tmp_path_factory.mktemp("served"), settings) as running:
        yield running


@pytest.fixture(scope="package")
def sessions(served: Site) -> Iterator[sessionmaker[Session]]:
    """Transactions beside those of the site."""
    engine = make_engine(served.database_url)
    yield make_sessions(engine)
    engine.dispose()


@pytest.fixture(scope="package")
def receiver() -> Iterator[Receiver]:
    """Takes what webhooks bring."""
    running = Receiver()
    yield running
    running.close()


@pytest.fixture
def walk(served: Site, sessions: sessionmaker[Session], receiver: Receiver) -> Iterator[Walk]:
    """Another system, with a key that may do everything for an organisation that nobody has used before."""
    began, slug = dt.datetime.now(dt.UTC).replace(microsecond=0), f"example-{uuid.uuid4().hex[:8]}"
    with sessions.begin() as session:
        session.add(Organization(slug=slug, name="Example"))
        session.flush()
        secret = create_key(session, "Hiring system", slug, list(SCOPES))
    with Client(base_url=served.url, headers={"authorization": f"Bearer {secret}"}, timeout=40) as client:
        yield Walk(client, document(), served, slug, receiver.url, began)
