"""Candidates over the API, each answering one question after the other; draft saves beside them. Loopback only."""

from __future__ import annotations

import asyncio
import time
from dataclasses import dataclass
from typing import Any

import httpx2

from app.interviews.creation import MAX_QUESTIONS
from bench.site import Site
from bench.texts import bank


@dataclass
class Load:
    """What came of it."""

    answers: int
    seconds: float
    latencies: list[float]

    @property
    def rate(self) -> float:
        """Scored answers per second."""
        return self.answers / self.seconds


def percentile(values: list[float], share: float) -> float:
    """The value below which `share` of all lie."""
    ordered = sorted(values)
    return ordered[min(len(ordered) - 1, int(share * len(ordered)))]


def _client(site: Site) -> httpx2.AsyncClient:
    return httpx2.AsyncClient(
        base_url=site.url,
        headers={"authorization": f"Bearer {site.key}"},
        timeout=60,
        limits=httpx2.Limits(max_connections=64, max_keepalive_connections=64),
    )


async def _interviews(client: httpx2.AsyncClient, count: int, questions: int, apart: int = 1) -> list[dict[str, Any]]:
    """Interviews of so many questions; each begins so many questions after the one before it."""
    slugs = [question.slug for question in bank()]
    made = []
    for number in range(count):
        chosen = [slugs[(number * apart + step) % len(slugs)] for step in range(questions)]
        response = await client.post(
            "/api/v1/interviews",
            json={"questions": chosen, "minutes": 120, "candidate": {"external_id": f"bench-{number}"}},
        )
        response.raise_for_status()
        made.append(response.json())
    return made


async def prepare_rubrics(site: Site, text: str, times: int = 1) -> None:
    """Answer each question, so that every rubric is prepared (once per version and worker: then several `times`)."""
    async with _client(site) as client:

        async def one(interview: dict[str, Any]) -> None:
            for item in interview["items"]:
                await _answer(client, interview["id"], item["id"], text)

        # One interview does not hold the whole bank.
        enough = times * -(-len(bank()) // MAX_QUESTIONS)
        made = await _interviews(client, enough, MAX_QUESTIONS, apart=MAX_QUESTIONS)
        await asyncio.gather(*(one(interview) for interview in made))


async def score_answers(site: Site, texts: list[str], candidates: int, started: asyncio.Event | None = None) -> Load:
    """All texts submitted by `candidates` at once, each waiting for the score before the next."""
    async with _client(site) as client:
        each = len(texts) // candidates
        interviews = await _interviews(client, candidates, each)
        latencies: list[float] = []

        async def candidate(number: int) -> None:
            interview = interviews[number]
            for step, item in enumerate(interview["items"]):
                began = time.perf_counter()
                await _answer(client, interview["id"], item["id"], texts[number * each + step])
                latencies.append(time.perf_counter() - began)

        if started is not None:
            started.set()
        began = time.perf_counter()
        await asyncio.gather(*(candidate(number) for number in range(candidates)))
        return Load(len(latencies), time.perf_counter() - began, latencies)


async def _answer(client: httpx2.AsyncClient, interview: str, item: str, text: str) -> None:
    response = await client.post(
        f"/api/v1/interviews/{interview}/items/{item}/answer", json={"text": text}, headers={"prefer": "wait=30"}
    )
    if response.status_code != 200:
        raise RuntimeError(f"an answer was not scored: {response.status_code} {response.text[:200]}")


async def save_drafts(site: Site, seconds: float, writers: int = 8, pause: float = 0.1) -> list[float]:
    """Time of each draft save, by several writers at once."""
    async with _client(site) as client:
        interviews = await _interviews(client, writers, 1)
        times: list[float] = []

        async def writer(number: int) -> None:
            interview, revision = interviews[number], 0
            item = interview["items"][0]["id"]
            end = time.perf_counter() + seconds
            while time.perf_counter() < end:
                began = time.perf_counter()
                response = await client.put(
                    f"/api/v1/interviews/{interview['id']}/items/{item}/draft",
                    json={"text": f"word {revision} " * 30, "base_revision": revision},
                )
                response.raise_for_status()
                times.append(time.perf_counter() - began)
                revision = response.json()["revision"]
                await asyncio.sleep(pause)

        await asyncio.gather(*(writer(number) for number in range(writers)))
        return times


async def drafts_under_load(site: Site, texts: list[str], candidates: int, seconds: float) -> list[float]:
    """Draft saves while the worker has more answers than it can score."""
    started = asyncio.Event()
    scoring = asyncio.create_task(score_answers(site, texts, candidates, started))
    await started.wait()
    await asyncio.sleep(1)
    times = await save_drafts(site, seconds)
    if scoring.done():
        raise RuntimeError("the worker was not busy to the end: give it more answers")
    await scoring
    return times
