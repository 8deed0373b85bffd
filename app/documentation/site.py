"""The documentation as a site: every file of `docs/` is a page, and `docs/README.md` puts them in order."""

from __future__ import annotations

import posixpath
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from markupsafe import Markup

from app.documentation.markdown import Document, Heading, render_document
from app.kit.config import ROOT
from app.kit.errors import NotFound

DOCS = ROOT / "docs"
# What lies beside `docs/` and is linked from it.
BESIDE = {"README.md": "readme", "CHANGELOG.md": "changelog", "DECISIONS.md": "decisions"}
PICTURES = {".png": "image/png", ".svg": "image/svg+xml"}
MAX_FOUND = 30


@dataclass(frozen=True)
class Place:
    """A link in the list of all pages."""

    title: str
    address: str
    about: Markup


@dataclass(frozen=True)
class Group:
    """Pages for one kind of reader."""

    title: str
    places: list[Place]


@dataclass(frozen=True)
class Found:
    """A part of a page that holds the words that were searched."""

    title: str
    page: str
    address: str
    excerpt: str


def sources() -> dict[str, Path]:
    """Each page's name and file; the index has no name."""
    found = {BESIDE[name]: ROOT / name for name in BESIDE if (ROOT / name).is_file()}
    for path in sorted(DOCS.rglob("*.md")):
        name = path.relative_to(DOCS).with_suffix("").as_posix()
        found[re.sub(r"(^|/)README$", "", name)] = path
    return found


@lru_cache(maxsize=1)
def pages() -> dict[str, Document]:
    """All pages by name, rendered once a process."""
    files = sources()
    addresses = {path.relative_to(ROOT).as_posix(): address_of(name) for name, path in files.items()}
    return {
        name: render_document(
            path.read_text(encoding="utf-8"),
            lambda link, folder=path.parent.relative_to(ROOT).as_posix(): _address(link, folder, addresses),  # type: ignore[misc]
        )
        for name, path in files.items()
    }


def address_of(name: str) -> str:
    """Where a page is."""
    return f"/docs/{name}" if name else "/docs"


def page_named(name: str) -> Document:
    """A page.

    Raises:
        NotFound: there is none of this name.
    """
    found = pages().get(name)
    if found is None or not name:
        raise NotFound("There is no such page: the documentation begins at /docs.")
    return found


def picture_named(name: str) -> tuple[Path, str]:
    """A picture of `docs/images` and its media type.

    Raises:
        NotFound: there is none of this name.
    """
    path = next((one for one in (DOCS / "images").iterdir() if one.name == name), None)
    if path is None or path.suffix not in PICTURES:
        raise NotFound("There is no such picture.")
    return path, PICTURES[path.suffix]


def _address(link: str, folder: str, addresses: dict[str, str]) -> str | None:
    """Where a link leads: other hosts and anchors as they are, files of ours by their page."""
    if re.match(r"[a-z]+:|#|/", link):
        return link
    target, hash_, anchor = link.partition("#")
    path = posixpath.normpath(posixpath.join(folder, target))
    if path.startswith("docs/images/"):
        return f"/{path}"
    if path == "docs/openapi.json":
        return "/api/v1/openapi.json"
    address = addresses.get(path) or addresses.get(f"{path}/README.md")
    return None if address is None else address + hash_ + anchor


@lru_cache(maxsize=1)
def groups() -> list[Group]:
    """All pages in their order for readers, as the index has them: its headings, and the links listed below each."""
    html = pages()[""].html
    found: list[Group] = []
    for title, _, listed in re.findall(r'<h2 id="[^"]*">(.*?)</h2>(.*?)<ul>(.*?)</ul>', str(html), re.DOTALL):
        links = re.findall(r'<li>\s*(?:<p>)?<a href="([^"]+)">(.*?)</a>:?(.*?)(?:</p>)?\s*</li>', listed, re.DOTALL)
        places = [Place(Markup(words).striptags(), address, Markup(about)) for address, words, about in links]  # noqa: S704
        found.append(Group(Markup(title).striptags(), places))  # noqa: S704 - rendered by us, with escapes
    return found


def search(words: str) -> list[Found]:
    """The parts of pages that hold all the words, those with a word in their heading first."""
    wanted = words.casefold().split()
    if not wanted:
        return []
    hits: list[tuple[int, Found]] = []
    for name, document in pages().items():
        for heading in document.headings:
            title, text = heading.title.casefold(), heading.text.casefold()
            if all(word in title or word in text for word in wanted):
                rank = -sum(word in title for word in wanted)
                hits.append((rank, _found(name, document, heading, wanted)))
    hits.sort(key=lambda hit: hit[0])
    return [found for _, found in hits[:MAX_FOUND]]


def _found(name: str, document: Document, heading: Heading, wanted: list[str]) -> Found:
    text = heading.text
    at = min((place for word in wanted if (place := text.casefold().find(word)) >= 0), default=0)
    start = max(0, at - 80)
    excerpt = ("… " if start else "") + text[start : start + 220] + (" …" if len(text) > start + 220 else "")
    return Found(heading.title, document.title, f"{address_of(name)}#{heading.anchor}", excerpt)
