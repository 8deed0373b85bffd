"""What changed between two versions of a question, field by field, as people read it."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from app.bank.question_file import QuestionFile


@dataclass(frozen=True)
class Run:
    """Words that stayed (`same`), are new (`added`) or are gone (`removed`)."""

    kind: str
    text: str


@dataclass(frozen=True)
class Change:
    """One field that differs; `place` is how people call it."""

    place: str
    kind: str
    """`added`, `removed` or `changed`."""
    runs: tuple[Run, ...]

    @property
    def before(self) -> str:
        """What it said."""
        return "".join(run.text for run in self.runs if run.kind != "added")

    @property
    def after(self) -> str:
        """What it says."""
        return "".join(run.text for run in self.runs if run.kind != "removed")


def differences(before: QuestionFile, after: QuestionFile) -> list[Change]:
    """Every field that differs, in the order of the file. Samples are known by their text, criteria by their id."""
    old, new = _places(before), _places(after)
    # The order of the newer one, with what is gone after the field that it followed.
    places = [place for place in old if place not in new]
    order = list(new)
    for place in places:
        at = list(old).index(place)
        previous = next((one for one in reversed(list(old)[:at]) if one in order), None)
        order.insert(order.index(previous) + 1 if previous else 0, place)
    return [change for place in order if (change := _change(place, old.get(place), new.get(place)))]


HIDDEN = ("rubric", "model_answer", "samples")
"""What a candidate must not see before answering, and a program only with the scope for it."""


def open_differences(before: QuestionFile, after: QuestionFile) -> list[Change]:
    """What differs in what candidates may see."""
    return differences(before, after.model_copy(update={name: getattr(before, name) for name in HIDDEN}))


def has_hidden_differences(before: QuestionFile, after: QuestionFile) -> bool:
    """Whether rubric, model answer or samples differ."""
    return any(getattr(before, name) != getattr(after, name) for name in HIDDEN)


def _change(place: str, before: str | None, after: str | None) -> Change | None:
    if before == after:
        return None
    if before is None:
        return Change(place, "added", (Run("added", after or ""),))
    if after is None:
        return Change(place, "removed", (Run("removed", before),))
    return Change(place, "changed", tuple(_runs(before, after)))


def _runs(before: str, after: str) -> Iterator[Run]:
    one, other = re.findall(r"\s+|[^\s]+", before), re.findall(r"\s+|[^\s]+", after)
    for kind, i, j, k, m in difflib.SequenceMatcher(None, one, other, autojunk=False).get_opcodes():
        if kind == "equal":
            yield Run("same", "".join(one[i:j]))
            continue
        if i < j:
            yield Run("removed", "".join(one[i:j]))
        if k < m:
            yield Run("added", "".join(other[k:m]))


def _places(question: QuestionFile) -> dict[str, str]:
    """What each place says; of places that are called the same (samples that begin alike) the later are numbered."""
    found: dict[str, str] = {}
    for name, text in _fields(question):
        place, number = name, 1
        while place in found:
            number += 1
            place = f"{name} ({number})"
        found[place] = text
    return found


def _fields(question: QuestionFile) -> Iterator[tuple[str, str]]:
    data = question.model_dump(mode="json")
    for name in ("slug", "title", "kind", "topic", "level", "minutes", "prompt"):
        yield name, str(data[name]).strip()
    approaches = data["rubric"]["approaches"]
    for approach in approaches:
        where = "" if len(approaches) == 1 else f"{approach['name']}: "
        for criterion in approach["criteria"]:
            yield from _criterion(criterion, f"{where}point “{criterion['id']}”")
        for group in approach["groups"]:
            members = ", ".join(group["criteria"])
            yield f"{where}group of {members}", f"at least {group['at_least']}, weight {group['weight']}"
    yield "model answer", data["model_answer"].strip()
    for source in data["sources"]:
        text = " ".join(str(value) for value in source.values() if value)
        yield f"source {text[:60]}", text
    for name in ("related", "prerequisites"):
        yield name, ", ".join(data[name])
    for sample in question.samples:
        yield (
            f"sample “{' '.join(sample.text.split())[:40]}”",
            f"{sample.kind}, grade {sample.grade:g}: {sample.text.strip()}",
        )


def _criterion(criterion: Mapping[str, Any], where: str) -> Iterator[tuple[str, str]]:
    for name in ("facet", "weight", "follow_up"):
        if criterion[name] is not None:
            yield f"{where}, {name.replace('_', '-')}", str(criterion[name])
    for name, label in (("statements", "statement"), ("false_twins", "false twin")):
        for number, text in enumerate(criterion[name], start=1):
            yield f"{where}, {label} {number}", text
