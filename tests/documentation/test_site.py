"""The documentation as a site: every page, every link, every problem, the search."""

from __future__ import annotations

import re
from collections.abc import Iterator
from html import unescape
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from app.accounts.keys import SCOPES
from app.documentation import site
from app.documentation.markdown import render_document
from app.documentation.problem_pages import families, problem_types
from app.kit.config import ROOT

# Pages that are linked already and come with the features that they describe: empty once all have come.
PENDING: set[str] = set()
FILES = sorted(path for path in (*site.DOCS.rglob("*.md"), *(ROOT / name for name in site.BESIDE)))
NAMES = [path.relative_to(ROOT).as_posix() for path in FILES]


def links_of(path: Path) -> Iterator[str]:
    text = re.sub(r"```.*?```|`[^`\n]*`", "", path.read_text(encoding="utf-8"), flags=re.DOTALL)
    yield from re.findall(r"\]\(([^)\s]+)\)", text)


@pytest.mark.parametrize("path", FILES, ids=NAMES)
def test_links_lead_somewhere(client: TestClient, path: Path) -> None:
    broken = []
    for link in links_of(path):
        if re.match(r"(https?|mailto):", link):
            continue
        if link.startswith("/"):
            if client.get(link).status_code != 200:
                broken.append(link)
            continue
        target, _, anchor = link.partition("#")
        aim = (path.parent / target).resolve() if target else path
        if not aim.exists():
            if not aim.is_relative_to(site.DOCS) or aim.relative_to(site.DOCS).as_posix() not in PENDING:
                broken.append(link)
        elif anchor and anchor not in anchors(aim):
            broken.append(link)
    assert not broken


def anchors(path: Path) -> set[str]:
    names = {file: name for name, file in site.sources().items()}
    return {heading.anchor for heading in site.pages()[names[path]].headings}


def test_what_is_pending_has_not_come() -> None:
    come = {name for name in PENDING if (site.DOCS / name).exists()}
    assert not come, "they are there: take them off the list"


def test_the_index_leads_to_every_page() -> None:
    """Every file of docs/ is listed for some reader, and no group is empty."""
    listed = {place.address for group in site.groups() for place in group.places}
    here = {site.address_of(name) for name in site.sources() if name and not name.startswith("recipes/")}
    assert here <= listed, here - listed
    assert [group.title for group in site.groups()] == [
        "For candidates", "For interviewers", "For integrators", "For operators", "For contributors",
    ]  # fmt: skip
    assert all(group.places for group in site.groups())


@pytest.mark.parametrize("name", sorted(site.sources()))
def test_pages_are_served(client: TestClient, name: str) -> None:
    response = client.get(site.address_of(name))
    assert response.status_code == 200
    text = response.text
    assert text.count("<h1") == 1
    assert not re.search(r'\sstyle="|<script(?![^>]*\bsrc=)', text), "what the policy forbids"
    for address in re.findall(r'(?:href|src)="(/docs[^"#?]*)', text):
        # A page that is to come is words, not a link.
        assert client.get(unescape(address)).status_code == 200, address
    assert "settings: begin" not in text


def test_the_address_with_a_slash_and_of_nothing(client: TestClient) -> None:
    for path in ("/docs/", "/docs/no-such-page", "/docs/../pyproject", "/docs/images/none.png", "/docs/images/..%2Fproblems.md",
                 "/docs/problems/none", "/docs/problems/vivaerror", "/docs/api/none", "/docs/integration.md"):  # fmt: skip
        response = client.get(path)
        assert response.status_code in {404, 307}, path


def test_pictures(client: TestClient) -> None:
    response = client.get("/docs/images/report.png")
    assert response.status_code == 200
    assert response.headers["content-type"] == "image/png"


def test_every_problem_has_its_page(client: TestClient) -> None:
    assert set(problem_types()) == {kind for kind in families() if kind}
    for kind in problem_types():
        response = client.get(f"/docs/problems/{kind}")
        assert response.status_code == 200
        assert f"<code>{kind}</code>" in response.text
        assert families()[kind].title in unescape(response.text)


def test_the_type_of_a_problem_is_its_page(client: TestClient) -> None:
    problem = client.get("/api/v1/interviews", headers={"accept": "application/json"}).json()
    response = client.get(problem["type"])
    assert response.status_code == 200
    assert "viva key create" in response.text


def test_the_page_on_keys_names_every_scope() -> None:
    page = (site.DOCS / "authentication.md").read_text(encoding="utf-8")
    assert set(re.findall(r"^\| `([\w:]+)` \|", page, re.MULTILINE)) == set(SCOPES)


def test_search(client: TestClient) -> None:
    found = client.get("/docs", params={"q": "draft conflict theirs"}).text
    assert "/docs/problems#draft-conflict" in found
    assert "Nothing holds all these words" in client.get("/docs", params={"q": "zeppelin moon"}).text
    escaped = client.get("/docs", params={"q": "<script>x"}).text
    assert "<script>x" not in escaped
    assert client.get("/docs", params={"q": "  "}).status_code == 200
    assert client.get("/docs", params={"q": "x" * 201}).status_code == 422


def test_markdown_obeys_nothing_of_others() -> None:
    made = render_document(
        "# One\n\n## Two\n\n## Two\n\n<script>alert(1)</script>\n\n![p](https://example.org/x.png) [gone](gone.md) [j](javascript:alert)\n\n"
        "| a | b |\n|--:|:-:|\n| 1 | 2 |\n",
        lambda link: None,
    )
    html = str(made.html)
    assert "<script" not in html
    assert "example.org" not in html
    assert "<a " not in html
    assert 'style="' not in html
    assert 'class="align-right"' in html
    assert [heading.anchor for heading in made.headings] == ["one", "two", "two-1"]
