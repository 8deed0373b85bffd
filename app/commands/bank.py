"""`viva bank …`: the question files, checked, counted and held against the catalogue."""

from __future__ import annotations

import json
import sys
from collections import Counter
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import typer

from app.commands.bank_exchange import export_command, import_command
from app.commands.progress import Progress
from app.kit.config import get_settings
from app.kit.yaml_file import FileProblem

bank_app = typer.Typer(help="The question bank: check it, count it, carry it.", no_args_is_help=True)
bank_app.command("export")(export_command)
bank_app.command("import")(import_command)

Folder = Annotated[
    Path | None, typer.Option("--seed", help="The folder with questions/ (else the one that comes with Viva).")
]


@bank_app.command("check")
def check(
    slugs: Annotated[list[str] | None, typer.Option("--question", help="Only this one; may be given again.")] = None,
    seed: Folder = None,
    quiet: Annotated[bool, typer.Option("--quiet", help="Say nothing of what passes, and no warnings.")] = False,
    known: Annotated[
        Path | None,
        typer.Option("--known", help="A file with slugs that are known to fail, one a line; whichever passes must go."),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="One JSON object a question, for other programs.")] = False,
) -> None:
    """Test questions as they test candidates: form, links, likeness, samples in order and in band, attacks refused.

    Exit code 0 if every question may be published, 1 if one may not.
    """
    # Imported here: it loads the model's libraries.
    from app.bank.checks.whole import check_questions
    from app.bank.seed_folder import read_questions
    from app.commands.bank_report import told, told_all

    settings = get_settings()
    found = read_questions(seed or settings.seed_dir)
    unknown = [slug for slug in slugs or () if slug not in found.questions]
    for problem in found.problems:
        if not slugs or Path(problem.file).stem in slugs:
            print(problem, file=sys.stderr)
    unreadable = {Path(problem.file).stem for problem in found.problems}
    for slug in unknown:
        if slug not in unreadable:
            print(f"There is no question {slug!r}.", file=sys.stderr)
    if unknown:
        raise typer.Exit(2)
    progress = Progress("questions checked")
    results = []
    try:
        for result in check_questions(found.questions, slugs or sorted(found.questions), settings, progress.start):
            results.append(result)
            if as_json:
                print(json.dumps(result.to_dict(), ensure_ascii=False), flush=True)
            else:
                for line in told(result, found.questions[result.slug], whole=bool(slugs), quiet=quiet):
                    print(line, flush=True)
    finally:
        progress.end()
    if not as_json:
        for line in told_all(results, found.questions):
            print(line)
    listed = _slugs_in(known) if known else set()
    failed = {result.slug for result in results if not result.passes}
    passed = {result.slug for result in results} - failed
    for slug in sorted(failed - listed) if known else ():
        print(f"{slug} fails and is not on the list of those that are known to.", file=sys.stderr)
    for slug in sorted(listed & passed):
        print(f"{slug} passes now: take it off the list in {known}.", file=sys.stderr)
    if found.problems or failed - listed or listed & passed:
        raise typer.Exit(1)


@bank_app.command("coverage")
def coverage(seed: Folder = None) -> None:
    """Hold the bank against the catalogue of the page that Viva began as. Exit code 1 if an entry has no question."""
    from app.bank.catalogue import coverage as cover
    from app.bank.catalogue import read_catalogue, unknown_seeds
    from app.bank.seed_folder import read_questions

    folder = seed or get_settings().seed_dir
    found = read_questions(folder)
    _tell(found.problems)
    catalogue = read_catalogue(folder)
    covered = cover(catalogue, found.questions.values())
    for entry in covered:
        print(f"{'✓' if entry.slugs else '✗'} {entry.id:<5} {entry.text}")
        for slug in entry.slugs:
            print(f"          {slug}")
    strange = unknown_seeds(catalogue, found.questions.values())
    for slug, name in strange:
        print(f"{slug} names {name}, which the catalogue does not have.", file=sys.stderr)
    missing = [entry.id for entry in covered if not entry.slugs]
    print(
        f"{len(covered) - len(missing)} of {len(covered)} entries have a question"
        + (f"; missing: {', '.join(missing)}." if missing else ".")
    )
    if missing or strange or found.problems:
        raise typer.Exit(1)


@bank_app.command("stats")
def stats(seed: Folder = None) -> None:
    """Count what there is: questions by topic, kind and level, criteria, statements, samples."""
    from app.bank.question_file import read_template
    from app.bank.seed_folder import read_questions
    from app.bank.words import KINDS, TOPICS
    from app.scoring.rubric import Rubric

    folder = seed or get_settings().seed_dir
    found = read_questions(folder)
    _tell(found.problems)
    questions = list(found.questions.values())
    rubrics = [Rubric.from_dict(question.rubric) for question in questions]
    criteria = [c for rubric in rubrics for approach in rubric.approaches for c in approach.criteria]
    print(f"{len(questions)} questions, {sum(question.minutes for question in questions) / 60:.1f} hours of answering")
    print(
        f"{len(criteria)} criteria, {sum(len(c.statements) for c in criteria)} statements,"
        f" {sum(len(c.false_twins) for c in criteria)} false twins,"
        f" {sum(bool(c.follow_up) for c in criteria)} follow-ups"
    )
    print(
        f"{sum(len(rubric.approaches) > 1 for rubric in rubrics)} questions with several approaches,"
        f" {sum(any(a.groups for a in rubric.approaches) for rubric in rubrics)} with groups"
    )
    print(f"{sum(len(question.samples) for question in questions)} graded samples")
    templates = [read_template(path, folder) for path in (folder / "templates").glob("*.yaml")]
    print(f"{len(templates)} interview templates")
    _counted("topic", TOPICS, (question.topic for question in questions))
    _counted("kind", KINDS, (question.kind for question in questions))
    _counted("level", "12345", (str(question.level) for question in questions))
    _counted("facet", sorted({c.facet for c in criteria}), (c.facet for c in criteria))


@bank_app.command("schema")
def schema() -> None:
    """Print the JSON Schema of a question's file."""
    from app.bank.question_schema import question_schema

    print(json.dumps(question_schema(), indent=2, ensure_ascii=False))


def _slugs_in(path: Path) -> set[str]:
    lines = (line.split("#")[0].strip() for line in path.read_text(encoding="utf-8").splitlines())
    return {line for line in lines if line}


def _counted(name: str, order: Iterable[str], values: Iterable[str]) -> None:
    counts = Counter(values)
    print(f"\nby {name}")
    for value in order:
        print(f"  {value:<20} {counts[value]:>4}")


def _tell(problems: list[FileProblem]) -> None:
    for problem in problems:
        print(problem, file=sys.stderr)
