"""The review queue, and the page on which a person judges an answer."""

from __future__ import annotations

import uuid
from typing import Annotated, Any
from urllib.parse import urlencode

from fastapi import APIRouter, Depends, Request
from starlette.responses import RedirectResponse, Response

from app.accounts.desk import AtDesk, Desk
from app.assessments.appeals import reply as reply_to_appeal
from app.assessments.review_order import FILTERS, Filter, Wanted
from app.assessments.review_queue import following, queue_choices, review_queue
from app.assessments.review_views import ReviewView, review_view
from app.assessments.reviewing import Judgement, record_look, save_review
from app.dashboards.frame import render_desk
from app.dashboards.names import name_in_review
from app.kit.errors import Conflict, Invalid
from app.kit.web import SessionDep

router = APIRouter(prefix="/organizations/{organization}/review", include_in_schema=False)

VERDICT_CHOICES = (
    ("met", "Met", "1"),
    ("partial", "Partly", "2"),
    ("missed", "Missed", "3"),
    ("contradicted", "Wrong", "4"),
)
"""(verdict, word, key)"""
FILTER_WORDS: dict[Filter, str] = {
    "next": "What to look at next",
    "unreviewed": "Not reviewed yet",
    "appeals": "Appeals without a reply",
    "disagreements": "People disagree",
    "second": "Reviewed by others only",
    "mine": "Reviewed by you",
}


def wanted_of(show: str = "next", template: str = "", question: str = "") -> Wanted:
    """What the address asks for; an unknown filter is the first one."""
    return Wanted(show if show in FILTERS else "next", template[:80], question[:80])


WantedDep = Annotated[Wanted, Depends(wanted_of)]


def query_of(wanted: Wanted, **more: str) -> str:
    """The same as an address's query, without what is empty."""
    values = {"show": wanted.filter if wanted.filter != "next" else "", "template": wanted.template}
    values |= {"question": wanted.question} | more
    return urlencode({name: value for name, value in values.items() if value})


@router.get("")
def queue_page(
    request: Request, desk: AtDesk, session: SessionDep, wanted: WantedDep, cursor: str | None = None
) -> Response:
    """What a person should look at next."""
    page = review_queue(session, desk.organization_id, desk.user.id, wanted, cursor)
    return render_desk(
        request,
        "dashboards/review/queue.html",
        desk,
        page=page,
        wanted=wanted,
        filters=FILTER_WORDS,
        query=query_of(wanted),
        choices=queue_choices(session, desk.organization_id),
        more=query_of(wanted, cursor=page.next_cursor or ""),
        name_of=lambda one: name_in_review(desk.organization, one.interview_id, one.candidate),
    )


@router.get("/next")
def next_answer(desk: AtDesk, session: SessionDep, wanted: WantedDep, after: uuid.UUID | None = None) -> Response:
    """Go to the answer that comes next in the queue, or back to the queue."""
    return _to(desk, wanted, following(session, desk.organization_id, desk.user.id, wanted, after))


@router.get("/answers/{answer_id}")
def answer_page(
    request: Request, desk: AtDesk, session: SessionDep, wanted: WantedDep, answer_id: uuid.UUID, machine: str = ""
) -> Response:
    """Judge an answer. The machine's judgement is hidden until the reviewer has chosen, or asks (`machine=shown`)."""
    view = review_view(session, desk.organization_id, desk.user.id, answer_id)
    record_look(session, desk.organization_id, desk.doer, answer_id)
    return _page(request, desk, wanted, view, machine_shown=machine == "shown")


async def read_form(request: Request) -> dict[str, str]:
    """What was typed and chosen, as plain words.

    Raises:
        Invalid: a file came instead of text.
    """
    async with request.form() as form:
        if not all(isinstance(value, str) for value in form.values()):
            raise Invalid("This must be text, not a file.")
        return {name: str(value) for name, value in form.items()}


TypedDep = Annotated[dict[str, str], Depends(read_form)]


@router.post("/answers/{answer_id}")
def save(
    request: Request, desk: AtDesk, session: SessionDep, wanted: WantedDep, answer_id: uuid.UUID, typed: TypedDep
) -> Response:
    """Keep a review; then on to the next answer, or back to this one where there is something to see."""
    # Asked before it is saved: what was skipped does not come back at once.
    after = following(session, desk.organization_id, desk.user.id, wanted, answer_id)
    view = review_view(session, desk.organization_id, desk.user.id, answer_id)
    try:
        mark = save_review(session, desk.organization_id, desk.doer, answer_id, _judgement(view, typed))
    except (Invalid, Conflict) as error:
        return _page(request, desk, wanted, view, typed=typed, refused=error, machine_shown=True)
    appealed = view.appeal is not None and view.appeal.replied_at is None
    if typed.get("then") != "next" or mark.disagreement or appealed:
        return RedirectResponse(_url(desk, wanted, answer_id, "#what-counts"), status_code=303)
    return _to(desk, wanted, after)


@router.post("/answers/{answer_id}/reply")
def reply(
    request: Request, desk: AtDesk, session: SessionDep, wanted: WantedDep, answer_id: uuid.UUID, typed: TypedDep
) -> Response:
    """Reply to the candidate's appeal."""
    view = review_view(session, desk.organization_id, desk.user.id, answer_id)
    try:
        reply_to_appeal(session, desk.organization_id, desk.doer, answer_id, typed.get("text", ""))
    except (Invalid, Conflict) as error:
        return _page(request, desk, wanted, view, typed={"reply": typed.get("text", "")}, refused=error)
    return RedirectResponse(_url(desk, wanted, answer_id, "#appeal"), status_code=303)


def _judgement(view: ReviewView, typed: dict[str, str]) -> Judgement:
    """What the form says.

    Raises:
        Invalid: the mark is no number.
    """
    verdicts: dict[int, dict[str, str]] = {}
    for number, approach in enumerate(view.approaches):
        for one in approach.criteria:
            if chosen := typed.get(f"v-{one.key}"):
                verdicts.setdefault(number, {})[one.id] = chosen
    written = typed.get("score", "").strip().replace(",", ".")
    try:
        score = float(written) / 100 if written else None
    except ValueError:
        raise Invalid("The mark must be a number from 0 to 100.", field="score") from None
    return Judgement(
        score=score,
        verdicts=verdicts,
        reason=typed.get("reason", ""),
        comment=typed.get("comment", ""),
        settles=typed.get("settles") == "yes",
        saw_machine=typed.get("saw_machine") == "yes",
    )


def _page(
    request: Request,
    desk: Desk,
    wanted: Wanted,
    view: ReviewView,
    *,
    typed: dict[str, str] | None = None,
    refused: Invalid | Conflict | None = None,
    machine_shown: bool = False,
) -> Response:
    values = _values(view, desk.user.id) if typed is None else typed
    return render_desk(
        request,
        "dashboards/review/answer.html",
        desk,
        status_code=refused.status if refused else 200,
        view=view,
        wanted=wanted,
        query=query_of(wanted),
        values=values,
        refused=refused.message if refused else "",
        refused_field=refused.extra.get("field", "") if refused else "",
        candidate=name_in_review(desk.organization, view.interview_id, view.candidate),
        machine_shown=machine_shown,
        me=desk.user.id,
        plain=[approach.plain for approach in view.approaches],
        verdict_choices=VERDICT_CHOICES,
    )


def _values(view: ReviewView, viewer_id: uuid.UUID) -> dict[str, str]:
    """The form as the viewer left it last."""
    mine = view.mark.by(viewer_id)
    if mine is None:
        return {}
    values: dict[str, Any] = {"score": f"{100 * mine.score:.4g}", "reason": mine.reason, "comment": mine.comment}
    for approach in view.approaches:
        for one in approach.criteria:
            if verdict := mine.verdicts.get(one.id):
                values[f"v-{one.key}"] = verdict
    return values


def _url(desk: Desk, wanted: Wanted, answer_id: uuid.UUID, part: str = "") -> str:
    query = query_of(wanted)
    return f"{desk.url}/review/answers/{answer_id}{'?' + query if query else ''}{part}"


def _to(desk: Desk, wanted: Wanted, answer_id: uuid.UUID | None) -> Response:
    if answer_id is not None:
        return RedirectResponse(_url(desk, wanted, answer_id), status_code=303)
    query = query_of(wanted)
    return RedirectResponse(f"{desk.url}/review{'?' + query if query else ''}", status_code=303)
