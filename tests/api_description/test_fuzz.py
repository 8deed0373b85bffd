"""A bounded part of `make fuzz`, always the same: every operation, also one after the other, with a key and without."""

from __future__ import annotations

import sys

import pytest

from app.kit.config import ROOT
from tests.browser.conftest import Site

sys.path.append(str(ROOT / "scripts"))
import fuzz


@pytest.mark.parametrize("with_key", [True, False], ids=["with all scopes", "with no key"])
def test_no_error_and_nothing_that_is_not_described(served: Site, with_key: bool) -> None:
    database_url = served.database_url if with_key else None
    status = fuzz.fuzz(
        served.url, database_url, "--phases", "examples,fuzzing,stateful", "--max-examples", "3", "--no-color"
    )
    assert status == 0, "what it found is printed above; `make fuzz` looks further"
