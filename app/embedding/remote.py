"""The encoder on another machine: a text-embeddings-inference server that serves the very model this machine has."""

from __future__ import annotations

import time
from typing import Any

import httpx2
import numpy as np
from numpy.typing import NDArray
from tokenizers import Tokenizer

from app.embedding.files import ModelFiles
from app.embedding.local import WINDOW, LocalEncoder
from app.embedding.passages import passages
from app.kit.errors import OperatorError, Unavailable
from app.scoring.encoded import EncodedText, normalised

PROBES = (
    "Dropout switches off random units while the network trains.",
    "Why does the gradient vanish?",
    "Naïve façades – 3.5 × 10⁻² of them, e.g. “quoted”, cost 40 €.",
)
LEAST_COSINE = 0.9999
"""How near the server's token vectors must come to the local model's, on every token of every probe."""

SIZE = 384
MOST_INPUTS = 32
"""Passages of one request: what text-embeddings-inference takes unless it is told otherwise."""
_TRIES = 3


class RemoteEncoder:
    """Encodes with `POST /embed_all` of text-embeddings-inference.

    Parameters
    ----------
    client : httpx2.Client
        With the server's address as base.
    tokenizer : tokenizers.Tokenizer
        The model's own, with truncation and padding off.
    identity, name : str
        Of the model which the server has been shown to serve.

    Notes
    -----
    Offsets come from the tokenizer here, the same file as the server's: one request a text instead of two, and no doubt
    whether a place counts bytes or code points. The server batches what arrives together, so on its machine the last
    bits of a vector may differ from run to run.
    """

    def __init__(self, client: httpx2.Client, tokenizer: Tokenizer, identity: str, name: str) -> None:
        self._client = client
        self._tokenizer = tokenizer
        self.identity = identity
        self.name = name

    def encode(self, text: str) -> EncodedText:
        """Encode one text.

        Parameters
        ----------
        text : str

        Returns
        -------
        EncodedText

        Raises
        ------
        Unavailable
            The server does not answer, or is overloaded; trying again later can help.
        """
        encoding = self._tokenizer.encode(text, add_special_tokens=False)
        places = encoding.offsets
        if not places:
            return EncodedText(np.zeros((0, SIZE), np.float32), np.zeros((0, 2), np.int32), np.zeros(SIZE, np.float32))
        cut = passages(text, places, WINDOW)
        tokens, total = [], np.zeros(SIZE)
        for start in range(0, len(cut), MOST_INPUTS):
            some = cut[start : start + MOST_INPUTS]
            pieces = [text[places[first][0] : places[last - 1][1]] for first, last in some]
            for hidden in self._vectors(pieces, [last - first for first, last in some]):
                tokens.append(hidden[1:-1])
                total += hidden.sum(axis=0, dtype=np.float64)
        return EncodedText(np.concatenate(tokens), np.asarray(places, dtype=np.int32), normalised(total))

    def _vectors(self, pieces: list[str], counts: list[int]) -> list[NDArray[np.float32]]:
        # Truncation stays off, so that too long an input would be an error, never a loss.
        answer = self._post("/embed_all", {"inputs": pieces, "truncate": False})
        try:
            found = [np.asarray(one, dtype=np.float32) for one in answer]
        except (TypeError, ValueError):
            raise Unavailable("The embeddings server's answer to /embed_all is not a list of token vectors.") from None
        shapes = [one.shape for one in found]
        if shapes != [(count + 2, SIZE) for count in counts]:
            raise Unavailable(
                f"The embeddings server gave vectors of shapes {shapes} for passages of {counts} word pieces."
            )
        return found

    def _post(self, path: str, body: dict[str, Any]) -> Any:
        problem = ""
        for attempt in range(_TRIES):
            if attempt:
                time.sleep(0.2 * attempt)
            try:
                response = self._client.post(path, json=body)
            except httpx2.TransportError as error:
                problem = f"{type(error).__name__}"
                continue
            if response.status_code in (429, 502, 503, 504):
                problem = f"status {response.status_code}"
                continue
            if response.status_code != 200:
                raise Unavailable(
                    f"The embeddings server refuses {path} with status {response.status_code}: {response.text[:200]}"
                )
            return response.json()
        raise Unavailable(
            f"The embeddings server at {self._client.base_url} does not answer ({problem}); try again later."
        )


def connect(url: str | None, files: ModelFiles, threads: int = 0) -> RemoteEncoder:
    """Reach the server and check that it serves the local model.

    Parameters
    ----------
    url : str or None
        Its address, such as ``http://embeddings:80``.
    files : ModelFiles
        The model it should serve; it is loaded once here, to compare.
    threads : int
        For that comparison.

    Returns
    -------
    RemoteEncoder

    Raises
    ------
    OperatorError
        There is no address, or the server serves another model.
    Unavailable
        It does not answer.
    """
    if not url or not url.startswith(("http://", "https://")):
        raise OperatorError(
            "VIVA_ENCODER is remote, so VIVA_ENCODER_URL must hold the embeddings server's http address."
        )
    client = httpx2.Client(base_url=url.rstrip("/"), timeout=httpx2.Timeout(30.0, connect=3.0), trust_env=False)
    local = LocalEncoder.load(files, threads)
    remote = RemoteEncoder(client, local.tokenizer, local.identity, f"{files.name}, remote")
    for probe in PROBES:
        theirs, ours = remote.encode(probe), local.encode(probe)
        same = theirs.token_vectors.shape == ours.token_vectors.shape
        if not same or float((theirs.unit_tokens * ours.unit_tokens).sum(axis=1).min()) <= LEAST_COSINE:
            client.close()
            raise OperatorError(
                f"The embeddings server at {url} does not serve {files.name} with Viva's adapter in full precision: "
                "start it with the model that `viva export-model` writes and dtype float32, or unset VIVA_ENCODER."
            )
    return remote
