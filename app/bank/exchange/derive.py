"""A draft of a question from what another tool says: what can be given is given, the rest is named in a note."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError

from app.bank.exchange.result import Imported, Reading
from app.bank.question_file import QuestionFile
from app.kit.errors import Invalid
from app.kit.text import clean_text
from app.kit.yaml_file import field_path
from app.scoring.text import sentences

MAX_CRITERIA = 8
MAX_TITLE = 60
DRAFT = "This is a draft: complete its rubric, add samples and check it before it is asked."


@dataclass
class Asked:
    """A free-text question as far as another tool knows it."""

    prompt: str
    title: str = ""
    model_answer: str = ""
    slug: str = ""
    points: list[str] = field(default_factory=list)
    """What a right answer says, where that is known better than from the model answer's sentences."""
    notes: list[str] = field(default_factory=list)


class Deriving:
    """Makes drafts of one file's questions; slugs are used once."""

    def __init__(self, reading: Reading, tool: str) -> None:
        self.reading = reading
        self.tool = tool
        self._slugs: set[str] = set()

    def question(self, asked: Asked, line: int | None, given: dict[str, Any] | None = None) -> Imported:
        """A draft; `given` are fields that the file says itself."""
        try:
            prompt, title, answer = (
                clean_text(text, field=name).strip()
                for name, text in (("prompt", asked.prompt), ("title", asked.title), ("answer", asked.model_answer))
            )
        except Invalid as error:
            return Imported(None, {}, [self.reading.problem(error.message, line)], is_draft=True, line=line)
        if not prompt:
            return Imported(None, {}, [self.reading.problem("asks nothing", line, "prompt")], is_draft=True, line=line)
        notes = [DRAFT, *asked.notes]
        draft: dict[str, Any] = {
            "slug": "",
            "title": _title(title, prompt),
            "kind": "explain",
            "topic": self.reading.topic,
            "level": 3,
            "minutes": 5,
            "prompt": prompt,
        }
        points = [point.strip() for point in asked.points if point.strip()] or _sentences(answer)
        if points:
            draft["rubric"] = {"criteria": _criteria(points)}
            notes.append(
                f"The rubric was made of the model answer: {min(len(points), MAX_CRITERIA)}"
                f" {'criterion' if len(points) == 1 else 'criteria'} with one statement each."
            )
            if len(points) > MAX_CRITERIA:
                notes.append(f"The model answer says {len(points)} things: those after the first {MAX_CRITERIA} are"
                             " not in the rubric.")  # fmt: skip
        if answer:
            draft["model_answer"] = answer
        draft["sources"] = [{"title": f"Imported from {self.reading.name[:300]} ({self.tool})"}]
        draft |= given or {}
        draft["slug"] = self._free_slug(str((given or {}).get("slug") or asked.slug or draft["title"]))
        try:
            return Imported(QuestionFile.model_validate(draft), draft, [], notes, is_draft=True, line=line)
        except ValidationError as error:
            for item in error.errors():
                name = field_path(item["loc"])
                said = "is missing: write it" if item["type"] == "missing" else str(item["msg"])
                notes.append(f"To complete: {name}: {said.removeprefix('Value error, ')}.")
            return Imported(None, draft, [], notes, is_draft=True, line=line)

    def _free_slug(self, text: str) -> str:
        base = slug_of(text) or f"question-{len(self._slugs) + 1}"
        slug, number = base, 2
        while slug in self._slugs:
            slug = f"{base[:75]}-{number}"
            number += 1
        self._slugs.add(slug)
        return slug


def slug_of(text: str) -> str:
    """Small letters, digits and hyphens; empty if the text has nothing that can be written so."""
    plain = unicodedata.normalize("NFKD", text).encode("ascii", "ignore").decode().lower()
    words = re.findall(r"[a-z0-9]+", plain.replace("'", ""))
    slug = ""
    for word in words:
        longer = f"{slug}-{word}" if slug else word[:60]
        if len(longer) > 60:
            break
        slug = longer
    return slug


def shortened(text: str, length: int) -> str:
    """The text in one line, cut between words."""
    line = " ".join(text.split())
    if len(line) <= length:
        return line
    cut = line[: length - 1]
    return f"{cut.rsplit(' ', 1)[0] if ' ' in cut else cut}…"


def _title(title: str, prompt: str) -> str:
    short = shortened(title or re.split(r"(?<=[a-z0-9)”\"'][.?!])\s|\n", prompt)[0], MAX_TITLE)
    return short if len(short) >= 3 else shortened(f"Question: {short or prompt}", MAX_TITLE)


def _sentences(text: str) -> list[str]:
    found = (" ".join(text[one.start : one.end].split()) for one in sentences(text))
    return [sentence for sentence in found if sentence]


def _criteria(points: list[str]) -> list[dict[str, Any]]:
    return [
        {"id": f"point-{number}", "facet": "what", "weight": 1, "statements": [point]}
        for number, point in enumerate(points[:MAX_CRITERIA], start=1)
    ]
