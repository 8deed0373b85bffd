"""The merged model as files that other programs read."""

from __future__ import annotations

import hashlib
import shutil
from pathlib import Path

from safetensors.torch import load_file, save_file

from app.embedding.adapter import SHIPPED, read_adapter
from app.embedding.files import find_model
from app.kit.errors import OperatorError


def export_merged(folder: Path, *, replace: bool = False) -> str:
    """Write the packaged model with Viva's adapter merged into it.

    Parameters
    ----------
    folder : Path
        Made here.
    replace : bool
        Write into the folder although it is there.

    Returns
    -------
    str
        SHA-256 (hex) of its `model.safetensors`.

    Raises
    ------
    OperatorError
        The folder is there already, or there is no adapter.
    """
    if folder.exists() and not replace:
        raise OperatorError(f"{folder} is there already: name a folder that can be made, or add --replace.")
    if not SHIPPED.is_file():
        raise OperatorError("There is no adapter to merge: this copy of Viva is not whole; install it again.")
    files = find_model(None)
    leave_out = shutil.ignore_patterns("*.safetensors", "*.bin", "onnx", "__pycache__")
    shutil.copytree(files.folder, folder, dirs_exist_ok=True, ignore=leave_out)
    weights = load_file(files.weights)
    merged = read_adapter(SHIPPED).merged({name: tensor.float() for name, tensor in weights.items()})
    target = folder / "model.safetensors"
    save_file({name: tensor.contiguous() for name, tensor in merged.items()}, target, {"format": "pt"})
    return hashlib.sha256(target.read_bytes()).hexdigest()
