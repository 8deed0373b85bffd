"""The documentation, its search, the page of each problem type, and the reference: open to all."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Query, Request
from starlette.responses import FileResponse, Response

from app.accounts.deps import MaybeViewer
from app.documentation import site
from app.documentation.problem_pages import problem_named, problem_types
from app.documentation.reference import Reference
from app.kit.rest import Cleaned
from app.kit.templating import render

router = APIRouter(prefix="/docs", include_in_schema=False)

Words = Annotated[str, Query(max_length=200), Cleaned]


@router.get("")
def index(request: Request, viewer: MaybeViewer, q: Words = "") -> Response:
    """All pages in their order for readers, or those that hold the words that are searched."""
    words = q.strip()
    if words:
        return render(request, "documentation/found.html", groups=site.groups(), q=words, found=site.search(words))
    return render(request, "documentation/page.html", groups=site.groups(), q="", document=site.pages()[""])


@router.get("/images/{picture}")
def picture(picture: str) -> Response:
    """A picture that pages show."""
    path, media_type = site.picture_named(picture)
    return FileResponse(path, media_type=media_type, headers={"cache-control": "no-cache"})


@router.get("/problems/{problem}")
def problem(request: Request, viewer: MaybeViewer, problem: str) -> Response:
    """What a problem means and how it is mended: the `type` of every error points here."""
    return render(
        request,
        "documentation/problem.html",
        groups=site.groups(),
        q="",
        problem=problem_named(problem),
        types=problem_types(),
    )


@router.get("/api")
def reference(request: Request, viewer: MaybeViewer) -> Response:
    """Every operation of the API by tag; each opens on the page, where it can be tried."""
    return render(request, "documentation/reference.html", groups=site.groups(), q="", reference=_reference(request))


@router.get("/api/{operation_id}")
def operation(request: Request, viewer: MaybeViewer, operation_id: str, part: bool = False) -> Response:
    """One operation, as a page of its own or (`part`) as what opens in the list of all."""
    one = _reference(request).operation(operation_id)
    if part:
        return render(request, "documentation/_operation.html", one=one)
    return render(request, "documentation/operation.html", groups=site.groups(), q="", one=one)


@router.get("/recipes/{page}")
def recipe(request: Request, viewer: MaybeViewer, page: str) -> Response:
    """A worked example."""
    return _shown(request, f"recipes/{page}")


@router.get("/{page}")
def page(request: Request, viewer: MaybeViewer, page: str) -> Response:
    """A page of the documentation."""
    return _shown(request, page)


def _shown(request: Request, name: str) -> Response:
    document = site.page_named(name)
    return render(request, "documentation/page.html", groups=site.groups(), q="", document=document)


def _reference(request: Request) -> Reference:
    # Made once: the document of an app does not change while it runs.
    state = request.app.state
    if getattr(state, "reference", None) is None:
        state.reference = Reference(request.app.openapi())
    made: Reference = state.reference
    return made
