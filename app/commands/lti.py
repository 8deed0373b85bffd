"""`viva lti`: the keys that Viva signs with towards course platforms."""

from __future__ import annotations

from typing import Annotated

import typer

from app.integrations.lti.keys import rotate_keys
from app.kit.command_database import database
from app.kit.config import get_settings
from app.kit.db import transaction
from app.kit.migrate import upgrade
from app.kit.sealing import Sealing

lti_app = typer.Typer(help="Course platforms (LTI 1.3).", no_args_is_help=True)


@lti_app.callback()
def root() -> None:
    """Course platforms (LTI 1.3)."""


@lti_app.command("rotate-keys")
def rotate(
    now: Annotated[
        bool, typer.Option("--now", help="End all older keys at once, because somebody else may have one.")
    ] = False,
) -> None:
    """Make a new signing key: published now, used in a day. (A worker does so by itself every 90 days.)"""
    settings = get_settings()
    with database(settings) as url:
        upgrade(url)
        with transaction(url) as session:
            print(rotate_keys(session, Sealing.of(settings), at_once=now))
