"""Reviews over REST: the queue, judging in a person's place, second reviewers, appeals, learning, decisions."""

from __future__ import annotations

from typing import Any

import pytest
from conftest import Api, run_jobs
from integrator import GOOD, Integrator, problem
from teams import Team

from app.assessments.jobs import Jobs
from app.practice.adoption import erase_organization

RITA, OMAR = ({"external_id": who, "name": who.capitalize()} for who in ("rita", "omar"))


@pytest.fixture
def mine(api: Api, team: Team) -> Integrator:
    return Integrator.of(api, "interviews:write", "interviews:read", "reviews:read", "reviews:write", org=team.slug)


@pytest.fixture
def answer(mine: Integrator, worker: Jobs) -> str:
    """An answer of a finished interview, scored."""
    return answered(mine, worker)


def answered(mine: Integrator, worker: Jobs, text: str = GOOD, name: str = "Carol") -> str:
    made = mine.interview("what-learning-is", candidate={"external_id": "c", "name": name})
    mine.post(made["items"][0]["links"]["answer"], {"text": text})
    mine.post(f"/interviews/{made['id']}/finish")
    run_jobs(worker, mine.sessions)
    rows = mine.sql("SELECT id FROM answers WHERE item_id = :i", i=made["items"][0]["id"])
    return str(rows[0].id)


def judge(mine: Integrator, answer: str, reviewer: dict[str, str], score: float | None, **more: Any) -> Any:
    body = {"reviewer": reviewer, "reason": "Read closely."} | ({} if score is None else {"score": score}) | more
    return mine.post(f"/reviews/answers/{answer}", body)


def test_a_key_judges_in_a_persons_place(mine: Integrator, answer: str, team: Team) -> None:
    (waiting,) = mine.get("/reviews/queue").json()["items"]
    assert (waiting["answer_id"], waiting["why"]) == (answer, "worth")
    assert waiting["candidate"].startswith("Candidate "), "names are hidden where an organisation reviews blind"
    read = mine.get(waiting["url"]).json()
    assert read["answer_text"] == GOOD
    assert read["machine"]["score"] > 0
    assert "model_answer" not in read, "that takes rubrics:read"
    assert "Carol" not in str(read)
    criterion = read["approaches"][0]["criteria"][0]["id"]
    made = judge(mine, answer, RITA, 0.75, verdicts={criterion: "met"}, comment="Well put.")
    assert made.status_code == 201
    assert (made.json()["score"], made.json()["source"], made.json()["people"]) == (0.75, "person", 1)
    assert made.json()["machine_score"] == read["machine"]["score"]
    (review,) = mine.get(f"/reviews?answer_id={answer}").json()["items"]
    assert review["reviewer"]["external_id"] == "rita"
    assert review["verdicts"] == {criterion: "met"}
    page = team.admin.http.get(f"{team.url}/review/answers/{answer}?show=second").text
    assert "Rita" not in page, "a second reviewer of the pages is not led by the first of the API"
    (event,) = mine.sql("SELECT actor, detail FROM audit_events WHERE action = 'answer.reviewed'")
    assert event.actor.startswith("key:")
    assert event.detail["in_place_of"] == f"user:{review['reviewer']['id']}"
    assert mine.sql("SELECT count(*) FROM memberships m JOIN outside_people p USING (user_id) WHERE p.organization_id = m.organization_id")[0][0] == 0  # fmt: skip


def test_a_second_reviewer_does_not_see_the_first(mine: Integrator, answer: str) -> None:
    url = f"/reviews/answers/{answer}?reviewer_external_id="
    judge(mine, answer, RITA, 0.75, comment="A word of Rita's.")
    for somebody in (f"/reviews/answers/{answer}", f"{url}omar", f"{url}nobody-yet"):
        read = mine.get(somebody)
        assert read.json()["mark"] is None
        assert "Rita" not in read.text
        assert "0.75" not in read.text
    assert mine.get(f"{url}rita").json()["mark"]["reviews"][0]["reviewer"]["name"] == "Rita"
    apart = judge(mine, answer, OMAR, 0.25).json()
    assert (apart["score"], apart["disagreement"], apart["people"]) == (0.5, True, 2)
    assert mine.get(f"{url}omar").json()["mark"] == apart
    assert [one["why"] for one in mine.get("/reviews/queue?show=disagreements").json()["items"]] == ["disagreement"]
    assert mine.get("/reviews/queue?show=mine&reviewer_external_id=rita").json()["items"]
    assert mine.get("/reviews/queue?show=second&reviewer_external_id=rita").json()["items"] == []
    third = {"external_id": "third", "name": "Third"}
    problem(judge(mine, answer, third, 0.5, settles=True), 409, "conflict")
    settled = judge(mine, answer, OMAR, 0.6, settles=True).json()
    assert (settled["score"], settled["source"], settled["disagreement"]) == (0.6, "settled", False)
    assert len(settled["reviews"]) == 3
    problem(judge(mine, answer, OMAR, 0.6, settles=True), 409, "conflict")


def test_a_colleague_is_one_person_on_pages_and_over_the_api(mine: Integrator, answer: str, team: Team) -> None:
    ben = team.join("ben")
    email = {"email": "BEN@acme.example.org"}
    judge(mine, answer, email, 0.75)
    page = ben.http.get(f"{team.url}/review/answers/{answer}").text
    assert "What counts: 75 of 100" in page
    form = {"score": "50", "reason": "On second thoughts.", "then": "stay"}
    assert ben.http.post(f"{team.url}/review/answers/{answer}", data=form).status_code == 303
    read = mine.get(f"/reviews/answers/{answer}?reviewer_email=ben@acme.example.org").json()
    assert (read["mark"]["score"], read["mark"]["people"]) == (0.5, 1)
    team.join("dan", role="candidate")
    for nobody in ("dan@acme.example.org", "x@acme.example.org"):
        problem(judge(mine, answer, {"email": nobody}, 0.5), 422, "invalid")
    assert len(mine.get("/reviews").json()["items"]) == 2


def test_what_is_no_judgement_is_refused_and_nothing_kept(mine: Integrator, answer: str) -> None:
    for body, words in (
        ({"score": 0.5}, "reviewer"),
        ({"reviewer": RITA}, "Choose a verdict"),
        ({"reviewer": RITA, "score": 1.5}, "score"),
        ({"reviewer": RITA, "verdicts": {"no-such": "met"}}, "no-such"),
        ({"reviewer": RITA, "verdicts": {"weights-change": "splendid"}}, "verdicts"),
        ({"reviewer": RITA, "score": 0.5, "approach": "no-such"}, "approach"),
        ({"reviewer": {}, "score": 0.5}, "name the person"),
        ({"reviewer": RITA | {"email": "a@x.org"}, "score": 0.5}, "name the person"),
        ({"reviewer": RITA, "score": 1.0}, "say in a sentence why"),
        ({"reviewer": RITA, "score": 0.5, "reason": "x" * 4001}, "reason"),
    ):
        assert words in problem(mine.post(f"/reviews/answers/{answer}", body), 422, "invalid")["detail"], body
    assert mine.get("/reviews").json()["items"] == []
    assert mine.sql("SELECT count(*) FROM outside_people")[0][0] == 0
    running = mine.interview()
    mine.post(running["items"][0]["links"]["answer"], {"text": GOOD})
    (unfinished,) = mine.sql("SELECT id FROM answers WHERE item_id = :i", i=running["items"][0]["id"])
    problem(mine.get(f"/reviews/answers/{unfinished.id}"), 404, "not-found")
    both = mine.get(f"/reviews/answers/{answer}?reviewer_email=a@x.org&reviewer_external_id=a")
    problem(both, 422, "invalid")


def test_rubrics_are_for_keys_that_may_read_them(api: Api, mine: Integrator, answer: str, team: Team) -> None:
    graders = Integrator.of(api, "reviews:read", "rubrics:read", org=team.slug)
    read = graders.get(f"/reviews/answers/{answer}").json()
    assert read["model_answer"]
    assert any(one["false_twins"] for one in read["approaches"][0]["criteria"])


def test_an_appeal_is_listed_and_replied_to_once(mine: Integrator, team: Team, worker: Jobs) -> None:
    sitting = team.candidate("Carol")
    sitting.start()
    sitting.answer("Some units are dropped.")
    sitting.finish()
    run_jobs(worker, mine.sessions)
    url = f"{sitting.url}/items/{sitting.items[0]}/appeal"
    assert sitting.person.http.post(url, data={"text": "I said more."}).status_code == 303
    (appeal,) = mine.get("/appeals?status=open").json()["items"]
    assert (appeal["text"], appeal["reply"]) == ("I said more.", None)
    assert [one["why"] for one in mine.get("/reviews/queue").json()["items"]][:1] == ["appeal"]
    replied = mine.post(f"/appeals/{appeal['id']}/reply", {"text": "You did.", "reviewer": RITA})
    assert (replied.json()["reply"], replied.json()["replied_by"]) == ("You did.", "Rita")
    assert "You did." in sitting.report()
    assert "Rita" not in sitting.report()
    problem(mine.post(f"/appeals/{appeal['id']}/reply", {"text": "Again."}), 409, "conflict")
    assert mine.get("/appeals?status=open").json()["items"] == []
    assert len(mine.get("/appeals?status=replied").json()["items"]) == 1


def test_reviews_teach_and_are_taken_back(api: Api, mine: Integrator, team: Team, worker: Jobs) -> None:
    url = "/reviews/questions/what-learning-is"
    problem(mine.post(f"{url}/preview"), 409, "conflict")
    texts = [f"{GOOD} This is version {number}." for number in range(4)]
    for text in texts:
        judge(mine, answered(mine, worker, text), RITA, 0.25)
    (question,) = mine.get("/reviews/questions").json()["items"]
    assert (question["slug"], question["answers"], question["taught"]) == ("what-learning-is", 4, 0)
    problem(mine.post(f"{url}/apply"), 409, "conflict")
    queued = mine.post(f"{url}/preview")
    assert (queued.status_code, queued.json()["status"]) == (202, "queued")
    run_jobs(worker, mine.sessions)
    read = mine.get(url).json()
    assert read["lesson"]["status"] == "done"
    assert read["is_current"] is True
    assert read["agreement"]["answers"] == 4
    assert read["lesson"]["result"]["reviewed"] == 4
    page = team.admin.http.get(f"{team.url}/review/questions").text
    assert "4" in page
    assert mine.post(f"{url}/apply").json() == {"samples": 4}
    assert mine.get(url).json()["in_use"] is True
    _candidates_words_are_for_those_who_may_read_answers(api, team, texts[0], worker)
    assert mine.post(f"{url}/take-back").json() == {"samples": 0}
    assert mine.get(url).json()["taught"] == 0


def _candidates_words_are_for_those_who_may_read_answers(api: Api, team: Team, words: str, worker: Jobs) -> None:
    authors = Integrator.of(api, "bank:read", "rubrics:read", "gradings:write", org=team.slug)
    assert words not in authors.get("/questions/what-learning-is").text
    assert words not in authors.get("/questions/what-learning-is/samples").text
    both = Integrator.of(api, "bank:read", "rubrics:read", "reviews:read", org=team.slug)
    assert words not in both.get("/questions/what-learning-is").text
    assert words in both.get("/questions/what-learning-is/samples?limit=100").text
    grading = authors.post("/gradings", {"slug": "what-learning-is", "answer": "Weights change."}).json()
    run_jobs(worker, authors.sessions)
    done = authors.get(f"/gradings/{grading['id']}")
    assert done.json()["status"] == "done"
    assert words not in done.text
    (kept,) = authors.sql("SELECT requests::text AS all FROM gradings WHERE id = :i", i=grading["id"])
    assert words not in kept.all


def test_decisions_are_kept_with_who_made_them(mine: Integrator, team: Team) -> None:
    made = mine.interview()
    url = f"/interviews/{made['id']}/decisions"
    first = mine.post(url, {"decision": "hold", "note": "Wait.", "reviewer": RITA})
    assert (first.status_code, first.json()["by"]) == (201, "Rita")
    mine.post(url, {"decision": "advance"})
    found = mine.get(url).json()["items"]
    assert [(one["decision"], one["by"]) for one in found] == [("advance", None), ("hold", "Rita")]
    assert "Wait." in team.admin.http.get(f"{team.url}/interviews/{made['id']}").text
    problem(mine.post(url, {}), 422, "invalid")


def test_people_whom_another_system_named_go_with_the_organisation(mine: Integrator, answer: str, team: Team) -> None:
    judge(mine, answer, RITA, 0.5)
    mine.post("/exports", {"what": "interviews"})
    with mine.sessions.begin() as session:
        erase_organization(session, team.id)
    for table in ("outside_people", "exports", "reviews"):
        assert mine.sql(f"SELECT count(*) FROM {table}")[0][0] == 0
    assert mine.sql("SELECT count(*) FROM users WHERE name = 'Rita'")[0][0] == 0
