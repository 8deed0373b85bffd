from __future__ import annotations

import pytest

from app.kit.config import Settings
from app.kit.sealing import NotOpened, Sealing

OLD, NEW = "an-old-key-of-some-length", "a-new-key-of-some-length"


def test_without_a_key_it_is_stored_as_it_is() -> None:
    sealing = Sealing.of(Settings())
    assert sealing.seal("whsec_a") == "plain:whsec_a"
    assert sealing.open("plain:whsec_a") == "whsec_a"


def test_a_key_seals_and_older_ones_still_open() -> None:
    stored = Sealing.of(Settings(secret_keys=OLD)).seal("whsec_a")
    assert "whsec" not in stored
    assert Sealing.of(Settings(secret_keys=f"{NEW}, {OLD}")).open(stored) == "whsec_a"
    # What was stored before there was a key is read on.
    assert Sealing.of(Settings(secret_keys=NEW)).open("plain:whsec_a") == "whsec_a"
    for settings in (Settings(secret_keys=NEW), Settings()):
        with pytest.raises(NotOpened, match="VIVA_SECRET_KEYS"):
            Sealing.of(settings).open(stored)


def test_short_keys_are_refused() -> None:
    with pytest.raises(ValueError, match="at least 16 characters"):
        Settings(secret_keys="short")
