"""The encoder's low-rank adapter: read, checked, and added to the weights once, at load, so that it costs nothing."""

from __future__ import annotations

import hashlib
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

import torch
from safetensors import safe_open

SHIPPED = Path(__file__).parent / "weights" / "adapter.safetensors"
"""The adapter that comes with Viva, made by `viva train` for the packaged all-MiniLM-L6-v2."""


@dataclass(frozen=True, slots=True)
class Adapter:
    """Low-rank changes to some of a model's matrices (Hu et al., LoRA, 2021).

    Attributes
    ----------
    base : str
        SHA-256 (hex) of the model's weights that it was trained for.
    identity : str
        SHA-256 (hex) of the adapter's own file.
    changes : dict of str to Tensor
        Name of a matrix (in `model.safetensors`) to what is added to it, float32.
    """

    base: str
    identity: str
    changes: Mapping[str, torch.Tensor]

    def merged(self, weights: Mapping[str, torch.Tensor]) -> dict[str, torch.Tensor]:
        """The model's weights with the changes added, float32.

        Raises
        ------
        KeyError
            A matrix is not there: this is another architecture.
        """
        found = dict(weights)
        for name, change in self.changes.items():
            found[name] = found[name] + change
        return found


def read_adapter(path: Path) -> Adapter:
    """Read an adapter as `app.training` writes it.

    Parameters
    ----------
    path : Path
        A safetensors file with, for each matrix, ``NAME.A`` (rank, inputs) and ``NAME.B`` (outputs, rank), and with
        ``scale`` and ``base`` in its metadata.

    Returns
    -------
    Adapter
    """
    with safe_open(path, framework="pt") as file:
        about = file.metadata()
        tensors = {name: file.get_tensor(name).float() for name in file.keys()}  # noqa: SIM118 - no mapping
    scale = float(about["scale"])
    names = sorted({name[:-2] for name in tensors})
    changes = {f"{name}.weight": scale * (tensors[f"{name}.B"] @ tensors[f"{name}.A"]) for name in names}
    return Adapter(about["base"], hashlib.sha256(path.read_bytes()).hexdigest(), changes)
