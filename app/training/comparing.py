"""Pairs of texts compared as the engine compares them: a statement with each sentence of an answer."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import torch
from torch.nn import functional

from app.training.comparison import Comparison
from app.training.texts import TrainingText

SHARES = (1.0, 0.7, 1.0)
"""Of the three logits in the loss."""


@dataclass(frozen=True)
class Flat:
    """Many texts laid out one after the other: `n` tokens, `T` texts, `S` sentences.

    Attributes
    ----------
    tokens : (n + 1, d)
        Unit token vectors; the last row is zero.
    weights, signs : (n + 1,)
    poles : (n + 1, AXES)
    places : (T, 2)
        First token and number of tokens of each text.
    sentences : (T, 2)
        First sentence and number of sentences of each text.
    reaches : (S, 2)
        First token and number of tokens of each sentence.
    """

    tokens: torch.Tensor
    weights: torch.Tensor
    signs: torch.Tensor
    poles: torch.Tensor
    places: torch.Tensor
    sentences: torch.Tensor
    reaches: torch.Tensor


def laid_flat(texts: Sequence[TrainingText], tokens: torch.Tensor) -> Flat:
    """Lay texts out; `tokens` holds their unit vectors in order."""
    lengths = [[len(one) - 2 for one in text.passages] for text in texts]
    flat = [length for row in lengths for length in row]
    counts = torch.tensor([len(row) for row in lengths])
    sizes = torch.tensor([sum(row) for row in lengths])
    reach = torch.tensor(flat)

    def begin(of: torch.Tensor) -> torch.Tensor:
        return torch.cumsum(of, 0) - of

    def joined(name: str) -> torch.Tensor:
        found = np.concatenate([getattr(text, name) for text in texts])
        return torch.from_numpy(np.concatenate([found, np.zeros_like(found[:1])]))

    return Flat(
        torch.cat([tokens, torch.zeros(1, tokens.shape[1])]),
        joined("weights"), joined("signs"), joined("poles"),
        torch.stack([begin(sizes), sizes], 1), torch.stack([begin(counts), counts], 1),
        torch.stack([begin(reach), reach], 1),
    )  # fmt: skip


def compared(
    comparison: Comparison, flat: Flat, said: torch.Tensor, answer: torch.Tensor, asked: torch.Tensor
) -> tuple[torch.Tensor, torch.Tensor]:
    """Logits of support, of contradiction and of being turned round (the most of any sentence), and late interaction.

    Parameters
    ----------
    comparison : Comparison
    flat : Flat
    said, answer, asked : int tensors (p,)
        Numbers of texts.

    Returns
    -------
    (p, 3), (p,)
    """
    last = len(flat.tokens) - 1

    def index(places: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        steps = torch.arange(max(1, int(places[:, 1].max())))
        mask = steps[None, :] < places[:, 1:]
        return torch.where(mask, places[:, :1] + steps[None, :], last), mask

    # All cosines that are needed at once: gathering numbers is cheap where gathering vectors is not.
    said_at, said_mask = index(flat.places[said])
    asked_at, asked_mask = index(flat.places[asked])
    tokens, rows = torch.unique(said_at, return_inverse=True)
    cosines = flat.tokens[tokens] @ flat.tokens.T
    with torch.no_grad():
        known = cosines[rows[:, :, None], asked_at[:, None, :]].masked_fill(~asked_mask[:, None, :], -1.0).amax(dim=2)
        weight = flat.weights[said_at] * ((0.85 - known) / 0.4).clamp(0.02, 1.0)
        weight = weight.masked_fill(~said_mask, 0.0)
        weight = weight / weight.sum(1, keepdim=True).clamp(min=1e-6)
    # One row a pair and sentence.
    counts = flat.sentences[answer, 1]
    pair = torch.repeat_interleave(torch.arange(len(said)), counts)
    step = torch.arange(len(pair)) - torch.repeat_interleave(torch.cumsum(counts, 0) - counts, counts)
    answer_at, answer_mask = index(flat.reaches[flat.sentences[answer[pair], 0] + step])
    near = cosines[rows[pair][:, :, None], answer_at[:, None, :]]
    with torch.no_grad():
        nearest = near.masked_fill(~answer_mask[:, None, :], -1e4).argmax(dim=2)
        other_sign = flat.signs[answer_at.gather(1, nearest)]
        denied = (flat.signs[said_at[pair]] * other_sign < 0).float()
        against = flat.poles[said_at[pair]] @ flat.poles[answer_at].transpose(1, 2)
        opposed = ((against.amin(2) < 0) & (against.amax(2) <= 0)).float()
        turned = torch.stack([denied, opposed, denied * opposed], 2)
    projected = comparison.project(flat.tokens)
    logits = comparison(
        near, projected[said_at[pair]], projected[answer_at], weight[pair], known[pair], turned, said_mask[pair],
        answer_mask,
    )  # fmt: skip
    most = torch.full((len(said), logits.shape[1]), -1e4).scatter_reduce(
        0, pair[:, None].expand_as(logits), logits, "amax"
    )
    best = near.masked_fill(~answer_mask[:, None, :], -1.0).amax(2)
    over = torch.full(said_at.shape, -1.0).scatter_reduce(0, pair[:, None].expand_as(best), best, "amax")
    return most, (weight * over).sum(1)


def comparison_loss(logits: torch.Tensor, wanted: torch.Tensor, weight: torch.Tensor) -> torch.Tensor:
    """Cross-entropy of what is known (not nan) of each logit, shapes (p, 3), (p, 3) and (p,)."""
    total = torch.zeros(())
    for column, share in enumerate(SHARES):
        known = ~wanted[:, column].isnan()
        if known.any():
            found = functional.binary_cross_entropy_with_logits(
                logits[known, column], wanted[known, column], reduction="none"
            )
            total = total + share * (found * weight[known]).sum() / weight[known].sum()
    return total
