from __future__ import annotations

import datetime as dt

from app.kit.config import ROOT
from app.kit.templating import make_environment, markdown, moment


def test_every_template_compiles() -> None:
    environment = make_environment()
    names = [str(path.relative_to(ROOT / "templates")) for path in (ROOT / "templates").rglob("*.html")]
    assert len(names) > 10
    for name in names:
        environment.get_template(name)


def test_templates_hold_no_inline_code() -> None:
    """The content security policy would silently ignore it."""
    for path in (ROOT / "templates").rglob("*.html"):
        source = path.read_text(encoding="utf-8")
        assert " style=" not in source, path
        assert " onclick=" not in source, path
        assert "<script>" not in source, path


def test_markdown_shows_html_instead_of_obeying_it() -> None:
    assert "<script>" not in markdown("<script>alert(1)</script> and *this*")
    assert "<em>this</em>" in markdown("<b>x</b> *this*")
    assert "<img" not in markdown("![x](https://example.org/x.png)")
    assert 'href="javascript' not in markdown("[x](javascript:alert(1))")


def test_moment_is_utc_and_machine_readable() -> None:
    at = dt.datetime(2026, 1, 2, 15, 4, tzinfo=dt.timezone(dt.timedelta(hours=2)))
    assert moment(at) == '<time datetime="2026-01-02T13:04:00+00:00">2 January 2026, 13:04 UTC</time>'
    assert moment(None) == ""
