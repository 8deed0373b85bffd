"""Whether the bank stays quick: pages, search and the check of one question at 200 questions and at 10,000.

`python -m bench.bank_at_scale [--write]` takes some minutes. Each question gets ten versions, so that there are 100,000
at the end; their texts are the bank's own with words from elsewhere mixed in, and their vectors lie round the bank's.
With `--write` the table goes to `docs/performance.md`, between its two marks.
"""

from __future__ import annotations

import argparse
import random
import statistics
import sys
import tempfile
import time
import uuid
from collections.abc import Callable
from pathlib import Path

import numpy as np
import psycopg
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app.accounts.service import create_guest
from app.assessments.scorer import Scorer
from app.authoring.jobs import AuthoringJobs
from app.bank.access import Author
from app.bank.drafts import begin_question, request_check
from app.bank.models import QuestionDraft
from app.bank.question_text import write_question
from app.bank.search_index import index_missing, store_missing_vectors
from app.bank.seed_folder import read_questions
from app.bank.seeding import seed_all
from app.cli import one_thread_a_text
from app.embedding.endpoint import serve_vectors
from app.embedding.files import find_model
from app.embedding.local import LocalEncoder
from app.kit.config import ROOT, Settings
from app.kit.db import libpq_url, make_engine, make_sessions
from app.kit.listening import free_port
from app.kit.migrate import upgrade
from app.kit.private_postgres import PrivatePostgres
from app.main import create_app

SIZES = (200, 10_000)
VERSIONS = 10
REPEATS = 25
TYPED = (
    "why do gra",
    "vanishing gradients",
    "explain conv to a kid",
    "droput implementation",
    "anchors yolo",
    "attention",
)
BEGIN, END = "<!-- bank at scale: begin -->", "<!-- bank at scale: end -->"

_COPY = """
WITH source AS (
    SELECT v.*, row_number() OVER (ORDER BY q.slug) AS place, count(*) OVER () AS many
    FROM questions q JOIN question_versions v ON v.id = q.current_version_id WHERE q.slug NOT LIKE 'copy-%%'
), fresh AS (
    SELECT n, gen_random_uuid() AS question_id FROM generate_series(%(first)s::int, %(last)s::int) AS n
), made AS (
    INSERT INTO questions (id, slug, status, created_at)
    SELECT question_id, 'copy-' || n, 'published', now() FROM fresh RETURNING id
), numbered AS (
    SELECT f.n, f.question_id, k AS number, gen_random_uuid() AS id FROM fresh f, generate_series(1, %(versions)s) AS k
)
INSERT INTO question_versions (id, question_id, number, content_hash, title, prompt, kind, topic, level, minutes,
                               rubric, model_answer, sources, related, prerequisites, created_at)
SELECT m.id, m.question_id, m.number, encode(sha256((m.n || '/' || m.number)::bytea), 'hex'),
       left(s.title || ' ' || words.w[1 + m.n %% 4000], 110), s.prompt || ' ' || words.w[1 + (m.n * 7) %% 4000] || ' '
       || words.w[1 + (m.n * 13) %% 4000], s.kind, s.topic, s.level, s.minutes, s.rubric,
       s.model_answer || ' ' || words.w[1 + (m.n * 31) %% 4000], s.sources, s.related, s.prerequisites, now()
FROM numbered m JOIN source s ON s.place = 1 + m.n %% s.many, (SELECT %(words)s::text[] AS w) AS words
"""
_POINT = """
UPDATE questions q SET current_version_id = v.id, title = v.title, kind = v.kind, topic = v.topic, level = v.level,
    minutes = v.minutes, prerequisites = v.prerequisites, seeds = jsonb_path_query_array(v.sources, '$[*].seed')
FROM question_versions v
WHERE v.question_id = q.id AND v.number = %(versions)s AND q.current_version_id IS NULL
"""


def grow(url: str, sessions: sessionmaker[Session], size: int, encoder: LocalEncoder) -> None:
    """Copy questions until there are so many, each with its words and its vector."""
    words = (ROOT / "app/scoring/weights/common_words.txt").read_text().split()[:4000]
    with psycopg.connect(libpq_url(url)) as connection:
        there = connection.execute("SELECT count(*) FROM questions").fetchone()
        assert there is not None
        for first in range(int(there[0]), size, 1000):
            last = min(first + 999, size - 1)
            asked = {"first": first, "last": last, "versions": VERSIONS, "words": words}
            connection.execute(_COPY, asked)
            connection.execute(_POINT, {"versions": VERSIONS})
            connection.commit()
            print(f"  {last + 1:,} questions", file=sys.stderr, flush=True)
    while True:
        with sessions.begin() as session:
            if not index_missing(session, 1000):
                break
    _vectors(sessions, encoder)
    with psycopg.connect(libpq_url(url), autocommit=True) as connection:
        connection.execute("VACUUM ANALYZE")


def _vectors(sessions: sessionmaker[Session], encoder: LocalEncoder) -> None:
    """A vector near that of the text's first words: encoding ten thousand prompts would measure the encoder."""
    rng, kept = np.random.default_rng(0), dict[str, np.ndarray]()

    def near(text: str) -> np.ndarray:
        head = text[:60]
        if head not in kept:
            kept[head] = encoder.encode(text).vector
        moved = kept[head] + rng.normal(0, 0.02, kept[head].shape)
        return np.asarray(moved / np.linalg.norm(moved), dtype=np.float32)

    while True:
        with sessions.begin() as session:
            if not store_missing_vectors(session, encoder.identity, near, 1000):
                break


def median_ms(act: Callable[[], object], repeats: int = REPEATS) -> float:
    """Milliseconds, median; the first call is not counted."""
    act()
    taken = []
    for _ in range(repeats):
        began = time.perf_counter()
        act()
        taken.append(time.perf_counter() - began)
    return 1000 * statistics.median(taken)


def measure(url: str, sessions: sessionmaker[Session], encoder: LocalEncoder) -> dict[str, float]:
    """What each thing takes, in milliseconds."""
    address = f"127.0.0.1:{free_port()}"
    answering = serve_vectors(address, encoder)
    rng = random.Random(0)
    settings = Settings(data_dir=Path(tempfile.mkdtemp()), encoder="local", vectors_address=address)
    found: dict[str, float] = {}
    with TestClient(create_app(settings, url)) as client:

        def get(path: str) -> None:
            answer = client.get(path, headers={"accept": "text/html"})
            assert answer.status_code == 200, (path, answer.status_code)

        found["browse, first page"] = median_ms(lambda: get("/questions"))
        found["browse a topic, page 2"] = median_ms(lambda: get("/questions?topic=vision&page=2"))
        found["a question's page"] = median_ms(lambda: get("/questions/dropout"))
        found["map of topics"] = median_ms(lambda: get("/questions/map"))
        found["search while typing"] = median_ms(lambda: get(f"/questions?q={rng.choice(TYPED).replace(' ', '+')}"), 60)
    answering.shutdown()
    jobs = AuthoringJobs(sessions, Scorer(encoder))
    file = read_questions(ROOT / "seed").questions["dropout"]
    with sessions.begin() as session:
        user = create_guest(session)
        question_id = begin_question(session, Author.person(user), write_question(file)).question_id

    def check() -> None:
        with sessions.begin() as session:
            draft = session.get_one(QuestionDraft, question_id)
            draft.source, draft.revision = f"{draft.source}\n# {uuid.uuid4()}", draft.revision + 1
            session.flush()
            request_check(session, Author.person(user), question_id)
        jobs.check_question(str(question_id))
        with sessions() as session:
            assert session.get_one(QuestionDraft, question_id).check_status == "done"

    found["check of one question"] = median_ms(check, 5)
    return found


def table(figures: dict[int, dict[str, float]]) -> str:
    """As Markdown."""
    small, large = SIZES
    lines = [
        f"| what | {small:,} questions | {large:,} questions, {large * VERSIONS:,} versions | times |",
        "|---|---|---|---|",
    ]
    for name, before in figures[small].items():
        after = figures[large][name]
        lines.append(f"| {name} | {before:.0f} ms | {after:.0f} ms | {after / before:.2f} |")
    return "\n".join(lines)


def main() -> None:
    """Measure, print, and with `--write` keep it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--write", action="store_true")
    arguments = parser.parse_args()
    one_thread_a_text()
    encoder = LocalEncoder.load(find_model(None), threads=1)
    figures: dict[int, dict[str, float]] = {}
    with tempfile.TemporaryDirectory() as folder, PrivatePostgres(Path(folder)) as postgres:
        upgrade(postgres.url)
        seed_all(postgres.url, ROOT / "seed")
        engine = make_engine(postgres.url)
        sessions = make_sessions(engine)
        for size in SIZES:
            print(f"{size:,} questions …", file=sys.stderr, flush=True)
            grow(postgres.url, sessions, size, encoder)
            figures[size] = measure(postgres.url, sessions, encoder)
        engine.dispose()
    text = table(figures)
    print(text)
    if arguments.write:
        page = ROOT / "docs" / "performance.md"
        before, rest = page.read_text(encoding="utf-8").split(BEGIN, 1)
        page.write_text(f"{before}{BEGIN}\n{text}\n{END}{rest.split(END, 1)[1]}", encoding="utf-8")


if __name__ == "__main__":
    main()
