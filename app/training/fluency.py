"""Training of what tells sentences from words without order (`app.scoring.order.Order`)."""

from __future__ import annotations

import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import torch
from torch.nn import functional

from app.embedding.local import LocalEncoder
from app.scoring.attacks import headings
from app.scoring.lexicon import FUNCTION_WORDS
from app.scoring.order import SIGNALS, signals, units
from app.scoring.text import sentences, words
from app.training.contrast import keywords, shuffled
from app.training.material import OWN, Task

HIDDEN = 48
EPOCHS = 12
ANSWERS = 8
"""Answers of one question that are read."""


@dataclass(frozen=True)
class _Case:
    tokens: torch.Tensor
    signals: list[float]
    salad: float
    weight: float


def train_order(
    tasks: Sequence[Task], encoder: LocalEncoder, to: Path, told: Callable[[str, int, int], None], seed: int = 2
) -> None:
    """Write ``order.npz``. Salads that were written by hand are often good sentences without sense, which no order of
    words gives away: what is learnt from is made by rule."""
    rng = random.Random(seed)  # noqa: S311
    torch.manual_seed(seed)
    cases: list[_Case] = []
    for number, task in enumerate(tasks, start=1):
        answers = rng.sample(task.answers, min(ANSWERS, len(task.answers)))
        natural = [(a.text, 3.0 if a.kind == "notes" else 1.0) for a in answers if a.kind != "salad"]
        natural.append((task.references[0], 1.0))
        for text, weight in natural:
            cases += _cases(encoder, text, 0.0, weight)
            made = rng.choice(MAKERS)(text, rng)
            if made.strip():
                cases += _cases(encoder, made, 1.0, 1.0 if task.source == OWN else 0.5)
        told("order", number, len(tasks))
    _fit(cases, to, rng)


def _cases(encoder: LocalEncoder, text: str, salad: float, weight: float) -> list[_Case]:
    encoded = encoder.encode(text)
    found = sentences(text)
    reaches = encoded.token_ranges([(one.start, one.end) for one in found]).tolist()
    kept = [
        (text[one.start : one.end], reach) for one, reach in zip(found, reaches, strict=True) if reach[0] < reach[1]
    ]
    strings = [string for string, _ in kept]
    cases = []
    for unit in units(strings):
        tokens = np.concatenate([encoded.unit_tokens[kept[n][1][0] : kept[n][1][1]] for n in unit])
        seen = signals([strings[n] for n in unit])
        cases.append(_Case(torch.from_numpy(tokens).half(), [seen[name] for name in SIGNALS], salad, weight))
    return cases


def _fit(cases: list[_Case], to: Path, rng: random.Random) -> None:
    project = torch.nn.Linear(cases[0].tokens.shape[1], HIDDEN)
    out = torch.nn.Linear(2 * HIDDEN + len(SIGNALS), 1)
    optimiser = torch.optim.AdamW([*project.parameters(), *out.parameters()], lr=3e-3, weight_decay=0.02)
    size = 256
    for _ in range(EPOCHS):
        rng.shuffle(cases)
        for start in range(0, len(cases), size):
            some = cases[start : start + size]
            seen = functional.relu(project(torch.cat([case.tokens for case in some]).float()))
            pooled = [
                torch.cat([part.mean(0), part.amax(0)]) for part in torch.split(seen, [len(c.tokens) for c in some])
            ]
            inputs = torch.cat([torch.stack(pooled), torch.tensor([case.signals for case in some])], 1)
            wanted = torch.tensor([case.salad for case in some])
            weight = torch.tensor([case.weight for case in some])
            loss = functional.binary_cross_entropy_with_logits(out(inputs)[:, 0], wanted, weight)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            optimiser.step()
    to.mkdir(parents=True, exist_ok=True)
    arrays = {
        "project": project.weight.detach().T, "bias": project.bias.detach(), "out": out.weight.detach()[0],
        "out_bias": out.bias.detach(),
    }  # fmt: skip
    np.savez(
        to / "order.npz", allow_pickle=False, **{name: one.numpy().astype(np.float16) for name, one in arrays.items()}
    )


def jumbled(text: str, rng: random.Random) -> str:
    """Shuffled, without any punctuation but the last."""
    tokens = words(text)
    rng.shuffle(tokens)
    return " ".join(tokens) + "."


def labels(text: str, rng: random.Random) -> str:
    """Headings of one to three words."""
    found = [word for word in dict.fromkeys(words(text)) if word not in FUNCTION_WORDS or rng.random() < 0.3]
    out = []
    while found:
        size = rng.choice([1, 2, 2, 3, 3])
        out.append(" ".join(found[:size]))
        found = found[size:]
    return rng.choice([". ", ", ", "; ", "\n"]).join(out)


def listed(text: str, rng: random.Random) -> str:
    """Its keywords, with commas, with full stops or with nothing between them."""
    return keywords(text, rng, rng.choice([", ", ". ", " "]))


MAKERS = (labels, shuffled, shuffled, jumbled, listed, listed, headings)
