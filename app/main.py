"""The web application: `create_app(settings, database_url)` puts features, plumbing and static files together."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from fastapi import FastAPI
from starlette.staticfiles import StaticFiles
from starlette.types import Scope

from app import __version__
from app.accounts import api as accounts_api
from app.accounts.call_limits import COUNT_CALL, CallLimits
from app.accounts.openid import make_openid
from app.accounts.throttle import Throttle
from app.assessments import api as assessments_api
from app.assessments import batch_api, report_api
from app.assessments import pages as assessments_pages
from app.assessments.batch_schemas import BATCHES_PATH
from app.assessments.queries import update_metrics
from app.authoring import api as authoring_api
from app.authoring import exchange_api, flow_api, version_api
from app.authoring import pages as authoring_pages
from app.bank import api as bank_api
from app.bank.search_words import Vocabulary
from app.dashboards import routes as dashboards
from app.dashboards import template_api
from app.documentation import pages as documentation_pages
from app.documentation.description import describe
from app.embedding.endpoint import VectorClient
from app.integrations import webhook_api, webhook_pages
from app.integrations.greenhouse import api as greenhouse_api
from app.integrations.greenhouse import pages as greenhouse_pages
from app.integrations.lti import admin_pages as platform_pages
from app.integrations.lti import pages as lti_pages
from app.integrations.lti.sessions import lti_viewer
from app.integrations.lti.wiring import make_wiring
from app.integrations.xapi import pages as xapi_pages
from app.interviews import api as interviews_api
from app.interviews import control_api, input_mode_pages, invitations_api, invited_pages, writing_pages
from app.interviews import pages as interviews_pages
from app.kit import health
from app.kit.config import Settings
from app.kit.db import make_engine, make_sessions
from app.kit.deprecating import DeprecationHeaders
from app.kit.gathering import Gatherer
from app.kit.idempotency import Idempotency
from app.kit.middleware import BodyCap, Envelope, PlainAddress, SameOrigin
from app.kit.migrate import newest_revision
from app.kit.openapi import name_inline_schemas
from app.kit.places import Places
from app.kit.remembered import Remembered
from app.kit.rest import document_problems
from app.kit.templating import STATIC
from app.kit.waiting import Waiter
from app.kit.web import ApiJSONResponse, install_error_handlers
from app.practice import account_pages, bank_pages, link_pages, openid_pages
from app.practice import pages as practice_pages
from app.practice import settings_pages as account_settings_pages

API_DESCRIPTION = """\
Hold interviews and score answers from your own system. Authenticate with `Authorization: Bearer viva_…`; make a key
with `viva key create NAME`. Errors are `application/problem+json` (RFC 9457), and the `type` of each leads to a page
that explains the mend. [The documentation](/docs) begins with a quick start of five minutes.
"""


REMEMBERED_SECONDS = 30.0


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
    call_counter = Gatherer(database_url, COUNT_CALL)

    @asynccontextmanager
    async def lifespan(_: FastAPI) -> AsyncIterator[None]:
        await waiter.start()
        yield
        await waiter.stop()
        await call_counter.stop()
        engine.dispose()

    app = FastAPI(
        title="Viva",
        version=__version__,
        description=API_DESCRIPTION,
        lifespan=lifespan,
        openapi_url="/api/v1/openapi.json",
        # FastAPI's own interactive pages load their script from another host; ours are `app/documentation`.
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
    app.state.openid = make_openid(settings)
    # Who is signed in for a few addresses alone (see `accounts.deps.maybe_viewer`).
    app.state.narrow_sign_ins = [lti_viewer]
    app.state.lti = make_wiring(settings)
    app.state.vectors = VectorClient(settings.vectors_address)
    app.state.vocabulary = Vocabulary()
    # Counts, the map and neighbours change when somebody publishes, and may be so much behind.
    app.state.remembered = Remembered(REMEMBERED_SECONDS)
    app.state.expected_revision = newest_revision()
    app.state.metric_updates = [update_metrics]
    install_error_handlers(app)
    document_problems(app)
    name_inline_schemas(app)
    describe(app)

    for router in (
        health.router,
        practice_pages.router,
        bank_pages.router,
        account_pages.router,
        link_pages.router,
        openid_pages.router,
        account_settings_pages.router,
        authoring_pages.router,
        dashboards.router,
        platform_pages.router,
        lti_pages.router,
        xapi_pages.router,
        greenhouse_pages.router,
        assessments_pages.router,
        interviews_pages.router,
        input_mode_pages.router,
        writing_pages.router,
        invited_pages.router,
        documentation_pages.router,
        bank_api.router,
        version_api.router,
        authoring_api.router,
        flow_api.router,
        exchange_api.router,
        template_api.router,
        interviews_api.router,
        control_api.router,
        invitations_api.router,
        assessments_api.router,
        webhook_pages.router,
        webhook_api.router,
        batch_api.router,
        greenhouse_api.router,
        report_api.router,
        accounts_api.router,
        dashboards.api,
    ):
        app.include_router(router)
    app.mount("/static", CachedStaticFiles(directory=STATIC), name="static")

    # Added last is outermost: the envelope sees, logs and dresses what the others refuse.
    app.add_middleware(Idempotency, engine=engine)
    larger = {BATCHES_PATH: settings.max_batch_bytes}
    app.add_middleware(BodyCap, max_bytes=settings.max_body_bytes, larger=larger)
    app.add_middleware(DeprecationHeaders)
    app.add_middleware(CallLimits, counter=call_counter, settings=settings, only_with_key=frozenset(larger))
    app.add_middleware(
        SameOrigin,
        public_url=settings.public_url,
        posted_from_elsewhere=lti_pages.POSTED_FROM_ELSEWHERE,
    )
    app.add_middleware(PlainAddress)
    app.add_middleware(Envelope, settings=settings)
    return app
