"""Questions of other tools, of whatever shape, turned into questions that are answered in one's own words."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Literal

from app.bank.exchange.derive import Asked, shortened

Shape = Literal["essay", "choice", "true or false", "short answer", "number", "matching", "order", "gaps"]
GAP = "_____"
LEAST_PROMPT = 20
"""Characters that a prompt of the bank has at least."""


@dataclass
class Option:
    """Something that can be answered, and what it is worth: 1 is right, 0 or less wrong, between them partly right."""

    text: str
    share: float = 0.0
    feedback: str = ""


@dataclass
class Foreign:
    """One question as another tool asks it, in plain text.

    Attributes
    ----------
    shape : Shape
    text : str
        What is asked; gaps are written as `GAP`.
    options : list of Option
        What can be chosen or is accepted; of an order, the parts in their right order.
    pairs : list of (str, str)
        What belongs together.
    decoys : list of str
        Partners of nothing.
    model_answer : str
        Of an essay, if there is one.
    feedback : str
        What is said after any answer.
    """

    shape: Shape
    text: str
    title: str = ""
    slug: str = ""
    options: list[Option] = field(default_factory=list)
    pairs: list[tuple[str, str]] = field(default_factory=list)
    decoys: list[str] = field(default_factory=list)
    model_answer: str = ""
    feedback: str = ""
    notes: list[str] = field(default_factory=list)


def as_free_text(one: Foreign) -> Asked:
    """The same question for an answer in one's own words, with a model answer made of what is right and why."""
    points = list(_points(one))
    right = _right(one)
    for option in one.options:
        if option.share > 0 and option not in right:
            one.notes.append(f"Partly right ({option.share:.0%}): {shortened(option.text, 80)}")
    if one.shape == "essay":
        answer = one.model_answer or one.feedback
        if one.model_answer and one.feedback:
            one.notes.append(f"Left out, what is said after any answer: {one.feedback}")
        return Asked(_prompt(one), one.title, answer, one.slug, notes=one.notes + _made(one, bool(answer)))
    said = [*points, *_reasons(one)]
    answer = " ".join(said)
    return Asked(_prompt(one), one.title, answer, one.slug, points=said, notes=one.notes + _made(one, bool(answer)))


def _made(one: Foreign, has_answer: bool) -> list[str]:
    notes = []
    if one.shape != "essay":
        made = "prompt and model answer were made of what it says" if has_answer else "its prompt was made of it"
        notes.append(f"It was a question of another kind ({one.shape}): {made}. Read both.")
    if not has_answer:
        notes.append("It says no right answer.")
    return notes


def _prompt(one: Foreign) -> str:
    text = one.text.strip()
    if one.shape == "essay":
        return text if len(text) >= LEAST_PROMPT or not text else f"{text}\n\nAnswer in your own words."
    if one.shape == "true or false":
        return f"“{text}”\n\nIs this true or false? Say why."
    if one.shape == "choice":
        several = len(_right(one)) > 1
        asks = "Which of these are right? Say why, and what is wrong with the others."
        ask = asks if several else "Which of these is right? Say why, and what is wrong with the others."
        return f"{text}\n\n{_listed(each_once(option.text for option in one.options))}\n\n{ask}"
    if one.shape == "number":
        return f"{text}\n\nGive the number, and say how you find it."
    if one.shape == "matching":
        left = _listed(pair[0] for pair in one.pairs)
        # In the order of the alphabet: in that of the file they would give the answer away.
        right = _listed(sorted({*(pair[1] for pair in one.pairs), *one.decoys}))
        return f"{text}\n\n{left}\n\nto be matched with\n\n{right}\n\nSay what belongs together, and why.".strip()
    if one.shape == "order":
        parts = _listed(sorted(option.text for option in one.options))
        return f"{text}\n\n{parts}\n\nSay in which order they come, and why."
    if one.shape == "gaps":
        return f"{text}\n\nSay what belongs into the gaps, and why."
    return f"{text}\n\nAnswer in your own words, and say why."


def each_once(texts: Iterable[str]) -> list[str]:
    """Each once, in the order of the file: tools shuffle options, or mean their order."""
    return list(dict.fromkeys(texts))


def _listed(texts: Iterable[str]) -> str:
    return "\n".join(f"- {text}" for text in texts)


def _right(one: Foreign) -> list[Option]:
    """The right options; several that are only right together share the marks."""
    partly = [option for option in one.options if option.share > 0]
    return [option for option in partly if option.share >= 1] or partly


def _points(one: Foreign) -> Iterable[str]:
    """What a right answer says, a sentence each."""
    right = _right(one)
    if one.shape == "true or false":
        for option in right:
            yield f"The statement is {option.text}: “{_bare(one.text)}”."
    elif one.shape == "choice":
        for option in right:
            yield (
                f"The right answer is: {_stopped(option.text)}"
                if len(right) == 1
                else f"Right is: {_stopped(option.text)}"
            )
    elif one.shape in ("short answer", "number"):
        if right:
            others = f" (or {'; or '.join(option.text for option in right[1:])})" if right[1:] else ""
            yield f"The right answer is: {_stopped(right[0].text + others)}"
    elif one.shape == "matching":
        for left, belongs in one.pairs:
            yield f"“{_bare(left)}” belongs to “{_bare(belongs)}”."
    elif one.shape == "order" and one.options:
        yield f"The order is: {_stopped('; then '.join(_bare(option.text) for option in one.options))}"
    elif one.shape == "gaps":
        for number, option in enumerate(right, start=1):
            yield f"Into gap {number} belongs: {_stopped(option.text)}"


def _reasons(one: Foreign) -> Iterable[str]:
    """What the tool would say to who answers right, and in general."""
    for option in _right(one):
        if _explains(option.feedback):
            yield _stopped(option.feedback)
    if one.feedback:
        yield _stopped(one.feedback)
    wrong = [option for option in one.options if option.share <= 0 and _explains(option.feedback)]
    if one.shape == "choice":
        for option in wrong:
            yield f"Wrong is: {_stopped(f'{_bare(option.text)}, because of this: {option.feedback}')}"
    elif one.shape == "true or false":
        for option in wrong:
            yield _stopped(option.feedback)


def _explains(feedback: str) -> bool:
    """Not “Very good!”: praise is no reason."""
    return len(feedback.split()) > 3


def _bare(text: str) -> str:
    return " ".join(text.split()).rstrip(".")


def _stopped(text: str) -> str:
    line = " ".join(text.split())
    return line if line.endswith((".", "!", "?", "…")) else f"{line}."
