"""Analytics, compare and exports in Chromium: drawn, clean, and nothing from another host."""

from __future__ import annotations

import uuid

from playwright.sync_api import Page, expect

from app.dashboards.rollup import refresh_stale
from app.kit.config import ROOT
from app.kit.db import make_engine, make_sessions
from bench.interviews_in_bulk import fill

from .conftest import Open, Site
from .steps import new_address, sign_up, until

(AXE,) = (ROOT / "app" / "static" / "vendor").glob("axe-*/axe.min.js")


def clean(page: Page, what: str) -> None:
    """Nothing for axe-core to find, and nothing of the page itself runs out of it."""
    page.evaluate(AXE.read_text())
    found = page.evaluate("axe.run(document, { resultTypes: ['violations'] })")["violations"]
    assert not found, (what, [(one["id"], [node["html"][:120] for node in one["nodes"][:3]]) for one in found])
    wide = page.evaluate(
        "[...document.querySelectorAll('.desk > *:not(.compare-wrap)')]"
        ".filter(e => e.getBoundingClientRect().right > innerWidth + 1).map(e => e.outerHTML.slice(0, 80))"
    )
    assert not wide, (what, wide)


def test_results_are_drawn_and_compared(site: Site, open_window: Open) -> None:
    fill(site.database_url, 400, 1)
    engine = make_engine(site.database_url)
    # The worker may be at it just now; then it is left to it.
    refresh_stale(make_sessions(engine))
    until(lambda: site.rows("SELECT 1 FROM analytics_sums LIMIT 1"), 60)
    engine.dispose()
    wrong: list[str] = []
    state = None
    for width, scheme in ((1280, "light"), (1280, "dark"), (360, "light")):
        window = open_window(viewport={"width": width, "height": 900}, color_scheme=scheme, storage_state=state)
        page = window.tab("/sign-up" if state is None else "/organizations")
        page.on("console", lambda said: wrong.append(said.text) if said.type in {"error", "warning"} else None)
        if state is None:
            email = new_address()
            sign_up(page, email)
            page.wait_for_url("**/")
            site.rows(
                "INSERT INTO memberships (id, organization_id, user_id, role) SELECT %(i)s, o.id, u.id, 'interviewer'"
                " FROM organizations o, users u WHERE o.slug = 'bench-001' AND u.email = %(e)s",
                i=uuid.uuid4(),
                e=email,
            )
            state = window.context.storage_state()
        answer = page.goto(f"{site.url}/organizations/bench-001/analytics")
        assert answer is not None
        assert answer.status == 200, page.inner_text("main")
        charts = page.locator("[data-chart]")
        expect(charts).to_have_count(8)
        expect(page.locator("[data-chart] canvas")).to_have_count(8)
        # Something is drawn: a canvas of one colour would be shorter than this as a picture.
        drawn = page.evaluate("[...document.querySelectorAll('[data-chart] canvas')].map(c => c.toDataURL().length)")
        assert min(drawn) > 5_000, drawn
        page.evaluate("document.querySelectorAll('.picture details').forEach((one) => { one.open = true; })")
        assert page.locator(".picture table").count() >= 8
        clean(page, f"analytics, {width}, {scheme}")
        page.goto(f"{site.url}/organizations/bench-001/compare")
        expect(page.locator("thead th")).to_have_count(4)
        page.locator(".compare-choose summary").click()
        clean(page, f"compare, {width}, {scheme}")
        page.goto(f"{site.url}/organizations/bench-001/exports")
        clean(page, f"exports, {width}, {scheme}")
    assert not wrong, wrong
