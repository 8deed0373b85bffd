"""`viva bank export` and `viva bank import`: questions as files of other programs, and back."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer

from app.bank.words import TOPICS, Topic
from app.kit.config import get_settings
from app.kit.errors import OperatorError

if TYPE_CHECKING:
    import uuid

    from sqlalchemy.orm import Session

    from app.bank.exchange import ImportResult
    from app.bank.importing import ImportPlan, Planned
    from app.bank.question_file import QuestionFile

BAD_FILE = 2
"""Exit code: the file cannot be imported; nothing was changed."""

_MANY = {"new version": "new versions", "working copy": "working copies"}
_NAMES = "yaml, json, csv, gift or qti"
FormatName = Annotated[str | None, typer.Option("--format", help=f"{_NAMES}; else by the file's name and content.")]
Org = Annotated[str | None, typer.Option("--org", help="The organisation's slug.")]


def export_command(
    out: Annotated[Path, typer.Option("--output", "-o", help="The file to write; - for standard output.")],
    format: FormatName = None,
    slugs: Annotated[list[str] | None, typer.Option("--question", help="Only this one; may be given again.")] = None,
    org: Org = None,
    seed: Annotated[
        Path | None, typer.Option("--seed", help="From the files in this folder, not the database.")
    ] = None,
) -> None:
    """Write questions into one file: the public bank's, or with --org those of an organisation.

    Exit code 1 if there is no such question or format.
    """
    from app.bank.exchange import FORMATS, write
    from app.bank.exchange.sniff import SUFFIXES

    name = format or SUFFIXES.get(out.suffix.lower())
    if name not in FORMATS:
        raise OperatorError(f"Say in which format, with --format {_NAMES}.")
    questions = _from_files(seed, slugs) if seed else _from_database(org, slugs)
    if not questions:
        raise OperatorError("There are no questions to export.")
    data = write(questions, name)
    if str(out) == "-":
        sys.stdout.buffer.write(data)
        sys.stdout.flush()
    else:
        try:
            out.write_bytes(data)
        except OSError as error:
            raise OperatorError(f"{out} cannot be written: {error.strerror}.") from None
    count = "1 question" if len(questions) == 1 else f"{len(questions)} questions"
    print(f"{count} written as {FORMATS[name].title}.", file=sys.stderr)
    for note in FORMATS[name].loses:
        print(f"  note: {note}", file=sys.stderr)


def import_command(
    file: Annotated[Path, typer.Argument(help="The file to read; - for standard input.")],
    format: FormatName = None,
    org: Annotated[str | None, typer.Option("--org", help="Into whose bank, by slug; else the first one's.")] = None,
    topic: Annotated[str, typer.Option("--topic", help="For questions of tools that know no topics.")] = "foundations",
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Only say what would change.")] = False,
) -> None:
    """Read questions from a file into an organisation's bank: all of them, or, if one is wrong, none.

    What Viva wrote is published as versions. What another tool wrote becomes working copies, to be completed in the
    editor. Exit code 0 if it was imported (or would be), 2 if something in the file has to be mended.
    """
    from app.accounts.keys import first_organization
    from app.bank.exchange import read
    from app.bank.importing import apply_import, plan_import
    from app.kit.command_database import database
    from app.kit.db import transaction
    from app.kit.migrate import upgrade

    if topic not in get_args(Topic):
        raise OperatorError(f"There is no topic {topic!r}; choose one of {', '.join(TOPICS)}.")
    data, name = _bytes_of(file)
    result = read(data, name, format, topic=cast(Topic, topic))
    if result.all_problems:
        _tell_problems(result)
        raise typer.Exit(BAD_FILE)
    with database(get_settings()) as url:
        upgrade(url)
        with transaction(url) as session:
            organization_id = _organization_id(session, org) if org else first_organization(session).id
            plan = plan_import(session, organization_id, result)
            _tell_plan(plan)
            if not plan.is_allowed:
                print("Nothing was imported.", file=sys.stderr)
                raise typer.Exit(BAD_FILE)
            if dry_run:
                session.rollback()  # a fresh installation's first organisation would be a change
            else:
                apply_import(session, organization_id, plan, None)
    counts = ", ".join(f"{n} {_MANY.get(action, action) if n > 1 else action}" for action, n in plan.counts().items())
    print(f"{'Nothing was changed. It would be' if dry_run else 'Imported'}: {counts}.")


def _from_files(seed: Path, slugs: list[str] | None) -> list[QuestionFile]:
    from app.bank.seed_folder import read_questions

    found = read_questions(seed)
    for problem in found.problems:
        print(problem, file=sys.stderr)
    for slug in slugs or ():
        if slug not in found.questions:
            raise OperatorError(f"There is no question {slug!r} in {seed}.")
    if found.problems and not slugs:
        raise OperatorError("Not every question can be read, so nothing was exported.")
    return [found.questions[slug] for slug in slugs or sorted(found.questions)]


def _from_database(org: str | None, slugs: list[str] | None) -> list[QuestionFile]:
    from app.bank.importing import export_questions
    from app.kit.command_database import database
    from app.kit.db import transaction
    from app.kit.migrate import upgrade

    with database(get_settings()) as url:
        upgrade(url)
        with transaction(url) as session:
            return export_questions(session, _organization_id(session, org) if org else None, slugs or None)


def _organization_id(session: Session, slug: str) -> uuid.UUID:
    from sqlalchemy import select

    from app.accounts.models import Organization

    found = session.scalar(select(Organization.id).where(Organization.slug == slug))
    if found is None:
        raise OperatorError(f"There is no organisation {slug!r}.")
    return found


def _bytes_of(file: Path) -> tuple[bytes, str]:
    """At most one byte more than is read, so that what is too large is told and not loaded."""
    from app.bank.exchange import MAX_BYTES

    if str(file) == "-":
        return sys.stdin.buffer.read(MAX_BYTES + 1), "standard input"
    try:
        with file.open("rb") as opened:
            return opened.read(MAX_BYTES + 1), str(file)
    except OSError as error:
        raise OperatorError(f"{file} cannot be read: {error.strerror}.") from None


def _tell_problems(result: ImportResult) -> None:
    for problem in result.all_problems:
        print(problem, file=sys.stderr)
    print("Nothing was imported.", file=sys.stderr)


def _tell_plan(plan: ImportPlan) -> None:
    for note in plan.notes:
        print(f"note: {note}")
    for entry in plan.entries:
        for line in _told(entry):
            print(line)


def _told(entry: Planned) -> list[str]:
    lines = [f"{entry.action:<12} {entry.slug}" + (f" ({entry.reason})" if entry.reason else "")]
    for change in entry.changes:
        if change.kind == "changed":
            lines.append(f"    {change.place}: {_short(change.before)} → {_short(change.after)}")
        else:
            lines.append(f"    {change.place}: {change.kind}: {_short(change.before or change.after)}")
    if entry.action not in ("unchanged", "kept"):
        lines += [f"    note: {note}" for note in entry.notes]
    return lines


def _short(text: str) -> str:
    line = " ".join(text.split())
    return line if len(line) <= 60 else f"{line[:59]}…"
