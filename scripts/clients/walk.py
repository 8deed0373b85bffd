"""An interview from its making to its report, by a client that openapi-python-client makes."""

from __future__ import annotations

import os

from viva_generated import AuthenticatedClient
from viva_generated.api.gradings import create_grading
from viva_generated.api.interviews import (
    create_interview,
    finish_interview,
    list_interviews,
    read_report,
    save_draft,
    submit_answer,
)
from viva_generated.api.templates import list_templates, read_template
from viva_generated.models import (
    AnswerIn,
    AnswerTaken,
    AssessmentOut,
    CandidateIn,
    DraftIn,
    DraftSaved,
    GradingRequest,
    InterviewIn,
    InterviewOut,
    InterviewPage,
    Problem,
    ReportOut,
    ScoreOut,
    TemplatePage,
)

ANSWER = "Learning means that the weights change so that the loss shrinks."


def main() -> None:
    """Hold the interview."""
    viva = AuthenticatedClient(base_url=os.environ["VIVA_URL"], token=os.environ["VIVA_KEY"])
    templates = list_templates.sync(client=viva)
    assert isinstance(templates, TemplatePage)
    body = InterviewIn(template=templates.items[0].slug, candidate=CandidateIn(external_id="py-1", name="Grace"))
    made = create_interview.sync(client=viva, body=body)
    assert isinstance(made, InterviewOut), made
    for item in made.items:
        saved = save_draft.sync(made.id, item.id, client=viva, body=DraftIn(text="Learning", base_revision=0))
        assert isinstance(saved, DraftSaved), saved
        taken = submit_answer.sync(made.id, item.id, client=viva, body=AnswerIn(text=ANSWER), prefer="wait=20")
        assert isinstance(taken, AnswerTaken | AssessmentOut), taken
    finished = finish_interview.sync(made.id, client=viva)
    assert isinstance(finished, InterviewOut), finished
    report = read_report.sync(made.id, client=viva, prefer="wait=20")
    assert isinstance(report, ReportOut), report
    assert report.status == "complete"
    assert len(report.items) == len(made.items)
    listed = list_interviews.sync(client=viva, external_id="py-1")
    assert isinstance(listed, InterviewPage), listed
    assert [one.id for one in listed.items] == [made.id]
    graded = create_grading.sync(client=viva, body=GradingRequest(answer=ANSWER, references=[ANSWER]), prefer="wait=20")
    assert isinstance(graded, ScoreOut), graded
    missing = read_template.sync("no-such-template", client=viva)
    assert isinstance(missing, Problem), missing
    assert missing.type_ == "/docs/problems/not-found"
    print(f"An interview of {len(made.items)} questions was held: {report.score}.")


if __name__ == "__main__":
    main()
