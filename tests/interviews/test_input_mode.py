"""Typed or dictated: said by whoever knows, kept with the answer, and never guessed."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from conftest import Api, run_jobs
from integrator import GOOD, Integrator, problem
from people import JSON, Person, Sitting
from sqlalchemy.orm import Session, sessionmaker
from teams import Team, new_team

from app.assessments.jobs import Jobs


@pytest.fixture
def sitting(newcomer: Callable[[], Person]) -> Sitting:
    """A candidate of Acme in the room, with three questions."""
    team: Team = new_team(newcomer)
    sitting = team.candidate("Carol", slugs=["dropout", "gan", "vae"])
    assert sitting.start().status_code == 303
    return sitting


def say(sitting: Sitting, mode: str) -> int:
    url = f"{sitting.url}/input-mode"
    return sitting.person.http.post(url, json={"input_mode": mode}, headers=JSON).status_code


def modes(sitting: Sitting) -> dict[int, str | None]:
    return {number: answer.input_mode for number, answer in sitting.answers().items()}


def chosen(sitting: Sitting, position: int) -> str:
    """What the room's choice stands at."""
    page = sitting.person.http.get(f"{sitting.url}/items/{position}").text
    choice = page.split('id="input-mode"')[1].split("</select>")[0]
    (value,) = re.findall(r'<option value="(\w*)" selected', choice)
    return str(value)


def test_what_the_api_says_is_kept_with_the_answer(api: Api) -> None:
    mine = Integrator.of(api)
    made = mine.interview("dropout", "gan", "vae")
    first, second, third = (item["links"] for item in made["items"])
    taken = mine.post(first["answer"], {"text": GOOD, "input_mode": "dictated"}).json()["answer"]
    assert taken["input_mode"] == "dictated"
    # The same answer again is the same answer, whatever it says of itself.
    again = mine.post(first["answer"], {"text": GOOD, "input_mode": "typed"})
    assert (again.status_code, again.json()["answer"]) == (202, taken)
    assert mine.post(second["answer"], {"text": GOOD}).json()["answer"]["input_mode"] is None
    assert mine.post(third["answer"], {"text": GOOD, "input_mode": None}).json()["answer"]["input_mode"] is None
    items = mine.get(made["links"]["self"]).json()["items"]
    assert [item["answer"]["input_mode"] for item in items] == ["dictated", None, None]
    for body in ({"text": GOOD, "input_mode": "sung"}, {"text": GOOD, "input_mode": ""}):
        problem(mine.post(first["answer"], body), 422, "invalid")
    problem(mine.put(first["draft"], {"text": GOOD, "base_revision": 0, "input_mode": "sung"}), 422, "invalid")


def test_a_draft_says_it_for_its_answer(api: Api) -> None:
    mine = Integrator.of(api)
    made = mine.interview("dropout", "gan", "vae")
    first, second, third = (item["links"] for item in made["items"])
    for links in (first, second, third):
        said = {"text": "one", "base_revision": 0, "input_mode": "dictated"}
        assert mine.put(links["draft"], said).status_code == 200
    # A draft that says nothing takes nothing back; one that says something else does.
    mine.put(second["draft"], {"text": "one two", "base_revision": 1})
    mine.put(third["draft"], {"text": "one two", "base_revision": 1, "input_mode": "typed"})
    items = mine.get(made["links"]["self"]).json()["items"]
    assert [item["draft"]["input_mode"] for item in items] == ["dictated", "dictated", "typed"]
    assert mine.post(first["answer"], {"text": "one"}).json()["answer"]["input_mode"] == "dictated"
    mine.end_was(made, 11)
    items = mine.get(made["links"]["self"]).json()["items"]
    assert [(one["answer"]["submitted_by"], one["answer"]["input_mode"]) for one in items] == [
        ("candidate", "dictated"),
        ("deadline", "dictated"),
        ("deadline", "typed"),
    ]


def test_the_answer_has_the_last_word(api: Api) -> None:
    mine = Integrator.of(api)
    links = mine.interview("dropout")["items"][0]["links"]
    mine.put(links["draft"], {"text": "one", "base_revision": 0, "input_mode": "typed"})
    answer = mine.post(links["answer"], {"text": "one", "input_mode": "dictated"}).json()["answer"]
    assert answer["input_mode"] == "dictated"


def test_the_room_remembers_it_for_the_interview(sitting: Sitting) -> None:
    assert chosen(sitting, 1) == ""
    sitting.answer("before anything was said")
    assert say(sitting, "dictated") == 204
    assert (chosen(sitting, 2), chosen(sitting, 3)) == ("dictated", "dictated")
    sitting.answer("after it", item=1)
    sitting.save("a draft", item=2)
    sitting.finish()
    assert modes(sitting) == {0: None, 1: "dictated", 2: "dictated"}, "an answer keeps what was said of it"


def test_it_can_be_taken_back(sitting: Sitting) -> None:
    say(sitting, "dictated")
    assert say(sitting, "") == 204
    assert chosen(sitting, 1) == ""
    sitting.answer("as if nothing had been said")
    assert modes(sitting) == {0: None}
    for bad in ("sung", "Dictated", "\x00"):
        assert say(sitting, bad) == 422


def test_it_comes_along_with_the_answer(sitting: Sitting) -> None:
    """Where the choice alone was not heard: from the script, and from a form without one."""
    http = sitting.person.http
    body = {"text": "one", "input_mode": "dictated"}
    assert http.post(sitting.item_url(0, "answer"), json=body, headers=JSON).status_code == 200
    assert chosen(sitting, 2) == "dictated"
    # A page that says nothing, such as one that was open before, takes nothing back.
    sitting.answer("two", item=1)
    assert http.post(sitting.item_url(2, "answer"), data={"text": "three", "input_mode": ""}).status_code == 303
    assert modes(sitting) == {0: "dictated", 1: "dictated", 2: None}


def test_a_form_that_says_nonsense_is_an_answer_all_the_same(sitting: Sitting) -> None:
    form = {"text": "one", "input_mode": "sung"}
    assert sitting.person.http.post(sitting.item_url(0, "answer"), data=form).status_code == 303
    assert modes(sitting) == {0: None}


def test_who_practises_alone_is_not_asked(alice: Person) -> None:
    sitting = alice.sit()
    page = alice.http.get(f"{sitting.url}/items/1").text
    assert 'id="answer"' in page
    assert "input-mode" not in page


def test_no_score_depends_on_it(api: Api, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    mine = Integrator.of(api)
    found = []
    for mode in ("typed", "dictated", None):
        links = mine.interview("what-learning-is")["items"][0]["links"]
        mine.post(links["answer"], {"text": GOOD, "input_mode": mode})
        run_jobs(worker, sessions)
        judged = mine.get(links["assessment"]).json()
        found.append({name: judged[name] for name in ("score", "confidence", "criteria", "feedback", "receipt")})
    assert found[0] == found[1] == found[2]


def test_a_persons_own_data_has_it(sitting: Sitting) -> None:
    say(sitting, "dictated")
    sitting.answer("one")
    person = sitting.person
    assert person.sign_up("carol@example.org", name="Carol").status_code == 303
    data = person.http.get("/account/export").json()
    (interview,) = [one for one in data["interviews"] if one["organization"] == "Acme"]
    first, second = interview["questions"][:2]
    assert first["answer"]["input_mode"] == "dictated"
    assert second["input_mode"] == "dictated"
