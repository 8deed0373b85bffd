"""The adapter, merged: the same as peft's own, and nothing where it does not belong."""

from __future__ import annotations

import hashlib
import json
from pathlib import Path

import numpy as np
import pytest
import torch
from safetensors import safe_open
from safetensors.torch import load_file, save_file

from app.embedding.adapter import SHIPPED, read_adapter
from app.embedding.export import export_merged
from app.embedding.files import SHA256, find_model
from app.embedding.local import LocalEncoder
from app.kit.errors import OperatorError

TEXTS = [
    "Dropout switches off random units while the network trains.",
    "A queue hands out what has waited longest.",
    "Naïve façades: 3.5 × 10⁻², “quoted” 😀 text.",
]


@pytest.fixture(scope="module")
def plain() -> LocalEncoder:
    return LocalEncoder.load(find_model(None), threads=1, adapter=None)


def test_plain_vectors_are_those_of_sentence_transformers(plain):
    from sentence_transformers import SentenceTransformer

    folder = find_model(None).folder
    theirs = SentenceTransformer(str(folder), device="cpu", local_files_only=True).encode(TEXTS, convert_to_numpy=True)
    for text, vector in zip(TEXTS, theirs, strict=True):
        assert float(plain.encode(text).vector @ vector) > 0.99999


def test_the_merged_adapter_is_what_peft_computes(encoder):
    """Merging costs nothing at inference, and changes nothing against running the adapter beside the model."""
    from peft import LoraConfig
    from sentence_transformers import SentenceTransformer

    library = SentenceTransformer(str(find_model(None).folder), device="cpu", local_files_only=True)
    tensors = load_file(SHIPPED)
    rank = next(value.shape[0] for name, value in tensors.items() if name.endswith(".A"))
    with safe_open(SHIPPED, framework="pt") as file:
        scale = float(file.metadata()["scale"])
    library.add_adapter(LoraConfig(r=rank, lora_alpha=scale * rank, target_modules=["query", "key", "value", "dense"]))
    model = library[0].auto_model
    state = model.state_dict()
    for name, value in tensors.items():
        part = {"A": "lora_A", "B": "lora_B"}[name[-1]]
        state[f"{name[:-2]}.{part}.default.weight"].copy_(value.float())
    theirs = library.encode(TEXTS, convert_to_numpy=True)
    for text, vector in zip(TEXTS, theirs, strict=True):
        assert float(encoder.encode(text).vector @ vector) > 0.9999


def test_the_identity_names_model_and_adapter(encoder):
    assert encoder.identity == f"{SHA256}+{hashlib.sha256(SHIPPED.read_bytes()).hexdigest()}"
    assert SHIPPED.stat().st_size < 2_000_000


def test_an_adapter_for_another_model_is_left_alone(tmp_path, plain):
    other = tmp_path / "other.safetensors"
    save_file(load_file(SHIPPED), other, {"scale": "2.0", "base": "0" * 64})
    encoder = LocalEncoder.load(find_model(None), threads=1, adapter=other)
    assert encoder.identity == SHA256
    assert encoder.encode(TEXTS[0]).token_vectors.tobytes() == plain.encode(TEXTS[0]).token_vectors.tobytes()


def test_the_adapter_is_for_the_packaged_model():
    assert read_adapter(SHIPPED).base == SHA256


def test_export_gives_a_model_that_reads_the_same(tmp_path, encoder):
    target = tmp_path / "merged"
    digest = export_merged(target)
    files = find_model(target)
    assert files.identity == digest
    assert json.loads((target / "config.json").read_text())["model_type"] == "bert"
    exported = LocalEncoder.load(files, threads=1)
    for text in TEXTS:
        ours, theirs = encoder.encode(text), exported.encode(text)
        assert np.allclose(ours.token_vectors, theirs.token_vectors, atol=1e-5)
    with pytest.raises(OperatorError, match="is there already"):
        export_merged(target)
    assert export_merged(target, replace=True) == digest


def test_export_writes_float32(tmp_path: Path):
    export_merged(tmp_path / "merged")
    tensors = load_file(tmp_path / "merged" / "model.safetensors")
    assert {value.dtype for value in tensors.values()} <= {torch.float32, torch.int64}
