"""The web application: `create_app(settings, database_url)` puts features, plumbing and static files together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app import __version__
from app.accounts.throttle import Throttle
from app.assessments import api as assessments_api
from app.assessments import pages as assessments_pages
from app.assessments.queries import update_metrics
from app.bank import api as bank_api
from app.interviews import api as interviews_api
from app.interviews import pages as interviews_pages
from app.kit import health
from app.kit.config import Settings
from app.kit.db import make_engine, make_sessions
from app.kit.middleware import BodyCap, Envelope, SameOrigin
from app.kit.migrate import newest_revision
from app.kit.places import Places
from app.kit.rest import document_problems
from app.kit.templating import STATIC
from app.kit.waiting import Waiter
from app.kit.web import ApiJSONResponse, install_error_handlers
from app.practice import account_pages, bank_pages
from app.practice import pages as practice_pages

API_DESCRIPTION = """\
Hold interviews and score answers from your own system. Authenticate with `Authorization: Bearer viva_…`; make a key
with `viva key create NAME`. Errors are `application/problem+json` (RFC 9457). See `docs/integration.md`.
"""


class CachedStaticFiles(StaticFiles):
    """Static files; an address that carries the digest never changes what it means."""

    def file_response(self, *args: object, **kwargs: object):  # type: ignore[no-untyped-def]
        """The file, cached for ever when its address has a digest, else asked for again (as imported modules are)."""
        response = super().file_response(*args, **kwargs)  # type: ignore[arg-type]
        scope: Scope = args[2] if len(args) > 2 else kwargs["scope"]  # type: ignore[assignment]
        digest = b"v=" in scope.get("query_string", b"")
        response.headers["cache-control"] = "public, max-age=31536000, immutable" if digest else "no-cache"
        return response


def create_app(settings: Settings, database_url: str) -> FastAPI:
    """The application. It opens no connection before its lifespan begins."""
    engine = make_engine(database_url, pool_size=settings.database_pool)
    places = Places(settings.database_pool)
    waiter = Waiter(database_url, places)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await waiter.start()
        yield
        await waiter.stop()
        engine.dispose()

    app = FastAPI(
        title="Viva",
        version=__version__,
        description=API_DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        # The usual interactive page loads its script from another host; ours comes with the integrators' issue.
        docs_url=None,
        redoc_url=None,
        default_response_class=ApiJSONResponse,
    )
    app.state.settings = settings
    app.state.engine = engine
    app.state.sessions = make_sessions(engine)
    app.state.places = places
    app.state.waiter = waiter
    app.state.throttle = Throttle(engine)
    app.state.expected_revision = newest_revision()
    app.state.metric_updates = [update_metrics]
    install_error_handlers(app)
    document_problems(app)

    for router in (
        health.router,
        practice_pages.router,
        bank_pages.router,
        account_pages.router,
        assessments_pages.router,
        interviews_pages.router,
        bank_api.router,
        interviews_api.router,
        assessments_api.router,
    ):
        app.include_router(router)
    app.mount("/static", CachedStaticFiles(directory=STATIC), name="static")

    # Added last is outermost: the envelope sees, logs and dresses what the others refuse.
    app.add_middleware(BodyCap, max_bytes=settings.max_body_bytes)
    app.add_middleware(SameOrigin, public_url=settings.public_url)
    app.add_middleware(Envelope, settings=settings)
    return app
