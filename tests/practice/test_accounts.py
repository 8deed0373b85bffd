"""Guests, accounts, and what comes along; leaving nothing behind; the door."""

from __future__ import annotations

import threading
import uuid
from collections.abc import Callable
from urllib.parse import quote

import pytest
from conftest import run_jobs
from people import PASSWORD, Person
from sqlalchemy import text
from sqlalchemy.orm import Session, sessionmaker
from starlette.testclient import TestClient

from app.accounts.throttle import GUESTS_PER_ADDRESS, SIGN_IN_PER_ADDRESS, SIGN_IN_PER_PERSON
from app.assessments.jobs import Jobs


def count(sessions: sessionmaker[Session], query: str, **values: object) -> int:
    with sessions.begin() as session:
        return int(session.scalar(text(query), values) or 0)


def tenant_tables(sessions: sessionmaker[Session]) -> list[str]:
    """Every table with a column `organization_id`."""
    with sessions.begin() as session:
        found = session.scalars(
            text("SELECT table_name FROM information_schema.columns WHERE column_name = 'organization_id' ORDER BY 1")
        ).all()
    assert {"interviews", "interview_items", "drafts", "answers", "assessments", "audit_events"} <= set(found)
    return list(found)


def practise_a_lot(person: Person, worker: Jobs) -> uuid.UUID:
    """Leave something in as many tables as a person can; the organisation that owns it."""
    sitting = person.sit()
    sitting.save("first")
    sitting.save("stale")
    sitting.answer("an answer to the first question", item=0)
    sitting.save("a draft", item=1)
    sitting.finish()
    sitting.save("came after the bell", 1, item=2)
    person.practise("gan").answer(does_not_know=True)
    person.practise("vae")
    run_jobs(worker, person.sessions)
    owner = sitting.row().organization_id
    with person.sessions.begin() as session:  # as a scoring that failed would have left it
        session.execute(
            text("INSERT INTO scoring_failures SELECT id, organization_id, 1, 'test', now() FROM answers LIMIT 1")
        )
    assert isinstance(owner, uuid.UUID)
    return owner


def write_a_question(person: Person) -> None:
    """A working copy, a version, an event, a sample, a grading and a preview, as the editor leaves them."""
    desk = person.http.post("/author/new").headers["location"]
    source = "slug: alices\ntitle: Alice asks"
    person.http.post(f"{desk}/save", json={"source": source, "base_revision": 1})
    with person.sessions.begin() as session:
        session.execute(
            text(
                "INSERT INTO question_versions SELECT gen_random_uuid(), q.id, 1, repeat('0', 64), 'Alice asks', prompt,"
                " v.kind, v.topic, v.level, v.minutes, rubric, model_answer, sources, related, v.prerequisites, now()"
                " FROM questions q, question_versions v WHERE q.organization_id IS NOT NULL AND v.id ="
                " (SELECT current_version_id FROM questions WHERE slug = 'gan')"
            )
        )
        session.execute(
            text(
                "UPDATE questions SET current_version_id = (SELECT id FROM question_versions WHERE title = 'Alice asks'),"
                " title = 'Alice asks' WHERE organization_id IS NOT NULL"
            )
        )
        for statement in (
            "INSERT INTO samples SELECT gen_random_uuid(), id, organization_id, 'plain', 1, 'Alice asks', '0', now(), NULL"
            " FROM questions WHERE organization_id IS NOT NULL",
            "INSERT INTO rubric_impacts (id, organization_id, question_id, source) SELECT gen_random_uuid(),"
            " organization_id, id, 'Alice asks' FROM questions WHERE organization_id IS NOT NULL",
            "INSERT INTO gradings (id, organization_id, is_list, requests) SELECT gen_random_uuid(), organization_id,"
            " false, '[\"Alice asks\"]' FROM questions WHERE organization_id IS NOT NULL",
            "UPDATE question_events SET version_id = (SELECT id FROM question_versions WHERE title = 'Alice asks')",
        ):
            session.execute(text(statement))


def test_a_guest_is_made_by_the_first_click_only(alice: Person, sessions: sessionmaker[Session]) -> None:
    for page in ("/", "/questions", "/questions/gan", "/how-it-is-scored", "/sign-in", "/sign-up"):
        assert alice.http.get(page).status_code == 200
    assert count(sessions, "SELECT count(*) FROM users") == 0
    alice.choose()
    alice.choose()
    alice.practise()
    assert count(sessions, "SELECT count(*) FROM users") == 1
    assert "You are here as a guest." in alice.http.get("/").text


def test_guest_makes_an_account_and_keeps_everything(
    alice: Person, newcomer: Callable[[], Person], sessions: sessionmaker[Session], worker: Jobs
) -> None:
    owner = practise_a_lot(alice, worker)
    response = alice.sign_up("Alice@Example.org", name="Alice", next="/interviews")
    assert (response.status_code, response.headers["location"]) == (303, "/interviews")
    assert count(sessions, "SELECT count(*) FROM users") == 1
    assert count(sessions, "SELECT count(*) FROM interviews WHERE organization_id = :o", o=owner) == 3
    history = alice.http.get("/interviews").text
    assert history.count("interview-row") == 3
    assert "You are here as a guest." not in history
    elsewhere = newcomer()
    assert elsewhere.sign_in("alice@example.ORG").status_code == 303
    assert elsewhere.http.get("/interviews").text.count("interview-row") == 3
    assert "Alice" in elsewhere.http.get("/account").text


def test_account_without_having_been_a_guest(alice: Person) -> None:
    assert alice.sign_up("alice@example.org").status_code == 303
    assert "Nothing here yet." in alice.http.get("/interviews").text
    assert alice.http.get("/sign-up").headers["location"] == "/account"


def test_guest_is_adopted_on_sign_in(alice: Person, newcomer: Callable[[], Person], worker: Jobs) -> None:
    alice.sign_up("alice@example.org")
    account = alice.sit().row().organization_id
    guest = newcomer()
    owner = practise_a_lot(guest, worker)
    assert owner != account
    sessions = alice.sessions
    tables = tenant_tables(sessions)
    before = {t: count(sessions, f"SELECT count(*) FROM {t} WHERE organization_id = :o", o=owner) for t in tables}
    assert all(
        before[t] for t in ("interviews", "interview_items", "drafts", "answers", "assessments", "scoring_failures")
    )
    had = {t: count(sessions, f"SELECT count(*) FROM {t} WHERE organization_id = :o", o=account) for t in tables}
    assert guest.sign_in("alice@example.org").status_code == 303
    for table in tables:
        now = count(sessions, f"SELECT count(*) FROM {table} WHERE organization_id = :o", o=owner)
        assert now == 0, f"{table}: rows of the guest stay behind"
        # What was told of a guest goes with the guest's own organisation: nobody could listen there.
        if table not in {"memberships", "audit_events", "events", "event_counters", "event_handovers"}:
            moved = count(sessions, f"SELECT count(*) FROM {table} WHERE organization_id = :o", o=account)
            assert moved == had[table] + before[table], table
    assert count(sessions, "SELECT count(*) FROM organizations WHERE id = :o", o=owner) == 0
    assert count(sessions, "SELECT count(*) FROM users") == 1
    assert guest.http.get("/interviews").text.count("interview-row") == 4
    assert alice.http.get("/interviews").text.count("interview-row") == 4
    assert count(sessions, "SELECT count(*) FROM audit_events WHERE action = 'guest.adopted'") == 1


def test_a_running_interview_goes_on_after_sign_in(alice: Person, newcomer: Callable[[], Person]) -> None:
    alice.sign_up("alice@example.org")
    guest = newcomer()
    sitting = guest.sit()
    sitting.save("as a guest")
    deadline = sitting.row().deadline_at
    guest.sign_in("alice@example.org")
    assert sitting.save("as alice", 1).status_code == 200
    assert sitting.row().deadline_at == deadline
    assert sitting.draft() == ("as alice", 2)


def test_an_account_is_never_adopted(alice: Person, bob: Person) -> None:
    """Signing in as somebody else from a signed-in browser moves nothing."""
    alice.sign_up("alice@example.org")
    bob.sign_up("bob@example.org")
    sitting = bob.sit()
    assert bob.sign_in("alice@example.org").status_code == 303
    assert str(sitting.id) not in bob.http.get("/interviews").text
    assert count(bob.sessions, "SELECT count(*) FROM users") == 2
    assert count(bob.sessions, "SELECT count(*) FROM interviews i JOIN users u ON u.id = i.candidate_user_id"
                 " WHERE u.email = 'bob@example.org'") == 2  # fmt: skip


def test_a_failed_sign_in_adopts_nothing(alice: Person, bob: Person) -> None:
    alice.sign_up("alice@example.org")
    sitting = bob.sit()
    before = sitting.row()
    response = bob.sign_in("alice@example.org", "not the password")
    assert response.status_code == 422
    assert "E-mail and password do not belong together." in response.text
    assert "set-cookie" not in response.headers
    assert sitting.row() == before
    assert str(sitting.id) in bob.http.get("/interviews").text


def test_unknown_person_and_wrong_password_sound_the_same(alice: Person, newcomer: Callable[[], Person]) -> None:
    alice.sign_up("alice@example.org")
    texts = []
    for email in ("alice@example.org", "nobody@example.org"):
        page = newcomer().sign_in(email, "not the password").text
        texts.append(page.replace(email, ""))
    assert texts[0] == texts[1]


def test_account_deletion_leaves_nothing(alice: Person, bob: Person, worker: Jobs) -> None:
    bob_sitting = bob.sit()
    bob_sitting.answer("bob's answer")
    owner = practise_a_lot(alice, worker)
    alice.sign_up("alice@example.org", name="Alice Unmistakable")
    write_a_question(alice)
    sessions = alice.sessions
    for wrong, said in (
        ({"password": PASSWORD}, "Tick the box"),
        ({"password": "not the password", "confirm": "yes"}, "That is not your password."),
    ):
        response = alice.http.post("/account/delete", data=wrong)
        assert response.status_code == 422
        assert said in response.text
    assert count(sessions, "SELECT count(*) FROM interviews WHERE organization_id = :o", o=owner) == 3
    response = alice.http.post("/account/delete", data={"password": PASSWORD, "confirm": "yes"})
    assert (response.status_code, response.headers["location"]) == (303, "/")
    for table in tenant_tables(sessions):
        left = count(sessions, f"SELECT count(*) FROM {table} WHERE organization_id = :o", o=owner)
        assert left == 0, f"{table}: {left} rows are left"
    # Not a word of hers is left in any column of any table.
    with sessions.begin() as session:
        tables = session.scalars(
            text(
                "SELECT table_name FROM information_schema.tables WHERE table_schema = 'public'"
                " AND table_type = 'BASE TABLE' AND table_name NOT LIKE 'procrastinate%'"
            )
        ).all()
        for table in tables:
            for words in (
                "alice@example.org",
                "Alice Unmistakable",
                "an answer to the first question",
                "came after the bell",
                "Alice asks",
            ):
                hits = session.scalar(
                    text(f"SELECT count(*) FROM {table} AS t WHERE t::text LIKE :w"), {"w": f"%{words}%"}
                )
                assert hits == 0, f"{table} still holds {words!r}"
    assert alice.http.get("/interviews").status_code == 303
    assert alice.sign_in("alice@example.org").status_code == 422
    assert bob_sitting.answers()[0].text == "bob's answer"
    assert bob.http.get("/interviews").text.count("interview-row") == 2


def test_a_guest_can_leave_too(alice: Person) -> None:
    alice.sit().save("words of a guest")
    response = alice.http.post("/account/delete", data={"confirm": "yes"})
    assert response.status_code == 303
    for table in ("users", "interviews", "drafts", "browser_sessions", "memberships"):
        assert count(alice.sessions, f"SELECT count(*) FROM {table}") == 0, table


def test_the_account_page_offers_a_guest_to_leave(alice: Person) -> None:
    """What the server can do for a guest, the page must offer: erasing is a promise, not a secret."""
    alice.choose()
    assert 'action="/account/delete"' in alice.http.get("/account").text


def test_deletion_while_an_answer_is_being_scored(alice: Person, worker: Jobs) -> None:
    sitting = alice.sit()
    sitting.answer("soon gone")
    answer = sitting.answers()[0]
    alice.http.post("/account/delete", data={"confirm": "yes"})
    worker.score_answer(str(answer.id))
    for table in ("assessments", "scoring_failures", "answers"):
        assert count(alice.sessions, f"SELECT count(*) FROM {table}") == 0, table


def test_password_change_signs_other_browsers_out(alice: Person, newcomer: Callable[[], Person]) -> None:
    alice.sign_up("alice@example.org")
    other = newcomer()
    other.sign_in("alice@example.org")
    assert other.http.get("/account").status_code == 200
    change = {"current_password": PASSWORD, "new_password": "another long password"}
    for wrong, said in (
        ({**change, "current_password": "wrong wrong wrong"}, "That is not your current password."),
        ({**change, "new_password": "short"}, "at least 10 characters"),
        ({**change, "new_password": "x" * 201}, "at most 200 characters"),
    ):
        response = alice.http.post("/account/password", data=wrong)
        assert response.status_code == 422
        assert said in response.text
    assert other.http.get("/account").status_code == 200
    response = alice.http.post("/account/password", data=change)
    assert response.headers["location"] == "/account?done=password"
    assert "Your password is changed" in alice.http.get("/account?done=password").text
    assert other.http.get("/account").headers["location"] == "/sign-in?next=/account"
    assert newcomer().sign_in("alice@example.org").status_code == 422
    assert newcomer().sign_in("alice@example.org", change["new_password"]).status_code == 303


def test_signing_in_rotates_the_token(alice: Person) -> None:
    alice.choose()
    planted = alice.http.cookies["viva"]
    alice.sign_up("alice@example.org")
    assert alice.http.cookies["viva"] != planted
    first = alice.http.cookies["viva"]
    alice.sign_in("alice@example.org")
    assert alice.http.cookies["viva"] != first
    assert count(alice.sessions, "SELECT count(*) FROM browser_sessions") == 1
    for old in (planted, first):
        alice.http.cookies.clear()
        alice.http.cookies.set("viva", old)
        assert alice.http.get("/account").status_code == 303


def test_sessions_end(alice: Person) -> None:
    alice.choose()
    with alice.sessions.begin() as session:
        session.execute(text("UPDATE browser_sessions SET expires_at = viva_now() - interval '1 second'"))
    assert alice.http.get("/interviews").status_code == 303


def test_signing_out_forgets_the_browser(alice: Person) -> None:
    alice.choose()
    token = alice.http.cookies["viva"]
    response = alice.http.post("/sign-out")
    assert (response.status_code, response.headers["location"]) == (303, "/")
    assert response.headers["clear-site-data"] == '"storage"', "drafts stay on a shared computer"
    assert "viva" not in alice.http.cookies
    alice.http.cookies.set("viva", token)
    assert alice.http.get("/interviews").status_code == 303
    assert alice.http.post("/sign-out").status_code == 303


BAD_SIGN_UPS = [
    ({"email": ""}, 422, "Write an e-mail address"),
    ({"email": "alice"}, 422, "Write an e-mail address"),
    ({"email": "a@b"}, 422, "Write an e-mail address"),
    ({"email": "a b@example.org"}, 422, "Write an e-mail address"),
    ({"email": "a@" + "b" * 250 + ".org"}, 422, "Write an e-mail address"),
    ({"email": "a\x00@example.org"}, 422, "NUL character"),
    ({"password": ""}, 422, "at least 10 characters"),
    ({"password": "123456789"}, 422, "at least 10 characters"),
    ({"password": "x" * 201}, 422, "at most 200 characters"),
    ({"name": "a\x00b"}, 422, "NUL character"),
    ({"email": "TAKEN@example.org"}, 409, "There is an account with this e-mail already"),
]


def test_bad_sign_ups(newcomer: Callable[[], Person], subtests: pytest.Subtests) -> None:
    newcomer().sign_up("taken@example.org")
    person = newcomer()
    for change, status, said in BAD_SIGN_UPS:
        with subtests.test(str(change)[:40]):
            values = {"email": "alice@example.org", "password": PASSWORD, "name": "Ada <b>&"} | change
            response = person.http.post("/sign-up", data=values)
            assert response.status_code == status
            assert said in response.text
            assert "set-cookie" not in response.headers
            if "name" not in change:
                assert "Ada &lt;b&gt;&amp;" in response.text, "what was typed is lost"
    assert count(person.sessions, "SELECT count(*) FROM users") == 1


@pytest.mark.parametrize("field", ["email", "password"])
def test_bad_sign_ins(newcomer: Callable[[], Person], field: str, subtests: pytest.Subtests) -> None:
    for value in ("", "a\x00b", "x" * 100_000, "' OR 1=1 --", "\ufffe"):
        with subtests.test(repr(value[:20])):
            person = newcomer()
            response = person.http.post(
                "/sign-in", data={"email": f"{uuid.uuid4()}@example.org", "password": "x"} | {field: value}
            )
            assert response.status_code == 422
            assert "set-cookie" not in response.headers


def test_two_sign_ups_with_one_address_at_once(newcomer: Callable[[], Person], sessions: sessionmaker[Session]) -> None:
    people = [newcomer() for _ in range(3)]
    ready = threading.Barrier(3)
    statuses: list[int] = []

    def sign_up(person: Person) -> None:
        ready.wait()
        statuses.append(person.sign_up("same@example.org").status_code)

    threads = [threading.Thread(target=sign_up, args=(person,)) for person in people]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [303, 409, 409]
    assert count(sessions, "SELECT count(*) FROM users") == 1
    assert count(sessions, "SELECT count(*) FROM organizations") == 1


def test_sign_ins_are_throttled(client: TestClient, newcomer: Callable[[], Person]) -> None:
    newcomer().sign_up("alice@example.org")
    person = newcomer()
    for number in range(SIGN_IN_PER_PERSON.amount):
        spelling = " " * number + ("alice@example.org", "Alice@Example.org")[number % 2]
        assert person.sign_in(spelling, "guess").status_code == 422
    # Neither the right password nor another spelling nor another browser gets round it.
    for email in ("alice@example.org", "ALICE@EXAMPLE.ORG"):
        refused = newcomer().sign_in(email)
        assert refused.status_code == 429
        assert refused.headers["retry-after"] == "60"
        assert "That was tried too often: wait 60 seconds." in refused.text
    assert newcomer().sign_in("bob@example.org").status_code == 422, "another person is shut out as well"
    as_json = newcomer().http.post(
        "/sign-in", data={"email": "alice@example.org"}, headers={"accept": "application/json"}
    )
    assert as_json.json()["type"].endswith("/too-many")
    with person.sessions.begin() as session:
        keys = session.scalars(text("SELECT key FROM throttle_counts")).all()
        assert keys
        assert not any("alice" in key.lower() for key in keys), "the address would outlive the account"
        session.execute(text("UPDATE throttle_counts SET expires_at = viva_now() - interval '1 second'"))
    assert person.sign_in("alice@example.org").status_code == 303


def test_what_has_expired_is_removed(alice: Person, bob: Person, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    alice.sign_up("alice@example.org")
    with sessions.begin() as session:
        session.execute(text("UPDATE throttle_counts SET expires_at = viva_now() - interval '1 second'"))
        session.execute(
            text(
                "UPDATE browser_sessions SET expires_at = viva_now() WHERE user_id != (SELECT id FROM users WHERE email IS NOT NULL)"
            )
        )
    worker.tidy()
    assert count(sessions, "SELECT count(*) FROM throttle_counts") == 0
    assert count(sessions, "SELECT count(*) FROM browser_sessions") == 1
    assert alice.http.get("/account").status_code == 200


def used_up(person: Person, amount: int) -> None:
    """As if all but one of the attempts had been made."""
    with person.sessions.begin() as session:
        changed = session.execute(text("UPDATE throttle_counts SET count = :c"), {"c": amount - 1})
    assert changed.rowcount == 1  # type: ignore[attr-defined]


def test_addresses_are_throttled(newcomer: Callable[[], Person]) -> None:
    person = newcomer()
    assert person.http.post("/sign-up", data={"email": "no address"}).status_code == 422
    used_up(person, SIGN_IN_PER_ADDRESS.amount)
    assert person.http.post("/sign-up", data={"email": "no address"}).status_code == 422
    for response in (person.sign_in("somebody-else@example.org"), person.sign_up("new@example.org")):
        assert (response.status_code, response.headers["retry-after"]) == (429, "60")


def test_guests_are_throttled_and_known_people_are_not(newcomer: Callable[[], Person], alice: Person) -> None:
    alice.choose()
    used_up(alice, GUESTS_PER_ADDRESS.amount)
    newcomer().choose()
    refused = newcomer().http.post("/start", data={"template": "warm-up"})
    assert (refused.status_code, refused.headers["retry-after"]) == (429, "60")
    assert newcomer().http.post("/questions/gan/practise").status_code == 429
    alice.choose()
    assert count(alice.sessions, "SELECT count(*) FROM users") == 2


def test_password_change_and_deletion_are_throttled(alice: Person) -> None:
    alice.sign_up("alice@example.org")
    for _ in range(SIGN_IN_PER_PERSON.amount):
        alice.http.post("/account/delete", data={"password": "guess", "confirm": "yes"})
    refused = alice.http.post("/account/delete", data={"password": PASSWORD, "confirm": "yes"})
    assert refused.status_code == 429
    assert alice.http.post("/account/password", data={"current_password": PASSWORD}).status_code == 429


ELSEWHERE = [
    "https://evil.example/",
    "//evil.example/",
    "///evil.example/",
    "/\\evil.example/",
    "\\\\evil.example/",
    "/\t/evil.example",
    "\t//evil.example",
    "/\n/evil.example",
    "/\r/evil.example",
    "/%0a/evil.example\r\nset-cookie: a=b",
    "javascript:alert(1)",
    "data:text/html,x",
    "http:evil.example",
    "evil.example",
    "https:/evil.example",
    "",
    "@evil.example",
    "/a\\..\\..\\\\evil.example",
]


def test_open_redirects_are_refused(alice: Person, subtests: pytest.Subtests) -> None:
    alice.sign_up("alice@example.org")
    signed_in = alice
    for address in ELSEWHERE:
        with subtests.test(repr(address)):
            page = signed_in.http.get(f"/sign-in?next={quote(address)}")
            assert page.status_code == 303
            assert _stays(page.headers["location"]), page.headers["location"]
    for address in ELSEWHERE[1:5]:
        with subtests.test(f"form {address!r}"):
            after = alice.sign_in("alice@example.org", next=address)
            assert after.status_code == 303
            assert _stays(after.headers["location"]), after.headers["location"]
    assert (
        alice.sign_in("alice@example.org", next="/interviews?cursor=x#y").headers["location"]
        == "/interviews?cursor=x#y"
    )


def _stays(location: str) -> bool:
    """As a browser reads it: backslashes are slashes, tabs and line ends are dropped."""
    read = location.replace("\\", "/")
    for dropped in "\t\r\n":
        read = read.replace(dropped, "")
    return read.startswith("/") and not read.startswith("//")
