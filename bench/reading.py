"""Whether the API answers within 20 ms with 1,000,000 answers stored: every reading endpoint that it describes.

`python -m bench.reading [--answers 1000000] [--write]` fills a private PostgreSQL with 200 organisations (the first of
them holds a tenth of everything; `bench.interviews_in_bulk`), starts a real web server and asks for each `GET` of the
OpenAPI document with a key of the large organisation and one of an average one. An endpoint that needs an id gets one
from `EXAMPLES`; one whose example is not known is listed as not measured.
"""

from __future__ import annotations

import argparse
import http.client
import json
import statistics
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.accounts.keys import SCOPES, make_key
from app.bank.seeding import seed_all
from app.dashboards.rollup import refresh_stale
from app.kit.config import ROOT
from app.kit.db import libpq_url, make_engine, make_sessions, transaction
from app.kit.migrate import upgrade
from app.kit.private_postgres import PrivatePostgres
from bench.interviews_in_bulk import ORGANIZATIONS, fill, slug_of
from bench.site import free_port, start, wait_for

BEGIN, END = "<!-- reading: begin -->", "<!-- reading: end -->"
WANTED_MS = 20.0
REPEATS = 60
SEEN_FROM = {"large": 1, "average": 7}

# A value for each parameter of a path, by its name; `:o` is the organisation.
EXAMPLES = {
    "interview_id": "SELECT id::text FROM interviews WHERE organization_id = :o ORDER BY id LIMIT 1",
    "item_id": "SELECT i.id::text FROM interview_items i JOIN interviews w ON w.id = i.interview_id"
    " WHERE w.organization_id = :o ORDER BY w.id, i.position LIMIT 1",
    "answer_id": "SELECT a.id::text FROM answers a WHERE a.organization_id = :o ORDER BY a.id LIMIT 1",
    "invitation_id": "SELECT id::text FROM invitations WHERE organization_id = :o ORDER BY id LIMIT 1",
    "grading_id": "SELECT id::text FROM gradings WHERE organization_id = :o ORDER BY id LIMIT 1",
    "batch_id": "SELECT id::text FROM grading_batches WHERE organization_id = :o ORDER BY id LIMIT 1",
    "key_id": "SELECT id::text FROM api_keys WHERE organization_id = :o ORDER BY id LIMIT 1",
    "review_id": "SELECT id::text FROM reviews WHERE organization_id = :o ORDER BY id LIMIT 1",
    "appeal_id": "SELECT id::text FROM appeals WHERE organization_id = :o ORDER BY id LIMIT 1",
}
# A slug is a question's or a template's, which the path tells; other questions are asked with the lists.
SLUGS = {"questions": "what-learning-is", "templates": "warm-up"}
ALSO = {
    "/api/v1/interviews": ["?status=finished", "?limit=100", "?external_id=nobody", "?template=screening"],
    "/api/v1/questions": ["?q=gradient", "?topic=vision&level=2"],
    "/api/v1/grading-batches/{batch_id}/results": ["?limit=500"],
}


@dataclass
class Measured:
    """Milliseconds of an endpoint."""

    path: str
    median: float
    high: float
    kilobytes: float


def key_of(session: Session, slug: str) -> tuple[str, str]:
    """(organisation, secret): a key with every scope."""
    organization = session.execute(text("SELECT id FROM organizations WHERE slug = :s"), {"s": slug}).scalar_one()
    return str(organization), make_key(session, organization, "bench", list(SCOPES), "operator")[1]


def add_gradings(session: Session, organization: str) -> None:
    """A grading and a finished batch of 10,000 lines, with reports of the size that there is."""
    session.execute(
        text(
            "INSERT INTO gradings (id, organization_id, is_list, requests, results, status, completed_at)"
            " SELECT gen_random_uuid(), CAST(:o AS uuid), true, '[]', (SELECT jsonb_agg(report) FROM"
            "  (SELECT report FROM assessments LIMIT 10) AS few), 'done', viva_now()"
        ),
        {"o": organization},
    )
    session.execute(
        text(
            "WITH batch AS (INSERT INTO grading_batches"
            "  (id, organization_id, status, total, done, questions, started_at, finished_at) VALUES"
            "   (gen_random_uuid(), CAST(:o AS uuid), 'done', 10000, 10000, '{}', viva_now(), viva_now())"
            "  RETURNING id), reports AS (SELECT report, row_number() OVER () AS n FROM"
            "  (SELECT report FROM assessments LIMIT 100) AS few)"
            " INSERT INTO grading_lines (batch_id, line, organization_id, status, result)"
            " SELECT batch.id, line, CAST(:o AS uuid), 'done', report FROM batch, generate_series(1, 10000) AS line"
            " JOIN reports ON n = 1 + line % 100"
        ),
        {"o": organization},
    )


def addresses(document: dict[str, object], session: Session, organization: str) -> tuple[list[str], list[str]]:
    """(what to ask for, operations without an example)."""
    found, unknown = [], []
    paths: dict[str, dict[str, object]] = document["paths"]  # type: ignore[assignment]
    for path, operations in sorted(paths.items()):
        if "get" not in operations or not path.startswith("/api/v1/"):
            continue
        filled = path
        for name in [part.split("}")[0] for part in path.split("{")[1:]]:
            value = (
                SLUGS.get(path.split("/")[3])
                if name == "slug"
                else session.execute(text(EXAMPLES[name]), {"o": organization}).scalar()
                if name in EXAMPLES
                else None
            )
            filled = filled.replace(f"{{{name}}}", str(value)) if value else filled
        if "{" in filled:
            unknown.append(path)
        else:
            found += [filled, *(filled + more for more in ALSO.get(path, []))]
    return found, unknown


def ask(port: int, path: str, key: str) -> Measured | None:
    """Median and 95th percentile; None for what says no."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    headers = {"authorization": f"Bearer {key}", "accept": "application/json"}
    taken, size = [], 0
    for _ in range(REPEATS + 5):
        began = time.perf_counter()
        connection.request("GET", path, headers=headers)
        response = connection.getresponse()
        size = len(response.read())
        taken.append(1000 * (time.perf_counter() - began))
        if response.status != 200:
            print(f"{path}: {response.status}", file=sys.stderr)
            return None
    connection.close()
    ordered = sorted(taken[5:])
    return Measured(path, statistics.median(ordered), ordered[int(0.95 * len(ordered))], size / 1000)


def measure(database_url: str, folder: Path) -> tuple[dict[str, dict[str, Measured]], list[str]]:
    """(path → organisation → what it took, what was not measured)."""
    port = free_port()
    web = start("web", port, database_url, folder, 1)
    found: dict[str, dict[str, Measured]] = {}
    missing: set[str] = set()
    try:
        wait_for(port, "/", 30)
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        connection.request("GET", "/api/v1/openapi.json")
        document = json.loads(connection.getresponse().read())
        for kind, number in SEEN_FROM.items():
            with transaction(database_url) as session:
                organization, key = key_of(session, slug_of(number))
                add_gradings(session, organization)
            with transaction(database_url) as session:
                paths, unknown = addresses(document, session, organization)
            missing.update(unknown)
            for path in paths:
                one = ask(port, path, key)
                if one is None:
                    missing.add(_shown(path))
                else:
                    found.setdefault(_shown(path), {})[kind] = one
    finally:
        web.terminate()
        web.wait(20)
    return found, sorted(missing)


def _shown(path: str) -> str:
    """The path as the table has it: ids are no news."""
    parts = ["…" if len(part) == 36 and part.count("-") == 4 else part for part in path.split("?")[0].split("/")]
    return "/".join(parts)[len("/api/v1") :] + (f"?{path.split('?')[1]}" if "?" in path else "")


def table(answers: int, found: dict[str, dict[str, Measured]], missing: list[str]) -> str:
    """As Markdown."""
    lines = [
        f"| `GET`, {answers:,} answers stored | " + " | ".join(f"{kind} organisation" for kind in SEEN_FROM) + " |",
        "|---|" + "---|" * len(SEEN_FROM),
    ]
    for path, each in found.items():
        cells = [
            f"{one.median:.1f} ms (95th % {one.high:.0f}; {one.kilobytes:.0f} kB)" if one else "–"
            for one in (each.get(kind) for kind in SEEN_FROM)
        ]
        lines.append(f"| `{path}` | " + " | ".join(cells) + " |")
    slow = [path for path, each in found.items() if max(one.median for one in each.values()) > WANTED_MS]
    lines += ["", f"Over {WANTED_MS:g} ms at the median: {', '.join(f'`{path}`' for path in slow) or 'none'}."]
    if missing:
        lines.append(f"Not measured: {', '.join(f'`{path}`' for path in missing)}.")
    return "\n".join(lines)


def main() -> None:
    """Fill, measure, print, and with `--write` keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, default=1_000_000)
    parser.add_argument("--organizations", type=int, default=ORGANIZATIONS)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    with (
        tempfile.TemporaryDirectory(prefix="viva-bench-") as folder,
        PrivatePostgres(Path(folder) / "data") as postgres,
    ):
        upgrade(postgres.url)
        seed_all(postgres.url, ROOT / "seed")
        began = time.perf_counter()
        fill(libpq_url(postgres.url), arguments.answers, arguments.organizations)
        engine = make_engine(postgres.url)
        refresh_stale(make_sessions(engine))  # what a worker would have done by then
        engine.dispose()
        print(f"filled after {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
        measured = measure(postgres.url, Path(folder) / "data")
    found = table(arguments.answers, *measured)
    print(found)
    if arguments.write:
        page = ROOT / "docs" / "performance.md"
        before, rest = page.read_text(encoding="utf-8").split(BEGIN, 1)
        page.write_text(f"{before}{BEGIN}\n{found}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
