"""Text that comes in over the API: what is stored unharmed, what is refused and with which words."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
from conftest import Api
from integrator import GOOD, Integrator, problem

EMPTY = "The answer is empty: write something, or say “I do not know”."
JSON = {"content-type": "application/json"}


def links_of(mine: Integrator) -> dict[str, str]:
    return dict(mine.interview()["items"][0]["links"])


@pytest.mark.parametrize("text", ["", " ", "\n\t \r\n", "\u00a0\u2003", "\x01\x02"])
def test_empty_answer(api: Api, text: str) -> None:
    mine = Integrator.of(api)
    made = mine.interview()
    found = problem(mine.post(made["items"][0]["links"]["answer"], {"text": text}), 422, "invalid")
    assert found["detail"] == EMPTY
    assert found["field"] == "text"
    assert mine.get(made["links"]["self"]).json()["answer_count"] == 0


def test_empty_draft_is_a_draft(api: Api) -> None:
    """Somebody who deletes everything has meant it."""
    mine = Integrator.of(api)
    draft = links_of(mine)["draft"]
    mine.put(draft, {"text": "something", "base_revision": 0})
    assert mine.put(draft, {"text": "", "base_revision": 1}).json()["revision"] == 2


@pytest.mark.parametrize("path", ["answer", "draft"])
def test_a_megabyte(api: Api, path: str) -> None:
    mine = Integrator.of(api)
    method, more = ("POST", {}) if path == "answer" else ("PUT", {"base_revision": 0})
    body = {"text": "x" * 1_000_000, **more}
    found = problem(mine.call(method, links_of(mine)[path], json=body), 413, "too-large")
    assert found["detail"] == "The request is larger than 512 KiB: send less at a time."


def test_a_megabyte_that_does_not_say_how_long_it_is(api: Api) -> None:
    def pieces() -> Iterator[bytes]:
        yield b'{"text": "'
        for _ in range(1000):
            yield b"x" * 1000
        yield b'"}'

    mine = Integrator.of(api)
    response = mine.post(links_of(mine)["answer"], content=pieces(), headers=JSON)
    problem(response, 413, "too-large")


def test_just_too_long(api: Api) -> None:
    mine = Integrator.of(api)
    links = links_of(mine)
    found = problem(mine.post(links["answer"], {"text": "é" * 20_001}), 413, "too-large")
    assert found["detail"] == "text has 20,001 characters and at most 20,000 are taken: shorten it."
    assert mine.post(links["answer"], {"text": "é" * 20_000}).status_code == 202


@pytest.mark.parametrize("path", ["answer", "draft"])
@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ('"a\\u0000b"', "text holds a NUL character (U+0000): remove it."),
        ('"a\\ud800b"', "text holds half of a surrogate pair, which is no character: remove it."),
        ('"a\\udc00"', "text holds half of a surrogate pair, which is no character: remove it."),
        ("NaN", "text: Input should be a valid string."),
        ("7", "text: Input should be a valid string."),
        ("null", "text: Input should be a valid string."),
        ('["a"]', "text: Input should be a valid string."),
    ],
)
def test_text_that_is_none(api: Api, path: str, raw: str, words: str) -> None:
    mine = Integrator.of(api)
    more = ', "base_revision": 0' if path == "draft" else ""
    content = f'{{"text": {raw}{more}}}'
    method = "PUT" if path == "draft" else "POST"
    found = problem(mine.call(method, links_of(mine)[path], content=content, headers=JSON), 422, "invalid")
    assert found["detail"] == words


@pytest.mark.parametrize(
    "text",
    [
        "👩‍🔬 learns 🧠, 2 × 🤖 = 🦾",
        "\u202bالتعلّم يعني تغيير الأوزان\u202c",
        "משקלים משתנים, then back to English",
        "e\u0301 stays decomposed and \u00e9 composed",
        "\U0010ffff\ufeff\u2028\u200b",
        "<script>alert(1)</script> & 'quotes' \"double\" \\ backslash %s {x}",
    ],
)
def test_text_of_all_scripts_is_stored_unharmed(api: Api, text: str) -> None:
    mine = Integrator.of(api)
    made = mine.interview()
    links = made["items"][0]["links"]
    assert mine.put(links["draft"], {"text": text, "base_revision": 0}).status_code == 200
    assert mine.get(made["links"]["self"]).json()["items"][0]["draft"]["text"] == text
    assert mine.post(links["answer"], {"text": text}).json()["answer"]["text"] == text
    assert mine.get(made["links"]["self"]).json()["items"][0]["answer"]["text"] == text


def test_line_ends_become_one_kind_and_control_characters_go(api: Api) -> None:
    """What no keyboard types (a terminal's escapes, a PDF's form feed) is no reason to refuse an answer."""
    mine = Integrator.of(api)
    body = {"text": "one\r\ntwo\rthree\tfour\x07\x1b[31m\x0c\x7f"}
    answer = mine.post(links_of(mine)["answer"], body).json()["answer"]
    assert answer["text"] == "one\ntwo\nthree\tfour[31m"


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"text": GOOD, "does_not_know": "no"}, "does_not_know: Input should be a valid boolean."),
        ({"text": GOOD, "score": 1}, "score: is not a known field: remove it or correct its name."),
        ([GOOD], "body: must be a JSON object, sent with the header Content-Type: application/json."),
    ],
)
def test_bad_answer(api: Api, body: Any, words: str) -> None:
    mine = Integrator.of(api)
    assert problem(mine.post(links_of(mine)["answer"], body), 422, "invalid")["detail"] == words


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ({"text": "a"}, "base_revision: is missing."),
        ({"base_revision": 0}, "text: is missing."),
        ({"text": "a", "base_revision": -1}, "base_revision: Input should be greater than or equal to 0."),
        ({"text": "a", "base_revision": 2**40}, "base_revision: Input should be less than or equal to 2147483647."),
        ({"text": "a", "base_revision": "0"}, "base_revision: Input should be a valid integer."),
        ({"text": "a", "base_revision": 0.5}, "base_revision: Input should be a valid integer."),
        (
            {"text": "a", "base_revision": 0, "force": True},
            "force: is not a known field: remove it or correct its name.",
        ),
    ],
)
def test_bad_draft(api: Api, body: Any, words: str) -> None:
    mine = Integrator.of(api)
    assert problem(mine.put(links_of(mine)["draft"], body), 422, "invalid")["detail"] == words


@pytest.mark.parametrize(
    "content",
    [b"{", b"{'text': 'a'}", b'{"text": "a",}', b'{"text": "\xff\xfe"}', b"\x00", b"[" * 100_000, b"1" * 5000],
)
@pytest.mark.parametrize("path", ["/interviews", "/gradings", "answer", "draft"])
def test_malformed_json(api: Api, path: str, content: bytes) -> None:
    mine = Integrator.of(api)
    url = links_of(mine).get(path, path)
    found = problem(
        mine.call("PUT" if path == "draft" else "POST", url, content=content, headers=JSON), 400, "malformed"
    )
    assert found["detail"].startswith(("The body is not JSON (", "The request cannot be read: "))


@pytest.mark.parametrize("path", ["/interviews", "/gradings", "answer"])
def test_another_content_type(api: Api, path: str) -> None:
    mine = Integrator.of(api)
    url = links_of(mine).get(path, path)
    headers = {"content-type": "application/x-www-form-urlencoded"}
    found = problem(mine.post(url, content=b'{"text": "a"}', headers=headers), 422, "invalid")
    assert "Content-Type: application/json" in found["detail"]


def test_errors_name_every_field(api: Api) -> None:
    found = problem(Integrator.of(api).post("/interviews", {"template": "warm-up", "a": 1, "start": 1}), 422, "invalid")
    assert {(one["in"], one["field"]) for one in found["errors"]} == {("body", "a"), ("body", "start")}


@pytest.mark.parametrize(("method", "path", "allowed"), [
    ("GET", "/api/v1/interviews/release", "POST"),
    ("OPTIONS", "/api/v1/interviews/release", "POST"),
    ("PATCH", "/api/v1/invitations/extend", "POST"),
    ("PUT", "/api/v1/interviews", "GET, POST"),
])  # fmt: skip
def test_a_word_that_is_an_address_of_its_own_is_nobodys_id(api: Api, method: str, path: str, allowed: str) -> None:
    response = Integrator.of(api).call(method, path)
    problem(response, 405, "method-not-allowed")
    assert response.headers["allow"] == allowed


def test_what_can_be_nobodys_id_is_nothing(api: Api) -> None:
    problem(Integrator.of(api).get("/api/v1/interviews/nobody"), 404, "not-found")
