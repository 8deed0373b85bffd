"""A line of JSON to grade, from bytes to an object: what `viva grade` and batches over the API say of bad ones."""

from __future__ import annotations

import json
from typing import Any

from app.scoring.grading import GradingError

MAX_LINE_BYTES = 4 * 1024 * 1024
"""A longer line is not read: it becomes an error in its place."""


def read_line(line: bytes | None) -> Any:
    """The value that a line holds; None stands for a line that was too long to be read.

    Raises
    ------
    GradingError
        It is too long, not UTF-8, not JSON, or nested too deeply.
    """
    if line is None:
        raise GradingError("", f"the line is longer than {MAX_LINE_BYTES // 1024 // 1024} MB")
    try:
        return json.loads(line.decode("utf-8"), parse_constant=_no_constant)
    except UnicodeDecodeError:
        raise GradingError("", "the line is not UTF-8") from None
    except json.JSONDecodeError as error:
        raise GradingError("", f"the line is not JSON: {error.msg} at column {error.colno}") from None
    except RecursionError:
        raise GradingError("", "the line is nested too deeply") from None
    except GradingError:
        raise
    except ValueError as error:
        raise GradingError("", f"the line is not JSON: {error}") from None


def id_of(request: Any) -> str | int | None:
    """The id of a request, to be said back with an error: only where it is one, and short."""
    identifier = request.get("id") if isinstance(request, dict) else None
    if isinstance(identifier, str | int) and not isinstance(identifier, bool) and len(str(identifier)) <= 200:
        return identifier
    return None


def _no_constant(name: str) -> None:
    raise GradingError("", f"{name} is not a number that JSON knows")
