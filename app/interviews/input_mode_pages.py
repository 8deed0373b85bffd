"""The room's choice of saying how one answers."""

from __future__ import annotations

import uuid

from fastapi import APIRouter, Depends
from pydantic import BaseModel, ConfigDict

from app.accounts.deps import Viewer, require_viewer
from app.interviews.access import interviews_readable_by
from app.interviews.input_mode import Said, say_input_mode
from app.kit.web import SessionDep

router = APIRouter(prefix="/interviews", dependencies=[Depends(require_viewer)], include_in_schema=False)


class InputModeIn(BaseModel):
    """How the candidate answers from now on; empty where they would rather not say."""

    model_config = ConfigDict(extra="forbid")
    input_mode: Said


@router.post("/{interview_id}/input-mode", status_code=204)
def input_mode(interview_id: uuid.UUID, body: InputModeIn, viewer: Viewer, session: SessionDep) -> None:
    """Remember it for the questions of this interview that are still open."""
    say_input_mode(session, interviews_readable_by(viewer), interview_id, body.input_mode or None)
