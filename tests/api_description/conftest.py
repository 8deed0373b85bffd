"""Viva served for real with its worker, a key that may do everything, and what the API says of itself."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from httpx2 import Client

from app.accounts.keys import SCOPES, create_key
from app.kit.config import Settings
from app.kit.db import make_engine, make_sessions
from app.main import create_app
from tests.browser.conftest import Site, run_site

RECORDS = "RECORD_EXAMPLES"
"""Set it to keep what operations answer as the examples of the document."""


def document() -> dict[str, Any]:
    """The API's description, without a server."""
    return create_app(Settings(data_dir=Path("unused"), encoder="hashed"), "postgresql://unused").openapi()


@pytest.fixture(scope="package")
def served(postgres_server: str, template_database: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    """Web and worker; scores by hashed words, unless examples are recorded."""
    settings = {} if os.environ.get(RECORDS) else {"VIVA_ENCODER": "hashed"}
    with run_site(postgres_server, template_database, tmp_path_factory.mktemp("served"), settings) as running:
        yield running


def make_key(site: Site, *scopes: str) -> str:
    """A new key's secret."""
    engine = make_engine(site.database_url)
    try:
        with make_sessions(engine).begin() as session:
            return create_key(session, "test", None, list(scopes or SCOPES))
    finally:
        engine.dispose()


@pytest.fixture(scope="package")
def integrator(served: Site) -> Iterator[Client]:
    """Another system with a key that may do everything."""
    with Client(base_url=served.url, headers={"authorization": f"Bearer {make_key(served)}"}, timeout=40) as client:
        yield client
