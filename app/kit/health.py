"""Health, readiness and metrics, for supervisors, load balancers and Prometheus: open to all, and silent on data."""

from __future__ import annotations

from collections.abc import Callable

from fastapi import APIRouter, Request
from prometheus_client import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy import text
from sqlalchemy.exc import SQLAlchemyError
from starlette.responses import JSONResponse, Response

from app.kit.metrics import JOBS

router = APIRouter(include_in_schema=False)

WORKER_SILENT_SECONDS = 30


@router.get("/healthz")
def healthz() -> Response:
    """The process answers."""
    return JSONResponse({"status": "ok"})


@router.get("/readyz")
def readyz(request: Request) -> Response:
    """Whether Viva can serve people, and if not, what is not ready."""
    checks: dict[str, str] = {}
    try:
        with request.app.state.sessions.begin() as session:
            revision = session.scalar(text("SELECT version_num FROM alembic_version"))
            checks["database"] = "ok"
            expected = request.app.state.expected_revision
            checks["migrations"] = (
                "ok" if revision == expected else f"at {revision}, not {expected}: run `viva migrate`"
            )
            published = session.scalar(text("SELECT count(*) FROM questions WHERE status = 'published'"))
            checks["bank"] = "ok" if published else "no questions: run `viva seed`"
            alive = session.scalar(
                text(
                    "SELECT count(*) FROM procrastinate_workers"
                    " WHERE last_heartbeat > now() - make_interval(secs => :silent)"
                ),
                {"silent": WORKER_SILENT_SECONDS},
            )
            # Without a worker people can write and submit all the same: scores come later. So it is said, not fatal.
            checks["worker"] = "ok" if alive else "none is running: answers wait to be scored; run `viva worker`"
    except SQLAlchemyError:
        checks["database"] = "does not answer"
    ready = all(state == "ok" for name, state in checks.items() if name != "worker") and "bank" in checks
    body = {"status": "ready" if ready else "not ready", "checks": checks}
    return JSONResponse(body, status_code=200 if ready else 503)


@router.get("/metrics")
def metrics(request: Request) -> Response:
    """Prometheus metrics of this process, and the queue's as the database has them."""
    try:
        with request.app.state.sessions.begin() as session:
            counts = dict(
                session.execute(text("SELECT status::text, count(*) FROM procrastinate_jobs GROUP BY 1")).all()
            )
            for status in ("todo", "doing", "failed"):
                JOBS.labels(status).set(counts.get(status, 0))
            update: Callable[..., None]
            for update in request.app.state.metric_updates:
                update(session)
    except SQLAlchemyError:
        pass  # a scrape must not fail with the database: the process's own figures matter most just then
    return Response(generate_latest(), media_type=CONTENT_TYPE_LATEST)
