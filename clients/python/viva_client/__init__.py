"""Hold technical interviews and score answers with Viva, from Python: `Viva`, and `AsyncViva` for asyncio and trio."""

from viva_client import inputs, models
from viva_client.base import VivaModel
from viva_client.client import AsyncViva, Viva
from viva_client.paging import AsyncListing, Listing
from viva_client.problem_types import *  # noqa: F403 - every problem is part of what one imports from here
from viva_client.problems import StillWaiting, Unexpected, Unreachable, VivaError, VivaProblem
from viva_client.retries import Retries
from viva_client.version import __version__

__all__ = [
    "AsyncListing",
    "AsyncViva",
    "Listing",
    "Retries",
    "StillWaiting",
    "Unexpected",
    "Unreachable",
    "Viva",
    "VivaError",
    "VivaModel",
    "VivaProblem",
    "__version__",
    "inputs",
    "models",
]
