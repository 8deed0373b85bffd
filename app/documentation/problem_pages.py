"""The page of each problem type: what `type` of an error points at."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from markupsafe import Markup

from app.documentation.markdown import render_document
from app.documentation.site import DOCS, pages
from app.kit.errors import NotFound, VivaError
from app.kit.problems import PROBLEM_TYPES


@dataclass(frozen=True)
class ProblemPage:
    """What a problem means, and how it is mended."""

    type: str
    status: int
    title: str
    html: Markup


def families(of: type[VivaError] = VivaError) -> dict[str, type[VivaError]]:
    """Every type of problem with the first class that carries it (those below it say the same in other words)."""
    found: dict[str, type[VivaError]] = {}
    below = [of]
    while below:
        one = below.pop(0)
        found.setdefault(one.type, one)
        below.extend(one.__subclasses__())
    return found


def problem_named(name: str) -> ProblemPage:
    """The page of a problem type.

    Raises:
        NotFound: there is no such type.
    """
    words, known = _sections().get(name), families().get(name)
    if words is None or known is None:
        raise NotFound("There is no such problem: /docs/problems lists them all.")
    return ProblemPage(name, known.status, known.title, words)


def problem_types() -> list[str]:
    """All types that have a page, in the order of docs/problems.md."""
    return list(_sections())


@lru_cache(maxsize=1)
def _sections() -> dict[str, Markup]:
    """What docs/problems.md says of each type; links lead from there as from the whole page."""
    source = (DOCS / "problems.md").read_text(encoding="utf-8")
    parts = re.split(r"^## (.+)$", source, flags=re.MULTILINE)[1:]
    return {
        name.strip(): render_document(words, _address).html for name, words in zip(parts[::2], parts[1::2], strict=True)
    }


def _address(link: str) -> str | None:
    if link.startswith("#"):
        return PROBLEM_TYPES + link[1:]
    if re.match(r"[a-z]+:|/", link):
        return link
    name, hash_, anchor = link.partition("#")
    stem = name.removesuffix(".md")
    return f"/docs/{stem}{hash_}{anchor}" if stem in pages() else None
