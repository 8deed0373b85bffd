"""Boosted regression trees, evaluated with numpy from readable JSON."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray


@dataclass(frozen=True, eq=False)
class Trees:
    """An ensemble of trees, `n` of them with at most `m` nodes.

    Attributes
    ----------
    names : tuple of str
        What the trees ask for, in order.
    feature, left, right : int32 arrays (n, m)
        A leaf has ``left == right ==`` itself.
    threshold, value : float64 arrays (n, m)
    base : float
    depth : int
    """

    names: tuple[str, ...]
    feature: NDArray[np.int32]
    threshold: NDArray[np.float64]
    left: NDArray[np.int32]
    right: NDArray[np.int32]
    value: NDArray[np.float64]
    base: float
    depth: int

    @classmethod
    def from_dict(cls, model: Mapping[str, Any]) -> Trees:
        """Read ``{"names", "base", "trees"}``.

        A tree is a list of nodes in any order, the root first: ``[feature, threshold, left, right]``, or ``[value]``
        for a leaf. A case goes left if its feature is at most the threshold.
        """
        trees: Sequence[Sequence[Sequence[float]]] = model["trees"]
        size = max(len(tree) for tree in trees)
        shape = (len(trees), size)
        feature, left, right = (np.zeros(shape, dtype=np.int32) for _ in range(3))
        threshold, value = np.zeros(shape), np.zeros(shape)
        for n, tree in enumerate(trees):
            for m, node in enumerate(tree):
                if len(node) == 1:
                    value[n, m], left[n, m], right[n, m] = node[0], m, m
                else:
                    feature[n, m], threshold[n, m], left[n, m], right[n, m] = (
                        int(node[0]), node[1], int(node[2]), int(node[3]),
                    )  # fmt: skip
        depth = max(_depth(tree) for tree in trees)
        return cls(tuple(model["names"]), feature, threshold, left, right, value, float(model["base"]), depth)

    def predict(self, cases: NDArray[np.float64]) -> NDArray[np.float64]:
        """The sum of what the trees say.

        Parameters
        ----------
        cases : float64 array (c, features)
            In the order of `names`.

        Returns
        -------
        float64 array (c,)
        """
        rows = np.arange(len(self.feature))[None, :]
        at = np.zeros((len(cases), len(self.feature)), dtype=np.int32)
        for _ in range(self.depth):
            goes_left = np.take_along_axis(cases, self.feature[rows, at], axis=1) <= self.threshold[rows, at]
            at = np.where(goes_left, self.left[rows, at], self.right[rows, at])
        result: NDArray[np.float64] = self.base + self.value[rows, at].sum(axis=1)
        return result


def _depth(tree: Sequence[Sequence[float]], node: int = 0) -> int:
    if len(tree[node]) == 1:
        return 0
    return 1 + max(_depth(tree, int(tree[node][2])), _depth(tree, int(tree[node][3])))
