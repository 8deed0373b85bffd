"""Candidates as people paste them: a line each, from letters and from spreadsheets."""

from __future__ import annotations

import csv
import re
from dataclasses import dataclass

from app.accounts.service import normalise_email
from app.kit.errors import Invalid
from app.kit.text import clean_text

MAX_LINES = 500
MAX_NAME = 200

_ANGLED = re.compile(r"^(?P<before>.*?)<\s*(?P<email>[^<>\s]+)\s*>(?P<after>.*)$")
_FACTOR = re.compile(r"^[x×]?\s*(\d{1,2}(?:[.,]\d{1,3})?)$", re.IGNORECASE)
_PERCENT = re.compile(r"^\+?\s*(\d{1,3})\s*%$")


@dataclass(frozen=True)
class Invitee:
    """A candidate to invite, from one line; no multiplier means the one of the whole list."""

    line: int
    name: str
    email: str | None
    time_multiplier: float | None = None
    external_id: str | None = None


@dataclass(frozen=True)
class LineProblem:
    """What is wrong with one line."""

    line: int
    text: str
    problem: str


def read_invitees(pasted: str, *, names_alone: bool = False) -> tuple[list[Invitee], list[LineProblem]]:
    """The candidates of a pasted list, and the lines that say none; with `names_alone` a line needs no e-mail.

    Raises:
        Invalid: nothing, or too much, was pasted.
    """
    lines = [(number, line.strip()) for number, line in enumerate(clean_text(pasted).split("\n"), 1) if line.strip()]
    if lines and "@" not in lines[0][1] and _is_heading(lines[0][1]):
        lines = lines[1:]
    if not lines:
        raise Invalid("Write at least one candidate: a name and an e-mail, one candidate a line.", field="candidates")
    if len(lines) > MAX_LINES:
        message = f"These are {len(lines)} lines, and at most {MAX_LINES} are taken at once: send them in parts."
        raise Invalid(message, field="candidates")
    found: list[Invitee] = []
    problems: list[LineProblem] = []
    seen: dict[str, int] = {}
    for number, line in lines:
        try:
            invitee = _read(number, line, names_alone)
            key = (invitee.email or invitee.name).casefold()
            if key in seen:
                raise Invalid(f"the same as in line {seen[key]}: take one of them out")
            seen[key] = number
            found.append(invitee)
        except Invalid as error:
            problems.append(LineProblem(number, line[:120], error.message))
    return found, problems


def read_multiplier(words: str) -> float | None:
    """Extra time as people write it (`1.25`, `×1.25`, `25 %`, `+25%`); None when it says something else."""
    if match := _FACTOR.match(words):
        return float(match[1].replace(",", "."))
    if match := _PERCENT.match(words):
        return 1 + int(match[1]) / 100
    return None


def _is_heading(line: str) -> bool:
    """Whether it is the first line of a spreadsheet, with the names of its columns."""
    cells = {cell.strip(' "').casefold() for cell in re.split(r"[\t;,]", line)}
    return bool(cells & {"email", "e-mail", "mail", "email address", "e-mail address"})


def _cells(line: str) -> list[str]:
    if match := _ANGLED.match(line):
        after = re.split(r"[\t;,]", match["after"])
        return [match["before"].strip(' "\t,;'), match["email"], *(cell.strip() for cell in after)]
    separator = "\t" if "\t" in line else ";" if ";" in line else ","
    cells = [cell.strip() for cell in next(csv.reader([line], delimiter=separator, skipinitialspace=True), [])]
    if len(cells) == 1 and "@" in cells[0]:
        # “ada@example.org Ada Lovelace”, with nothing but blanks between.
        words = cells[0].split()
        return [" ".join(word for word in words if "@" not in word), *(word for word in words if "@" in word)]
    return cells


def _read(number: int, line: str, names_alone: bool) -> Invitee:
    emails: list[str] = []
    names: list[str] = []
    multiplier: float | None = None
    for cell in filter(None, _cells(line)):
        if "@" in cell:
            emails.append(cell)
        elif (factor := read_multiplier(cell)) is not None and multiplier is None:
            multiplier = factor
        else:
            names.append(cell)
    name = " ".join(" ".join(names).split())
    if len(emails) > 1:
        raise Invalid("it has two e-mail addresses: write one candidate a line")
    if not emails and (match := _ANGLED.match(line)):
        # A mistyped address must not become a part of a name.
        raise Invalid(f"“{match['email'][:80]}” is no e-mail address")
    if not emails and not names_alone:
        raise Invalid("it has no e-mail address, such as ada@example.org")
    if not emails and not name:
        raise Invalid("it has no name")
    email = None
    if emails:
        try:
            email = normalise_email(emails[0])
        except Invalid:
            raise Invalid(f"“{emails[0][:80]}” is no e-mail address") from None
    if len(name) > MAX_NAME:
        raise Invalid(f"the name is longer than {MAX_NAME} characters")
    if multiplier is not None and not 1 <= multiplier <= 10:
        raise Invalid("extra time is a factor between 1 and 10: 1.25 is a quarter more")
    return Invitee(number, name or email or "", email, multiplier)
