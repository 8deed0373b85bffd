"""The encoder on this machine: a text's sentences in one pass, each by itself, unpadded, float32, on the processor."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
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
from app.embedding.passages import passages
from app.kit.errors import OperatorError
from app.scoring.encoded import EncodedText, normalised

WINDOW = 254
"""Word pieces of one passage: 256 with the two special tokens, as the model was trained."""
MOST_ROWS = 1024
"""Word pieces of one pass: more would not be faster, and would need memory."""

Forward = Callable[["torch.Tensor", Sequence[int]], "torch.Tensor"]


class LocalEncoder:
    """all-MiniLM-L6-v2 (or another model of its kind) run by torch.

    Parameters
    ----------
    forward : callable
        Word-piece ids of several passages, int64 tensor (n,), and the passages' lengths, to last hidden states, float32
        tensor (n, d).
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
        self._size = int(self._hidden([[0, 0, 0]]).shape[1])

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
            Any length. Each sentence is read without sight of the others, so that its vectors are the same whatever
            stands beside it; one longer than 254 word pieces is read in parts.

        Returns
        -------
        EncodedText
            Offsets in code points. The vector of a single sentence equals `SentenceTransformer.encode`'s.
        """
        encoding = self.tokenizer.encode(text)
        first, last = encoding.ids[0], encoding.ids[-1]
        ids, places = encoding.ids[1:-1], encoding.offsets[1:-1]
        parts = passages(text, places, WINDOW)
        if not parts:
            return EncodedText(
                np.zeros((0, self._size), np.float32), np.zeros((0, 2), np.int32), np.zeros(self._size, np.float32)
            )
        tokens: list[NDArray[np.float32]] = []
        total = np.zeros(self._size)
        for some in _passes(parts):
            hidden = self._hidden([[first, *ids[start:end], last] for start, end in some])
            total += hidden.sum(axis=0, dtype=np.float64)
            at = 0
            for start, end in some:
                tokens.append(hidden[at + 1 : at + 1 + end - start])
                at += end - start + 2
        return EncodedText(np.concatenate(tokens), np.asarray(places, dtype=np.int32), normalised(total))

    def _hidden(self, passes: Sequence[list[int]]) -> NDArray[np.float32]:
        with torch.inference_mode():
            flat = torch.tensor([number for one in passes for number in one])
            result: NDArray[np.float32] = self._forward(flat, [len(one) for one in passes]).numpy()
        return result


def _passes(parts: Sequence[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """The passages that are read in one pass."""
    some: list[tuple[int, int]] = []
    rows = 0
    for start, end in parts:
        if some and rows + end - start + 2 > MOST_ROWS:
            yield some
            some, rows = [], 0
        some.append((start, end))
        rows += end - start + 2
    if some:
        yield some


def _any_model(files: ModelFiles) -> Forward:
    """Another architecture than plain BERT: sentence-transformers knows how to read it."""
    from sentence_transformers import SentenceTransformer

    model = SentenceTransformer(str(files.folder), device="cpu", local_files_only=True)
    transformer: Any = model[0].auto_model
    transformer.eval().float()

    def forward(ids: torch.Tensor, lengths: Sequence[int]) -> torch.Tensor:
        parts = torch.split(ids, list(lengths))
        return torch.cat([transformer(input_ids=part.unsqueeze(0)).last_hidden_state[0] for part in parts])

    return forward
