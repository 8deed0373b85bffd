"""Bodies that schemathesis does not know: lines of JSON, which are text, and files of several YAML documents."""

from __future__ import annotations

from typing import Any

import schemathesis
import yaml
from schemathesis.core.media_types import YAML_MEDIA_TYPES


@schemathesis.serializer("application/x-ndjson")
def lines(context: Any, value: Any) -> bytes:
    """What is text is sent as it is, surrogates and all."""
    return value if isinstance(value, bytes) else str(value).encode("utf-8", "surrogatepass")


# All names of the type, as the first that is of the same family is asked.
@schemathesis.deserializer(*YAML_MEDIA_TYPES)
def documents(context: Any, response: Any) -> str:
    """A YAML file is described as a file. It is read all the same: its own reader ends the run at a second document."""
    if response.is_truncated:
        # Of what is recorded only the first mebibyte is kept. It was read when it was checked.
        return str(response.content.decode("utf-8", "ignore"))
    text = str(response.content.decode("utf-8"))
    list(yaml.safe_load_all(text))
    return text
