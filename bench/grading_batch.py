"""A batch of 10,000 gradings over the API against the scorer's own speed: `viva grade` on the same lines.

`python -m bench.grading_batch [--lines 10000] [--write]`: private PostgreSQL, one web process, one worker, loopback.
The command runs on half of the lines before the batch and on the other half after it, so that what the machine does
besides falls on both. The worker has prepared the bank's rubrics before, as it does in its first minutes.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

import httpx2
import psutil
from sqlalchemy import text

from app.kit.config import ROOT
from app.kit.db import transaction
from bench.site import Site, running_site
from bench.texts import bank

BEGIN, END = "<!-- grading batch: begin -->", "<!-- grading batch: end -->"
QUESTIONS = 20
WANTED_SHARE = 0.8


@dataclass
class Speed:
    """Lines and the seconds that they took."""

    lines: int
    seconds: float

    @property
    def rate(self) -> float:
        """Lines a second."""
        return self.lines / self.seconds


def make_lines(count: int, seed: int = 11) -> list[bytes]:
    """Answers to twenty questions of the bank: whole samples, and two together, in random order."""
    randomness = random.Random(seed)
    pool = [
        (question.slug, sample.text)
        for question in [one for one in bank() if len(one.samples) >= 4][:QUESTIONS]
        for sample in question.samples
    ]
    made = []
    for number in range(count):
        slug, said = randomness.choice(pool)
        more = randomness.choice([other for other in pool if other[0] == slug])[1]
        answer = said if number % 2 else f"{said}\n{more}"
        made.append(json.dumps({"id": number, "slug": slug, "answer": answer}, ensure_ascii=False).encode())
    return made


def own(site: Site, lines: list[bytes]) -> Speed:
    """`viva grade`, less what it takes to start (measured with one line of each question, which prepares them too)."""
    first = {json.loads(line)["slug"]: line for line in lines}
    taken = []
    with tempfile.TemporaryDirectory(prefix="viva-bench-") as folder:
        for chosen in (list(first.values()), [*first.values(), *lines]):
            source, output = Path(folder) / "in.jsonl", Path(folder) / "out.jsonl"
            source.write_bytes(b"\n".join(chosen) + b"\n")
            began = time.perf_counter()
            subprocess.run(
                [sys.executable, "-m", "app.cli", "grade", str(source), "--output", str(output)],
                cwd=ROOT,
                env=os.environ | {"DATABASE_URL": site.database_url, "VIVA_LOG_LEVEL": "error"},
                check=True,
            )
            taken.append(time.perf_counter() - began)
    return Speed(len(lines), taken[1] - taken[0])


def batch(site: Site, lines: list[bytes]) -> tuple[Speed, float]:
    """From the call to the last result; and the seconds of the call alone."""
    headers = {"authorization": f"Bearer {site.key}", "content-type": "application/x-ndjson"}
    with httpx2.Client(base_url=site.url, headers=headers, timeout=60) as client:
        began = time.perf_counter()
        response = client.post("/api/v1/grading-batches", content=b"\n".join(lines))
        response.raise_for_status()
        sent = time.perf_counter() - began
        url = response.json()["url"]
        while True:
            state = client.get(url, headers={"prefer": "wait=30"}).json()
            print(f"  {state['done']:,} of {state['total']:,}", file=sys.stderr, flush=True)
            if state["finished_at"]:
                break
        seconds = time.perf_counter() - began
        assert (state["status"], state["done"]) == ("done", len(lines)), state
    return Speed(len(lines), seconds), sent


def only_these(site: Site, lines: list[bytes]) -> None:
    """Retire the rest of the bank: a worker that prepares hundreds of rubrics ahead would be measured as well."""
    slugs = sorted({json.loads(line)["slug"] for line in lines})
    with transaction(site.database_url) as session:
        session.execute(text("UPDATE questions SET status = 'retired' WHERE slug <> ALL(:slugs)"), {"slugs": slugs})


def wait_until_prepared(site: Site, most_seconds: float = 900) -> None:
    """Until the worker has nothing to do: it prepares the bank's rubrics ahead."""
    workers = [child for child in psutil.Process().children() if child.pid != site.web.pid and _is_worker(child)]
    began, calm = time.monotonic(), 0
    while calm < 5 and time.monotonic() - began < most_seconds:
        busy = sum(worker.cpu_percent(1.0 / len(workers)) for worker in workers)
        calm = calm + 1 if busy < 15 else 0


def _is_worker(process: psutil.Process) -> bool:
    return "worker" in process.cmdline()


def table(before: Speed, batched: Speed, after: Speed, sent: float) -> str:
    """As Markdown."""
    alone = Speed(before.lines + after.lines, before.seconds + after.seconds)
    share = batched.rate / alone.rate
    return "\n".join(
        [
            f"| {batched.lines:,} answers to {QUESTIONS} questions | lines a second | seconds |",
            "|---|---|---|",
            f"| `viva grade`, before and after | {before.rate:.1f}, {after.rate:.1f} | {alone.seconds:.0f} |",
            f"| `POST /grading-batches`, one worker | {batched.rate:.1f} | {batched.seconds:.0f} |",
            "",
            f"The batch has {share:.2f} of the scorer's own speed (wanted: ≥ {WANTED_SHARE:g}); the call that sends it"
            f" took {sent:.1f} s of it.",
        ]
    )


def main() -> None:
    """Measure, print, and with `--write` keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lines", type=int, default=10_000)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    lines = make_lines(arguments.lines)
    half = len(lines) // 2
    with running_site() as site:
        only_these(site, lines)
        wait_until_prepared(site)
        before = own(site, lines[:half])
        batched, sent = batch(site, lines)
        after = own(site, lines[half:])
    found = table(before, batched, after, sent)
    print(found)
    if arguments.write:
        page = ROOT / "docs" / "performance.md"
        head, rest = page.read_text(encoding="utf-8").split(BEGIN, 1)
        page.write_text(f"{head}{BEGIN}\n{found}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
