"""Sentence vectors: the only package that imports model libraries, and only when an encoder is loaded."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from app.kit.config import Settings
    from app.scoring.encoded import EncodedText


class Encoder(Protocol):
    """Turns one text into token vectors. Its `identity` is what a receipt names."""

    @property
    def identity(self) -> str:
        """SHA-256 (hex) of the model's weights."""
        ...

    @property
    def name(self) -> str:
        """The model, for people."""
        ...

    def encode(self, text: str) -> EncodedText:
        """Encode one text, alone: the result never depends on what else is being encoded."""
        ...


def load_encoder(settings: Settings) -> Encoder:
    """The encoder that the settings name, ready to use.

    Parameters
    ----------
    settings : Settings
        `encoder`, `model_path` and `encoder_url` are read.

    Returns
    -------
    Encoder

    Raises
    ------
    OperatorError
        The model is missing or altered, or the remote server is another model; the sentence says what to do.
    Unavailable
        The remote server does not answer; trying again can help.
    """
    if settings.encoder == "hashed":
        from app.embedding.hashed import DeterministicEncoder

        return DeterministicEncoder()
    from app.embedding.files import find_model

    files = find_model(settings.model_path)
    if settings.encoder == "remote":
        from app.embedding.remote import connect

        return connect(settings.encoder_url, files, threads=1)
    from app.embedding.local import LocalEncoder

    # One thread a text: whoever wants more encodes several texts at once. Two threads on one text wait for each
    # other at every layer, and for as long as anything else has one of their cores; and rounding would depend on them.
    return LocalEncoder.load(files, threads=1)


def check_model(settings: Settings | None = None) -> str:
    """Say which model there is, after reading its files but without loading it.

    Parameters
    ----------
    settings : Settings or None
        With None, the model that comes with Viva is looked at.

    Returns
    -------
    str
        Name, size and SHA-256 in one line.

    Raises
    ------
    OperatorError
        The model is missing or altered; the sentence says what to do.
    """
    from app.embedding.files import find_model

    if settings is not None and settings.encoder == "hashed":
        return "hashed words (for tests only: scores mean nothing)"
    files = find_model(None if settings is None else settings.model_path)
    size = files.weights.stat().st_size / 1e6
    where = "" if settings is None or settings.encoder == "local" else f", served by {settings.encoder_url}"
    return f"{files.name} ({size:.0f} MB, sha256 {files.identity[:12]}…){where}"


__all__ = ["Encoder", "check_model", "load_encoder"]
