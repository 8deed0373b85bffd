"""A network that compares whole texts, trained beside the adapter so that vectors learn to tell what it asks for."""

from __future__ import annotations

import math

import torch
from torch import nn
from torch.nn import functional


class Auxiliary(nn.Module):
    """Aligns each token of a statement with the answer's, compares the two, and adds up what came of it.

    Parameters
    ----------
    size : int
        Of the token vectors.
    inner, hidden : int
        Sizes of the projection and of the comparison.

    Notes
    -----
    A small decomposable attention model (Parikh et al., EMNLP 2016).
    """

    OUTPUTS = 3

    def __init__(self, size: int = 384, inner: int = 64, hidden: int = 48, dropout: float = 0.15) -> None:
        super().__init__()
        self.project = nn.Linear(size, inner, bias=False)
        self.importance = nn.Linear(size, 1)
        self.compare = nn.Linear(2 * inner + 2, hidden)
        self.out = nn.Linear(2 * hidden + 1, self.OUTPUTS)
        self.sharpness = nn.Parameter(torch.tensor(math.log(12.0)))
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.project.weight, std=1 / math.sqrt(inner))
        nn.init.zeros_(self.importance.weight)

    def forward(
        self, near: torch.Tensor, said: torch.Tensor, answer: torch.Tensor, weight: torch.Tensor, asked: torch.Tensor,
        said_mask: torch.Tensor, answer_mask: torch.Tensor,
    ) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
        """Logits of support, contradiction and grade, and the weighted mean of the best cosines.

        Parameters
        ----------
        near : (p, n, m)
            Cosines of the statement's tokens with the answer's.
        said : (p, n, k), answer : (p, m, k)
            Projected unit token vectors, padded.
        weight : (p, n)
            What `importance` says of the statement's tokens.
        asked : (p, n)
            Best cosine of each statement token with the question's.
        said_mask : bool (p, n), answer_mask : bool (p, m)

        Returns
        -------
        (p, 3), (p,)
        """
        near = near.masked_fill(~answer_mask[:, None, :], -1e4)
        share = torch.softmax(near * self.sharpness.exp(), dim=2)
        best = near.amax(dim=2)
        other = share @ answer
        # Products and differences only: what the words are about is nothing to learn from.
        seen = torch.cat([said * other, (said - other).abs(), best[..., None], asked[..., None]], dim=2)
        found = self.dropout(functional.gelu(self.compare(seen), approximate="tanh"))
        weight = functional.softplus(weight) * (1.02 - asked.clamp(0, 1))
        weight = weight.masked_fill(~said_mask, 0.0)
        weight = weight / weight.sum(1, keepdim=True).clamp(min=1e-6)
        mean = (weight[..., None] * found).sum(1)
        nearness = (weight * best.clamp(min=-1)).sum(1, keepdim=True)
        most = found.masked_fill(~said_mask[..., None], -1e4).amax(dim=1)
        result: torch.Tensor = self.out(torch.cat([mean, most, 4 * nearness], dim=1))
        return result, nearness[:, 0]
