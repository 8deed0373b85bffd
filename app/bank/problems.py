"""What the bank refuses."""

from __future__ import annotations

from app.kit.errors import Conflict, Invalid


class ComesWithViva(Conflict):
    """What comes with Viva belongs to everybody: it can be read and copied, and nobody's key or page changes it."""

    title = "It comes with Viva"
    type = "comes-with-viva"


class SlugTaken(Conflict):
    """Another thing of the organisation has the name already."""

    title = "The name is taken"
    type = "slug-taken"


class NotImportable(Invalid):
    """The file cannot be imported; `problems` names line and field of everything that is to be mended."""

    title = "The file cannot be imported"
    type = "not-importable"
