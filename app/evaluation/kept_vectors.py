"""Encoded texts kept on disk by content and model, so that a second evaluation encodes nothing."""

from __future__ import annotations

import hashlib
import sqlite3
from pathlib import Path
from typing import Any

import numpy as np

from app.scoring.encoded import EncodedText


class KeptVectors:
    """An encoder that encodes each text once and for all. Several processes may share the file.

    Vectors are kept as they are, to the bit: an evaluation from the file equals one that encodes anew.
    """

    def __init__(self, path: Path, encoder: Any) -> None:
        path.parent.mkdir(parents=True, exist_ok=True)
        self._encoder = encoder
        self._file = sqlite3.connect(path, timeout=60, isolation_level=None)
        self._file.execute("PRAGMA journal_mode = WAL")
        self._file.execute("PRAGMA synchronous = OFF")  # what a crash loses is encoded again
        self._file.execute(
            "CREATE TABLE IF NOT EXISTS texts (key BLOB PRIMARY KEY, tokens BLOB, offsets BLOB, vector BLOB)"
        )

    @property
    def identity(self) -> str:
        """The encoder's."""
        return str(self._encoder.identity)

    def encode(self, text: str) -> EncodedText:
        """The text's vectors, read or made."""
        key = hashlib.sha256(f"{self.identity}\0{text}".encode()).digest()
        row = self._file.execute("SELECT tokens, offsets, vector FROM texts WHERE key = ?", (key,)).fetchone()
        if row is not None:
            vector = np.frombuffer(row[2], dtype=np.float32)
            tokens = np.frombuffer(row[0], dtype=np.float32).reshape(-1, len(vector))
            return EncodedText(tokens, np.frombuffer(row[1], dtype=np.int32).reshape(-1, 2), vector)
        encoded: EncodedText = self._encoder.encode(text)
        values = (np.ascontiguousarray(encoded.token_vectors), np.ascontiguousarray(encoded.offsets), encoded.vector)
        self._file.execute(
            "INSERT OR IGNORE INTO texts VALUES (?, ?, ?, ?)", (key, *(value.tobytes() for value in values))
        )
        return encoded

    def close(self) -> None:
        """Let go of the file."""
        self._file.close()
