"""What all answers of the API have in common."""

from __future__ import annotations

from pydantic import BaseModel, ConfigDict, PrivateAttr


class VivaModel(BaseModel):
    """An answer. A field that a later Viva adds is kept, and is no error."""

    model_config = ConfigDict(extra="allow", populate_by_name=True, protected_namespaces=())

    _etag: str | None = PrivateAttr(default=None)
    _request_id: str | None = PrivateAttr(default=None)

    @property
    def etag(self) -> str | None:
        """The state that this is, to be sent as `if_match` with a change; None where the API gives none."""
        return self._etag

    @property
    def request_id(self) -> str | None:
        """Finds the request in Viva's log."""
        return self._request_id
