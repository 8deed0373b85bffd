"""Training of what tells sentences from words out of order by the words alone (`app.scoring.syntax.Syntax`)."""

from __future__ import annotations

import math
import random
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import torch
from torch.nn import functional

from app.scoring.attacks import headings, shuffled
from app.scoring.lexicon import FUNCTION_WORDS
from app.scoring.order import function_words
from app.scoring.syntax import ENDINGS, KNOWN_FROM, symbols
from app.scoring.text import words
from app.training.fluency import jumbled, labels, listed
from app.training.material import OWN, Task

SIZE, HIDDEN, LAYERS, DROPOUT = 32, 96, 3, 0.25
EPOCHS, BATCH, RATE = 12, 64, 2e-3
LEAST_WORDS, MOST_WORDS = 4, 120
OFTEN = 60
"""How often a word must occur in Viva's own answers to be known by itself."""
MOST_ANSWERS = 8000
"""Answers of one public set that are read."""
WANTED = 3000
"""Answers that each set counts as, at least three tenths each."""


def known_words(tasks: Sequence[Task]) -> dict[str, Any]:
    """Function words, marks, and what is frequent in Viva's own answers."""
    counts = Counter(word for task in tasks for answer in task.answers for word in words(answer.text))
    often = {word for word, count in counts.items() if count >= OFTEN and word.isascii()}
    about = "Words that app.scoring.syntax knows by themselves, in order. Made by viva train."
    return {"about": about, "words": sorted(often | set(FUNCTION_WORDS) | function_words() | set(".!?;:,()"))}


def _stirred(text: str, rng: random.Random) -> str:
    """Shuffled within four to seven words, so that what belongs together stays near."""
    found, start = text.split(), 0
    while start < len(found):
        end = start + rng.randint(4, 7)
        part = found[start:end]
        rng.shuffle(part)
        found[start:end] = part
        start = end
    return " ".join(found)


MAKERS: tuple[tuple[Callable[[str, random.Random], str], float], ...] = (
    (shuffled, 0.5), (_stirred, 0.15), (jumbled, 0.1), (labels, 0.08), (listed, 0.1), (headings, 0.07),
)  # fmt: skip


class Network(torch.nn.Module):
    """`app.scoring.syntax.Syntax` while it is trained."""

    def __init__(self, known: int) -> None:
        super().__init__()
        self.words = torch.nn.Embedding(known + KNOWN_FROM, SIZE)
        self.endings = torch.nn.Embedding(2 * ENDINGS + 1, SIZE)
        torch.nn.init.normal_(self.words.weight, 0, 0.3)
        torch.nn.init.normal_(self.endings.weight, 0, 0.2)
        self.layers = torch.nn.ModuleList(
            torch.nn.Conv1d(HIDDEN if n else SIZE, HIDDEN, 3, padding=1) for n in range(LAYERS)
        )
        self.out = torch.nn.Linear(HIDDEN, 1)
        self.bias = torch.nn.Parameter(torch.zeros(1))
        self.drop = torch.nn.Dropout(DROPOUT)

    def forward(self, rows: torch.Tensor, mask: torch.Tensor) -> torch.Tensor:
        """Log odds of texts (b, n, 3), of which `mask` (b, n) tells the words from what fills them up."""
        seen: torch.Tensor = self.words(rows[..., 0])
        for n in (1, 2):
            seen = seen + self.endings(rows[..., n]) * (rows[..., n : n + 1] > 0)
        seen = self.drop(seen * mask[..., None]).transpose(1, 2)
        for number, layer in enumerate(self.layers):
            new = functional.relu(layer(seen))
            seen = self.drop(new if number == 0 else seen + new) * mask[:, None]
        each = self.out(seen.transpose(1, 2))[..., 0] * mask
        odds: torch.Tensor = each.sum(1) / mask.sum(1).sqrt() + self.bias
        return odds

    def arrays(self) -> dict[str, np.ndarray[Any, Any]]:
        """As `Syntax.from_arrays` reads them, in float16."""
        found: dict[str, torch.Tensor] = {
            "words": self.words.weight, "endings": self.endings.weight, "out": self.out.weight[0],
            "out_bias": self.out.bias, "bias": self.bias,
        }  # fmt: skip
        for number, layer in enumerate(self.layers):
            weight, bias = layer.parameters()
            found |= {f"layer{number}": weight.permute(2, 1, 0).reshape(-1, HIDDEN), f"bias{number}": bias}
        return {name: value.detach().numpy().astype(np.float16) for name, value in found.items()}


def train_syntax(
    tasks: Sequence[Task], known: int, to: Path, told: Callable[[str, int, int], None], seed: int = 0
) -> None:
    """Write ``syntax.npz``.

    Parameters
    ----------
    tasks : sequence of Task
    known : int
        How many words ``syntax.json`` has.
    to : Path
    told : callable
        Hears the name of the stage, how far it is and how far it goes.
    seed : int
    """
    rng = random.Random(seed)  # noqa: S311
    torch.manual_seed(seed)
    network = Network(known)
    optimiser = torch.optim.AdamW(network.parameters(), RATE, weight_decay=0.02)
    texts = _texts(tasks, rng)
    steps = EPOCHS * 2 * len(texts) // BATCH
    plan = torch.optim.lr_scheduler.LambdaLR(
        optimiser, lambda n: 0.02 + 0.49 * (1 + math.cos(math.pi * min(1.0, n / steps)))
    )
    step = 0
    for _ in range(EPOCHS):
        for rows, mask, wanted, weights in _batches(texts, rng):
            loss = functional.binary_cross_entropy_with_logits(network(rows, mask), wanted, weights)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
            plan.step()
            step += 1
            told("syntax", min(step, steps), steps)
    to.mkdir(parents=True, exist_ok=True)
    np.savez(to / "syntax.npz", allow_pickle=False, **network.arrays())


def _texts(tasks: Sequence[Task], rng: random.Random) -> list[tuple[str, float]]:
    by_source: dict[str, list[str]] = {}
    for task in tasks:
        natural = [answer.text for answer in task.answers if answer.kind != "salad"]
        # Single sentences, in order whether they are right or wrong: half as many again, and .05 to .1 more is seen.
        natural += [claim for point in task.points for claim in (*point.statements, *point.twins)]
        by_source.setdefault(task.source, []).extend([*natural, task.references[0]])
    found = []
    for source, mine in by_source.items():
        kept = [text for text in mine if len(text.split()) >= LEAST_WORDS]
        rng.shuffle(kept)
        most = len(kept) if source == OWN else MOST_ANSWERS
        weight = 1.0 if source == OWN else max(0.3, WANTED / max(1, min(len(kept), most)))
        found += [(text, weight) for text in kept[:most]]
    return found


def _part(text: str, rng: random.Random) -> str:
    """A text, or some of its words in a row: answers begin and end anywhere."""
    found = text.split()
    if len(found) > 12 and rng.random() < 0.6:
        length = rng.randint(6, min(60, len(found)))
        start = rng.randrange(len(found) - length + 1)
        return " ".join(found[start : start + length])
    return " ".join(found[:MOST_WORDS])


Filled = tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]


def _batches(texts: Sequence[tuple[str, float]], rng: random.Random) -> list[Filled]:
    makers, shares = zip(*MAKERS, strict=True)
    cases: list[tuple[np.ndarray[Any, Any], float, float]] = []
    for text, weight in texts:
        natural = _part(text, rng)
        cases.append((symbols(natural), 0.0, weight))
        made = rng.choices(makers, shares)[0](natural, rng)
        if made.strip():
            cases.append((symbols(made), 1.0, weight))
    # Texts of about one length together: little is filled up.
    cases.sort(key=lambda case: len(case[0]) + 6 * rng.random())
    found = [_filled(cases[start : start + BATCH]) for start in range(0, len(cases), BATCH)]
    rng.shuffle(found)
    return found


def _filled(cases: Sequence[tuple[np.ndarray[Any, Any], float, float]]) -> Filled:
    longest = max(len(rows) for rows, _, _ in cases)
    rows, mask = torch.zeros(len(cases), longest, 3, dtype=torch.long), torch.zeros(len(cases), longest)
    for number, (one, _, _) in enumerate(cases):
        rows[number, : len(one)] = torch.from_numpy(one)
        mask[number, : len(one)] = 1
    return rows, mask, torch.tensor([case[1] for case in cases]), torch.tensor([case[2] for case in cases])
