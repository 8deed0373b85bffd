"""Viva's own question inside a file of another format, held against what other tools see and may have edited."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

from app.bank.exchange.fields import checked
from app.bank.exchange.result import Imported, Reading
from app.kit.text import clean_text


def carried(whole: Imported, title: str, prompt: str, reading: Reading | None = None) -> Imported:
    """The whole question; where title or prompt were edited in the open, the edit counts.

    Parameters
    ----------
    whole : Imported
        What Viva wrote for itself.
    title, prompt : str
        What stands in the open; empty where nothing does.
    """
    question = whole.question
    if question is None:
        return whole
    edited: dict[str, Any] = {}
    for name, seen in (("title", title), ("prompt", prompt)):
        if seen.strip() and _same(seen) != _same(getattr(question, name)):
            edited[name] = clean_text(seen)
    if not edited:
        return whole
    data = question.model_dump(mode="json") | edited
    note = f"{' and '.join(edited).capitalize()} were edited outside Viva; the edit was taken."
    mended = checked(data, reading or Reading(""), line=whole.line)
    return replace(mended, notes=[*whole.notes, note if len(edited) > 1 else note.replace("were", "was")])


def _same(text: str) -> str:
    # XML has no place for U+FFFE and U+FFFF, and other tools trim and wrap as they like.
    return " ".join(text.replace("\ufffe", "").replace("\uffff", "").split())
