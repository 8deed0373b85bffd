"""An organisation writes interview templates: sections, a preview, versions that stay."""

from __future__ import annotations

import re
import uuid
from collections.abc import Callable
from typing import Any

import pytest
from people import Person
from sqlalchemy import text
from teams import Team, new_team

from app.bank.question_file import content_hash, read_template
from app.kit.config import ROOT

DRAW = {"s0-title": "Vision", "s0-kind": "draw", "s0-count": "2", "s0-topic": ["vision"], "s0-level": ["2", "3"]}
NAMED = {"s1-title": "Two of ours", "s1-kind": "questions", "s1-slug": ["dropout", "gan"]}
FORM: dict[str, Any] = {
    "title": "Junior vision",
    "description": "What a junior should know.",
    "minutes": "60",
    "candidate_sees": "score",
    "release": "by_interviewer",
    "sections": "2",
    **DRAW,
    **NAMED,
}


@pytest.fixture
def team(newcomer: Callable[[], Person]) -> Team:
    return new_team(newcomer)


def rows(team: Team, statement: str, **values: object) -> list[Any]:
    with team.admin.sessions.begin() as session:
        return list(session.execute(text(statement), values).all())


def press(team: Team, action: str = "save", where: str = "new", **more: Any) -> Any:
    return team.admin.http.post(f"{team.url}/templates/{where}", data=FORM | {"action": action} | more)


def save(team: Team, where: str = "new", **more: Any) -> str:
    response = press(team, "save", where, **more)
    assert response.status_code == 303, response.text
    return str(response.headers["location"].split("/")[-1].split("?")[0])


def versions(team: Team, template: str) -> list[Any]:
    return rows(
        team, "SELECT * FROM interview_template_versions WHERE template_id = :t ORDER BY number", t=uuid.UUID(template)
    )


def test_digests_of_seed_templates_stay() -> None:
    """Only what is not as usual goes into a digest: the templates of older installations make no new versions."""
    for path in (ROOT / "seed" / "templates").glob("*.yaml"):
        template = read_template(path)
        older = template.model_dump(mode="json", include={"title", "description", "minutes", "sections"})
        for section in older["sections"]:
            assert set(section) == {"id", "title", "questions", "draw", "minutes_each"}
            del section["minutes_each"]
        assert content_hash(template.content()) == content_hash(older)
        strict = template.model_copy(update={"candidate_sees": "nothing", "follow_ups": False})
        assert strict.content() == older | {"candidate_sees": "nothing", "follow_ups": False}


def test_a_digest_of_before_there_was_time_for_each_question() -> None:
    """Written down when a template knew nothing but its minutes."""
    warm_up = read_template(ROOT / "seed" / "templates" / "warm-up.yaml")
    assert content_hash(warm_up.content()) == "1158e710b61475dc87a07b59d2840b52d4b8878383c757667f6bbc8850971ca1"


def test_time_for_each_question(team: Team) -> None:
    template = save(team, timing="question", **{"s0-minutes_each": "4", "s1-minutes_each": ""})
    (first,) = versions(team, template)
    assert (first.timing, first.minutes) == ("question", 60)
    assert [section.get("minutes_each") for section in first.sections] == [4, None]
    assert "minutes_each" not in first.sections[1]
    page = team.admin.http.get(f"{team.url}/templates/{template}").text
    assert re.search(r'<option value="question" selected>', page)
    assert re.search(r'name="s0-minutes_each"[^>]* value="4"', page)
    save(team, template, timing="question", **{"s0-minutes_each": "4", "s1-minutes_each": ""})
    assert len(versions(team, template)) == 1
    # Back to one clock: what stands in the sections' fields says nothing then.
    save(team, template, **{"s0-minutes_each": "4"})
    assert versions(team, template)[1].timing == "interview"
    assert "minutes_each" not in str(versions(team, template)[1].sections)
    copied = team.admin.http.post(f"{team.url}/templates/copy", data={"template_id": template})
    assert versions(team, copied.headers["location"].split("/")[-1].split("?")[0])[0].timing == "interview"
    wrong = press(team, timing="question", **{"s0-minutes_each": "soon"})
    assert wrong.status_code == 422
    assert 'id="s0-minutes_each-error"' in wrong.text
    assert press(team, timing="never").status_code == 422


def test_the_preview_with_time_for_each_question(team: Team) -> None:
    fields = {"s0-minutes_each": "4", "s1-minutes_each": "3"}
    page = " ".join(press(team, "preview", minutes="2", timing="question", **fields).text.split())
    assert "Each question has its own time, <strong>14</strong> minutes in all." in page
    assert "ends after <strong>18</strong> minutes at the latest" in page
    assert "notice-problem" not in page
    assert page.count("4 min, level") == 2


def test_written_in_versions(team: Team) -> None:
    template = save(team)
    (first,) = versions(team, template)
    assert first.sections[0]["draw"] == {"count": 2, "topics": ["vision"], "kinds": [], "levels": [2, 3]}
    assert first.sections[1]["questions"] == ["dropout", "gan"]
    assert [section["id"] for section in first.sections] == ["vision", "two-of-ours"]
    assert (first.candidate_sees, first.release, first.follow_ups) == ("score", "by_interviewer", False)
    save(team, template)
    assert len(versions(team, template)) == 1, "the same again is no new version"
    save(team, template, minutes="45", follow_ups="yes")
    first_again, second = versions(team, template)
    assert first_again == first
    assert (second.number, second.minutes, second.follow_ups) == (2, 45, True)
    page = team.admin.http.get(f"{team.url}/templates/{template}").text
    assert "Version 2" in page
    assert 'value="45"' in page
    listed = team.admin.http.get(f"{team.url}/templates").text
    assert "Junior vision" in listed
    actions = [
        row.action for row in rows(team, "SELECT action FROM audit_events WHERE action LIKE 'template.%' ORDER BY at")
    ]
    assert actions == ["template.written", "template.written"]


def test_buttons_work_without_a_script(team: Team) -> None:
    added = press(team, "add").text
    assert "Section 3" in added
    removed = press(team, "remove:0").text
    assert "Section 2" not in removed
    assert 'value="Two of ours"' in removed
    moved = press(team, "up:1").text
    assert moved.index('value="Two of ours"') < moved.index('value="Vision"')
    assert 'value="dropout"' not in press(team, "drop:1:dropout").text
    found = press(team, "search:1", **{"s1-q": "overfitting"})
    assert found.status_code == 200
    slug = re.search(r'value="pick:1:([\w-]+)"', found.text)
    assert slug
    picked = press(team, f"pick:1:{slug[1]}").text
    assert f'name="s1-slug" value="{slug[1]}"' in picked
    for odd in ("remove:99", "up:0", "pick:7:gan", "pick:x", "nonsense", "down:-1"):
        assert press(team, odd).status_code == 200, odd
    assert rows(team, "SELECT 1 FROM interview_templates WHERE organization_id IS NOT NULL") == []


def test_the_preview_says_what_does_not_add_up(team: Team) -> None:
    page = press(team, "preview", minutes="2", **{"s0-count": "20", "s0-level": ["1"], "s0-of-kind": ["derive"]})
    assert page.status_code == 200
    assert "A sample draw" in page.text
    assert re.search(r"“Vision” asks for 20, but only \d+ questions? fits?|“Vision” asks for 20, but only 0", page.text)
    assert "and the interview has 2" in page.text
    fine = press(team, "preview").text
    assert "drawn from" in fine
    assert "notice-problem" not in fine


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_lost(team: Team) -> None:
    bad = {"title": "", "minutes": "soon", "s0-count": "0", "s0-topic": ["astrology"], "s1-slug": ["no-such"]}
    page = press(team, **bad)
    assert page.status_code == 422
    for name in ("title", "minutes", "s0-count", "s0-topic", "s1-q"):
        assert f'id="{name}-error"' in page.text, name
    assert 'value="soon"' in page.text
    assert 'value="Two of ours"' in page.text
    assert press(team, sections="0").status_code == 422
    assert press(team, title="a\x00b").status_code == 422
    assert press(team, release="never").status_code == 422
    assert (
        "At most 50"
        in press(
            team,
            sections="3",
            **{
                f"s{n}-{k}": v for n in range(3) for k, v in (("count", "20"), ("kind", "draw"), ("title", f"Part {n}"))
            },
        ).text
    )


def test_copied_retired_and_restored(team: Team) -> None:
    (warm_up,) = rows(team, "SELECT id FROM interview_templates WHERE slug = 'warm-up' AND organization_id IS NULL")
    response = team.admin.http.post(f"{team.url}/templates/copy", data={"template_id": str(warm_up.id)})
    template = response.headers["location"].split("/")[-1].split("?")[0]
    (copied,) = versions(team, template)
    (original,) = versions(team, str(warm_up.id))
    assert copied.sections == original.sections
    assert copied.title.endswith("(copy)")
    url = f"{team.url}/templates/{template}"
    offered = f'value="{template}"'
    assert offered in team.admin.http.get(f"{team.url}/invitations/new").text
    team.admin.http.post(f"{url}/retire")
    assert offered not in team.admin.http.get(f"{team.url}/invitations/new").text
    assert "Restore it" in team.admin.http.get(url).text
    team.admin.http.post(f"{url}/restore")
    assert offered in team.admin.http.get(f"{team.url}/invitations/new").text
    assert "(copy)" not in team.admin.http.get("/").text, "an organisation's are nobody else's"


def test_of_others_and_of_viva_nothing_is_changed(team: Team, newcomer: Callable[[], Person]) -> None:
    template = save(team)
    other = new_team(newcomer, "Other")
    (warm_up,) = rows(team, "SELECT id FROM interview_templates WHERE slug = 'warm-up' AND organization_id IS NULL")
    for one in (template, str(warm_up.id)):
        url = f"{other.url}/templates/{one}"
        assert other.admin.http.get(url).status_code == 404
        for what in ("", "/retire", "/restore"):
            assert other.admin.http.post(url + what, data=FORM).status_code == 404
    assert other.admin.http.post(f"{other.url}/templates/copy", data={"template_id": template}).status_code == 404
    assert other.admin.http.get(f"{team.url}/templates").status_code == 404
    assert "Junior vision" not in other.admin.http.get(f"{other.url}/invitations/new").text
    assert len(versions(team, template)) == 1
