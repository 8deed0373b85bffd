"""Who writes, on the editor's pages."""

from __future__ import annotations

from typing import Annotated

from fastapi import Depends

from app.accounts.deps import Viewer
from app.bank.access import Author


def as_author(viewer: Viewer) -> Author:
    """The person, with the questions of every organisation that they write for."""
    return Author.person(viewer)


Me = Annotated[Author, Depends(as_author)]
