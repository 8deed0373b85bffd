"""The database goes away in the middle of a write: a 503 that says what to do, and doing it again works."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg
import pytest
from httpx2 import Response
from people import JSON, Person, Sitting

from app.kit.db import libpq_url

AWAY = "The database does not answer right now. What you typed is kept in your browser; try again soon."

WRITES: dict[str, tuple[str, Callable[[Sitting], Response]]] = {
    "draft, at the item": ("UPDATE ON interview_items", lambda s: s.save("words")),
    "draft, at its history": ("INSERT ON drafts", lambda s: s.save("words")),
    "answer": ("INSERT ON answers", lambda s: s.answer("words")),
    "answer, at its job": ("INSERT ON procrastinate_jobs", lambda s: s.answer("words")),
    "finish": ("UPDATE ON interviews", lambda s: s.finish()),
    "finish, at the answers": ("INSERT ON answers", lambda s: s.finish()),
    "finish, at their jobs": ("INSERT ON procrastinate_jobs", lambda s: s.finish()),
}


@contextmanager
def connection_ends_at(database_url: str, event: str, timing: str = "BEFORE") -> Iterator[None]:
    """Whoever does this loses the connection right then, as when the server is killed."""
    table = event.rsplit(" ", 1)[1]
    constraint = "CONSTRAINT " if timing == "AFTER" else ""
    deferred = "DEFERRABLE INITIALLY DEFERRED " if timing == "AFTER" else ""
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute(
            "CREATE OR REPLACE FUNCTION end_connection() RETURNS trigger LANGUAGE plpgsql AS"
            " $$ BEGIN PERFORM pg_terminate_backend(pg_backend_pid()); RETURN NEW; END $$"
        )
        connection.execute(
            f"CREATE {constraint}TRIGGER end_connection {timing} {event} {deferred}"  # type: ignore[arg-type]
            "FOR EACH ROW EXECUTE FUNCTION end_connection()"
        )
        try:
            yield
        finally:
            connection.execute(f"DROP TRIGGER end_connection ON {table}")  # type: ignore[arg-type]


@pytest.mark.parametrize("state", ["40P01", "55P03", "40001"], ids=["deadlock", "lock timeout", "serialisation"])
def test_two_changes_that_met_are_told_from_a_database_that_is_away(
    alice: Person, database_url: str, state: str
) -> None:
    sitting = alice.sit()
    with psycopg.connect(libpq_url(database_url), autocommit=True) as connection:
        connection.execute(
            "CREATE FUNCTION meet() RETURNS trigger LANGUAGE plpgsql AS"  # type: ignore[arg-type]
            f" $$ BEGIN RAISE EXCEPTION USING ERRCODE = '{state}'; END $$"
        )
        connection.execute("CREATE TRIGGER meet BEFORE UPDATE ON interview_items FOR EACH ROW EXECUTE FUNCTION meet()")
        refused = sitting.save("words")
        connection.execute("DROP TRIGGER meet ON interview_items")
    # Not a 409: the room takes that for the last word, and this has only to be sent again.
    assert (refused.status_code, refused.headers["retry-after"]) == (503, "1")
    assert "Two changes met at the same moment" in refused.json()["detail"]
    assert sitting.save("words").status_code == 200


@pytest.mark.parametrize("timing", ["BEFORE", "AFTER"], ids=["in the statement", "in the commit"])
def test_every_write(alice: Person, database_url: str, subtests: pytest.Subtests, timing: str) -> None:
    for name, (event, write) in WRITES.items():
        with subtests.test(name):
            sitting = alice.sit()
            sitting.save("a draft", item=1)
            before = sitting.row(), sitting.answers(), sitting.draft()
            with connection_ends_at(database_url, event, timing):
                response = write(sitting)
                assert response.status_code == 503, response.text
                assert response.headers["retry-after"] == "2"
                assert AWAY in response.text
            assert (sitting.row(), sitting.answers(), sitting.draft()) == before
            assert write(sitting).status_code in {200, 303}
            assert (sitting.row(), sitting.answers(), sitting.draft()) != before


def test_pages(alice: Person, database_url: str) -> None:
    with connection_ends_at(database_url, "INSERT ON interviews"):
        response = alice.http.post("/start", data={"template": "warm-up"})
        assert response.status_code == 503
        assert AWAY in response.text
        assert "set-cookie" not in response.headers
        as_json = alice.http.post("/start", data={"template": "warm-up"}, headers=JSON)
        assert as_json.json()["type"].endswith("/unavailable")
    alice.choose()
