from __future__ import annotations

from collections.abc import Callable

import pytest
from inviting import come_in, invited, rules
from people import Person
from teams import Team, new_team

from app.assessments.jobs import Jobs


@pytest.fixture
def team(newcomer: Callable[[], Person]) -> Team:
    return new_team(newcomer)


@pytest.mark.parametrize(("sees", "shown"), [("nothing", "You see no result here"), ("score", "of 100")])
def test_what_candidates_see(team: Team, newcomer: Callable[[], Person], worker: Jobs, sees: str, shown: str) -> None:
    rules(team, sees, "at_once")
    carol = newcomer()
    sitting = come_in(carol, invited(team))
    sitting.start()
    sitting.answer("Dropout removes units at random.")
    sitting.finish()
    for answer in sitting.answers().values():
        worker.score_answer(answer_id=str(answer.id))
    report = sitting.report()
    assert shown in report
    for hidden in ("What a good answer says", "Model answer", "Question by question"):
        assert hidden not in report
    assert (carol.http.get(f"{sitting.url}/report?fragment=1").text.count("of 100") > 0) == (sees == "score")


def test_follow_ups_are_left_out_where_the_template_says_so(
    team: Team, newcomer: Callable[[], Person], worker: Jobs
) -> None:
    reports = []
    for asks in (True, False):
        rules(team, "report", "at_once", follow_ups=asks)
        sitting = come_in(newcomer(), invited(team, f"Carol {asks}"))
        sitting.start()
        for number in range(len(sitting.items)):
            sitting.answer("Something else.", item=number)
        sitting.finish()
        for answer in sitting.answers().values():
            worker.score_answer(answer_id=str(answer.id))
        reports.append(sitting.report())
    assert "An interviewer would ask" in reports[0]
    assert "An interviewer would ask" not in reports[1]
