"""One training from beginning to end: the adapter, the comparison over it, the small models over what they see."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path
from typing import Any

import torch

from app import scoring
from app.embedding.files import find_model
from app.embedding.local import LocalEncoder
from app.training.adapter import Recipe, Trainer
from app.training.bank_rows import read_bank_rows
from app.training.calibrate import fit
from app.training.fluency import train_order
from app.training.head import HeadRecipe, train_comparison
from app.training.material import BANK, OWN, Task, own_tasks, public_tasks
from app.training.reading import read_rows
from app.training.syntax import known_words, train_syntax
from app.training.vocabulary import rarities, word_order, write

WEIGHTS = Path(scoring.__file__).parent / "weights"
"""Where the engine reads what it has learnt."""
ANSWERS_A_QUESTION = 6
"""How many answers of one question of a public set the small models are fitted on."""


def material(data: Path, seed: Path, without: Sequence[str] = ()) -> list[Task]:
    """What there is to train on: the public sets but those left out, and Viva's own graded answers. Not the bank."""
    return [task for task in public_tasks(data) + own_tasks(seed / "graded_answers") if task.source not in without]


def train_vocabulary(seed: Path, weights: Path) -> None:
    """Write rarities, word order and the words that are known, which Viva's own answers alone decide."""
    tasks = own_tasks(seed / "graded_answers")
    write(weights, "words.json", rarities(tasks))
    write(weights, "order.json", word_order(tasks))
    write(weights, "syntax.json", known_words(tasks))


def train_adapter(
    tasks: Sequence[Task], adapter_to: Path, recipe: Recipe, told: Callable[[str, int, int], None]
) -> None:
    """Train the encoder's adapter; write ``adapter.safetensors``.

    `told` hears the name of the stage, how far it is and how far it goes.
    """
    _the_same_everywhere()
    files = find_model(None)
    trainer = Trainer(files.folder, recipe, sorted({task.source for task in tasks}))
    trainer.train(tasks, lambda step, _: told("adapter", step, recipe.steps))
    trainer.save(adapter_to, files.identity)


def train_head(
    tasks: Sequence[Task], adapter_to: Path, models_to: Path, recipe: HeadRecipe, told: Callable[[str, int, int], None]
) -> None:
    """Train what reads a trained adapter's vectors; write ``order.npz`` and ``comparison.npz``."""
    _the_same_everywhere()
    encoder = LocalEncoder.load(find_model(None), threads=1, adapter=adapter_to / "adapter.safetensors")
    train_order(tasks, encoder, models_to, told)
    train_comparison(tasks, encoder, models_to, recipe, told)


def train_order_of_words(tasks: Sequence[Task], models_to: Path, told: Callable[[str, int, int], None]) -> None:
    """Train what reads words alone, without the encoder; write ``syntax.npz``."""
    _the_same_everywhere()
    known = json.loads((WEIGHTS / "syntax.json").read_text(encoding="utf-8"))["words"]
    train_syntax(tasks, len(known), models_to, told)


def _the_same_everywhere() -> None:
    # One thread: what is learnt must not depend on the machine's cores.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def fit_models(
    tasks: Sequence[Task],
    seed: Path,
    adapter_to: Path,
    models_to: Path,
    recipe: Recipe,
    told: Callable[[str, int, int], None],
    *,
    thin: bool = False,
    folds_to: Path | None = None,
) -> None:
    """Fit the small models on what a trained adapter sees; write ``models.json``. The bank sets the score by a rubric.

    Every second question of Viva's own is read; `thin` takes every sixth, and every third of the bank's: enough for
    weights that only measure. `folds_to` is where the curves go that measure each part of the bank.
    """
    own = [task for task in tasks if task.source == OWN]
    kept = set(own[:: 6 if thin else 2])
    tasks = [task for task in tasks if task.source != OWN or task in kept]
    adapter = adapter_to / "adapter.safetensors"
    rows = read_rows(tasks, adapter, models_to, ANSWERS_A_QUESTION, lambda n, of: told("evidence", n, of))
    fitted = fit(
        rows,
        lambda credit, contradiction: read_bank_rows(
            seed, adapter, models_to, credit, contradiction, lambda n, of: told("bank", n, of), every=3 if thin else 1
        ),
    )
    sources = sorted({*(task.source for task in tasks), BANK})
    _write(models_to / "models.json", {**fitted.models, "recipe": asdict(recipe), "sources": sources})
    if folds_to is not None:
        _write(folds_to, {"about": "The score by a rubric without each part of the bank.", "folds": fitted.folds})


def _write(to: Path, content: dict[str, Any]) -> None:
    partial = to.with_name(f"{to.name}.partial")
    partial.write_text(json.dumps(content, separators=(",", ":")) + "\n", encoding="utf-8")
    partial.replace(to)
