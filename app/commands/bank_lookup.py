"""Questions of the public bank by slug, for `viva grade`."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from app.bank.queries import find_grading_parts
from app.kit.command_database import database
from app.kit.config import get_settings
from app.kit.db import transaction
from app.kit.errors import NotFound
from app.scoring.grading import BankQuestion, Lookup
from app.scoring.prepared import Sample


@contextmanager
def open_bank_lookup() -> Iterator[Lookup]:
    """A function from slug to question; unknown slugs give None. A database is found or started for the time being."""
    with database(get_settings()) as url, transaction(url) as session:

        def find(slug: str) -> BankQuestion | None:
            try:
                parts = find_grading_parts(session, None, slug)
            except NotFound:
                return None
            samples = [Sample(**sample) for sample in parts["samples"]]
            return BankQuestion(parts["question"], parts["rubric"], samples)

        yield find
