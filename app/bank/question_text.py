"""A question written as its author would: fields in the usual order, prose in blocks, one criterion below the other."""

from __future__ import annotations

import re
from typing import Any

import yaml

from app.bank.question_file import QuestionFile

WIDTH = 118
_BREAKS = re.compile("[\x85\u2028\u2029]")
"""Line breaks to YAML, which in a block would come back as others."""
_PROSE = ("prompt", "model_answer", "text")


class _Block(str):
    """Text that is written as a block."""

    __slots__ = ()


class _Quoted(str):
    """Text that is written in double quotes, where every character has an escape."""

    __slots__ = ()


class _Row(list[Any]):
    """A list that is written in one line."""


class _Dumper(yaml.SafeDumper):
    def increase_indent(self, flow: bool = False, indentless: bool = False) -> None:
        super().increase_indent(flow, False)


def _block(dumper: yaml.SafeDumper, value: _Block) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style="|")


def _row(dumper: yaml.SafeDumper, value: _Row) -> yaml.Node:
    return dumper.represent_sequence("tag:yaml.org,2002:seq", list(value), flow_style=True)


def _quoted(dumper: yaml.SafeDumper, value: _Quoted) -> yaml.Node:
    return dumper.represent_scalar("tag:yaml.org,2002:str", str(value), style='"')


_Dumper.add_representer(_Block, _block)
_Dumper.add_representer(_Quoted, _quoted)
_Dumper.add_representer(_Row, _row)


def write_question(question: QuestionFile) -> str:
    """The YAML of a question; reading it gives the same question."""
    return write_data(question.model_dump(mode="json", exclude_none=True))


def write_data(data: dict[str, Any]) -> str:
    """The YAML of a question's data, which need not be a whole question yet."""
    return yaml.dump(
        _dressed(_short(data)),
        Dumper=_Dumper,
        sort_keys=False,
        allow_unicode=True,
        width=WIDTH,
        default_flow_style=False,
    )


def _short(data: dict[str, Any]) -> dict[str, Any]:
    """Without what need not be written: one approach is bare criteria, and empty lists are absent."""
    short = {name: value for name, value in data.items() if value not in ([], None)}
    rubric = short.get("rubric")
    if isinstance(rubric, dict) and isinstance(approaches := rubric.get("approaches"), list) and len(approaches) == 1:
        only = approaches[0]
        if isinstance(only, dict) and only.get("id", "main") == only.get("name", "main") == "main":
            rubric = {name: value for name, value in only.items() if name in {"criteria", "groups"}}
    if isinstance(rubric, dict):
        short["rubric"] = _without_empty(rubric)
    return short


def _without_empty(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: _without_empty(entry) for name, entry in value.items() if entry not in ([], None)}
    if isinstance(value, list):
        return [_without_empty(entry) for entry in value]
    return value


def _dressed(value: Any, name: str = "") -> Any:
    if isinstance(value, dict):
        return {key: _dressed(entry, key) for key, entry in value.items()}
    if isinstance(value, list):
        if name in {"related", "prerequisites"} or (name == "criteria" and all(isinstance(one, str) for one in value)):
            return _Row(value)
        return [_dressed(entry) for entry in value]
    if isinstance(value, str) and _BREAKS.search(value):
        return _Quoted(value)
    if isinstance(value, str) and (name in _PROSE or "\n" in value):
        return _Block(value if value.endswith("\n") else value + "\n")
    return value
