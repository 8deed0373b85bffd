"""Jinja2: strict, escaped, with the few filters that pages need."""

from __future__ import annotations

import datetime as dt
import hashlib
from functools import lru_cache
from typing import Any

from fastapi import Request
from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup
from starlette.responses import HTMLResponse

from app import __version__
from app.kit.config import ROOT
from app.kit.markdown_blocks import markdown_parser

STATIC = ROOT / "app" / "static"

_markdown = markdown_parser()


def markdown(source: str) -> Markup:
    """Markdown of the bank as HTML; raw HTML in it is shown, not obeyed; pictures from elsewhere are left out."""
    return Markup(_markdown.render(source))  # noqa: S704 - the renderer escapes


def moment(at: dt.datetime | None) -> Markup:
    """A time as `<time>` in UTC; the page's script shows it in the reader's zone."""
    if at is None:
        return Markup("")
    utc = at.astimezone(dt.UTC)
    return Markup('<time datetime="{}">{}</time>').format(
        utc.isoformat(timespec="seconds"), utc.strftime("%-d %B %Y, %H:%M UTC")
    )


@lru_cache(maxsize=256)
def _digest(name: str) -> str:
    return hashlib.sha256((STATIC / name).read_bytes()).hexdigest()[:12]


def static(name: str) -> str:
    """The address of a static file, with its digest: it may be cached for ever."""
    return f"/static/{name}?v={_digest(name)}"


def make_environment() -> Environment:
    """The environment; a test compiles every template with it."""
    environment = Environment(
        loader=FileSystemLoader(ROOT / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"static": static, "version": __version__}
    environment.filters |= {"markdown": markdown, "moment": moment}
    return environment


@lru_cache(maxsize=1)
def environment() -> Environment:
    """The process's environment."""
    return make_environment()


def render(request: Request, template: str, status_code: int = 200, **context: Any) -> HTMLResponse:
    """A page. `viewer` comes from the sign-in dependency, or is None."""
    return HTMLResponse(fragment(request, template, **context), status_code=status_code)


def fragment(request: Request, template: str, **context: Any) -> str:
    """A page, or a part of one that goes into a page inside JSON."""
    context |= {
        "viewer": getattr(request.state, "viewer", None),
        "path": request.url.path,
        # In another site's frame: no way leads out of what the frame is for.
        "embedded": getattr(request.state, "embedded", False),
        # Pages promise that answers stay on this server; with an encoder elsewhere they must say so instead.
        "scored_here": request.app.state.settings.encoder != "remote",
    }
    return environment().get_template(template).render(context)
