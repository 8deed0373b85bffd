"""500 candidates save drafts while twenty dashboards look on: what the looking costs the writing.

`python -m bench.live_view [--write]` takes some five minutes. All is real: private PostgreSQL, one web process, one
worker, loopback. Each candidate saves every ten seconds; meanwhile one question a second is answered (“I do not
know”), so that every look has news. With `--write` the table goes to `docs/performance.md`, between its two marks.
"""

from __future__ import annotations

import argparse
import asyncio
import random
import sys
import time
import uuid
from dataclasses import dataclass, field

import httpx2
import psutil
from sqlalchemy import select, text

from app.accounts.models import Membership, Organization
from app.accounts.service import create_guest, start_browser_session
from app.interviews.access import interviews_of
from app.interviews.creation import Candidate, interview_from_slugs
from app.interviews.service import start_interview
from app.kit.config import ROOT
from app.kit.db import transaction
from bench.load import percentile
from bench.site import Site, running_site
from bench.texts import bank

BEGIN, END = "<!-- live view: begin -->", "<!-- live view: end -->"
INTERVIEWS, DASHBOARDS, QUESTIONS = 500, 20, 5
SAVE_EVERY, POLL_EVERY, ANSWER_EVERY = 10.0, 3.0, 1.0
WORDS = "What somebody writes who thinks while writing. " * 12


@dataclass
class Sitting:
    """A candidate at work."""

    id: uuid.UUID
    items: list[uuid.UUID]
    revision: int = 0
    answered: int = 0


@dataclass
class Seen:
    """Seconds that calls took."""

    saves: list[float] = field(default_factory=list)
    polls: list[float] = field(default_factory=list)
    unchanged: list[float] = field(default_factory=list)
    seconds: float = 0.0


@dataclass
class Hall:
    """All who take part."""

    site: Site
    slug: str
    cookies: list[str]
    sittings: list[Sitting]


def fill(site: Site) -> Hall:
    """An organisation with interviewers at their desks, and candidates whose clocks run."""
    slugs = [question.slug for question in bank()][:12]
    with transaction(site.database_url) as session:
        owner = session.scalar(text("SELECT organization_id FROM api_keys LIMIT 1"))
        organization = session.scalars(select(Organization).where(Organization.id == owner)).one()
        cookies = []
        for _ in range(DASHBOARDS):
            user = create_guest(session)
            session.add(Membership(organization_id=organization.id, user_id=user.id, role="interviewer"))
            cookies.append(start_browser_session(session, user))
        sittings = []
        for number in range(INTERVIEWS):
            chosen = [slugs[(number + step) % len(slugs)] for step in range(QUESTIONS)]
            who = Candidate(external_id=f"bench-{number}", name=f"Candidate {number}")
            made = interview_from_slugs(session, organization.id, who, chosen, duration_seconds=7200)
            start_interview(session, interviews_of(organization.id), made.id, consent=True)
            sittings.append(Sitting(made.id, [item.id for item in made.items]))
            session.expunge_all()
        return Hall(site, organization.slug, cookies, sittings)


async def write(client: httpx2.AsyncClient, sitting: Sitting, seen: Seen, end: float) -> None:
    """One candidate: a save each ten seconds."""
    await asyncio.sleep(random.uniform(0, SAVE_EVERY))
    while time.perf_counter() < end:
        began = time.perf_counter()
        body = {"text": f"{WORDS}{sitting.revision}", "base_revision": sitting.revision}
        url = f"/api/v1/interviews/{sitting.id}/items/{sitting.items[-1]}/draft"
        response = await client.put(url, json=body)
        response.raise_for_status()
        took = time.perf_counter() - began
        seen.saves.append(took)
        sitting.revision = response.json()["revision"]
        await asyncio.sleep(max(0.0, SAVE_EVERY - took))


async def answer(client: httpx2.AsyncClient, sittings: list[Sitting], end: float) -> None:
    """One answer a second, by one candidate after the other."""
    # Who began last stands first on the page, which shows 200: their answers are news for who looks.
    open_ones = [one for one in reversed(sittings) if one.answered < QUESTIONS - 1]
    for sitting in open_ones:
        if time.perf_counter() >= end:
            return
        url = f"/api/v1/interviews/{sitting.id}/items/{sitting.items[sitting.answered]}/answer"
        (await client.post(url, json={"text": "", "does_not_know": True})).raise_for_status()
        sitting.answered += 1
        await asyncio.sleep(ANSWER_EVERY)


async def watch(client: httpx2.AsyncClient, hall: Hall, cookie: str, seen: Seen, end: float) -> None:
    """One open dashboard."""
    token = ""
    await asyncio.sleep(random.uniform(0, POLL_EVERY))
    while time.perf_counter() < end:
        began = time.perf_counter()
        url = f"/organizations/{hall.slug}/live/rows"
        response = await client.get(url, params={"seen": token}, headers={"cookie": f"viva={cookie}"})
        took = time.perf_counter() - began
        if response.status_code == 200:
            seen.polls.append(took)
            token = response.text.split('data-token="', 1)[1].split('"', 1)[0]
        elif response.status_code == 204:
            seen.unchanged.append(took)
        else:
            raise RuntimeError(f"a poll failed: {response.status_code} {response.text[:200]}")
        await asyncio.sleep(max(0.0, POLL_EVERY - took))


async def phase(hall: Hall, seconds: float, dashboards: int) -> Seen:
    """So many seconds of it, with so many dashboards open."""
    seen, end = Seen(seconds=seconds), time.perf_counter() + seconds
    limits = httpx2.Limits(max_connections=120, max_keepalive_connections=120)
    headers = {"authorization": f"Bearer {hall.site.key}"}
    async with httpx2.AsyncClient(base_url=hall.site.url, headers=headers, timeout=60, limits=limits) as client:
        await asyncio.gather(
            *(write(client, sitting, seen, end) for sitting in hall.sittings),
            answer(client, hall.sittings, end),
            *(watch(client, hall, cookie, seen, end) for cookie in hall.cookies[:dashboards]),
        )
    return seen


def table(alone: Seen, watched: Seen) -> str:
    """The figures, as Markdown."""

    def ms(values: list[float], share: float) -> str:
        return f"{percentile(values, share) * 1000:.1f} ms" if values else "none"

    def row(words: str, alone_values: list[float], values: list[float]) -> str:
        cells = (f"{ms(v, 0.5)}, {ms(v, 0.95)}, {ms(v, 0.99)}" for v in (alone_values, values))
        return f"| {words} | {' | '.join(cells)} |"

    worse = percentile(watched.saves, 0.99) / percentile(alone.saves, 0.99)
    rates = [len(one.saves) / one.seconds for one in (alone, watched)]
    return "\n".join(
        [
            f"| {INTERVIEWS} running interviews (median, 95th, 99th %) | no dashboard | {DASHBOARDS} dashboards |",
            "|---|---|---|",
            row("draft save", alone.saves, watched.saves),
            f"| draft saves a second | {rates[0]:.0f} | {rates[1]:.0f} |",
            row("poll with news", [], watched.polls),
            row("poll without", [], watched.unchanged),
            "",
            f"Draft saves, 99th percentile, with dashboards against without: {worse:.2f} times (wanted: < 3 times).",
        ]
    )


def settle(most_seconds: float = 420) -> None:
    """Wait until a worker that has just started has prepared the bank's rubrics, which takes a core some minutes."""
    end = time.monotonic() + most_seconds
    while psutil.cpu_percent(5) > 10:
        if time.monotonic() > end:
            raise RuntimeError("the machine does not come to rest: nothing would be measured")


def main() -> None:
    """Measure, print, and with `--write` keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    parser.add_argument("--seconds", type=float, default=40.0, help="of each of the two phases")
    arguments = parser.parse_args()
    with running_site() as site:
        print("filling …", file=sys.stderr, flush=True)
        hall = fill(site)
        settle()
        asyncio.run(phase(hall, 12, 2))  # warm
        alone = asyncio.run(phase(hall, arguments.seconds, 0))
        watched = asyncio.run(phase(hall, arguments.seconds, DASHBOARDS))
        found = table(alone, watched)
        print(found, flush=True)
    if arguments.write:
        page = ROOT / "docs" / "performance.md"
        before, rest = page.read_text(encoding="utf-8").split(BEGIN, 1)
        page.write_text(f"{before}{BEGIN}\n{found}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
