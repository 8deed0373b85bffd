"""Measure what is promised of speed, in one run, and print ratios beside absolute figures.

`python -m bench [--write]` takes some five minutes on two cores. With `--write` the table goes to
`docs/performance.md`, between its two marks.
"""

from __future__ import annotations

import asyncio
import platform
import statistics
import subprocess
import sys

import psutil

from app.kit.config import ROOT
from bench import judging, plain_handler
from bench.browser import submit_to_score
from bench.encode import bare_rates, viva_rate
from bench.load import Load, drafts_under_load, percentile, prepare_rubrics, save_drafts, score_answers
from bench.site import free_port, running_site, wait_for
from bench.texts import answers, bank

CANDIDATES = 32
ANSWERS = 256
BEGIN, END = "<!-- bench: begin -->", "<!-- bench: end -->"
Row = tuple[str, str, str]


def say(text: str) -> None:
    """Progress."""
    print(text, file=sys.stderr, flush=True)


def measure_plain(texts: list[str]) -> Load:
    """The plain handler under the same load."""
    port = free_port()
    process = subprocess.Popen([sys.executable, "-m", "bench.plain_handler", str(port)], cwd=ROOT)
    try:
        wait_for(port, "/healthz", 60)
        references = [" ".join(question.model_answer.split()) for question in bank()]
        return asyncio.run(plain_handler.load(f"http://127.0.0.1:{port}", texts, references, CANDIDATES))
    finally:
        process.terminate()
        process.wait(20)


def measure() -> list[Row]:
    """Rows of (what, figure, wanted)."""
    texts = answers(ANSWERS)
    say("the encoder alone …")
    rates = bare_rates(texts[:96])
    best = max(rates, key=lambda batch: rates[batch])
    bare = rates[best]
    alone = viva_rate(texts[:96])
    say("judging …")
    judged = judging.rows()
    say("a plain handler …")
    plain = measure_plain(texts[:128])
    rows: list[Row] = [
        ("bare `SentenceTransformer.encode`, best batch", f"{bare:.1f} answers/s (batch {best})", ""),
        ("Viva's encoder: alone, unpadded", f"{alone:.1f} answers/s, {alone / bare:.2f} of it", ""),
        (
            f"plain handler, {CANDIDATES} candidates",
            f"{plain.rate:.1f} answers/s, {plain.rate / bare:.2f} of bare encode; "
            f"median {statistics.median(plain.latencies):.2f} s",
            "",
        ),
        *judged,
    ]
    say("Viva starts …")
    with running_site() as site:
        rows.append(("first page after the web process's start", f"{site.first_page_seconds:.2f} s", "≤ 2 s"))
        asyncio.run(prepare_rubrics(site, texts[0]))
        say("in the browser …")
        shown = submit_to_score(site, texts[:30])[5:]
        say("drafts, idle …")
        idle = asyncio.run(save_drafts(site, 10))
        say(f"{CANDIDATES} candidates …")
        load = asyncio.run(score_answers(site, texts, CANDIDATES))
        say("drafts while the worker is saturated …")
        busy = asyncio.run(drafts_under_load(site, answers(2 * ANSWERS, seed=8), CANDIDATES, 10))
        memory, libraries = site.web_memory_mb(), site.web_libraries()
    say("Viva starts with two workers …")
    with running_site(workers=2) as site:
        asyncio.run(prepare_rubrics(site, texts[0], times=6))
        say(f"{CANDIDATES} candidates …")
        shared = asyncio.run(score_answers(site, texts, CANDIDATES))
    idle99, busy99 = percentile(idle, 0.99) * 1000, percentile(busy, 0.99) * 1000
    return [
        *rows,
        (
            "150-word answer, from “Submit” to the score on the screen, one candidate",
            f"median {statistics.median(shown):.2f} s, slowest of {len(shown)} {max(shown):.2f} s",
            "median < 0.5 s",
        ),
        *(
            (
                f"scored answers over the API, {CANDIDATES} candidates, {workers}",
                f"{one.rate:.1f} answers/s, {one.rate / bare:.2f} of bare encode, {one.rate / plain.rate:.2f} times "
                f"the plain handler; median {statistics.median(one.latencies):.2f} s",
                "≥ 0.70 of bare encode, ≥ 1.8 times the plain handler",
            )
            for workers, one in (("one worker (as installed)", load), ("`VIVA_WORKERS=2`", shared))
        ),
        (
            "draft save, 99th percentile, idle → worker saturated",
            f"{idle99:.1f} ms → {busy99:.1f} ms, {busy99 / idle99:.2f} times "
            f"(medians {statistics.median(idle) * 1000:.1f} → {statistics.median(busy) * 1000:.1f} ms)",
            "< 3 times",
        ),
        ("web process, resident, after all that", f"{memory:.0f} MB", "< 200 MB"),
        ("model libraries mapped in it", ", ".join(sorted(libraries)) or "none", "none"),
    ]


def main() -> None:
    """Measure, print, and write when asked."""
    rows = measure()
    machine = (
        f"Measured by `make bench` on {psutil.cpu_count()} cores ({platform.machine()}), "
        f"Python {platform.python_version()}."
    )
    lines = [machine, "", "| what | measured | wanted |", "|---|---|---|"]
    table = "\n".join([*lines, *(f"| {what} | {figure} | {wanted} |" for what, figure, wanted in rows)])
    print(table)
    if "--write" in sys.argv:
        path = ROOT / "docs" / "performance.md"
        page = path.read_text(encoding="utf-8")
        head, rest = page.split(BEGIN)[0], page.split(END)[1]
        path.write_text(f"{head}{BEGIN}\n{table}\n{END}{rest}", encoding="utf-8")


if __name__ == "__main__":
    main()
