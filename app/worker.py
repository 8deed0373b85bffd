"""The worker process: owns the encoder, takes jobs from the queue, sweeps."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import time

import procrastinate

from app.assessments.jobs import Jobs
from app.assessments.scorer import Scorer
from app.assessments.scoring_queue import GRADE, SCORE_ANSWER
from app.embedding import load_encoder
from app.kit.config import Settings
from app.kit.db import libpq_url, make_engine, make_sessions
from app.kit.logging import get_logger

SWEEP_SECONDS = 2.0
PREPARE_PAUSE_SECONDS = 0.5
LOOK_FOR_NEW_SECONDS = 30.0
TIDY_SECONDS = 600.0
JOBS_BESIDE = 2
"""Jobs that read and store while others encode. More would only lengthen the queue inside the process."""
NICENESS = 5
"""On a machine that they share, people who type come before scores."""

log = get_logger("viva.worker")


def run_worker(settings: Settings, database_url: str) -> None:
    """Work until told to stop; what is under way is finished first.

    Raises:
        OperatorError: the model is missing or altered.
    """
    began = time.perf_counter()
    at_once = settings.encoder_threads or max(1, min(os.cpu_count() or 1, 8) // settings.workers)
    with contextlib.suppress(OSError):
        os.nice(NICENESS)
    scorer = Scorer(load_encoder(settings), at_once)
    log.info("encoder ready", seconds=round(time.perf_counter() - began, 2))
    concurrency = at_once + JOBS_BESIDE
    engine = make_engine(database_url, pool_size=concurrency + 2)
    jobs = Jobs(make_sessions(engine), scorer)
    try:
        asyncio.run(_work(database_url, jobs, concurrency))
    finally:
        engine.dispose()


def make_queue(database_url: str, jobs: Jobs, concurrency: int) -> procrastinate.App:
    """The queue with its tasks. No retries here: the sweep derives what is left to do from what is stored."""
    connector = procrastinate.PsycopgConnector(
        conninfo=libpq_url(database_url), min_size=1, max_size=concurrency + 2, kwargs={"connect_timeout": 5}
    )
    queue = procrastinate.App(connector=connector)
    queue.task(name=SCORE_ANSWER.name, queue=SCORE_ANSWER.queue)(jobs.score_answer)
    queue.task(name=GRADE.name, queue=GRADE.queue)(jobs.grade)
    return queue


async def _work(database_url: str, jobs: Jobs, concurrency: int) -> None:
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    beside = [
        asyncio.create_task(_sweep_for_ever(jobs)),
        asyncio.create_task(_prepare_for_ever(jobs)),
        asyncio.create_task(_tidy_for_ever(jobs)),
    ]
    try:
        while not stop.is_set():
            # A database that goes away ends the queue's worker; it is begun again when the database is back.
            try:
                await _work_once(database_url, jobs, concurrency, stop)
            except Exception as error:
                log.warning("queue interrupted", reason=str(error).strip().split("\n")[0] or type(error).__name__)
                with contextlib.suppress(TimeoutError):
                    await asyncio.wait_for(stop.wait(), 1)
    finally:
        for task in beside:
            task.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await task


async def _work_once(database_url: str, jobs: Jobs, concurrency: int, stop: asyncio.Event) -> None:
    queue = make_queue(database_url, jobs, concurrency)
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


async def _tidy_for_ever(jobs: Jobs) -> None:
    while True:
        try:
            await asyncio.to_thread(jobs.tidy)
        except Exception as error:
            log.warning("tidying interrupted", reason=str(error).strip().split("\n")[0])
        await asyncio.sleep(TIDY_SECONDS)


async def _sweep_for_ever(jobs: Jobs) -> None:
    while True:
        try:
            await asyncio.to_thread(jobs.sweep)
        except Exception as error:
            log.warning("sweep interrupted", reason=str(error).strip().split("\n")[0])
        await asyncio.sleep(SWEEP_SECONDS)
