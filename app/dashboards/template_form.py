"""The editor of interview templates as a plain form: sections that come and go without a script."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from pydantic import ValidationError
from starlette.datastructures import FormData

from app.accounts.organizations import slug_of
from app.bank.models import InterviewTemplateVersion
from app.bank.question_file import TemplateFile
from app.kit.errors import Invalid
from app.kit.text import clean_text

MAX_SECTIONS = 20
MAX_QUESTIONS = 50
MESSAGES = {
    "string_too_short": "write some more",
    "string_too_long": "write less",
    "int_parsing": "write a whole number",
    "greater_than_equal": "a larger number is needed",
    "less_than_equal": "a smaller number is needed",
}


@dataclass
class SectionForm:
    """A section as it was typed."""

    id: str = ""
    title: str = ""
    kind: str = "draw"
    slugs: list[str] = field(default_factory=list)
    q: str = ""
    count: str = "3"
    topics: list[str] = field(default_factory=list)
    kinds: list[str] = field(default_factory=list)
    levels: list[str] = field(default_factory=list)
    minutes_each: str = ""


@dataclass
class TemplateForm:
    """A template as it was typed."""

    title: str = ""
    description: str = ""
    minutes: str = "30"
    timing: str = "interview"
    candidate_sees: str = "report"
    release: str = "by_interviewer"
    follow_ups: bool = True
    sections: list[SectionForm] = field(default_factory=lambda: [SectionForm(title="Questions")])


def form_of_version(version: InterviewTemplateVersion) -> TemplateForm:
    """A stored version, to be changed."""
    return TemplateForm(
        version.title,
        version.description,
        str(version.minutes),
        version.timing,
        version.candidate_sees,
        version.release,
        version.follow_ups,
        [_section_of(section) for section in version.sections],
    )


def _section_of(section: dict[str, Any]) -> SectionForm:
    form = SectionForm(section["id"], section["title"], minutes_each=str(section.get("minutes_each") or ""))
    draw = section.get("draw")
    if not draw:
        form.kind, form.slugs = "questions", list(section["questions"])
        return form
    form.count, form.topics, form.kinds = str(draw["count"]), draw["topics"], draw["kinds"]
    form.levels = [str(level) for level in draw["levels"]]
    return form


def form_of_fields(data: FormData) -> TemplateForm:
    """What a browser sent.

    Raises:
        Invalid: text that cannot be stored, or a file.
    """
    count = min(int(number) if (number := _one(data, "sections")).isascii() and number.isdigit() else 0, MAX_SECTIONS)
    return TemplateForm(
        _one(data, "title"),
        _one(data, "description"),
        _one(data, "minutes"),
        _one(data, "timing") or "interview",
        _one(data, "candidate_sees"),
        _one(data, "release"),
        _one(data, "follow_ups") == "yes",
        [
            SectionForm(
                _one(data, f"s{n}-id"),
                _one(data, f"s{n}-title"),
                _one(data, f"s{n}-kind"),
                list(dict.fromkeys(_many(data, f"s{n}-slug")))[:MAX_QUESTIONS],
                _one(data, f"s{n}-q"),
                _one(data, f"s{n}-count"),
                _many(data, f"s{n}-topic"),
                _many(data, f"s{n}-of-kind"),
                _many(data, f"s{n}-level"),
                _one(data, f"s{n}-minutes_each"),
            )
            for n in range(count)
        ],
    )


def _many(data: FormData, name: str) -> list[str]:
    values = data.getlist(name)
    if not all(isinstance(value, str) for value in values):
        raise Invalid(f"{name}: must be text, not a file.", field=name)
    return [clean_text(str(value), field=name)[:2000] for value in values]


def _one(data: FormData, name: str) -> str:
    return next(iter(_many(data, name)), "").strip()


def act(form: TemplateForm, action: str) -> None:
    """Do what a button of the form says: `add`, `remove:2`, `up:2`, `down:2`, `pick:0:gan`, `drop:0:gan`."""
    what, _, rest = action.partition(":")
    number_words, _, slug = rest.partition(":")
    if what == "add":
        if len(form.sections) < MAX_SECTIONS:
            form.sections.append(SectionForm())
        return
    number = int(number_words) if number_words.isascii() and number_words.isdigit() else -1
    if not 0 <= number < len(form.sections):
        return
    section = form.sections[number]
    if what == "remove":
        del form.sections[number]
    elif what in {"up", "down"}:
        other = number + (1 if what == "down" else -1)
        if 0 <= other < len(form.sections):
            form.sections[number], form.sections[other] = form.sections[other], section
    elif what == "pick" and slug and slug not in section.slugs and len(section.slugs) < MAX_QUESTIONS:
        section.slugs.append(slug)
    elif what == "drop" and slug in section.slugs:
        section.slugs.remove(slug)


def read_template_form(form: TemplateForm, known: Mapping[str, object]) -> tuple[TemplateFile | None, dict[str, str]]:
    """The template, or what is wrong with it by the name of the field; `known` are the slugs that can be asked."""
    errors: dict[str, str] = {}
    taken: set[str] = set()
    sections: list[dict[str, Any]] = []
    for n, section in enumerate(form.sections):
        one: dict[str, Any] = {"id": _section_id(section, n, taken), "title": section.title}
        # What was typed before the whole was given the only clock stays in its field, and says nothing.
        if form.timing == "question" and section.minutes_each:
            one["minutes_each"] = section.minutes_each
        if section.kind == "questions":
            one["questions"] = section.slugs
            missing = [slug for slug in section.slugs if slug not in known]
            if not section.slugs:
                errors[f"s{n}-q"] = "Search for questions and add at least one."
            elif missing:
                errors[f"s{n}-q"] = f"The bank has no question “{missing[0][:80]}” any more: take it out."
        else:
            levels = [int(level) for level in section.levels if level.isascii() and level.isdigit()]
            one["draw"] = {"count": section.count, "topics": section.topics, "kinds": section.kinds, "levels": levels}
        sections.append(one)
    if not sections:
        errors["sections"] = "Add a section: it says which questions are asked."
    if errors:
        # What the questions lack is said together with the rest: the sections are whole enough for it.
        sections = [one if one.get("draw") or one.get("questions") else one | {"questions": ["x"]} for one in sections]
    template = None
    try:
        template = TemplateFile.model_validate(
            {
                "slug": "template",
                "title": form.title,
                "description": form.description,
                "minutes": form.minutes,
                "timing": form.timing,
                "candidate_sees": form.candidate_sees,
                "release": form.release,
                "follow_ups": form.follow_ups,
                "sections": sections,
            }
        )
        if sum(one.draw.count if one.draw else len(one.questions) for one in template.sections) > MAX_QUESTIONS:
            errors["sections"] = f"At most {MAX_QUESTIONS} questions fit into one interview."
    except ValidationError as error:
        for item in error.errors():
            name = _field_of(item["loc"])
            words = MESSAGES.get(item["type"], str(item["msg"]).removeprefix("Value error, "))
            errors.setdefault(name, f"{words[:1].upper()}{words[1:]}.")
    return (None if errors else template), errors


def _section_id(section: SectionForm, n: int, taken: set[str]) -> str:
    base = slug_of(section.id) or slug_of(section.title) or f"section-{n + 1}"
    found = next(one for one in (base, *(f"{base}-{k}" for k in range(2, MAX_SECTIONS + 2))) if one not in taken)
    taken.add(found)
    return found


def _field_of(loc: tuple[int | str, ...]) -> str:
    """The form's name of what pydantic names by its path."""
    if loc[:1] != ("sections",) or len(loc) < 3:
        return str(loc[0]) if loc else "sections"
    names = {"topics": "topic", "kinds": "of-kind", "levels": "level"}
    part = next((str(one) for one in reversed(loc) if isinstance(one, str)), "title")
    return f"s{loc[1]}-{names.get(part, part)}"
