"""The comparison of a statement's tokens with a sentence's, as torch trains it; `app.scoring.comparison` runs it."""

from __future__ import annotations

import math

import numpy as np
import torch
from torch import nn
from torch.nn import functional

from app.scoring.comparison import EXTRAS


class Comparison(nn.Module):
    """Aligns each token of a statement with a sentence's, compares the two, and adds up what came of it.

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
        self.compare = nn.Linear(2 * inner + EXTRAS, hidden)
        self.out = nn.Linear(2 * hidden + 1, self.OUTPUTS)
        self.sharpness = nn.Parameter(torch.tensor(math.log(12.0)))
        self.dropout = nn.Dropout(dropout)
        nn.init.normal_(self.project.weight, std=1 / math.sqrt(inner))

    def forward(
        self, near: torch.Tensor, said: torch.Tensor, answer: torch.Tensor, weight: torch.Tensor, asked: torch.Tensor,
        turned: torch.Tensor, said_mask: torch.Tensor, answer_mask: torch.Tensor,
    ) -> torch.Tensor:  # fmt: skip
        """Logits of support, of contradiction, and of being turned round.

        Parameters
        ----------
        near : (p, n, m)
            Cosines of the statement's tokens with the sentence's.
        said : (p, n, k), answer : (p, m, k)
            Projected unit token vectors, padded.
        weight : (p, n)
            What the statement's tokens count; 0 where there is none, sums to 1.
        asked : (p, n)
            Best cosine of each statement token with the question's.
        turned : (p, n, 3)
            See `app.scoring.comparison.turned`.
        said_mask : bool (p, n), answer_mask : bool (p, m)

        Returns
        -------
        (p, 3)
        """
        near = near.masked_fill(~answer_mask[:, None, :], -1e4)
        share = torch.softmax(near * self.sharpness.exp(), dim=2)
        best = near.amax(dim=2).clamp(min=-1)
        other = share @ answer
        # Products and differences only: what the words are about is nothing to learn from.
        seen = torch.cat([said * other, (said - other).abs(), best[..., None], asked[..., None], turned], dim=2)
        found = self.dropout(functional.gelu(self.compare(seen), approximate="tanh"))
        mean = (weight[..., None] * found).sum(1)
        nearness = (weight * best).sum(1, keepdim=True)
        most = found.masked_fill(~said_mask[..., None], -1e4).amax(dim=1)
        result: torch.Tensor = self.out(torch.cat([mean, most, 4 * nearness], dim=1))
        return result

    def arrays(self) -> dict[str, np.ndarray]:
        """The weights as `app.scoring.comparison` reads them, float16."""
        net = {name: value.detach().to(torch.float32).numpy() for name, value in self.state_dict().items()}
        found = {
            "project": net["project.weight"].T,
            "compare": net["compare.weight"].T,
            "compare_bias": net["compare.bias"],
            "out": net["out.weight"].T,
            "out_bias": net["out.bias"],
            "sharpness": np.exp(net["sharpness"]),
        }
        return {name: np.asarray(value, dtype=np.float16) for name, value in found.items()}
