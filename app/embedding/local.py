"""The encoder on this machine: one text alone, unpadded, float32, on the processor."""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
from numpy.typing import NDArray

os.environ.setdefault("HF_HUB_OFFLINE", "1")
os.environ.setdefault("TRANSFORMERS_OFFLINE", "1")
os.environ.setdefault("TOKENIZERS_PARALLELISM", "false")

import torch
from tokenizers import Tokenizer

from app.embedding.adapter import SHIPPED, read_adapter
from app.embedding.bert import Bert
from app.embedding.files import ModelFiles
from app.embedding.windows import windows
from app.kit.errors import OperatorError
from app.scoring.encoded import EncodedText, normalised

WINDOW = 254
"""Word pieces read at a time: 256 with the two special tokens, as the model was trained."""

Forward = Callable[["torch.Tensor"], "torch.Tensor"]


class LocalEncoder:
    """all-MiniLM-L6-v2 (or another model of its kind) run by torch.

    Parameters
    ----------
    forward : callable
        Word-piece ids, int64 tensor (n,), to last hidden states, float32 tensor (n, d).
    tokenizer : tokenizers.Tokenizer
        With truncation and padding off.
    identity, name : str
        See `app.embedding.Encoder`.
    """

    def __init__(self, forward: Forward, tokenizer: Tokenizer, identity: str, name: str) -> None:
        self._forward = forward
        self.tokenizer = tokenizer
        self.identity = identity
        self.name = name

    @classmethod
    def load(cls, files: ModelFiles, threads: int = 0, adapter: Path | None = SHIPPED) -> LocalEncoder:
        """Load the model.

        Parameters
        ----------
        files : ModelFiles
            From `find_model`.
        threads : int
            Threads of one forward pass, for the whole process; 0 leaves torch's choice (one a core).
        adapter : Path or None
            Merged into the weights if it was trained for this model, and left alone if not.

        Returns
        -------
        LocalEncoder

        Raises
        ------
        OperatorError
            The files cannot be read as a model.
        """
        if threads > 0:
            torch.set_num_threads(threads)
        try:
            tokenizer = Tokenizer.from_file(str(files.folder / "tokenizer.json"))
            tokenizer.no_truncation()
            tokenizer.no_padding()
            identity, forward = files.identity, None
            if Bert.reads(files.folder):
                change = read_adapter(adapter) if adapter is not None and adapter.is_file() else None
                if change is not None and change.base != files.identity:
                    change = None
                if change is not None:
                    identity = f"{files.identity}+{change.identity}"
                forward = Bert.load(files.folder, files.weights, change)
            encoder = cls(forward or _any_model(files), tokenizer, identity, files.name)
            encoder.encode("Warm up.")
        except Exception as error:  # any failure here means unusable files, whatever the library calls it
            raise OperatorError(
                f"The language model in {files.folder.name} cannot be loaded ({type(error).__name__}: {error}): "
                "reinstall it, or name another one with VIVA_MODEL_PATH."
            ) from error
        return encoder

    def encode(self, text: str) -> EncodedText:
        """Encode one text.

        Parameters
        ----------
        text : str
            Any length: what is longer than 254 word pieces is read in windows that end at sentence boundaries.

        Returns
        -------
        EncodedText
            Offsets in code points. The vector of a text of one window equals `SentenceTransformer.encode`'s.
        """
        encoding = self.tokenizer.encode(text)
        if len(encoding.ids) <= WINDOW + 2:
            hidden = self._hidden(encoding.ids)
            vectors = hidden[1:-1]
            offsets = np.asarray(encoding.offsets[1:-1], dtype=np.int32).reshape(-1, 2)
            vector = normalised(hidden.mean(axis=0)) if len(vectors) else np.zeros(hidden.shape[1], dtype=np.float32)
            return EncodedText(vectors, offsets, vector)
        first, last = encoding.ids[0], encoding.ids[-1]
        ids, places = encoding.ids[1:-1], encoding.offsets[1:-1]
        parts: list[NDArray[np.float32]] = []
        total = np.zeros(0)
        for start, end in windows(text, places, WINDOW):
            hidden = self._hidden([first, *ids[start:end], last])
            parts.append(hidden[1:-1])
            summed = hidden.sum(axis=0, dtype=np.float64)
            total = summed if not total.size else total + summed
        return EncodedText(np.concatenate(parts), np.asarray(places, dtype=np.int32), normalised(total))

    def _hidden(self, ids: list[int]) -> NDArray[np.float32]:
        with torch.inference_mode():
            result: NDArray[np.float32] = self._forward(torch.tensor(ids)).numpy()
        return result


def _any_model(files: ModelFiles) -> Forward:
    """Another architecture than plain BERT: sentence-transformers knows how to read it."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(files.folder), device="cpu", local_files_only=True)
    transformer: Any = model[0].auto_model
    transformer.eval().float()

    def forward(ids: torch.Tensor) -> torch.Tensor:
        hidden: torch.Tensor = transformer(input_ids=ids.unsqueeze(0)).last_hidden_state[0]
        return hidden

    return forward
