"""Text is checked once, at the edge: what is stored can be stored, compared and quoted by offsets."""

from __future__ import annotations

import re

from app.kit.errors import Invalid, TooLarge

# Control characters that no keyboard types; tab and newline stay.
_CONTROL = re.compile(r"[\x01-\x08\x0b\x0c\x0e-\x1f\x7f]")
_SURROGATE = re.compile(r"[\ud800-\udfff]")


def clean_text(text: str, *, field: str = "text", max_chars: int | None = None) -> str:
    """The text as it is stored: CRLF and CR become LF, other control characters go; the rest is untouched.

    Offsets into the result are code points.

    Raises:
        Invalid: it holds a NUL or a lone surrogate, which cannot be stored.
        TooLarge: it is longer than `max_chars` code points.
    """
    if "\x00" in text:
        raise Invalid(f"{field} holds a NUL character (U+0000): remove it.", field=field)
    if _SURROGATE.search(text):
        raise Invalid(f"{field} holds half of a surrogate pair, which is no character: remove it.", field=field)
    text = _CONTROL.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))
    if max_chars is not None and len(text) > max_chars:
        raise TooLarge(
            f"{field} has {len(text):,} characters and at most {max_chars:,} are taken: shorten it.", field=field
        )
    return text
