"""Everything that was learnt: the small models and the comparison, read from a folder, with their digest."""

from __future__ import annotations

import hashlib
import io
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from app.scoring.comparison import Comparison
from app.scoring.order import Order
from app.scoring.syntax import Syntax
from app.scoring.trees import Trees

FILES = ("models.json", "comparison.npz", "order.npz", "syntax.npz")
SHARED = ("order.json", "syntax.json", "words.json")
"""What does not depend on how people grade: word classes, the words that are known, and rarities."""


@dataclass(frozen=True, eq=False)
class Curve:
    """The mean of a logistic curve and of boosted trees over the same names.

    Attributes
    ----------
    names : tuple of str
    weights : tuple of float
    bias : float
    trees : Trees or None
    share : float
        Of the trees in the mean, in [0, 1].
    """

    names: tuple[str, ...]
    weights: tuple[float, ...]
    bias: float
    trees: Trees | None = None
    share: float = 0.0

    @classmethod
    def from_dict(cls, model: Mapping[str, Any]) -> Curve:
        """Read ``{"bias", "weights": {name: weight}, "trees", "share"}``; the last two are optional."""
        trees = Trees.from_dict(model["trees"]) if model.get("trees") else None
        names = tuple(model["weights"])
        if trees is not None and trees.names != names:
            raise ValueError("the trees must ask for the same as the curve")
        weights = tuple(model["weights"].values())
        return cls(names, weights, float(model["bias"]), trees, float(model.get("share", 0)))

    def __call__(self, cases: Any) -> Any:
        """Values in [0, 1].

        Parameters
        ----------
        cases : float64 array (c, names)

        Returns
        -------
        float64 array (c,)
        """
        z = cases @ np.asarray(self.weights) + self.bias
        smooth = 1 / (1 + np.exp(-np.clip(z, -30, 30)))
        if self.trees is not None and self.share > 0:
            smooth = (1 - self.share) * smooth + self.share * np.clip(self.trees.predict(cases), 0, 1)
        return smooth

    def of(self, values: Mapping[str, float]) -> float:
        """The value of one case, by name."""
        return float(self(np.array([[values[name] for name in self.names]]))[0])


@dataclass(frozen=True, eq=False)
class Learnt:
    """What the engine needs besides a rubric and an answer.

    Attributes
    ----------
    comparison : Comparison
    order : Order
    syntax : Syntax
    credit, contradiction : Curve
        Of a criterion: see `app.scoring.credit`.
    score, confidence : dict of str to Curve
        By kind of rubric: ``rubric`` or ``references``.
    inverted : dict of str to Curve
        How likely an answer says the rubric's points the other way round, for the kinds of rubric that can tell.
    settings : dict
        Plain numbers: ``disorder``, ``samples``, ``verdicts``.
    digest : str
        SHA-256 (hex) over the files.
    """

    comparison: Comparison
    order: Order
    syntax: Syntax
    credit: Curve
    contradiction: Curve
    score: dict[str, Curve]
    confidence: dict[str, Curve]
    inverted: dict[str, Curve]
    settings: dict[str, Any]
    digest: str


def load(folder: Traversable) -> Learnt:
    """Read what was learnt from a folder with `FILES`.

    Parameters
    ----------
    folder : Traversable
        A path, or a place inside a package.

    Returns
    -------
    Learnt
    """
    shared = files("app.scoring").joinpath("weights")
    digest = hashlib.sha256()
    for name, place in [*((name, folder) for name in FILES), *((name, shared) for name in SHARED)]:
        digest.update(name.encode() + b"\0" + place.joinpath(name).read_bytes() + b"\0")
    models = json.loads(folder.joinpath("models.json").read_text(encoding="utf-8"))
    return Learnt(
        comparison=Comparison.from_arrays(read_arrays(folder, "comparison.npz")),
        order=Order.from_arrays(read_arrays(folder, "order.npz")),
        syntax=Syntax.from_arrays(read_arrays(folder, "syntax.npz")),
        credit=Curve.from_dict(models["credit"]),
        contradiction=Curve.from_dict(models["contradiction"]),
        score={kind: Curve.from_dict(one) for kind, one in models["score"].items()},
        confidence={kind: Curve.from_dict(one) for kind, one in models["confidence"].items()},
        inverted={kind: Curve.from_dict(one) for kind, one in models["inverted"].items()},
        settings=models["settings"],
        digest=digest.hexdigest(),
    )


def read_arrays(folder: Traversable, name: str) -> dict[str, NDArray[np.floating]]:
    """Read one of the files of arrays."""
    with np.load(io.BytesIO(folder.joinpath(name).read_bytes()), allow_pickle=False) as arrays:
        return dict(arrays)


@cache
def shipped() -> Learnt:
    """What comes with Viva."""
    return load(files("app.scoring").joinpath("weights"))
