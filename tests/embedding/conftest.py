from __future__ import annotations

import pytest

from app.embedding import Encoder, load_encoder
from app.kit.config import Settings


@pytest.fixture(scope="session")
def encoder() -> Encoder:
    return load_encoder(Settings())
