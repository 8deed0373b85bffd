"""Questions written over REST, as another system does it."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
import yaml
from bank_routes import TEMPLATE
from conftest import Api
from httpx2 import Response
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from integrator import GOOD as ANSWER
from integrator import Integrator, problem, while_working

YAML = {"content-type": "application/yaml"}
HIDDEN = ("rubric", "model_answer", "samples")


def begin(mine: Integrator, source: str) -> dict[str, Any]:
    response = mine.post("/question-drafts", content=source.encode(), headers=YAML)
    assert response.status_code == 201, response.text
    assert response.headers["location"] == response.json()["url"]
    return dict(response.json()) | {"etag": response.headers["etag"]}


def save(mine: Integrator, draft: dict[str, Any], source: str) -> dict[str, Any]:
    tag = mine.get(draft["url"]).headers["etag"]
    response = mine.call("PUT", draft["url"], content=source.encode(), headers=YAML | {"if-match": tag})
    assert response.status_code == 200, response.text
    return dict(response.json())


def check(mine: Integrator, workers: Any, draft: dict[str, Any]) -> dict[str, Any]:
    assert mine.post(draft["links"]["check"]).status_code in {200, 202}
    workers.run()
    return dict(mine.get(draft["links"]["check"]).json())


def test_the_whole_way(api: Api, real_workers: Any, good_source: str) -> None:
    mine = Integrator.of(api, org="acme")
    draft = begin(mine, good_source)
    assert draft["problems"] == []
    assert draft["status"] == "draft"
    assert draft["question_status"] == "draft"
    assert draft["source"] == good_source
    assert draft["question"]["title"] == "My cycle"
    assert draft["updated_by"] == "key “test”"
    assert mine.get(draft["links"]["check"]).json()["status"] == "none"
    problem(mine.post(draft["links"]["publish"]), 409, "not-publishable")

    asked = while_working(real_workers, mine.sessions, lambda: mine.post(draft["links"]["check"], wait=30))
    assert asked.status_code == 200, asked.text
    assert asked.headers["preference-applied"] == "wait=30"
    assert asked.json()["passes"], asked.json()
    assert asked.json()["samples"][0].keys() == {"kind", "grade", "score", "in_band"}
    sent = mine.post(draft["links"]["submit"], {"note": "Please look."})
    assert sent.json()["status"] == "in_review"
    published = mine.post(draft["links"]["publish"], {"note": "First."})
    assert published.status_code == 200, published.text
    assert {name: published.json()[name] for name in ("slug", "version", "status", "own")} == {
        "slug": "my-cycle", "version": 1, "status": "published", "own": True,
    }  # fmt: skip
    problem(mine.get(draft["url"]), 404, "not-found")
    assert mine.interview("my-cycle")["items"][0]["question"]["title"] == "My cycle"
    assert mine.get("/questions", params={"own": "true"}).json()["items"][0]["slug"] == "my-cycle"
    assert mine.get("/questions", params={"q": "my-cycle"}).json()["items"] != []
    problem(Integrator.of(api, org="other").get("/questions/my-cycle"), 404, "not-found")

    again = mine.post("/questions/my-cycle/draft")
    assert again.status_code == 201
    assert mine.post("/questions/my-cycle/draft").status_code == 200
    changed = save(mine, again.json(), good_source.replace("title: My cycle", "title: Our cycle"))
    assert changed["title"] == "Our cycle"
    assert check(mine, real_workers, changed)["passes"]
    assert mine.post(changed["links"]["publish"]).json()["version"] == 2

    versions = mine.get("/questions/my-cycle/versions", params={"limit": 1})
    assert [one["number"] for one in versions.json()["items"]] == [2]
    assert 'rel="next"' in versions.headers["link"]
    rest = mine.get("/questions/my-cycle/versions", params={"cursor": versions.json()["next_cursor"]}).json()
    assert [(one["number"], one["is_current"], one["created_by"]) for one in rest["items"]] == [
        (1, False, "key “test”")
    ]
    assert mine.get(rest["items"][0]["url"]).json()["title"] == "My cycle"
    told = mine.get("/questions/my-cycle/versions/2/difference").json()
    assert (told["against"], told["rubric_changed"]) == (1, False)
    assert [(one["place"], one["before"], one["after"]) for one in told["changes"]] == [
        ("title", "My cycle", "Our cycle")
    ]
    assert mine.get("/questions/my-cycle/versions/1/difference", params={"against": 2}).json()["changes"] != []
    problem(mine.get("/questions/my-cycle/versions/3"), 404, "not-found")

    assert mine.post("/questions/my-cycle/retire").json()["status"] == "retired"
    assert mine.post("/questions/my-cycle/retire").json()["status"] == "retired"
    assert mine.get("/questions/my-cycle").json()["status"] == "retired"
    assert mine.get("/questions", params={"own": "true"}).json()["items"] == []
    retired = mine.get("/questions", params={"status": "retired"}).json()
    assert [one["slug"] for one in retired["items"]] == ["my-cycle"]
    problem(mine.post("/interviews", {"questions": ["my-cycle"]}), 404, "not-found")
    assert mine.post("/questions/my-cycle/restore").json()["status"] == "published"

    history = mine.get("/questions/my-cycle/history").json()["items"]
    assert [(one["action"], one["note"]) for one in reversed(history)] == [
        ("created", ""),
        ("sent to review", "Please look."),
        ("version 1 published", "First."),
        ("version 2 published", ""),
        ("retired", ""),
        ("put back into use", ""),
    ]
    assert {one["by"] for one in history} == {"key “test”"}


def test_json_and_yaml_are_the_same_question(api: Api, good_source: str) -> None:
    mine = Integrator.of(api)
    plain = yaml.safe_load(good_source)
    made = mine.post("/question-drafts", plain)
    assert made.status_code == 201, made.text
    assert made.json()["problems"] == []
    assert yaml.safe_load(made.json()["source"])["rubric"] == made.json()["question"]["rubric"]
    assert made.json()["question"]["prompt"].strip() == plain["prompt"].strip()


def test_what_is_not_whole_yet_is_kept_and_told(api: Api) -> None:
    mine = Integrator.of(api)
    draft = begin(mine, "title: Half\nlevel: nine\nrubic: {}\n")
    assert draft["source"] == "title: Half\nlevel: nine\nrubic: {}\n"
    told = {one["field"]: one for one in draft["problems"]}
    assert told["level"]["line"] == 2
    assert told["rubic"]["line"] == 3
    assert "rubric" in told
    refused = problem(mine.post(draft["links"]["publish"]), 422, "not-readable")
    assert refused["problems"] == draft["problems"]
    broken = begin(mine, "title: [")
    assert broken["question"] is None
    assert broken["problems"][0]["line"]
    assert "rubric" in mine.post("/question-drafts").json()["question"], "without a body: every field once"


@pytest.mark.parametrize(
    ("content", "kind", "status", "type_"),
    [
        (b"{", "application/json", 400, "malformed"),
        (b'{"level": NaN}', "application/json", 400, "malformed"),
        (b'{"a": 1, "a": 2}', "application/json", 400, "malformed"),
        (b"[]", "application/json", 422, "invalid"),
        (b"\xff", "application/yaml", 400, "malformed"),
        (b"title: a\0b", "application/yaml", 422, "invalid"),
        (b"title: x", "text/html", 422, "invalid"),
        (b"[" * 100_000, "application/json", 400, "malformed"),
        (b'{"a":' * 5000 + b"1" + b"}" * 5000, "application/json", None, ""),
        (b"a" * 300_000, "application/yaml", 413, "too-large"),
    ],
)
def test_bodies_that_are_no_question(api: Api, content: bytes, kind: str, status: int | None, type_: str) -> None:
    mine = Integrator.of(api)
    response = mine.post("/question-drafts", content=content, headers={"content-type": kind})
    if status is None:
        assert response.status_code in {201, 400, 422}
    else:
        problem(response, status, type_)


def test_nobody_overwrites_unseen(api: Api) -> None:
    mine, other = Integrator.of(api), Integrator.of(api)
    draft = begin(mine, "title: One\n")
    problem(mine.call("PUT", draft["url"], json={"title": "Two"}), 428, "precondition-required")
    problem(mine.call("DELETE", draft["url"]), 428, "precondition-required")
    tag = {"if-match": draft["etag"]}
    saved = other.call("PUT", draft["url"], json={"title": "Two"}, headers=tag)
    assert saved.status_code == 200
    stale = problem(mine.call("PUT", draft["url"], json={"title": "Three"}, headers=tag), 412, "precondition")
    assert stale["etag"] == saved.headers["etag"]
    assert mine.get(draft["url"]).json()["title"] == "Two"
    problem(mine.call("DELETE", draft["url"], headers=tag), 412, "precondition")
    sent = mine.post(draft["links"]["submit"])
    assert sent.headers["etag"] != saved.headers["etag"]
    gone = mine.call("DELETE", draft["url"], headers={"if-match": sent.headers["etag"]})
    assert gone.status_code == 204
    assert gone.content == b""
    problem(mine.get(draft["url"]), 404, "not-found")
    assert mine.get("/question-drafts").json()["items"] == []


def test_a_failed_check_refuses_with_its_findings(api: Api, workers: Any, good_source: str) -> None:
    mine = Integrator.of(api)
    draft = begin(mine, good_source.replace("topic: algorithms", "topic: vision\nprerequisites: [no-such-question]"))
    found = check(mine, workers, draft)
    assert not found["passes"]
    links = [one for one in found["findings"] if one["rule"] == "links"]
    assert links[0]["line"]
    assert links[0]["field"] == "prerequisites[0]"
    refused = problem(mine.post(draft["links"]["publish"]), 409, "not-publishable")
    assert {one["rule"] for one in refused["findings"]} >= {"links"}
    assert all(one["severity"] == "error" and one["message"] for one in refused["findings"])
    save(mine, draft, good_source)
    assert mine.get(draft["links"]["check"]).json()["status"] == "stale"
    problem(mine.post(draft["links"]["publish"]), 409, "not-publishable")


def test_the_sweep_finds_a_lost_check(api: Api, workers: Any, good_source: str) -> None:
    mine = Integrator.of(api)
    draft = begin(mine, good_source)
    assert mine.post(draft["links"]["check"]).status_code == 202
    mine.sql("DELETE FROM procrastinate_jobs")
    mine.sql("UPDATE question_drafts SET check_requested_at = viva_now() - interval '1 minute'")
    workers.authoring.sweep()
    workers.run()
    assert mine.get(draft["links"]["check"]).json()["status"] == "done"


def test_what_comes_with_viva_is_copied_and_never_changed(api: Api, real_workers: Any) -> None:
    mine, other = Integrator.of(api, org="acme"), Integrator.of(api, org="other")
    before = mine.get("/questions/what-learning-is").json()
    assert before["own"] is False
    for action in ("draft", "retire", "restore"):
        problem(mine.post(f"/questions/what-learning-is/{action}"), 409, "comes-with-viva")
    problem(mine.get("/questions/what-learning-is/history"), 409, "comes-with-viva")
    theirs = mine.get("/questions/what-learning-is/samples").json()["items"]
    assert not any(one["own"] for one in theirs)
    problem(mine.call("DELETE", f"/questions/what-learning-is/samples/{theirs[0]['id']}"), 409, "comes-with-viva")
    copied = mine.post("/questions/what-learning-is/copy")
    assert copied.status_code == 201, copied.text
    draft = copied.json()
    save(mine, draft, draft["source"].replace(f"title: {before['title']}", "title: Ours"))
    assert check(mine, real_workers, draft)["passes"]
    assert mine.post(draft["links"]["publish"]).json()["slug"] == "what-learning-is"
    assert mine.get("/questions/what-learning-is").json()["title"] == "Ours"
    assert mine.interview("what-learning-is")["items"][0]["question"]["title"] == "Ours"
    assert other.get("/questions/what-learning-is").json() == before


def test_impact_on_past_answers(api: Api, real_workers: Any, good_source: str) -> None:
    mine = Integrator.of(api, org="acme")
    assert mine.post("/bank/import", content=good_source.encode(), headers=YAML).status_code == 200
    fresh = begin(mine, good_source.replace("slug: my-cycle", "slug: another"))
    problem(mine.post(fresh["links"]["impact"]), 409, "not-publishable")
    made = mine.interview("my-cycle", candidate={"external_id": "c1", "name": "Candidate Cleo"})
    mine.post(made["items"][0]["links"]["answer"], {"text": ANSWER})
    draft = mine.post("/questions/my-cycle/draft").json()
    problem(mine.get(draft["links"]["impact"]), 404, "not-found")
    save(mine, draft, good_source.replace("weight: 2", "weight: 1"))
    asked = mine.post(draft["links"]["impact"])
    assert asked.status_code == 202
    assert asked.headers["location"] == draft["links"]["impact"]
    found = while_working(real_workers, mine.sessions, lambda: mine.get(draft["links"]["impact"], wait=30)).json()
    assert found["status"] == "done", found
    assert found["is_current"]
    assert found["summary"]["answers"] == 1
    assert found["answers"][0]["candidate"] == "Candidate Cleo"
    shy = Integrator.of(api, "bank:read", "rubrics:read", org="acme").get(draft["links"]["impact"])
    assert shy.json()["summary"] == found["summary"]
    assert "Cleo" not in shy.text
    assert "weights change" not in shy.text
    save(mine, draft, good_source)
    assert not mine.get(draft["links"]["impact"]).json()["is_current"]


def test_rubrics_stay_with_who_may_read_them(api: Api, workers: Any, good_source: str) -> None:
    """A key that reads and writes the bank, and lacks `rubrics:read`, goes through everything."""
    mine, shy = Integrator.of(api, org="acme"), Integrator.of(api, "bank:read", "bank:write", org="acme")
    plain = yaml.safe_load(good_source)
    secrets = {plain["model_answer"].strip()[:60], plain["samples"][0]["text"].strip()[:60]}
    secrets |= {text[:60] for one in plain["rubric"]["criteria"] for text in one["statements"]}
    secrets |= {text[:60] for one in plain["rubric"]["criteria"] for text in one.get("false_twins", ())}
    twin = plain["rubric"]["criteria"][0]["statements"][0]
    plain["rubric"]["criteria"][1]["statements"] = [twin, twin + " "]
    assert mine.post("/bank/import", content=good_source.encode(), headers=YAML).status_code == 200
    draft = mine.post("/questions/my-cycle/draft").json()
    save(mine, draft, yaml.safe_dump(plain))
    whole = check(mine, workers, draft)
    hidden = [one for one in whole["findings"] if one["field"].startswith(HIDDEN)]
    assert hidden
    assert all(one["message"] for one in hidden)
    file = mine.get("/bank/export", params={"own": "true", "format": "json"}).content
    changed = json.loads(file)
    changed["questions"][0]["title"] = "Otherwise"
    changed["questions"][0]["model_answer"] += " And more."
    mine.post("/questions/my-cycle/samples", {"kind": "plain", "grade": 0.5, "text": "Secretly plain."})
    answers = [
        shy.get("/questions/my-cycle"),
        shy.get("/questions"),
        shy.get("/questions/my-cycle/similar"),
        shy.get("/questions/my-cycle/versions"),
        shy.get("/questions/my-cycle/versions/1"),
        shy.get("/questions/my-cycle/versions/1/difference"),
        shy.get("/questions/my-cycle/history"),
        shy.get("/question-drafts"),
        shy.get(draft["url"]),
        shy.get(draft["links"]["check"]),
        shy.post(draft["links"]["check"]),
        shy.post(draft["links"]["publish"]),
        shy.post(draft["links"]["submit"]),
        shy.post(draft["links"]["send-back"]),
        shy.post("/questions/my-cycle/draft"),
        shy.post("/questions/my-cycle/copy"),
        shy.post("/bank/import", changed, params={"dry_run": "true"}),
        shy.post("/bank/import", changed),
        shy.get("/questions/my-cycle/versions/2/difference"),
        shy.post("/questions/my-cycle/retire"),
        shy.get("/questions/my-cycle/samples"),
        shy.get("/bank/export"),
    ]
    for answer in answers:
        assert answer.status_code < 500, answer.text
        said = json.dumps(answer.json(), ensure_ascii=False)
        assert not [one for one in (*secrets, "Secretly plain", "And more.") if one in said], answer.url
    assert shy.get(draft["links"]["check"]).json()["findings"][0].keys() == {"severity", "rule", "field", "line"}
    told = shy.get("/questions/my-cycle/versions/2/difference").json()
    assert told["rubric_changed"]
    assert [one["place"] for one in told["changes"]] == ["title"]
    problem(answers[-1], 403, "missing-scope")
    broken = begin(mine, good_source.replace("weight: 2", "weight: Quasi", 1))
    assert "Quasi" not in shy.post(broken["links"]["publish"]).text
    assert "Quasi" not in shy.get(broken["url"]).text


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(max_size=20),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=10), inner, max_size=4),
    max_leaves=12,
)
NAMES = ["slug", "title", "kind", "topic", "level", "prompt", "rubric", "model_answer", "samples", "sources", "related"]


def test_any_json_object_is_kept_or_refused_in_words(api: Api) -> None:
    mine = Integrator.of(api)

    @settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))
    @given(st.dictionaries(st.sampled_from(NAMES) | st.text(max_size=5), JSON, max_size=6))
    def tried(body: dict[str, Any]) -> None:
        made = mine.post("/question-drafts", body)
        assert made.status_code in {201, 422}, made.text
        if made.status_code == 201:
            assert mine.get(made.json()["url"]).status_code == 200
            assert mine.get("/question-drafts").status_code == 200

    tried()


@pytest.mark.parametrize(
    "source", ["a: !!binary aGVsbG8=", "a: !!set {b}", "a: .nan", "title: {a: b}", "title: 2014-06-01", "- a", "", "~"]
)
def test_yaml_that_json_cannot_say(api: Api, source: str) -> None:
    mine = Integrator.of(api)
    draft = begin(mine, source + "\n")
    assert bool(draft["problems"]) == bool(source)  # without a body it begins with every field
    read = mine.get(draft["url"])
    assert read.status_code == 200
    assert read.json()["source"] == draft["source"]


def test_pages_of_working_copies(api: Api) -> None:
    mine = Integrator.of(api)
    made = [begin(mine, f"title: Number {n}\n")["id"] for n in range(5)]
    found: list[str] = []
    cursor = None
    while True:
        page = mine.get("/question-drafts", params={"limit": 2} | ({"cursor": cursor} if cursor else {})).json()
        found += [one["id"] for one in page["items"]]
        cursor = page["next_cursor"]
        if cursor is None:
            break
    assert found == made[::-1]
    problem(mine.get("/question-drafts", params={"cursor": "x"}), 422, "invalid")


def test_samples(api: Api) -> None:
    mine, other = Integrator.of(api, org="acme"), Integrator.of(api, org="other")
    url = "/questions/what-learning-is/samples"
    body = {"kind": "plain", "grade": 0.5, "text": "It moves its weights.\r\n"}
    added = mine.post(url, body)
    assert added.status_code == 201, added.text
    assert added.json()["text"] == "It moves its weights."
    assert mine.post(url, body).status_code == 200
    ours = [one for one in mine.get(url, params={"limit": 100}).json()["items"] if one["own"]]
    assert [one["id"] for one in ours] == [added.json()["id"]]
    assert not any(one["own"] for one in other.get(url).json()["items"])
    assert added.json()["text"] in json.dumps(mine.get("/questions/what-learning-is").json()["samples"])
    problem(other.call("DELETE", f"{url}/{added.json()['id']}"), 404, "not-found")
    for _ in range(2):
        assert mine.call("DELETE", f"{url}/{added.json()['id']}").status_code == 204
    assert not any(one["own"] for one in mine.get(url).json()["items"])
    back = mine.post(url, body)
    assert (back.status_code, back.json()["id"]) == (201, added.json()["id"])
    for wrong in ({"kind": "review"}, {"grade": 1.5}, {"text": " "}, {"extra": 1}):
        problem(mine.post(url, body | wrong), 422, "invalid")
    actions = [row.action for row in mine.sql("SELECT action FROM audit_events WHERE actor LIKE 'key:%' ORDER BY at")]
    assert [one for one in actions if one.startswith("sample.")] == [
        "sample.added", "sample.withdrawn", "sample.added"
    ]  # fmt: skip


def test_what_reviews_taught_is_the_reviews(api: Api) -> None:
    mine = Integrator.of(api)
    mine.sql(
        "INSERT INTO samples (id, question_id, organization_id, kind, grade, text, digest)"
        " SELECT gen_random_uuid(), q.id, o.id, 'review', 0.5, 'Candidate said so.', 'x' FROM questions q, organizations o"
        " WHERE q.slug = 'what-learning-is' AND NOT o.is_personal"
    )
    url = "/questions/what-learning-is"
    found = [one for one in mine.get(f"{url}/samples", params={"limit": 100}).json()["items"] if one["own"]]
    assert [one["kind"] for one in found] == ["review"]
    problem(mine.call("DELETE", f"{url}/samples/{found[0]['id']}"), 409, "conflict")
    shy = Integrator.of(api, "bank:read", "rubrics:read")
    for answer in (shy.get(url), shy.get(f"{url}/samples"), shy.get("/bank/export"), mine.post(f"{url}/copy")):
        assert answer.status_code in {200, 201}
        assert "Candidate said so" not in answer.text


def test_people_and_keys_write_the_same_questions(api: Api, team: Any, workers: Any) -> None:
    """A key's working copy is an interviewer's, and the other way round."""
    mine = Integrator.of(api, org=team.slug)
    draft = begin(mine, "title: From the key\n")
    page = team.admin.http.get("/author")
    assert "From the key" in page.text
    assert team.admin.http.get(f"/author/{draft['id']}").status_code == 200
    saved = team.admin.http.post(
        f"/author/{draft['id']}/save", json={"source": "title: From Ada\n", "base_revision": draft["revision"]}
    )
    assert saved.status_code == 200, saved.text
    read = mine.get(draft["url"]).json()
    assert read["title"] == "From Ada"
    assert "key" not in read["updated_by"]


def test_two_at_the_same_moment(api: Api, real_workers: Any, good_source: str) -> None:
    """Two copies published under one name, two first edits, two templates of one slug: one is made, one is told."""
    mine = Integrator.of(api, org="acme")
    drafts = [begin(mine, good_source + f"# {n}\n") for n in range(2)]
    for draft in drafts:
        mine.post(draft["links"]["check"])
    real_workers.run()
    published = at_once(lambda n: mine.post(drafts[n]["links"]["publish"]))
    assert sorted(one.status_code for one in published) == [200, 409], [one.text for one in published]
    begun = at_once(lambda _: mine.post("/questions/my-cycle/draft"))
    assert sorted(one.status_code for one in begun) == [200, 201]
    assert begun[0].json()["id"] == begun[1].json()["id"]
    made = at_once(lambda _: mine.post("/templates", TEMPLATE | {"slug": "one"}))
    assert sorted(one.status_code for one in made) == [201, 409], [one.text for one in made]
    tag = {"if-match": begun[0].headers["etag"]}
    saved = at_once(lambda n: mine.call("PUT", begun[0].json()["url"], json={"title": f"T{n}"}, headers=tag))
    assert sorted(one.status_code for one in saved) == [200, 412]


def at_once(call: Callable[[int], Response]) -> list[Response]:
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(call, range(2)))
