"""The forward pass of BERT, written out for unpadded texts that do not see one another.

The general classes of transformers cost a fifth of the time of an answer (masks, caches, wrappers, three projections
where one will do) and five seconds of imports. A test holds this against `SentenceTransformer.encode`.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from itertools import accumulate, pairwise
from pathlib import Path

import torch
from safetensors.torch import load_file
from torch.nn import functional

from app.embedding.adapter import Adapter

LEAST_ROWS = 8


class Bert:
    """An encoder-only BERT with absolute positions and exact GELU (Devlin et al., 2019).

    Parameters
    ----------
    weights : dict of str to Tensor
        As named in `model.safetensors`, float32.
    config : dict
        `config.json`.
    """

    def __init__(self, weights: dict[str, torch.Tensor], config: dict[str, object]) -> None:
        self._heads = int(str(config["num_attention_heads"]))
        self._eps = float(str(config["layer_norm_eps"]))
        self._words = weights["embeddings.word_embeddings.weight"]
        self._size = self._words.shape[1]
        # All text is of segment type 0, so its embedding can be added to the positions once.
        self._places = (
            weights["embeddings.position_embeddings.weight"] + weights["embeddings.token_type_embeddings.weight"][0]
        )
        self._norm = (weights["embeddings.LayerNorm.weight"], weights["embeddings.LayerNorm.bias"])
        self._layers = [_layer(weights, f"encoder.layer.{i}.") for i in range(int(str(config["num_hidden_layers"])))]

    @staticmethod
    def reads(folder: Path) -> bool:
        """Whether the model in the folder is of the kind that this class computes exactly."""
        config = json.loads((folder / "config.json").read_text())
        pooling = folder / "1_Pooling" / "config.json"
        if pooling.is_file() and not json.loads(pooling.read_text()).get("pooling_mode_mean_tokens", True):
            return False
        return bool(
            config.get("model_type") == "bert"
            and config.get("hidden_act") == "gelu"
            and config.get("position_embedding_type", "absolute") == "absolute"
        )

    @classmethod
    def load(cls, folder: Path, weights: Path, adapter: Adapter | None = None) -> Bert:
        """Read the weights (and the config beside them), and merge an adapter into them."""
        tensors = {name.removeprefix("bert."): tensor.float() for name, tensor in load_file(weights).items()}
        if adapter is not None:
            tensors = adapter.merged(tensors)
        return cls(tensors, json.loads((folder / "config.json").read_text()))

    def __call__(self, ids: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        """Last hidden states of several texts in one pass, none of which sees the others.

        Parameters
        ----------
        ids : int64 Tensor, shape (n,)
            Word-piece ids with the special tokens, one text after the other.
        lengths : sequence of int
            Of the texts, in sum n; each at most 512.

        Returns
        -------
        float32 Tensor, shape (n, d)

        Notes
        -----
        All but attention works on each token by itself, so that the texts share its multiplications; only attention
        goes text by text. Multiplications of very few rows take another path in some libraries, with other last bits,
        so that there are never fewer than `LEAST_ROWS`.
        """
        own, size, heads = ids.shape[0], self._size, self._heads
        bounds = [0, *accumulate(lengths)]
        if own < LEAST_ROWS:
            ids = functional.pad(ids, (0, LEAST_ROWS - own))
            bounds.append(LEAST_ROWS)
        n = ids.shape[0]
        parts = list(pairwise(bounds))
        places = torch.cat([self._places[: end - start] for start, end in parts])
        shape = (size,)
        x = functional.layer_norm(self._words[ids] + places, shape, *self._norm, self._eps)
        for qkv, qkv_bias, out, out_bias, norm1, bias1, up, up_bias, down, down_bias, norm2, bias2 in self._layers:
            q, k, v = torch.addmm(qkv_bias, x, qkv).view(1, n, 3, heads, size // heads).permute(2, 0, 3, 1, 4)
            mixed = torch.cat(
                [
                    functional.scaled_dot_product_attention(q[:, :, a:b], k[:, :, a:b], v[:, :, a:b])[0].transpose(0, 1)
                    for a, b in parts
                ]
            ).reshape(n, size)
            x = functional.layer_norm(x + torch.addmm(out_bias, mixed, out), shape, norm1, bias1, self._eps)
            wide = functional.gelu(torch.addmm(up_bias, x, up))
            x = functional.layer_norm(x + torch.addmm(down_bias, wide, down), shape, norm2, bias2, self._eps)
        return x[:own]


def _layer(weights: dict[str, torch.Tensor], prefix: str) -> tuple[torch.Tensor, ...]:
    def get(name: str) -> torch.Tensor:
        return weights[prefix + name]

    def across(weight: torch.Tensor) -> torch.Tensor:
        # As multiplication reads it, inputs in rows: a tenth faster than turning it round every time.
        return weight.t().contiguous()

    projections = ("query", "key", "value")
    return (
        across(torch.cat([get(f"attention.self.{p}.weight") for p in projections])),
        torch.cat([get(f"attention.self.{p}.bias") for p in projections]),
        across(get("attention.output.dense.weight")),
        get("attention.output.dense.bias"),
        get("attention.output.LayerNorm.weight"),
        get("attention.output.LayerNorm.bias"),
        across(get("intermediate.dense.weight")),
        get("intermediate.dense.bias"),
        across(get("output.dense.weight")),
        get("output.dense.bias"),
        get("output.LayerNorm.weight"),
        get("output.LayerNorm.bias"),
    )
