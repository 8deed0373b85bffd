from __future__ import annotations

import pytest
from sqlalchemy import Engine
from teams import Team

from app.dashboards.exports import EXPORTS, ExportsBusy, stream


def test_two_exports_at_once_and_a_third_is_told_to_come_again(team: Team, engine: Engine) -> None:
    def export(what: str = "interviews"):  # type: ignore[no-untyped-def]
        return stream(engine, team.id, what, "csv", None, None, None, False)

    first, second = export(), export()
    with pytest.raises(ExportsBusy):
        export()
    page = team.admin.http.get(f"{team.url}/exports/answers?form=csv")
    assert page.status_code == 503
    assert page.headers["retry-after"] == "10"
    assert list(first), "what is read to the end gives its place back"
    third = export()
    del second  # and so does what is dropped
    fourth = export()
    assert list(third) == list(fourth)
    assert all(list(export(what)) for what in EXPORTS)
