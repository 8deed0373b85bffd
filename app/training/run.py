"""One training from beginning to end: the adapter, the comparison over it, the small models over what they see."""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from dataclasses import asdict
from pathlib import Path

import torch

from app import scoring
from app.embedding.files import find_model
from app.embedding.local import LocalEncoder
from app.training.adapter import Recipe, Trainer
from app.training.calibrate import fit
from app.training.fluency import train_order
from app.training.head import HeadRecipe, train_comparison
from app.training.material import OWN, Task, bank_tasks, own_tasks, public_tasks
from app.training.reading import read_rows
from app.training.vocabulary import rarities, word_order, write

WEIGHTS = Path(scoring.__file__).parent / "weights"
"""Where the engine reads what it has learnt."""
ANSWERS_A_QUESTION = 6
"""How many answers of one question of a public set the small models are fitted on."""


def material(data: Path, seed: Path, without: Sequence[str] = ()) -> list[Task]:
    """What there is to train on: the public sets but those left out, and Viva's own graded answers. Never the bank."""
    return [task for task in public_tasks(data) + own_tasks(seed / "graded_answers") if task.source not in without]


def levels(seed: Path) -> list[Task]:
    """The bank, on whose samples levels are set."""
    return bank_tasks(seed)


def train_vocabulary(seed: Path, weights: Path) -> None:
    """Write rarities and word order, which Viva's own answers alone decide."""
    tasks = own_tasks(seed / "graded_answers")
    write(weights, "words.json", rarities(tasks))
    write(weights, "order.json", word_order(tasks))


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


def _the_same_everywhere() -> None:
    # One thread: what is learnt must not depend on the machine's cores.
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)


def fit_models(
    tasks: Sequence[Task],
    adapter_to: Path,
    models_to: Path,
    recipe: Recipe,
    told: Callable[[str, int, int], None],
    *,
    thin: bool = False,
) -> None:
    """Fit the small models on what a trained adapter sees; write ``models.json``. The bank sets levels alone.

    Every second question of Viva's own is read; `thin` takes every sixth: enough for weights that only measure.
    """
    own = [task for task in tasks if task.source == OWN]
    kept = set(own[:: 6 if thin else 2])
    tasks = [task for task in tasks if task.source != OWN or task in kept]
    rows = read_rows(
        tasks, adapter_to / "adapter.safetensors", models_to, ANSWERS_A_QUESTION, lambda n, of: told("evidence", n, of)
    )
    models = {**fit(rows, lambda _: None), "recipe": asdict(recipe), "sources": sorted({t.source for t in tasks})}
    partial = models_to / "models.json.partial"
    partial.write_text(json.dumps(models, separators=(",", ":")) + "\n", encoding="utf-8")
    partial.replace(models_to / "models.json")
