"""Training of the comparison of tokens on the vectors of an encoder that no longer changes."""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

import numpy as np
import torch

from app.embedding.local import LocalEncoder
from app.training.batches import Batch, Pair, fill, mix
from app.training.comparing import compared, comparison_loss, laid_flat
from app.training.comparison import Comparison
from app.training.material import OWN, Task
from app.training.texts import MOST_SENTENCES, Reader, TrainingText


@dataclass(frozen=True)
class HeadRecipe:
    """What the training of the comparison is made of."""

    steps: int = 600
    tasks: int = 3
    answers: int = 8
    rate: float = 3e-3
    seed: int = 1
    shares: tuple[tuple[str, float], ...] = ((OWN, 6.0), ("semeval", 2.0))
    """Sets whose graders said which answers contradict; of the others' grades nothing follows for one statement."""


def train_comparison(
    tasks: Sequence[Task], encoder: LocalEncoder, to: Path, recipe: HeadRecipe, told: Callable[[str, int, int], None]
) -> None:
    """Write ``comparison.npz``; `told` hears how far it is."""
    torch.manual_seed(recipe.seed)
    rng = random.Random(recipe.seed)  # noqa: S311
    reader = Reader(encoder.tokenizer)

    @lru_cache(maxsize=60_000)
    def vectors(text: str) -> torch.Tensor:
        return torch.from_numpy(encoder.encode(text).unit_tokens.astype(np.float16))

    by_source = {
        name: [task for task in tasks if task.source == name]
        for name, _ in recipe.shares
        if any(task.source == name for task in tasks)
    }
    shares = [share for name, share in recipe.shares if name in by_source]
    network = Comparison()
    optimiser = torch.optim.AdamW(network.parameters(), lr=recipe.rate, weight_decay=0.02)
    plan = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda n: min((n + 1) / 20, 0.5 * (1 + math.cos(math.pi * n / recipe.steps)) + 0.02)
    )
    network.train()
    for step in range(recipe.steps):
        batch = Batch()
        for number in range(recipe.tasks):
            mine = by_source[rng.choices(list(by_source), shares)[0]]
            fill(batch, rng.choice(mine), number, 0, rng, recipe.answers, rng.choice(mine))
        mix(batch, rng)
        pairs = [pair for pair in batch.pairs if not (math.isnan(pair.support) and math.isnan(pair.against))]
        for pair in pairs:
            # Where it is known whether an answer contradicts, its grade says how far it says the same.
            pair.support = pair.grade if math.isnan(pair.support) else pair.support
        # Else near-copies would all be such as have been turned round, and being one would give that away.
        asked_by = {pair.said: pair.asked for pair in pairs}
        pairs += [
            Pair(said, said, asked, support=1.0, against=0.0, turned=0.0, weight=0.5)
            for said, asked in asked_by.items()
        ]
        texts = [reader.read(text) for text in batch.texts]
        flat = torch.cat([_as_read(vectors(text), one) for text, one in zip(batch.texts, texts, strict=True)]).float()
        said, answer, asked = (torch.tensor([getattr(p, name) for p in pairs]) for name in ("said", "answer", "asked"))
        wanted = torch.tensor([[p.support, p.against, p.turned] for p in pairs])
        logits, _ = compared(network, laid_flat(texts, flat), said, answer, asked)
        loss = comparison_loss(logits, wanted, torch.tensor([p.weight for p in pairs]))
        optimiser.zero_grad()
        loss.backward()  # type: ignore[no-untyped-call]
        optimiser.step()
        plan.step()
        told(f"comparison (loss {loss.item():.2f})" if step % 50 == 49 else "comparison", step + 1, recipe.steps)
    network.eval()
    to.mkdir(parents=True, exist_ok=True)
    np.savez(to / "comparison.npz", allow_pickle=False, **network.arrays())


def _as_read(vectors: torch.Tensor, text: TrainingText) -> torch.Tensor:
    """The vectors of the tokens that training reads: the first `MOST_SENTENCES` sentences."""
    count = len(text.weights)
    if len(vectors) < count:
        raise ValueError(f"an encoder gave {len(vectors)} vectors for {count} tokens of {MOST_SENTENCES} sentences")
    return vectors[:count]
