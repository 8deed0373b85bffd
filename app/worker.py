"""The worker process: owns the encoder, takes jobs from the queue, sweeps."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from http.server import ThreadingHTTPServer

import procrastinate

from app.accounts.jobs import MailJobs
from app.accounts.links import ANSWER_RESET
from app.accounts.mail import SEND_MAIL
from app.assessments.batch_work import BatchWork
from app.assessments.jobs import Jobs
from app.assessments.scorer import Scorer
from app.assessments.scoring_queue import GRADE, PREVIEW_LESSON, SCORE_ANSWER
from app.authoring.jobs import AuthoringJobs
from app.authoring.queue import CHECK_QUESTION, PREVIEW_IMPACT
from app.dashboards.export_jobs import MAKE_EXPORT, ExportJobs
from app.dashboards.rollup import refresh_stale
from app.embedding import Encoder, load_encoder
from app.embedding.endpoint import serve_vectors
from app.integrations.consuming import HAND_OVER, Consumer, EventJobs
from app.integrations.greenhouse.telling import GREENHOUSE, TELL_GREENHOUSE, GreenhouseJobs
from app.integrations.lti.grades import LTI_GRADES, SEND_GRADES, GradeJobs
from app.integrations.webhook_deliveries import DELIVER_WEBHOOKS, WEBHOOKS
from app.integrations.webhook_jobs import WebhookJobs
from app.integrations.xapi.statements import Statements
from app.kit.config import Settings
from app.kit.db import libpq_url, make_engine, make_sessions
from app.kit.events import NUMBER_EVENTS
from app.kit.logging import get_logger

SWEEP_SECONDS = 2.0
PREPARE_PAUSE_SECONDS = 0.5
LOOK_FOR_NEW_SECONDS = 30.0
LOOK_FOR_BATCHES_SECONDS = 1.0
TIDY_SECONDS = 600.0
COUNT_SECONDS = 30.0
JOBS_BESIDE = 2
"""Jobs that read and store while others encode. More would only lengthen the queue inside the process."""
NICENESS = 5
"""On a machine that they share, people who type come before scores."""

CONSUMERS: tuple[Consumer, ...] = (WEBHOOKS, LTI_GRADES, GREENHOUSE)
"""Who is told of events."""

log = get_logger("viva.worker")


@dataclass(frozen=True)
class AllJobs:
    """What a worker process does."""

    scoring: Jobs
    authoring: AuthoringJobs
    mail: MailJobs
    events: EventJobs
    grades: GradeJobs
    webhooks: WebhookJobs
    batches: BatchWork
    greenhouse: GreenhouseJobs
    exports: ExportJobs

    @property
    def untidy(self) -> tuple[Jobs | MailJobs | EventJobs | GradeJobs | BatchWork | ExportJobs, ...]:
        """Those that leave something behind which must go in time."""
        return self.scoring, self.mail, self.events, self.grades, self.batches, self.exports


def run_worker(settings: Settings, database_url: str) -> None:
    """Work until told to stop; what is under way is finished first.

    Raises:
        OperatorError: the model is missing or altered.
    """
    began = time.perf_counter()
    at_once = settings.encoder_threads or max(1, min(os.cpu_count() or 1, 8) // settings.workers)
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    encoder = load_encoder(settings)
    scorer = Scorer(encoder, at_once)
    log.info("encoder ready", seconds=round(time.perf_counter() - began, 2))
    concurrency = at_once + JOBS_BESIDE
    engine = make_engine(database_url, pool_size=concurrency + 4)
    answering = _answer_searches(settings, encoder)
    sessions = make_sessions(engine)
    jobs = AllJobs(
        Jobs(sessions, scorer),
        AuthoringJobs(sessions, scorer),
        MailJobs(sessions, settings),
        EventJobs(sessions, (*CONSUMERS, Statements(settings).consumer)),
        GradeJobs(sessions, settings),
        WebhookJobs(sessions, settings),
        BatchWork(sessions, scorer),
        GreenhouseJobs(sessions, settings),
        ExportJobs(sessions, engine),
    )
    try:
        asyncio.run(_work(database_url, jobs, concurrency))
    finally:
        jobs.webhooks.close()
        if answering is not None:
            answering.shutdown()
        engine.dispose()


def _answer_searches(settings: Settings, encoder: Encoder) -> ThreadingHTTPServer | None:
    """Say what searches mean, where there is an address for it; without it they go by words alone."""
    if settings.vectors_address is None:
        return None
    try:
        return serve_vectors(settings.vectors_address, encoder)
    except OSError as error:
        log.warning("searches go by words alone", address=settings.vectors_address, reason=error.strerror)
        return None


def make_queue(database_url: str, jobs: AllJobs, concurrency: int) -> procrastinate.App:
    """The queue with its tasks. No retries here: the sweep derives what is left to do from what is stored."""
    connector = procrastinate.PsycopgConnector(
        conninfo=libpq_url(database_url), min_size=1, max_size=concurrency + 2, kwargs={"connect_timeout": 5}
    )
    queue = procrastinate.App(connector=connector)
    for job, function in (
        (SCORE_ANSWER, jobs.scoring.score_answer),
        (GRADE, jobs.scoring.grade),
        (PREVIEW_LESSON, jobs.scoring.preview_lesson),
        (CHECK_QUESTION, jobs.authoring.check_question),
        (PREVIEW_IMPACT, jobs.authoring.preview_impact),
        (SEND_MAIL, jobs.mail.send_mail),
        (ANSWER_RESET, jobs.mail.answer_reset),
        (MAKE_EXPORT, jobs.exports.make_export),
        (NUMBER_EVENTS, jobs.events.number_events),
        (HAND_OVER, jobs.events.hand_over),
        (SEND_GRADES, jobs.grades.send_grades),
        (DELIVER_WEBHOOKS, jobs.webhooks.deliver_webhooks),
        (TELL_GREENHOUSE, jobs.greenhouse.tell_greenhouse),
    ):
        queue.task(name=job.name, queue=job.queue)(function)
    return queue


async def _work(database_url: str, jobs: AllJobs, concurrency: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    beside = [
        asyncio.create_task(_sweep_for_ever(jobs.scoring.sweep, jobs.authoring.sweep, jobs.exports.sweep)),
        # Beside the other sweep: a mail server that does not answer must not hold up scores.
        asyncio.create_task(_sweep_for_ever(jobs.mail.sweep)),
        asyncio.create_task(_sweep_for_ever(jobs.events.sweep, jobs.webhooks.sweep)),
        asyncio.create_task(_sweep_for_ever(jobs.grades.sweep)),
        asyncio.create_task(_sweep_for_ever(jobs.greenhouse.sweep)),
        asyncio.create_task(_prepare_for_ever(jobs.scoring)),
        asyncio.create_task(_tidy_for_ever(*(part.tidy for part in jobs.untidy))),
        asyncio.create_task(_grade_batches_for_ever(jobs.batches)),
        asyncio.create_task(_count_for_ever(jobs.scoring)),
    ]
    try:
        while not stop.is_set():
            # A database that goes away ends the queue's worker; it is begun again when the database is back.
            try:
                await _work_once(make_queue(database_url, jobs, concurrency), concurrency, stop)
            except Exception as error:
                log.warning("queue interrupted", reason=str(error).strip().split("\n")[0] or type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 1)
    finally:
        for task in beside:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _work_once(queue: procrastinate.App, concurrency: int, stop: asyncio.Event) -> None:
    async with queue.open_async():
        worker = asyncio.create_task(
            queue.run_worker_async(
                concurrency=concurrency,
                delete_jobs="always",
                install_signal_handlers=False,
                fetch_job_polling_interval=2,
                shutdown_graceful_timeout=20,
                update_heartbeat_interval=5,
            )
        )
        stopping = asyncio.create_task(stop.wait())
        try:
            await asyncio.wait({worker, stopping}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            stopping.cancel()
            worker.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await worker


async def _prepare_for_ever(jobs: Jobs) -> None:
    """Prepare the bank's rubrics one by one, with pauses in which answers come first; then look for new ones."""
    while True:
        more = False
        try:
            more = await asyncio.to_thread(jobs.prepare_ahead)
        except Exception as error:
            log.warning("preparing interrupted", reason=str(error).strip().split("\n")[0])
        await asyncio.sleep(PREPARE_PAUSE_SECONDS if more else LOOK_FOR_NEW_SECONDS)


async def _grade_batches_for_ever(batch_work: BatchWork) -> None:
    """Score lines of batches as long as there are some: not in the queue, whose places belong to answers."""
    while True:
        more = False
        try:
            more = await asyncio.to_thread(batch_work.work)
        except Exception as error:
            log.warning("batches interrupted", reason=str(error).strip().split("\n")[0])
        if not more:
            await asyncio.sleep(LOOK_FOR_BATCHES_SECONDS)


async def _tidy_for_ever(*tidies: Callable[[], None]) -> None:
    while True:
        for tidy in tidies:
            try:
                await asyncio.to_thread(tidy)
            except Exception as error:
                log.warning("tidying interrupted", reason=str(error).strip().split("\n")[0])
        await asyncio.sleep(TIDY_SECONDS)


async def _count_for_ever(jobs: Jobs) -> None:
    while True:
        try:
            await asyncio.to_thread(refresh_stale, jobs.sessions)
        except Exception as error:
            log.warning("counting interrupted", reason=str(error).strip().split("\n")[0])
        await asyncio.sleep(COUNT_SECONDS)


async def _sweep_for_ever(*sweeps: Callable[[], int]) -> None:
    while True:
        for sweep in sweeps:
            try:
                await asyncio.to_thread(sweep)
            except Exception as error:
                log.warning("sweep interrupted", reason=str(error).strip().split("\n")[0])
        await asyncio.sleep(SWEEP_SECONDS)
