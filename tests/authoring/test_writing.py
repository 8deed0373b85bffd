"""Writing a question: nothing typed is lost, nothing unchecked is published, nobody else looks in."""

from __future__ import annotations

import uuid
from typing import Any

import pytest
import yaml
from people import JSON, Person
from sqlalchemy import text

from .conftest import GOOD, Desk, Workers, begin

PROBLEM = {"accept": "application/json"}


def test_a_guest_is_told_to_make_an_account(bob: Person) -> None:
    assert "takes an account" in bob.http.get("/author").text
    answer = bob.http.post("/author/new", headers=JSON)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (403, "account-needed")


def test_who_begins_finds_something_to_start_from(author: Person) -> None:
    assert "Nothing here yet" in author.http.get("/author").text
    desk = begin(author)
    assert "A short name that people read" in desk.page()
    assert "A short name that people read" in author.http.get("/author").text


def test_what_is_typed_is_kept_also_while_it_is_no_question(desk: Desk) -> None:
    broken = "title: [unfinished\n  nothing: 'closed"
    answer = desk.save(broken)
    assert answer.status_code == 200
    assert answer.json()["readable"] is False
    assert "Line" in answer.json()["problems"]
    assert "unfinished" in desk.page()
    assert "the form waits" in answer.json()["form"]


def test_problems_name_line_and_field(desk: Desk, good_source: str) -> None:
    answer = desk.save(good_source.replace("level: 2", "level: 9"))
    line = good_source[: good_source.index("level: 2")].count("\n") + 1
    assert f"Line {line}" in answer.json()["problems"]
    assert "<code>level</code>" in answer.json()["problems"]


def test_the_same_text_again_changes_nothing(desk: Desk) -> None:
    first = desk.save("title: One").json()
    again = desk.save("title: One").json()
    assert first["revision"] == again["revision"]
    # Not even on top of an old revision: nothing could be overwritten.
    assert desk.save("title: One", base=1).status_code == 200


def test_two_tabs_never_overwrite_each_other(desk: Desk) -> None:
    assert desk.save("title: Mine").status_code == 200
    answer = desk.save("title: Theirs", base=1)
    assert answer.status_code == 409
    assert answer.json()["type"].endswith("stale-draft")
    assert answer.json()["source"] == "title: Mine"
    assert "title: Mine" in desk.page()
    assert desk.save("title: Both", base=answer.json()["revision"]).status_code == 200


@pytest.mark.parametrize("bad", ["title: \0", "title: \ud800"])
def test_what_cannot_be_stored_is_refused_with_a_reason(desk: Desk, bad: str) -> None:
    body = '{"base_revision": 1, "source": ' + ascii(bad).replace("'", '"').replace("\\x00", "\\u0000") + "}"
    answer = desk.person.http.post(
        f"{desk.url}/save", content=body, headers={**PROBLEM, "content-type": "application/json"}
    )
    assert answer.status_code == 422


def test_a_text_that_is_too_long_is_refused(desk: Desk) -> None:
    answer = desk.save("x" * 70_000)
    assert answer.status_code == 413
    assert "at most" in answer.json()["detail"]


def test_the_form_is_another_way_of_writing_the_same(desk: Desk, good_source: str) -> None:
    content = yaml.safe_load(good_source)
    content["title"] = "From the form"
    answer = desk.person.http.post(
        f"{desk.url}/save", json={"content": content, "base_revision": desk.revision}, headers=PROBLEM
    )
    assert answer.status_code == 200
    assert yaml.safe_load(answer.json()["source"]) == content
    assert answer.json()["title"] == "From the form"


@pytest.mark.parametrize("body", [{}, {"source": "a", "content": {}}, {"source": "a", "other": 1}])
def test_a_save_says_either_text_or_content(desk: Desk, body: dict[str, object]) -> None:
    answer = desk.person.http.post(f"{desk.url}/save", json={"base_revision": 1} | body, headers=PROBLEM)
    assert answer.status_code == 422


@pytest.mark.parametrize(
    "content",
    [{"rubric": "no"}, {"rubric": {"approaches": [1, None]}}, {"rubric": {"criteria": {"a": 1}}}, {"samples": 3},
     {"sources": [None, "x"]}, {"title": ["a"]}, {"rubric": {"criteria": [{"statements": {"a": "b"}}]}}],
)  # fmt: skip
def test_content_of_any_shape_is_kept_and_shown(desk: Desk, content: dict[str, object]) -> None:
    answer = desk.person.http.post(f"{desk.url}/save", json={"content": content, "base_revision": 1}, headers=PROBLEM)
    assert answer.status_code == 200
    assert not answer.json()["readable"]
    desk.page()


def test_only_what_was_checked_as_it_stands_is_published(desk: Desk, good_source: str, real_workers: Workers) -> None:
    desk.save(good_source)
    assert "Check the question as it stands" in desk.post("publish").text
    desk.post("check")
    assert "Being checked" in desk.page()
    assert real_workers.run() == 1
    assert "May be published" in desk.page()
    desk.save(good_source + "\n# one more thought\n")
    assert "has changed since it was checked" in desk.page()
    assert desk.post("publish").status_code == 409
    assert desk.status() == "draft"


def test_a_question_that_fails_is_not_published_and_says_why(desk: Desk, workers: Workers) -> None:
    desk.post("check")
    workers.run()
    page = desk.page()
    assert "May not be published yet" in page
    assert "at least 3 in different words are needed" in page or "a rubric needs 4 to 8" in page
    answer = desk.post("publish")
    assert answer.status_code == 409
    assert "mend the question first" in answer.text


def test_a_text_that_cannot_be_read_fails_its_check(desk: Desk, workers: Workers) -> None:
    desk.save("title: [")
    desk.post("check")
    workers.run()
    assert "May not be published yet" in desk.page()
    assert desk.post("publish").status_code == 422


def test_a_check_of_an_old_text_is_not_taken_for_the_new_one(desk: Desk, good_source: str, workers: Workers) -> None:
    desk.save(good_source)
    desk.post("check")
    desk.save("title: Another")
    workers.run()
    assert "has changed since it was checked" in desk.page()


def test_a_lost_check_is_put_back(desk: Desk, workers: Workers) -> None:
    desk.post("check")
    with desk.person.sessions.begin() as session:
        session.execute(text("DELETE FROM procrastinate_jobs"))
        session.execute(text("UPDATE question_drafts SET check_requested_at = viva_now() - interval '1 hour'"))
    workers.authoring.sweep()
    assert workers.run() == 1
    assert "Being checked" not in desk.page()


def published(desk: Desk, source: str, workers: Workers, note: str = "") -> None:
    desk.save(source)
    desk.post("check")
    workers.run()
    answer = desk.post("publish", note=note)
    assert answer.status_code == 303, answer.text


def test_a_version_is_made_found_practised_and_changed(desk: Desk, good_source: str, real_workers: Workers) -> None:
    author = desk.person
    published(desk, good_source, real_workers, "first of all")
    assert desk.status() == "published"
    page = desk.page("/versions")
    assert "Version 1" in page
    assert "first of all" in page
    assert 'href="/questions/my-cycle"' in author.http.get("/questions?q=my+cycle").text
    sitting = author.practise("my-cycle")
    # An edit begins with what is published, and makes a second version with a readable difference.
    desk.edit()
    source = desk.page()
    assert "my-cycle" in source
    published(desk, good_source.replace("My cycle", "My better cycle"), real_workers)
    page = desk.page("/versions")
    assert "Version 2" in page
    assert "<ins>better</ins>" in page.replace(" </ins>", "</ins>")
    # Who has begun keeps what they began with.
    assert "My cycle" in author.http.get(f"{sitting.url}/items/1").text
    assert "My better cycle" in author.http.get("/questions/my-cycle").text


def test_review_goes_to_and_fro_with_names_and_notes(desk: Desk) -> None:
    desk.post("submit", note="please look at the twins")
    page = desk.page()
    assert "In review" in page
    assert "please look at the twins" in page
    desk.post("send-back", note="twin two is true")
    page = desk.page()
    assert "Draft" in page
    assert "twin two is true" in page
    # A change takes what was sent to review back: it is not what was read there.
    desk.post("submit")
    desk.save("title: Changed")
    assert "In review" not in desk.page()


def test_the_slug_of_a_published_question_stays(desk: Desk, good_source: str, real_workers: Workers) -> None:
    published(desk, good_source, real_workers)
    desk.edit()
    desk.save(good_source.replace("slug: my-cycle", "slug: my-other-cycle"))
    desk.post("check")
    real_workers.run()
    answer = desk.post("publish")
    assert answer.status_code == 409
    assert "slug of a published question stays" in answer.text


def test_a_slug_is_taken_once(desk: Desk, good_source: str, real_workers: Workers) -> None:
    published(desk, good_source, real_workers)
    other = begin(desk.person)
    other.save(good_source)
    other.post("check")
    real_workers.run()
    answer = other.post("publish")
    assert answer.status_code == 409
    assert "another question with the slug" in answer.text


def test_retired_questions_are_not_found_until_they_are_put_back(
    desk: Desk, good_source: str, real_workers: Workers
) -> None:
    published(desk, good_source, real_workers)
    desk.post("retire")
    assert desk.person.http.get("/questions/my-cycle").status_code == 404
    assert "/questions/my-cycle" not in desk.person.http.get("/questions?q=my+cycle").text
    assert "Put back into use" in desk.page("/versions")
    desk.post("restore")
    assert desk.person.http.get("/questions/my-cycle").status_code == 200


def test_discarding_keeps_what_is_published(desk: Desk, good_source: str, real_workers: Workers) -> None:
    published(desk, good_source, real_workers)
    desk.person.http.post(f"{desk.url}/edit")
    assert desk.post("discard").headers["location"].endswith("/versions")
    assert desk.person.http.get("/questions/my-cycle").status_code == 200
    fresh = begin(desk.person)
    assert fresh.post("discard").headers["location"] == "/author"
    assert fresh.person.http.get(fresh.url).status_code == 404


def test_a_copy_is_ones_own_and_leaves_the_original_alone(author: Person) -> None:
    before = author.http.get(f"/questions/{GOOD}").text
    answer = author.http.post(f"/author/copy/{GOOD}")
    desk = Desk(author, uuid.UUID(answer.headers["location"].rsplit("/", 1)[1]))
    assert f"slug: {GOOD}" in desk.page()
    assert "Copied" in desk.page()
    desk.save("title: Quite another")
    assert author.http.get(f"/questions/{GOOD}").text == before
    assert author.http.post("/author/copy/no-such-question").status_code == 404


ROUTES = [
    ("GET", ""), ("GET", "/check"), ("GET", "/versions"), ("GET", "/impact"), ("POST", "/save"), ("POST", "/check"),
    ("POST", "/try"), ("POST", "/submit"), ("POST", "/send-back"), ("POST", "/publish"), ("POST", "/discard"),
    ("POST", "/retire"), ("POST", "/restore"), ("POST", "/impact"), ("POST", "/edit"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), ROUTES)
def test_nobody_else_gets_at_a_question(desk: Desk, colleague: Person, bob: Person, method: str, path: str) -> None:
    before = desk.page()
    for stranger in (colleague, bob):
        body = {"source": "title: x", "base_revision": 1} if path == "/save" else {"answer": "x"}
        send: dict[str, Any] = {"json": body} if path in ("/save", "/try") else {}
        answer = stranger.http.request(method, f"{desk.url}{path}", **send)
        unknown = stranger.http.request(method, f"/author/{uuid.uuid4()}{path}", **send)
        assert (answer.status_code, unknown.status_code) == (404, 404)
    assert desk.page() == before


def test_ones_own_published_question_is_nobody_elses(
    desk: Desk, colleague: Person, good_source: str, real_workers: Workers
) -> None:
    published(desk, good_source, real_workers)
    assert colleague.http.get("/questions/my-cycle").status_code == 404
    assert colleague.http.post("/questions/my-cycle/practise").status_code == 404
    assert "/questions/my-cycle" not in colleague.http.get("/questions?q=my+cycle").text
    assert colleague.http.post("/author/copy/my-cycle").status_code == 404
