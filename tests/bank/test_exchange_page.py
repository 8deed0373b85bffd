"""docs/question-format.md says what the code does."""

from __future__ import annotations

import re
from typing import get_args

from app.bank.exchange import FORMATS
from app.bank.question_file import QuestionFile, SampleKind, TemplateFile
from app.bank.words import KINDS, TOPICS
from app.kit.config import ROOT
from app.kit.yaml_file import read_yaml


def test_the_page_about_the_format_keeps_up() -> None:
    page = (ROOT / "docs" / "question-format.md").read_text(encoding="utf-8")
    whole, _, template = re.findall(r"```yaml\n(.*?)```", page, re.DOTALL)
    assert read_yaml(whole, QuestionFile, "page").slug == "early-stopping"
    assert read_yaml(template, TemplateFile, "page").slug == "half-an-hour"
    checks = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "app" / "bank" / "checks").glob("*.py"))
    rules = set(re.findall(r'(?:error|warning|make)\(\s*"([a-z-]+)"', checks))
    section = page.partition("## What `viva bank check` demands")[2].partition("\n## ")[0]
    assert set(re.findall(r"^\| `([a-z-]+)` \|", section, re.MULTILINE)) == rules
    for name in QuestionFile.model_fields:
        assert f"| `{name}` |" in page
    for word in (*KINDS, *TOPICS, *get_args(SampleKind)):
        assert f"`{word}`" in page
    for format in FORMATS.values():
        assert f"`{format.suffix}`, `{format.media_type.partition(';')[0]}`" in page
