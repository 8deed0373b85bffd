"""`viva train`: all that the scorer has learnt, from graded answers; `viva export-model`: the merged model."""

from __future__ import annotations

import importlib.util
import sys
import time
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from app.commands.evaluate import DEFAULT_DATA
from app.kit.config import get_settings
from app.kit.errors import OperatorError


class Stage(StrEnum):
    """What a training is made of, in order."""

    ADAPTER = "adapter"
    COMPARISON = "comparison"
    SYNTAX = "syntax"
    MODELS = "models"


def train(
    data: Annotated[Path, typer.Option(help="The folder of the graded sets (else VIVA_ASAG_DIR).")] = DEFAULT_DATA,
    held_out: Annotated[
        list[str] | None, typer.Option("--held-out", help="Train without this set, for `viva evaluate`; or `all`.")
    ] = None,
    steps: Annotated[int | None, typer.Option(min=1, help="Steps of the adapter's training.")] = None,
    start: Annotated[
        Stage, typer.Option("--from", help="Begin here, and keep what the stages before it have made.")
    ] = Stage.ADAPTER,
    to: Annotated[Path | None, typer.Option(help="Write everything to this folder, not in Viva's own places.")] = None,
) -> None:
    """Train what the scorer has learnt, on the public sets and Viva's own graded answers. Same seed, same weights.

    Half an hour on two cores, without a set the same again. What was trained without a set goes to
    app/evaluation/held_out, where `viva evaluate` finds it.
    """
    if importlib.util.find_spec("peft") is None:
        raise OperatorError("Training needs the tools of development: run `make test` once, or `pip install peft`.")
    from app.embedding.adapter import SHIPPED
    from app.evaluation.bank_folds import BANK_FOLDS
    from app.evaluation.graded import SETS
    from app.evaluation.judging import HELD_OUT
    from app.training.adapter import Recipe
    from app.training.head import HeadRecipe
    from app.training.run import (
        WEIGHTS,
        fit_models,
        material,
        train_adapter,
        train_head,
        train_order_of_words,
        train_vocabulary,
    )

    names = list(SETS) if held_out == ["all"] else held_out or []
    unknown = [name for name in names if name not in SETS]
    if unknown:
        raise OperatorError(f"There is no set {unknown[0]!r}: choose among {', '.join(SETS)}, or `all`.")
    recipe = Recipe() if steps is None else Recipe(steps=steps)
    seed = get_settings().seed_dir
    if to is None and not names:
        train_vocabulary(seed, WEIGHTS)
    for name in names or [""]:
        adapter_to = to or (HELD_OUT / name if name else SHIPPED.parent)
        models_to = to or (HELD_OUT / name if name else WEIGHTS)
        print(f"Training {f'without {name}' if name else 'on everything'} …", file=sys.stderr)
        tasks, progress = material(data, seed, [name] if name else []), _Progress()
        if start is Stage.ADAPTER:
            train_adapter(tasks, adapter_to, recipe, progress)
        if start in (Stage.ADAPTER, Stage.COMPARISON):
            train_head(tasks, adapter_to, models_to, HeadRecipe(), progress)
        if start is not Stage.MODELS:
            train_order_of_words(tasks, models_to, progress)
        folds_to = None if name else to / BANK_FOLDS.name if to else BANK_FOLDS
        fit_models(tasks, seed, adapter_to, models_to, recipe, progress, thin=bool(name), folds_to=folds_to)
        print(f"Written: {adapter_to}" + (f", {models_to}" if models_to != adapter_to else ""), file=sys.stderr)


class _Progress:
    """How far a stage is: rewritten on a terminal, a line each twentieth elsewhere."""

    def __init__(self) -> None:
        self._stage, self._began, self._told = "", time.monotonic(), -1

    def __call__(self, stage: str, done: int, total: int) -> None:
        if stage != self._stage:
            self._stage, self._began, self._told = stage, time.monotonic(), -1
        terminal = sys.stderr.isatty()
        part = 20 * done // max(1, total)
        if not terminal and part == self._told:
            return
        self._told = part
        spent = time.monotonic() - self._began
        text = f"{stage}: {done:,} of {total:,}, {spent:.0f} s, {spent / max(1, done) * (total - done):.0f} s left"
        end = "\n" if not terminal or done == total else ""
        print(f"\r\x1b[K{text}" if terminal else text, end=end, file=sys.stderr, flush=True)


def export_model(
    folder: Annotated[Path, typer.Argument(help="Is made; must not be there yet.")],
    replace: Annotated[bool, typer.Option("--replace", help="Write into the folder although it is there.")] = False,
) -> None:
    """Write the encoder with its adapter merged, as a sentence-transformers model, for an embeddings server."""
    from app.embedding.export import export_merged

    print(f"{export_merged(folder, replace=replace)}  {folder / 'model.safetensors'}")
