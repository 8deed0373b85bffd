"""The real encoder: scores are judged with the model that ships, never with hashed words."""

from __future__ import annotations

import pytest

from app.embedding import Encoder, load_encoder
from app.kit.config import Settings


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    # No skip when the model is missing: a missing model is a failure.
    return load_encoder(Settings())
