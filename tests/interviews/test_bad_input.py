"""Bad input over the pages: each has its message, nothing is a 500, and nothing that was there is lost."""

from __future__ import annotations

import html
import re
import uuid
from typing import Any

import pytest
from httpx2 import Response
from people import JSON, Person, Sitting

AS_JSON = JSON | {"content-type": "application/json"}

# Text that is no worse than any other: it is stored to the code point.
UNHARMED = {
    "emoji": "Learning is 👩🏽‍🔬 + 📉 → 🎉, isn’t it? 🏳️‍🌈",
    "right to left": "למידה היא שינוי של משקולות. التعلّم هو تغيير الأوزان.",
    "marks of direction": "a\u202eb\u202c\u200f\u200e\u2066c\u2069",
    "combining": "e\u0301 and \u00e9 are kept apart; Z̸̢͔a̷l̶g̵o̶",
    "beyond the plane": "𝛁𝑳 = 0 \U0010fffd",
    "markup": "<script>alert(1)</script> & <b>bold</b> {{ 7*7 }} {% raw %}",
    "tabs and lines": "\tone\n\n\n  two  \n",
    "leading line break": "\n\nfirst line is empty",
    "noncharacters": "\ufeffbom \ufffe\uffff",
    "byte order in the middle": "left\ufeffright",
    "formula": "=1+1\n+cmd|' /C calc'!A0",
}


def detail(response: Response, status: int, kind: str) -> str:
    assert response.status_code == status, response.text
    assert response.headers["content-type"] == "application/problem+json"
    assert response.json()["type"].endswith(f"/{kind}"), response.text
    return str(response.json()["detail"])


@pytest.fixture
def sitting(alice: Person) -> Sitting:
    sitting = alice.sit()
    sitting.save("what was there")
    return sitting


def test_empty_answers(sitting: Sitting, subtests: pytest.Subtests) -> None:
    for words in ("", "   ", "\n\t\r\n  ", "\u00a0\u2003"):
        with subtests.test(repr(words)):
            said = detail(sitting.answer(words), 422, "invalid")
            assert said == "The answer is empty: write something, or say “I do not know”."
            form = sitting.person.http.post(sitting.item_url(0, "answer"), data={"text": words})
            assert (form.status_code, form.headers["location"]) == (303, f"{sitting.url}/items/1?notice=empty")
            page = sitting.person.http.get(form.headers["location"]).text
            assert said in page
            assert "what was there" in page
    assert sitting.answers() == {}


def test_an_empty_draft_is_a_draft(sitting: Sitting) -> None:
    """Whoever deletes everything means it."""
    assert sitting.save("", 1).status_code == 200
    assert sitting.draft() == ("", 2)


def test_nul(sitting: Sitting) -> None:
    for response in (sitting.save("a\x00b", 1), sitting.answer("a\x00b")):
        assert detail(response, 422, "invalid") == "text holds a NUL character (U+0000): remove it."
    form = sitting.person.http.post(sitting.item_url(0, "answer"), data={"text": "a\x00b"})
    assert form.status_code == 422
    assert "text holds a NUL character (U+0000): remove it." in form.text
    assert sitting.draft() == ("what was there", 1)
    assert sitting.answers() == {}


def test_lone_surrogates(sitting: Sitting, subtests: pytest.Subtests) -> None:
    for escape in ("\\ud800", "\\udfff", "x\\ud83dy", "\\ude00\\ud83d"):
        with subtests.test(escape):
            said = "text holds half of a surrogate pair, which is no character: remove it."
            raw = '{"text": "a' + escape + 'b", "base_revision": 1}'
            draft = sitting.person.http.put(sitting.item_url(0, "draft"), content=raw, headers=AS_JSON)
            assert detail(draft, 422, "invalid") == said
            raw = '{"text": "a' + escape + 'b"}'
            answer = sitting.person.http.post(sitting.item_url(0, "answer"), content=raw, headers=AS_JSON)
            assert detail(answer, 422, "invalid") == said
    assert sitting.draft() == ("what was there", 1)
    assert sitting.answers() == {}


def test_a_megabyte(sitting: Sitting) -> None:
    huge = "word " * 200_000
    for response in (sitting.save(huge, 1), sitting.answer(huge)):
        assert detail(response, 413, "too-large") == "The request is larger than 512 KiB: send less at a time."
    form = sitting.person.http.post(sitting.item_url(0, "answer"), data={"text": huge})
    assert form.status_code == 413
    assert "The request is larger than 512 KiB" in form.text
    # One that says nothing of its length, in pieces.
    pieces = (b'{"text": "', *[b"word " * 1000] * 200, b'", "base_revision": 1}')
    streamed = sitting.person.http.put(sitting.item_url(0, "draft"), content=iter(pieces), headers=AS_JSON)
    assert detail(streamed, 413, "too-large") == "The request is larger than 512 KiB: send less at a time."
    assert sitting.draft() == ("what was there", 1)


def test_more_than_an_answer_may_have(sitting: Sitting) -> None:
    fits, over = "ü" * 20_000, "👩" * 20_001
    for response in (sitting.save(over, 1), sitting.answer(over)):
        assert detail(response, 413, "too-large") == (
            "text has 20,001 characters and at most 20,000 are taken: shorten it."
        )
    assert sitting.draft() == ("what was there", 1)
    assert sitting.save(fits, 1).status_code == 200
    assert sitting.answer(fits).status_code == 200
    assert sitting.answers()[0].text == fits


def test_control_characters_go_and_line_ends_become_one(sitting: Sitting) -> None:
    assert sitting.save("a\x07b\x1b[31m\r\nc\rd\x7f\te", 1).status_code == 200
    assert sitting.draft()[0] == "ab[31m\nc\nd\te"


def test_text_that_is_stored_unharmed(alice: Person, subtests: pytest.Subtests) -> None:
    for name, words in UNHARMED.items():
        with subtests.test(name):
            sitting = alice.practise()
            assert sitting.save(words).status_code == 200
            assert sitting.draft()[0] == words
            page = alice.http.get(f"{sitting.url}/items/1").text
            assert editor_of(page) == words
            assert "<script>alert(1)" not in page
            assert sitting.answer(words).status_code == 200
            assert sitting.answers()[0].text == words
            report = sitting.report()
            assert words in html.unescape(report)
            assert "<script>alert(1)" not in report
            assert "<b>bold" not in report
            by_form = alice.practise()
            alice.http.post(by_form.item_url(0, "answer"), data={"text": words})
            assert by_form.answers()[0].text == words


def editor_of(page: str) -> str:
    """What a browser puts into the textarea: entities resolved, the first line break dropped."""
    match = re.search(r'<textarea id="answer"[^>]*>(.*?)</textarea>', page, re.DOTALL)
    assert match
    return html.unescape(match[1].removeprefix("\n"))


MALFORMED: list[tuple[str, bytes, int, str]] = [
    ("no body", b"", 422, "body: "),
    ("broken", b'{"text": "a', 400, "is not JSON"),
    ("not an object", b"[1, 2]", 422, "body"),
    ("null", b"null", 422, "body"),
    ("no text", b'{"base_revision": 1}', 422, "text: is missing"),
    ("text is a number", b'{"text": 5, "base_revision": 1}', 422, "text: "),
    ("text is a list", b'{"text": ["a"], "base_revision": 1}', 422, "text: "),
    ("no revision", b'{"text": "a"}', 422, "base_revision: is missing"),
    ("negative revision", b'{"text": "a", "base_revision": -1}', 422, "base_revision: "),
    ("revision too large for the database", b'{"text": "a", "base_revision": 99999999999}', 422, "base_revision: "),
    ("half a revision", b'{"text": "a", "base_revision": 1.5}', 422, "base_revision: "),
    ("NaN", b'{"text": "a", "base_revision": NaN}', 422, "base_revision: "),
    ("infinite", b'{"text": "a", "base_revision": 1e999}', 422, "base_revision: "),
    ("something more", b'{"text": "a", "base_revision": 1, "score": 1}', 422, "score: is not a known field"),
    ("not UTF-8", b'{"text": "\xff\xfe", "base_revision": 1}', 400, "cannot be read"),
    ("deep", b'{"text": ' + b"[" * 20_000 + b"]" * 20_000 + b', "base_revision": 1}', 400, "cannot be read"),
]


def test_malformed_drafts(sitting: Sitting, subtests: pytest.Subtests) -> None:
    for name, body, status, words in MALFORMED:
        with subtests.test(name):
            response = sitting.person.http.put(sitting.item_url(0, "draft"), content=body, headers=AS_JSON)
            assert words in detail(response, status, "malformed" if status == 400 else "invalid")
    assert sitting.draft() == ("what was there", 1)


MALFORMED_ANSWERS: list[tuple[str, bytes, str]] = [
    ("answer", b"{", "is not JSON"),
    ("answer", b"[" * 50_000, "is not JSON"),
    ("answer", b"[]", "body: "),
    ("answer", b'{"text": 5}', "text: "),
    ("answer", b'{"text": "a", "more": 1}', "more: is not a known field"),
    ("answer", b'{"text": "a", "does_not_know": "perhaps"}', "does_not_know: "),
    ("answer", b'{"text": "a", "input_mode": "sung"}', "input_mode: "),
    ("answer", b'{"text": "\xff"}', "is not JSON"),
    ("flag", b"{", "is not JSON"),
    ("flag", b"{}", "flagged: is missing"),
    ("flag", b'{"flagged": "perhaps"}', "flagged: "),
]


def test_malformed_answers_and_flags(sitting: Sitting, subtests: pytest.Subtests) -> None:
    for what, body, words in MALFORMED_ANSWERS:
        with subtests.test(f"{what} {body[:40]!r}"):
            response = sitting.person.http.post(sitting.item_url(0, what), content=body, headers=AS_JSON)
            malformed = words == "is not JSON"
            assert words in detail(response, 400 if malformed else 422, "malformed" if malformed else "invalid")
    assert sitting.answers() == {}


def test_forms_that_are_no_forms(sitting: Sitting) -> None:
    http, url = sitting.person.http, sitting.item_url(0, "answer")
    form = {"content-type": "application/x-www-form-urlencoded"}
    assert http.post(url, content=b"", headers=form).headers["location"].endswith("notice=empty")
    assert http.post(url, content=b"%%%=&&&=%zz", headers=form).headers["location"].endswith("notice=empty")
    broken = http.post(url, content=b"--x\r\nnonsense", headers={"content-type": "multipart/form-data; boundary=x"})
    assert broken.headers["location"].endswith("notice=empty")
    headless = http.post(url, content=b"abc", headers={"content-type": "multipart/form-data"})
    assert headless.status_code == 400, headless.text
    upload = http.post(url, files={"text": ("answer.txt", b"a file instead of a text")})
    assert upload.status_code == 422
    assert "text: must be text, not a file." in upload.text
    assert sitting.answers() == {}, "something that is no text was taken as the answer"


def test_unknown_ids_and_methods(sitting: Sitting, subtests: pytest.Subtests) -> None:
    http = sitting.person.http
    nobody = uuid.uuid4()
    paths = (
        f"/interviews/{nobody}",
        "/interviews/not-an-id",
        "/interviews/%00",
        f"{sitting.url}/items/{nobody}/draft",
        f"{sitting.url}/items/99",
        f"{sitting.url}/items/-1",
        f"{sitting.url}/items/{10**30}",
        f"{sitting.url}/items/{nobody}",
        f"{sitting.url}/nothing",
        "/nothing/at/all",
        "/questions/no-such-question",
        "/questions/no-such-question/practise",
        "/questions/%00",
        "/questions/%ff%fe",
    )
    for method in ("GET", "POST", "PUT", "DELETE", "PATCH"):
        for path in paths:
            with subtests.test(f"{method} {path}"):
                body = {"text": "x", "base_revision": 0} if method != "GET" else None
                response = http.request(method, path, json=body)
                assert response.status_code in {404, 405, 422}
                assert "<h1>" in response.text
                assert "Traceback" not in response.text


BAD_QUERIES: list[tuple[str, int]] = [
    ("/questions?q=%00", 422),
    ("/questions?q=" + "x" * 5000, 200),
    ("/questions?q=%25_%5C'%22;--", 200),
    ("/questions?topic=no-such-topic&kind=%F0%9F%91%A9&level=99", 200),
    ("/questions?topic=%00", 422),
    ("/questions?kind=%00", 422),
    ("/questions?level=%00", 422),
    ("/questions?page=0", 422),
    ("/questions?page=99999999999999999999", 422),
    ("/questions?page=9999", 200),
    ("/interviews?cursor=nonsense", 422),
    ("/interviews?cursor=%00", 422),
    ("/interviews?cursor=" + "A" * 4000, 422),
]


def test_bad_queries(alice: Person, subtests: pytest.Subtests) -> None:
    alice.choose()
    for path, expected in BAD_QUERIES:
        with subtests.test(path[:60]):
            response = alice.http.get(path)
            assert response.status_code == expected
            assert "<h1>" in response.text


def test_bad_templates(alice: Person) -> None:
    for data, status in (({}, 422), ({"template": "no-such-template"}, 404), ({"template": "a\x00b"}, 422)):
        body: dict[str, Any] = data
        response = alice.http.post("/start", data=body)
        assert response.status_code == status, response.text
        assert "<h1>" in response.text
        assert alice.http.get("/interviews").status_code == 303, "a guest was made for nothing"


def test_report_long_poll_with_nonsense(sitting: Sitting) -> None:
    sitting.finish()
    for query in ("seen=x", "fragment=perhaps", f"fragment=1&seen={10**30}x"):
        response = sitting.person.http.get(f"{sitting.url}/report?{query}")
        assert response.status_code == 422, query
