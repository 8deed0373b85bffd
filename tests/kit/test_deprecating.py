"""A route that will go says so on every response, and in the API text."""

from __future__ import annotations

import datetime as dt
from email.utils import parsedate_to_datetime

import pytest
from fastapi import APIRouter, FastAPI
from starlette.testclient import TestClient

from app.kit.deprecating import DeprecationHeaders, deprecated
from app.kit.errors import NotFound
from app.kit.rest import document_problems, problems
from app.kit.web import ApiJSONResponse, install_error_handlers

SINCE, SUNSET = dt.date(2026, 1, 1), dt.date(2026, 12, 31)


@pytest.fixture
def client() -> TestClient:
    """An application with a route that will go and one that stays."""
    router = APIRouter(prefix="/api/v1")

    @router.get("/old/{name}", operation_id="readOld", responses=problems(404))
    @deprecated(SINCE, SUNSET, "`GET /new`")
    def read_old(name: str) -> ApiJSONResponse:
        """The old way."""
        if name == "nothing":
            raise NotFound("There is nothing.")
        return ApiJSONResponse({"name": name}, headers={"Link": '</api/v1/old>; rel="next"'})

    @router.get("/new", operation_id="readNew")
    def read_new() -> dict[str, str]:
        """The new way."""
        return {}

    app = FastAPI()
    install_error_handlers(app)
    document_problems(app)
    app.include_router(router)
    app.add_middleware(DeprecationHeaders)
    return TestClient(app)


@pytest.mark.parametrize(("name", "status"), [("a", 200), ("nothing", 404)])
def test_what_goes_says_when(client: TestClient, name: str, status: int) -> None:
    response = client.get(f"/api/v1/old/{name}")
    assert response.status_code == status
    assert response.headers["deprecation"] == "@1767225600"
    assert dt.datetime.fromtimestamp(1767225600, dt.UTC).date() == SINCE
    assert parsedate_to_datetime(response.headers["sunset"]).date() == SUNSET
    links = response.headers.get_list("link")
    assert '</docs/versioning>; rel="deprecation"; type="text/html"' in links
    assert len(links) == (2 if status == 200 else 1)


def test_what_stays_says_nothing(client: TestClient) -> None:
    headers = client.get("/api/v1/new").headers
    assert not {"deprecation", "sunset", "link"} & set(headers)


def test_the_api_text_marks_it(client: TestClient) -> None:
    paths = client.get("/openapi.json").json()["paths"]
    old, new = paths["/api/v1/old/{name}"]["get"], paths["/api/v1/new"]["get"]
    assert old["deprecated"] is True
    assert old["description"].startswith("**Deprecated** since 2026-01-01, gone after 2026-12-31: use `GET /new`.")
    assert old["description"].endswith("The old way.")
    assert {"Deprecation", "Sunset"} <= set(old["responses"]["404"]["headers"])
    assert "deprecated" not in new
    assert "Sunset" not in str(new)


def test_nothing_goes_in_less_than_180_days() -> None:
    with pytest.raises(ValueError, match="at least 180 days"):
        deprecated(SINCE, SINCE + dt.timedelta(days=179), "`GET /new`")
