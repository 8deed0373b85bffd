"""What LTI needs of the operator's settings, made once for each process."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Annotated, cast

from fastapi import Depends, Request

from app.integrations.lti.platform_keys import PlatformKeys
from app.kit.config import Settings
from app.kit.outward import Outward
from app.kit.sealing import Sealing


@dataclass(frozen=True)
class Wiring:
    """How platforms are called, what they sign with, and what seals the keys that Viva signs with."""

    outward: Outward
    sealing: Sealing
    platform_keys: PlatformKeys


def make_wiring(settings: Settings) -> Wiring:
    """As the settings have it."""
    outward = Outward.of(settings)
    return Wiring(outward, Sealing.of(settings), PlatformKeys(outward))


async def get_wiring(request: Request) -> Wiring:
    """The process's."""
    return cast(Wiring, request.app.state.lti)


WiringDep = Annotated[Wiring, Depends(get_wiring)]
