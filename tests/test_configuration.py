"""The tables of configuration in README.md and docs say what `Settings` says."""

from __future__ import annotations

from pathlib import Path

import pytest
from pydantic_core import PydanticUndefined

from app.kit.config import ROOT, Settings

BEGIN, END = "<!-- settings: begin -->", "<!-- settings: end -->"
INTERNAL = {"supervised_fd", "listen_fd"}
"""Set by Viva for itself, never by an operator."""
PLACES = {"data_dir": "`var/` in a checkout, else `~/.local/share/viva`", "seed_dir": "`seed/`"}
"""Defaults that depend on where Viva lies."""


def variable(name: str) -> str:
    return "DATABASE_URL" if name == "database_url" else f"VIVA_{name.upper()}"


def expected_table() -> str:
    """The table as it has to stand there; when this test fails, paste what it prints between the two marks."""
    lines = ["| variable | default | meaning |", "|---|---|---|"]
    for name, field in Settings.model_fields.items():
        if name in INTERNAL:
            continue
        default = PLACES.get(name) or ("none" if field.default is None else f"`{field.default}`")
        assert field.default is not PydanticUndefined or name in PLACES, f"say in PLACES what {name} is by default"
        lines.append(f"| `{variable(name)}` | {default} | {field.description} |")
    return "\n".join(lines)


def table_in(path: Path) -> str | None:
    """What stands between the marks of a file, or None if it has no marks."""
    text = path.read_text(encoding="utf-8")
    if BEGIN not in text:
        return None
    return text.split(BEGIN, 1)[1].split(END, 1)[0].strip()


@pytest.mark.parametrize("name", ["README.md", "docs/deployment.md"])
def test_the_table_of_configuration_is_complete_and_true(name: str) -> None:
    table = table_in(ROOT / name)
    assert table == expected_table(), f"{name}: between the marks there must stand\n\n{expected_table()}\n"


def test_one_file_at_least_holds_the_table() -> None:
    assert any(table_in(ROOT / name) for name in ("README.md", "docs/deployment.md"))


def test_every_setting_is_explained() -> None:
    unexplained = [name for name, field in Settings.model_fields.items() if not field.description]
    assert not unexplained


def test_each_variable_is_what_the_setting_reads(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", "postgresql://one")
    monkeypatch.setenv("VIVA_PORT", "1234")
    monkeypatch.setenv("VIVA_ENCODER", "remote")
    settings = Settings()
    assert (settings.database_url, settings.port, settings.encoder) == ("postgresql://one", 1234, "remote")
