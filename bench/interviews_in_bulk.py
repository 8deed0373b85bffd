"""Many believable interviews, made in the database: organisations, templates, sittings, answers, scores, reviews.

A score comes from a latent ability of the candidate and a difficulty of the question; a report has the criteria of the
question's real rubric. Everything follows from numbers and one seed, so that two runs give the same (but for times,
which lie in the year and a half before today). Calling it again with more answers adds to what is there.
"""

from __future__ import annotations

import hashlib
import sys
import uuid
from typing import Any

import psycopg
from psycopg.types.json import Jsonb

ORGANIZATIONS = 200
PER_INTERVIEW = 20
LEVELS = 11
CHUNK = 5_000
"""Interviews of one transaction."""

_SETUP = """
INSERT INTO organizations (id, slug, name)
SELECT md5('o' || n)::uuid, 'bench-' || lpad(n::text, 3, '0'), 'Bench ' || n FROM generate_series(1, %(many)s) AS n
ON CONFLICT DO NOTHING;
INSERT INTO users (id, personal_organization_id, email, name)
SELECT md5('r' || n)::uuid, md5('o1')::uuid, 'reviewer' || n || '@bench.example.org', 'Reviewer ' || n
FROM generate_series(1, 3) AS n ON CONFLICT DO NOTHING;
INSERT INTO memberships (id, organization_id, user_id, role)
SELECT gen_random_uuid(), md5('o' || o)::uuid, md5('r' || n)::uuid, 'interviewer'
FROM generate_series(1, %(many)s) AS o, generate_series(1, 3) AS n ON CONFLICT DO NOTHING;
INSERT INTO interview_templates (id, organization_id, slug)
SELECT md5('t' || n)::uuid, md5('o' || n)::uuid, 'screening' FROM generate_series(1, %(many)s) AS n
ON CONFLICT DO NOTHING;
INSERT INTO interview_template_versions (id, template_id, number, content_hash, title, description, minutes, sections)
SELECT md5('v' || n || '/' || k)::uuid, md5('t' || n)::uuid, k, encode(sha256((n || '/' || k)::bytea), 'hex'),
       'Screening', '', 60, '[]'
FROM generate_series(1, %(many)s) AS n, generate_series(1, 2) AS k ON CONFLICT DO NOTHING;
UPDATE interview_templates SET current_version_id = md5('v' || substr(o.slug, 7)::int || '/2')::uuid
FROM organizations o WHERE o.id = interview_templates.organization_id AND o.slug LIKE 'bench-%%';
CREATE TEMP TABLE places AS
SELECT v.id, v.question_id, v.model_answer, (row_number() OVER (ORDER BY q.slug) - 1)::int AS place,
       count(*) OVER ()::int AS many
FROM questions q JOIN question_versions v ON v.id = q.current_version_id
WHERE q.organization_id IS NULL AND q.slug NOT LIKE 'copy-%%';
"""

# One row an answer, with what is behind its score; then every table takes its part of it.
_DRAW = """
CREATE TEMP TABLE sat ON COMMIT DROP AS
SELECT n, o, md5('i' || n)::uuid AS id, md5('o' || o)::uuid AS organization_id, 1 + (n / 7) %% 2 AS version,
       random_normal() * .9 AS ability, random() < .1 AS extra,
       date_trunc('day', now()) - make_interval(secs => random() * 540 * 86400) AS at, 20 + random() * 40 AS minutes
FROM (SELECT n, CASE WHEN n %% 10 = 0 OR %(many)s < 2 THEN 1 ELSE 2 + (n - n / 10) %% (%(many)s - 1) END AS o
      FROM generate_series(%(first)s::int, %(last)s::int) AS n) AS numbered;
CREATE TEMP TABLE said ON COMMIT DROP AS
SELECT *, 1 / (1 + exp(-latent)) AS truth,
       least(1, greatest(0, 1 / (1 + exp(-latent)) + random_normal() * .32 * (1.15 - confidence))) AS score,
       random() < .08 AS reviewed, random() AS chance
FROM (
    SELECT s.*, k, p.id AS question_version_id, p.question_id, p.model_answer,
           md5('a' || n || '/' || k)::uuid AS answer_id, md5('m' || n || '/' || k)::uuid AS item_id,
           .45 + .5 * sqrt(random()) AS confidence,
           (.5 + p.place %% 5 * .4) * ability - (p.place %% 9 - 4) * .35 + random_normal() * .6 + .3 AS latent
    FROM sat s, generate_series(1, %(items)s) AS k, places p WHERE p.place = (s.o * 7 + k * 5 + version) %% p.many
) AS drawn;
"""
_TABLES = """
INSERT INTO invitations (id, organization_id, template_version_id, candidate_name, candidate_email, time_multiplier,
                         opens_at, closes_at, token_hash, created_at, sent_at, claimed_at)
SELECT md5('l' || n)::uuid, organization_id, md5('v' || o || '/' || version)::uuid, 'Candidate ' || n,
       'c' || n || '@bench.example.org', CASE WHEN extra THEN 1.5 ELSE 1 END, at - interval '7 days',
       at + interval '7 days', encode(sha256(('l' || n)::bytea), 'hex'), at - interval '7 days', at - interval '7 days',
       at
FROM sat;
INSERT INTO interviews (id, organization_id, candidate_name, template_version_id, title, mode, duration_seconds,
                        time_multiplier, created_at, consented_at, started_at, deadline_at, finished_at, finish_reason,
                        released_at, invitation_id)
SELECT id, organization_id, 'Candidate ' || n, md5('v' || o || '/' || version)::uuid, 'Screening', 'timed', 3600,
       CASE WHEN extra THEN 1.5 ELSE 1 END, at, at, at, at + interval '1 hour',
       at + make_interval(secs => 60 * minutes), 'candidate', at + interval '1 hour', md5('l' || n)::uuid
FROM sat;
INSERT INTO interview_items (id, organization_id, interview_id, position, section_id, section_title,
                             question_version_id)
SELECT item_id, organization_id, id, k, 'main', 'Questions', question_version_id FROM said;
INSERT INTO answers (id, organization_id, item_id, text, submitted_by, submitted_at)
SELECT answer_id, organization_id, item_id, left(model_answer, (80 + 500 * truth + 300 * chance)::int), 'candidate',
       at + make_interval(secs => 60 * minutes * k / %(items)s) FROM said;
INSERT INTO assessments (id, organization_id, answer_id, question_id, template_id, score, confidence, needs_review,
                         report, receipt, receipt_digest, created_at)
SELECT md5('s' || n || '/' || k)::uuid, organization_id, answer_id, question_id, md5('t' || o)::uuid,
       round(score::numeric, 4),
       round(confidence::numeric, 4),
       confidence < .6,
       r.report || jsonb_build_object('score', round(score::numeric, 4), 'confidence', round(confidence::numeric, 4)),
       '{}', 'bench',
       at + make_interval(secs => 60 * minutes * k / %(items)s + 1)
FROM said JOIN reports r ON r.version_id = question_version_id AND r.level = round(score * 10);
INSERT INTO reviews (id, organization_id, answer_id, assessment_id, reviewer_id, score, verdicts, settles, created_at)
SELECT gen_random_uuid(), organization_id, answer_id, md5('s' || n || '/' || k)::uuid, md5('r' || 1 + n %% 3)::uuid,
       round(least(1, greatest(0, truth + random_normal() * .06))::numeric * 20) / 20, '{}', chance < .1,
       at + interval '2 days' FROM said WHERE reviewed;
INSERT INTO appeals (id, organization_id, answer_id, text, created_at, reply, replied_at)
SELECT gen_random_uuid(), organization_id, answer_id, 'My second sentence says it.', at + interval '3 days', 'Seen.',
       at + interval '4 days' FROM said WHERE chance > .995;
INSERT INTO decisions (id, organization_id, interview_id, user_id, decision, note, created_at)
SELECT gen_random_uuid(), organization_id, id, md5('r1')::uuid,
       CASE WHEN ability > .5 THEN 'advance' ELSE 'decline' END,
       '', at + interval '3 days' FROM sat WHERE n %% 3 = 0;
"""


def slug_of(number: int) -> str:
    """The address of an organisation."""
    return f"bench-{number:03d}"


def fill(url: str, answers: int, organizations: int = ORGANIZATIONS, seed: float = 0.5) -> None:
    """Add interviews until there are so many answers, count them, and let the planner know."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        psycopg.ClientCursor(connection).execute(_SETUP, {"many": organizations})
        _make_reports(connection)
        row = connection.execute("SELECT count(*) FROM invitations WHERE candidate_email LIKE 'c%@bench.example.org'")
        there = int(row.fetchone()[0])  # type: ignore[index]
        wanted = answers // PER_INTERVIEW
        for first in range(there + 1, wanted + 1, CHUNK):
            last = min(first + CHUNK - 1, wanted)
            asked = {"first": first, "last": last, "many": organizations, "items": PER_INTERVIEW, "seed": seed}
            with connection.transaction():
                connection.execute("SELECT setseed(%s)", [(seed + first * 0.000917) % 1])
                cursor = psycopg.ClientCursor(connection)
                cursor.execute(_DRAW, asked)
                cursor.execute(_TABLES, asked)
            print(f"  {last * PER_INTERVIEW:,} answers", file=sys.stderr, flush=True)
        connection.execute("VACUUM ANALYZE" if wanted >= 500 else "ANALYZE")


def _make_reports(connection: psycopg.Connection[Any]) -> None:
    """For each question, a report at each of eleven scores; what an answer gets is the one nearest to its score."""
    connection.execute("CREATE TEMP TABLE reports (version_id uuid, level int, report jsonb)")
    rows = connection.execute("SELECT p.id, v.rubric FROM places p JOIN question_versions v ON v.id = p.id").fetchall()
    with connection.cursor().copy("COPY reports FROM STDIN") as copy:
        for version_id, rubric in rows:
            for level in range(LEVELS):
                copy.write_row((version_id, level, Jsonb(_report(version_id, rubric, level))))
    connection.execute("ANALYZE reports")
    connection.execute("ANALYZE places")


def _report(version_id: uuid.UUID, rubric: dict[str, Any], level: int) -> dict[str, Any]:
    approach = rubric["approaches"][0] if "approaches" in rubric else rubric
    criteria, facets = [], dict[str, list[float]]()
    for number, criterion in enumerate(approach["criteria"]):
        # Some criteria are met by most, some by few: a fixed place for each, from the text that names it.
        hard = hashlib.sha256(f"{version_id}{criterion['id']}".encode()).digest()[0] / 255
        credit = min(1.0, max(0.0, round((level / 10 - hard * 0.5) * 2 + 0.25, 2)))
        verdict = "met" if credit > 0.66 else "partial" if credit > 0.33 else "missed"
        facets.setdefault(criterion["facet"], []).append(credit)
        criteria.append(
            {
                "id": criterion["id"],
                "facet": criterion["facet"],
                "verdict": verdict,
                "credit": credit,
                "evidence": {"start": 0, "end": 60 + number} if verdict != "missed" else None,
                "because": "A sentence says it." if verdict == "met" else "No sentence says it clearly.",
                "matched_statement": 0 if verdict != "missed" else None,
                "follow_up": None if verdict == "met" else criterion.get("follow_up"),
            }
        )
    found = {
        "score": level / 10,
        "needs_review": False,
        "facets": {facet: round(sum(each) / len(each), 4) for facet, each in facets.items()},
        "criteria": criteria,
        "approach": str(approach.get("id", "main")),
        "feedback": "",
        "notes": [],
        "truncated_at": None,
        "receipt": {},
    }
    return found
