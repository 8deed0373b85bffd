"""Whether dashboards stay quick: every page of an organisation at 10,000 answers and at 1,000,000.

`python -m bench.many_interviews [--answers 10000 1000000] [--write]` fills a private PostgreSQL with 200 organisations
(the first of them holds a tenth of everything), starts a real web server, and times each page with a signed-in session
in the large organisation and in an average one. `--fill URL` only fills a database that is migrated and seeded.
"""

from __future__ import annotations

import argparse
import http.client
import statistics
import sys
import tempfile
import time
from pathlib import Path

from sqlalchemy import select, text

from app.accounts.models import User
from app.accounts.service import create_account, start_browser_session
from app.bank.seeding import seed_all
from app.dashboards.frame import PLACES
from app.dashboards.rollup import refresh_stale
from app.kit.config import ROOT
from app.kit.db import libpq_url, make_engine, make_sessions, transaction
from app.kit.migrate import upgrade
from app.kit.private_postgres import PrivatePostgres
from bench.interviews_in_bulk import ORGANIZATIONS, PER_INTERVIEW, fill, slug_of
from bench.site import free_port, start, wait_for

SIZES = (10_000, 1_000_000)
REPEATS = 20
ADMIN = "bench@example.org"
BEGIN, END = "<!-- many interviews: begin -->", "<!-- many interviews: end -->"
SEEN_FROM = {"large": 1, "average": 7}
"""Numbers of the organisations whose pages are timed."""


def sign_in(database_url: str) -> str:
    """The cookie of somebody who is an admin everywhere."""
    with transaction(database_url) as session:
        user = session.scalars(select(User).where(User.email == ADMIN)).one_or_none()
        if user is None:
            user = create_account(session, None, ADMIN, "a long enough password", "Bench")
        session.execute(
            text(
                "INSERT INTO memberships (id, organization_id, user_id, role) "
                "SELECT gen_random_uuid(), id, :user, 'admin' FROM organizations WHERE slug LIKE 'bench-%' "
                "ON CONFLICT DO NOTHING"
            ),
            {"user": user.id},
        )
        return start_browser_session(session, user)


def time_page(port: int, path: str, token: str) -> float | None:
    """Milliseconds, median; None where there is no such page (yet)."""
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    taken = []
    for _ in range(REPEATS + 1):
        began = time.perf_counter()
        connection.request("GET", path, headers={"cookie": f"viva={token}", "accept": "text/html"})
        response = connection.getresponse()
        response.read()
        taken.append(1000 * (time.perf_counter() - began))
        if response.status == 404:
            return None
        assert response.status == 200, (path, response.status)
    connection.close()
    return statistics.median(taken[1:])


def pages_of(database_url: str, slug: str) -> list[tuple[str, str]]:
    """(last part of the address, words): the places of the menu, what narrows the queue, and single things."""
    with transaction(database_url) as session:
        interview, answer, question = session.execute(
            text(
                "SELECT i.id, a.id, q.slug FROM interviews i JOIN organizations o ON o.id = i.organization_id"
                " JOIN interview_items m ON m.interview_id = i.id JOIN answers a ON a.item_id = m.id"
                " JOIN question_versions v ON v.id = m.question_version_id JOIN questions q ON q.id = v.question_id"
                " WHERE o.slug = :slug ORDER BY i.finished_at DESC, m.position LIMIT 1"
            ),
            {"slug": slug},
        ).one()
    return [
        *PLACES,
        (f"interviews/{interview}", "One interview"),
        ("review?template=screening", "Review, one template"),
        (f"review?question={question}", "Review, one question"),
        (f"review/answers/{answer}", "Review of one answer"),
    ]


def measure(database_url: str, folder: Path) -> dict[tuple[str, str], float]:
    """(page, organisation) → milliseconds, of a web server of its own."""
    token, port = sign_in(database_url), free_port()
    web = start("web", port, database_url, folder, 1)
    found: dict[tuple[str, str], float] = {}
    try:
        wait_for(port, "/", 30)
        for kind, number in SEEN_FROM.items():
            slug = slug_of(number)
            for part, words in pages_of(database_url, slug):
                path = f"/organizations/{slug}{'/' + part if part else ''}"
                taken = time_page(port, path, token)
                if taken is not None:
                    found[words, kind] = taken
    finally:
        web.terminate()
        web.wait(20)
    return found


def table(figures: dict[int, dict[tuple[str, str], float]]) -> str:
    """As Markdown."""
    sizes = sorted(figures)
    head = " | ".join(f"{size:,} answers of {size // PER_INTERVIEW:,} interviews" for size in sizes)
    lines = [f"| page, organisation | {head} | times |", "|---|" + "---|" * (len(sizes) + 1)]
    for page, kind in sorted(figures[sizes[-1]], key=lambda one: one[1] != "large"):
        taken = [figures[size][page, kind] for size in sizes]
        cells = " | ".join(f"{one:.0f} ms" for one in taken)
        lines.append(f"| {page}, {kind} | {cells} | {taken[-1] / taken[0]:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Fill, measure, print, and with `--write` keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--answers", type=int, nargs="*", default=list(SIZES))
    parser.add_argument("--organizations", type=int, default=ORGANIZATIONS)
    parser.add_argument("--fill", metavar="URL", help="only fill this database")
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    if arguments.fill:
        fill(libpq_url(arguments.fill), arguments.answers[0], arguments.organizations)
        return
    figures: dict[int, dict[tuple[str, str], float]] = {}
    with (
        tempfile.TemporaryDirectory(prefix="viva-bench-") as folder,
        PrivatePostgres(Path(folder) / "data") as postgres,
    ):
        upgrade(postgres.url)
        seed_all(postgres.url, ROOT / "seed")
        for size in sorted(arguments.answers):
            began = time.perf_counter()
            fill(libpq_url(postgres.url), size, arguments.organizations)
            engine = make_engine(postgres.url)
            refresh_stale(make_sessions(engine))  # what a worker would have done by then
            engine.dispose()
            print(f"{size:,} answers after {time.perf_counter() - began:.0f} s", file=sys.stderr, flush=True)
            figures[size] = measure(postgres.url, Path(folder) / "data")
            print(table({size: figures[size]}), file=sys.stderr, flush=True)
    found = table(figures)
    print(found)
    if arguments.write:
        page = ROOT / "docs" / "performance.md"
        before, rest = page.read_text(encoding="utf-8").split(BEGIN, 1)
        page.write_text(f"{before}{BEGIN}\n{found}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
