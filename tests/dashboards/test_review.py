"""People judge answers: what is in the queue, what a second reviewer sees, what counts, and what the candidate reads."""

from __future__ import annotations

import re
import uuid
from typing import Any

import pytest
from people import Person, Sitting
from sqlalchemy import text
from teams import Team, new_team

from app.assessments.jobs import Jobs

WORDS = "Dropout switches units off at random while training, so that no unit can rely on another one."


def run_jobs(worker: Any, person: Person) -> int:
    """Do what is in the queue, as a worker process would; how many jobs there were."""
    with person.sessions.begin() as session:
        rows = session.execute(
            text("DELETE FROM procrastinate_jobs WHERE queue_name IN ('scoring', 'learning') RETURNING task_name, args")
        ).all()
    for name, arguments in rows:
        getattr(worker, name)(**arguments)
    return len(rows)


@pytest.fixture
def finished(team: Team, worker: Jobs) -> Sitting:
    """Carol has answered both questions, and a machine has judged them."""
    sitting = team.candidate("Carol")
    sitting.start()
    sitting.answer(WORDS)
    sitting.answer("Two networks play against each other.", item=1)
    sitting.finish()
    assert run_jobs(worker, team.admin) > 0
    return sitting


def answer_id(sitting: Sitting, item: int = 0) -> uuid.UUID:
    found: uuid.UUID = sitting.answers()[item].id
    return found


def page_of(team: Team, answer: uuid.UUID) -> str:
    return f"{team.url}/review/answers/{answer}"


def judge(person: Person, team: Team, answer: uuid.UUID, score: float | str, **more: str) -> Any:
    data = {"score": str(score), "reason": "Read closely.", "then": "stay"} | more
    return person.http.post(page_of(team, answer), data=data)


def test_a_review_counts_and_the_machine_stays_on_record(team: Team, finished: Sitting) -> None:
    ben, answer = team.join("ben"), answer_id(finished)
    queue = ben.http.get(f"{team.url}/review").text
    assert str(answer) in queue
    assert "Carol" not in queue, "names are hidden where an organisation reviews blind"
    page = ben.http.get(page_of(team, answer)).text
    assert WORDS in page
    assert "Carol" not in page
    assert judge(ben, team, answer, 75, comment="Well put.").status_code == 303
    assert "What counts: 75 of 100" in ben.http.get(page_of(team, answer)).text
    assert str(answer) not in ben.http.get(f"{team.url}/review").text
    assert str(answer) in ben.http.get(f"{team.url}/review?show=mine").text
    trail = team.admin.http.get(f"{team.url}/audit?subject=answer:{answer}").text
    assert "answer.viewed" in trail
    assert "answer.reviewed" in trail


def test_verdicts_suggest_the_mark_and_what_is_typed_is_never_lost(team: Team, finished: Sitting) -> None:
    ben, answer = team.join("ben"), answer_id(finished)
    fields = re.findall(r'name="(v-\d+-\d+)" value="met"', ben.http.get(page_of(team, answer)).text)
    all_met = dict.fromkeys(fields, "met")
    refused = judge(ben, team, answer, "", reason="", comment="Kept so.", **all_met)
    assert refused.status_code == 422
    assert "more than a band away from the machine" in refused.text
    assert "Kept so." in refused.text
    assert len(re.findall(r'value="met" checked', refused.text)) == len(fields)
    for wrong in ("101", "-1", "nan", "much"):
        assert judge(ben, team, answer, wrong).status_code == 422
    assert judge(ben, team, answer, "", **{fields[0]: "splendid"}).status_code == 422
    assert judge(ben, team, answer, "").status_code == 422, "neither a verdict nor a mark"
    assert judge(ben, team, answer, "", **all_met).status_code == 303
    assert "What counts: 100 of 100" in ben.http.get(page_of(team, answer)).text


def test_the_second_reviewer_judges_alone_then_both_settle(team: Team, finished: Sitting) -> None:
    ben, eve, answer = team.join("ben"), team.join("eve"), answer_id(finished)
    judge(ben, team, answer, 90, reason="Ben thinks it is all there.")
    before = eve.http.get(page_of(team, answer)).text
    assert "Somebody else has reviewed this answer" in before
    assert "Ben thinks" not in before
    assert judge(eve, team, answer, 50, settles="yes").status_code == 409, "who has not judged cannot settle"
    assert judge(eve, team, answer, 40, then="next").headers["location"].startswith(page_of(team, answer))
    after = eve.http.get(page_of(team, answer)).text
    assert "more than a band apart" in after
    assert "Ben thinks it is all there." in after
    assert "What counts: 65 of 100" in after
    queue = ben.http.get(f"{team.url}/review").text
    assert queue.index("Two people disagree") < queue.index(str(answer_id(finished, 1))), "disagreements come first"
    assert judge(ben, team, answer, 70, settles="yes", reason="").status_code == 422
    assert judge(ben, team, answer, 70, settles="yes", reason="We talked.").status_code == 303
    settled = eve.http.get(page_of(team, answer)).text
    assert "What counts: 70 of 100" in settled
    assert settled.count("no longer counts") == 2
    assert "Two people disagree" not in ben.http.get(f"{team.url}/review").text
    with team.admin.sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM reviews")) == 3


def test_the_queue_narrows_and_pages_are_stable(team: Team, finished: Sitting) -> None:
    first, second = answer_id(finished), answer_id(finished, 1)
    only = team.admin.http.get(f"{team.url}/review?question=gan").text
    assert str(second) in only
    assert str(first) not in only
    assert "Nothing waits" in team.admin.http.get(f"{team.url}/review?template=warm-up").text
    assert team.admin.http.get(f"{team.url}/review?cursor=nonsense").status_code == 422
    following = team.admin.http.get(f"{team.url}/review/next?after={first}").headers["location"]
    assert following.endswith(str(second))


def test_nobody_else_sees_or_writes(team: Team, finished: Sitting, newcomer: Any) -> None:
    other, answer = new_team(newcomer, "Other"), answer_id(finished)
    running = team.candidate("Dan")
    running.start()
    running.answer("Not finished yet.")
    for person, url in (
        (other.admin, page_of(team, answer)),
        (other.admin, page_of(other, answer)),
        (finished.person, page_of(team, answer)),
        (team.admin, page_of(team, answer_id(running))),
    ):
        assert person.http.get(url).status_code == 404
        assert person.http.post(url, data={"score": "1", "reason": "x"}).status_code == 404
        assert person.http.post(f"{url}/reply", data={"text": "x"}).status_code == 404


def test_the_candidate_objects_once_and_reads_the_reply_beside_the_new_mark(team: Team, finished: Sitting) -> None:
    ben, answer, person = team.join("ben"), answer_id(finished), finished.person
    url = finished.item_url(0, "appeal")
    assert "I do not agree with this mark" in finished.report()
    for wrong in ("   ", "x" * 4001):
        refused = person.http.post(url, data={"text": wrong})
        assert refused.status_code == 422
        assert wrong.strip() in refused.text
    assert person.http.post(url, data={"text": "I <b>did</b> say why."}).status_code == 303
    again = person.http.post(url, data={"text": "Once more."})
    assert again.status_code == 409
    assert "said already" in again.text
    assert ben.http.post(url, data={"text": "Not mine."}).status_code == 404
    queue = ben.http.get(f"{team.url}/review").text
    assert queue.index("The candidate does not agree") < queue.index(str(answer_id(finished, 1)))
    assert "I &lt;b&gt;did&lt;/b&gt; say why." in ben.http.get(page_of(team, answer)).text
    saved = judge(ben, team, answer, 75, reason="The why is there.", comment="You are right.", then="next")
    assert saved.headers["location"].startswith(page_of(team, answer)), "first the reply"
    assert ben.http.post(f"{page_of(team, answer)}/reply", data={"text": " "}).status_code == 422
    assert ben.http.post(f"{page_of(team, answer)}/reply", data={"text": "Agreed."}).status_code == 303
    assert team.admin.http.post(f"{page_of(team, answer)}/reply", data={"text": "No."}).status_code == 409
    report = finished.report()
    for words in ("A person looked at this: 75 of 100", "The why is there.", "You are right.", "Agreed."):
        assert words in report
    assert "instead of the machine’s" in report
    assert "The candidate does not agree" not in ben.http.get(f"{team.url}/review").text


def test_no_objection_where_the_report_is_not_to_be_seen(
    team: Team, finished: Sitting, alice: Person, worker: Jobs
) -> None:
    own = alice.practise()
    own.answer(WORDS)
    assert "I do not agree" not in own.report(), "nobody holds an interview that one practises alone"
    assert alice.http.post(own.item_url(0, "appeal"), data={"text": "Why?"}).status_code == 404
    by_template = team.candidate("Dan", template="warm-up")
    by_template.start()
    by_template.answer(WORDS)
    by_template.finish()
    assert "I do not agree" in (by_template.report() if run_jobs(worker, team.admin) else "")
    with team.admin.sessions.begin() as session:
        session.execute(text("UPDATE interview_template_versions SET release = 'by_interviewer'"))
    url = by_template.item_url(0, "appeal")
    assert by_template.person.http.post(url, data={"text": "Why?"}).status_code == 404
    with team.admin.sessions.begin() as session:
        session.execute(text("UPDATE interviews SET released_at = viva_now()"))
    assert by_template.person.http.post(url, data={"text": "Why?"}).status_code == 303
