"""What could lose somebody's text, told by the server's side: stale tabs, unreadable texts, odd characters."""

from __future__ import annotations

import re

import pytest
from people import JSON
from sqlalchemy import text

from .conftest import Desk, Workers, begin
from .test_writing import published


def from_form(desk: Desk, content: dict[str, object], base: int | None = None):  # type: ignore[no-untyped-def]
    body = {"content": content, "base_revision": desk.revision if base is None else base}
    return desk.person.http.post(f"{desk.url}/save", json=body, headers=JSON)


def test_an_empty_form_never_wipes_out_a_text_that_it_cannot_show(desk: Desk) -> None:
    desk.save("title: [written for an hour\n")
    answer = from_form(desk, {"samples": [{"kind": "plain", "grade": 1, "text": "An answer."}]})
    assert answer.status_code == 409
    assert "mend the text first" in answer.json()["detail"]
    assert "written for an hour" in desk.page()


def test_a_conflict_gives_back_what_was_typed_in_the_form(desk: Desk) -> None:
    desk.save("title: Theirs")
    answer = from_form(desk, {"title": "Mine"}, base=1)
    assert (answer.status_code, answer.json()["type"].rsplit("/", 1)[1]) == (409, "stale-draft")
    assert (answer.json()["source"], answer.json()["mine"]) == ("title: Theirs", "title: Mine\n")
    # Also when what was saved meanwhile can be shown in no form.
    desk.save("title: [")
    assert from_form(desk, {"title": "Mine"}, base=1).json()["mine"] == "title: Mine\n"


def test_the_form_keeps_the_comments_of_the_text(desk: Desk, good_source: str) -> None:
    desk.save(f"# to do: ask Carol\n{good_source}")
    saved = from_form(desk, {"title": "From the form"}).json()
    assert saved["source"] == "# to do: ask Carol\ntitle: From the form\n"
    # The same content again (its answer got lost) is the same text, and no conflict with oneself.
    assert from_form(desk, {"title": "From the form"}).status_code == 200


def test_a_tab_of_an_earlier_working_copy_does_not_write_over_the_next(
    desk: Desk, good_source: str, real_workers: Workers
) -> None:
    old = desk.revision
    published(desk, good_source, real_workers)
    desk.edit()
    desk.save(good_source.replace("My cycle", "My second thoughts"))
    for base in (old, old + 1):
        answer = desk.save("title: A tab of yesterday", base=base)
        assert answer.status_code == 409
    assert "My second thoughts" in desk.page()
    # Thrown away and begun again, it is another one once more.
    before = desk.revision
    desk.post("discard")
    desk.person.http.post(f"{desk.url}/edit")
    assert desk.save("title: A tab of an hour ago", base=before).status_code == 409


@pytest.mark.parametrize("escape", [r"\0", r"\ud800", r"\x07"])
def test_escapes_that_no_page_can_show_leave_the_editor_usable(desk: Desk, workers: Workers, escape: str) -> None:
    for source in (f'title: "a{escape}"', f'"a{escape}": 1', f'rubric: {{criteria: [{{id: "{escape}"}}]}}'):
        assert desk.save(source).status_code == 200
        desk.page()
        assert desk.person.http.get("/author").status_code == 200
        desk.post("check")
        workers.run()
        assert "May not be published yet" in desk.page()
        assert desk.post("publish").status_code == 422
    assert desk.save("title: Mended").status_code == 200


@pytest.mark.parametrize("depth", [30, 200, 900, 5_000])
def test_what_is_nested_beyond_reason_is_refused_or_kept(desk: Desk, depth: int) -> None:
    deep = '{"a": ' * depth + "1" + "}" * depth
    body = '{"base_revision": 1, "content": ' + deep + "}"
    headers = {**JSON, "content-type": "application/json"}
    answer = desk.person.http.post(f"{desk.url}/save", content=body, headers=headers)
    assert answer.status_code in (200, 400, 422), answer.text
    desk.page()
    text_of_it = f"title: {'[' * depth}{']' * depth}"
    assert begin(desk.person).save(text_of_it).status_code == 200
    assert desk.person.http.get("/author").status_code == 200


@pytest.mark.parametrize("number", ["NaN", "Infinity", "-Infinity"])
def test_a_number_that_is_not_finite_is_refused(desk: Desk, number: str, good_source: str, workers: Workers) -> None:
    body = '{"base_revision": 1, "content": {"level": ' + number + "}}"
    headers = {**JSON, "content-type": "application/json"}
    answer = desk.person.http.post(f"{desk.url}/save", content=body, headers=headers)
    assert 400 <= answer.status_code < 500
    yaml_number = {"NaN": ".nan", "Infinity": ".inf", "-Infinity": "-.inf"}[number]
    for source in (
        good_source.replace("weight: 2", f"weight: {yaml_number}", 1),
        good_source.replace("minutes: ", f"minutes: {yaml_number} #", 1),
        good_source.replace("grade: ", f"grade: {yaml_number} #", 1),
    ):
        assert source != good_source
        assert desk.save(source).json()["readable"] is False
        desk.post("check")
        workers.run()
        assert "May not be published yet" in desk.page()


def test_what_is_not_published_yet_has_its_title_and_its_samples_in_the_history(
    desk: Desk, good_source: str, real_workers: Workers
) -> None:
    desk.save(good_source)
    assert "<h1>My cycle</h1>" in desk.page("/versions")
    published(desk, good_source, real_workers)
    assert re.search(r"<p class=\"hint\">.* by ", desk.page("/versions"))
    desk.edit()
    desk.save(good_source + "  - kind: plain\n    grade: 0.5\n    text: One more sample of mine.\n")
    page = desk.page("/versions")
    assert "Not published yet" in page
    assert "One more sample of mine." in page


def test_the_impact_is_measured_from_the_version_in_use(desk: Desk, good_source: str, real_workers: Workers) -> None:
    published(desk, good_source, real_workers)
    heavier = good_source.replace("weight: 3", "weight: 4", 1)
    assert heavier != good_source
    for source in (heavier, good_source):  # version 2, and back to version 1
        desk.edit()
        published(desk, source, real_workers)
    assert "Back to version 1" in desk.page("/versions")
    sitting = desk.person.practise("my-cycle")
    sitting.answer("Two pointers run through the list, one twice as fast as the other.")
    desk.person.http.post(f"{desk.url}/edit")
    desk.post("impact")
    real_workers.run()
    with desk.person.sessions() as session:
        (row,) = session.scalar(text("SELECT result FROM rubric_impacts"))["answers"]
    assert row["before"] == row["after"]
