"""`viva evaluate`: how well the scorer agrees with people, and the card that says so."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

import typer

from app.commands.progress import Progress
from app.kit.config import ROOT, get_settings

DEFAULT_DATA = Path(os.environ.get("VIVA_ASAG_DIR", ROOT.parent / "shared" / "asag"))


def evaluate(
    data: Annotated[Path, typer.Option(help="The folder of the graded sets (else VIVA_ASAG_DIR).")] = DEFAULT_DATA,
    only: Annotated[list[str] | None, typer.Option("--set", help="One of the sets; may be given again.")] = None,
    card: Annotated[Path | None, typer.Option(help="Write the card with its pictures here too.")] = None,
    keep: Annotated[
        Path | None, typer.Option(file_okay=False, help="The folder where encoded texts are kept for the next run.")
    ] = None,
) -> None:
    """Measure the scorer against answers that people graded: agreement, attacks, confidence, the bank's own samples.

    The first run encodes some thirty thousand texts and takes several minutes; the next ones take about one.
    """
    # Imported here: it loads the model's libraries.
    from app.evaluation.card import tables, write_card
    from app.evaluation.graded import SETS
    from app.evaluation.judging import Judges
    from app.evaluation.run import evaluate as run

    settings = get_settings()
    unknown = [name for name in only or () if name not in SETS]
    if unknown:
        print(f"There is no set {unknown[0]!r}: choose among {', '.join(SETS)}.", file=sys.stderr)
        raise typer.Exit(2)
    judges = Judges((keep or settings.data_dir / "evaluation") / "vectors.sqlite")
    try:
        with_progress = Progress("answers judged")
        found = run(data, settings.seed_dir, judges, with_progress.start, tuple(only or SETS))
    finally:
        judges.close()
        with_progress.end()
    print(tables(found))
    if card is not None:
        write_card(found, card)
        print(f"Written: {card}", file=sys.stderr)
