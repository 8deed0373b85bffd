"""Links in letters: they confirm addresses and give new passwords, once, in time, and to nobody else."""

from __future__ import annotations

import re
from collections.abc import Callable

import pytest
from people import PASSWORD, Person
from sqlalchemy import event, text
from starlette.testclient import TestClient

from app.accounts.throttle import LETTERS_PER_PERSON, RESETS_PER_EMAIL

from .conftest import Mailbox, body_of

NEW = "another long password"


def forget(person: Person, email: str) -> None:
    page = person.http.post("/forgotten-password", data={"email": email})
    assert page.status_code == 200
    assert "a letter with a link to choose a new password is written" in page.text


def test_an_address_is_confirmed_by_the_newest_letter(
    alice: Person, newcomer: Callable[[], Person], mailbox: Mailbox
) -> None:
    alice.sign_up("alice@example.org")
    page = alice.http.get("/account").text
    assert "Confirm your e-mail address" in page
    assert "No mail server is set" in page
    first = mailbox.link("alice@example.org", "confirm-email")
    assert alice.http.post("/account/confirm-email").headers["location"] == "/account?done=letter"
    second = mailbox.link("alice@example.org", "confirm-email")
    assert first != second
    assert alice.http.get(first).status_code == 404
    phone = newcomer()
    assert "Is this your address?" in phone.http.get(second).text
    assert "Confirm your e-mail address" in alice.http.get("/account").text, "a link that was only looked at confirms"
    assert "alice@example.org belongs to its account now" in phone.http.post(second).text
    assert phone.http.get("/account").status_code == 303, "a letter signs nobody in"
    assert "Confirm your e-mail address" not in alice.http.get("/account").text
    assert phone.http.post(second).status_code == 404
    # Nothing is sent for what is confirmed.
    count = len(mailbox.letters())
    alice.http.post("/account/confirm-email")
    assert len(mailbox.letters()) == count


def test_letters_are_throttled(alice: Person, mailbox: Mailbox) -> None:
    alice.sign_up("alice@example.org")
    for _ in range(LETTERS_PER_PERSON.amount):
        assert alice.http.post("/account/confirm-email").status_code == 303
    assert alice.http.post("/account/confirm-email").status_code == 429
    assert (
        alice.http.post("/account/email", data={"new_email": "a@b.org", "email_password": PASSWORD}).status_code == 429
    )
    for _ in range(RESETS_PER_EMAIL.amount):
        forget(alice, "ALICE@example.org")
    assert alice.http.post("/forgotten-password", data={"email": "alice@example.org"}).status_code == 429
    assert len(mailbox.letters("alice@example.org")) == 1 + LETTERS_PER_PERSON.amount + RESETS_PER_EMAIL.amount


def test_a_new_password_by_letter(alice: Person, newcomer: Callable[[], Person], mailbox: Mailbox) -> None:
    alice.sign_up("alice@example.org")
    alice.http.post("/account/email", data={"new_email": "thief@example.org", "email_password": PASSWORD})
    forget(newcomer(), "Alice@Example.org")
    old = mailbox.link("alice@example.org", "reset-password")
    forget(newcomer(), "alice@example.org")
    link = mailbox.link("alice@example.org", "reset-password")
    phone = newcomer()
    sitting = phone.sit()
    assert phone.http.get(old).status_code == 404, "an older link works still"
    assert "Choose a new password" in phone.http.get(link).text
    refused = phone.http.post(link, data={"new_password": "short"})
    assert (refused.status_code, "at least 10 characters" in refused.text) == (422, True)
    response = phone.http.post(link, data={"new_password": NEW})
    assert response.headers["location"] == "/account?done=reset"
    assert "all other browsers are signed out" in phone.http.get("/account?done=reset").text
    assert "Confirm your e-mail address" not in phone.http.get("/account").text, "who reads the letter has the address"
    assert str(sitting.id) in phone.http.get("/interviews").text, "what was done as a guest does not come along"
    assert alice.http.get("/account").status_code == 303, "another browser is signed in still"
    assert phone.http.post(link, data={"new_password": NEW}).status_code == 404
    assert newcomer().sign_in("alice@example.org").status_code == 422
    assert newcomer().sign_in("alice@example.org", NEW).status_code == 303
    assert newcomer().http.post(mailbox.link("thief@example.org", "confirm-email")).status_code == 404


@pytest.mark.parametrize("kind", ["reset-password", "confirm-email"])
def test_links_expire(alice: Person, mailbox: Mailbox, kind: str) -> None:
    alice.sign_up("alice@example.org")
    forget(alice, "alice@example.org")
    link = mailbox.link("alice@example.org", kind)
    with alice.sessions.begin() as session:
        hours = dict(
            session.execute(
                text("SELECT kind, extract(epoch FROM expires_at - created_at) / 3600 FROM account_tokens")
            ).all()
        )
        assert {name: round(number) for name, number in hours.items()} == {"reset_password": 1, "confirm_email": 72}
        session.execute(text("UPDATE account_tokens SET expires_at = viva_now()"))
    pages = {alice.http.get(link).text, alice.http.post(link, data={"new_password": NEW}).text}
    unknown = alice.http.get(f"/{kind}/nothing").text
    same = {re.sub(r"<code>[0-9a-f]{16}</code>|\?next=[^\"]*", "", page) for page in (*pages, unknown)}
    assert len(same) == 1
    mailbox.jobs.tidy()
    with alice.sessions.begin() as session:
        assert session.scalar(text("SELECT count(*) FROM account_tokens")) == 0


def test_asking_does_not_tell_whether_there_is_an_account(
    client: TestClient, alice: Person, newcomer: Callable[[], Person], mailbox: Mailbox
) -> None:
    """The same words, and the same statements: so the same time."""
    alice.sign_up("alice@example.org")
    statements: list[str] = []

    def note(connection: object, cursor: object, statement: str, *rest: object) -> None:
        statements.append(statement)

    engine = client.app.state.engine  # type: ignore[attr-defined]
    event.listen(engine, "before_cursor_execute", note)
    pages, done = [], []
    for email in ("alice@example.org", "nobody@example.org"):
        statements.clear()
        pages.append(newcomer().http.post("/forgotten-password", data={"email": email}).text.replace(email, ""))
        done.append(list(statements))
    event.remove(engine, "before_cursor_execute", note)
    assert pages[0] == pages[1]
    assert done[0] == done[1]
    assert done[0]
    mailbox.letters()
    assert not mailbox.letters("nobody@example.org")
    with alice.sessions.begin() as session:
        left = session.scalars(text("SELECT email FROM account_tokens WHERE kind = 'reset_password'")).all()
        assert left == ["alice@example.org"], "an address that nobody has is kept"
    bad = newcomer().http.post("/forgotten-password", data={"email": "no address"})
    assert (bad.status_code, 'value="no address"' in bad.text) == (422, True)


def test_the_address_in_a_letter_is_not_the_callers(alice: Person, mailbox: Mailbox) -> None:
    alice.http.post("/forgotten-password", data={"email": "a@b.org"}, headers={"host": "evil.example"})
    alice.sign_up("alice@example.org")
    alice.http.post("/forgotten-password", data={"email": "alice@example.org"}, headers={"host": "evil.example"})
    for letter in mailbox.letters():
        assert "http://127.0.0.1:8000/" in body_of(letter)
        assert "evil" not in body_of(letter)
    assert len(mailbox.letters()) == 2


def test_another_address_counts_once_it_is_confirmed(
    alice: Person, newcomer: Callable[[], Person], mailbox: Mailbox
) -> None:
    alice.sign_up("alice@example.org")
    change = {"new_email": "ada@example.org", "email_password": PASSWORD}
    for wrong, said in (
        ({"email_password": "not the password"}, "That is not your password."),
        ({"new_email": "nowhere"}, "Write an e-mail address"),
        ({"new_email": "ALICE@example.org"}, "This is your address already."),
    ):
        response = alice.http.post("/account/email", data=change | wrong)
        assert (response.status_code, said in response.text) == (422, True)
        assert f'value="{(change | wrong)["new_email"]}"' in response.text
    assert alice.http.post("/account/email", data=change).headers["location"] == "/account?done=letter"
    assert "A letter to ada@example.org is written" in alice.http.get("/account").text
    assert newcomer().sign_in("ada@example.org").status_code == 422
    link = mailbox.link("ada@example.org", "confirm-email")
    # Taken back, and asked again; meanwhile somebody else takes the address, and lets go of it.
    assert alice.http.post("/account/email/keep").status_code == 303
    assert alice.http.post(link).status_code == 404
    alice.http.post("/account/email", data=change)
    link = mailbox.link("ada@example.org", "confirm-email")
    other = newcomer()
    other.sign_up("ada@example.org")
    taken = alice.http.post(link)
    assert (taken.status_code, "Another account has this address by now." in taken.text) == (409, True)
    assert "alice@example.org" in alice.http.get("/account").text
    other.http.post("/account/delete", data={"password": PASSWORD, "confirm": "yes"})
    assert alice.http.post(link).headers["location"] == "/account?done=confirmed"
    assert newcomer().sign_in("ada@example.org").status_code == 303
    assert newcomer().sign_in("alice@example.org").status_code == 422
    assert "now has ada@example.org" in body_of(mailbox.letters("alice@example.org")[-1])
