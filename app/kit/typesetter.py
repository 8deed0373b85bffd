"""The process that sets one document: `python -m app.kit.typesetter` reads JSON on stdin and writes PDF to stdout.

A process of its own, because the fonts take some hundred megabytes while they are used, which a web process should not
keep, and because text that takes too long to set is then simply ended.
"""

from __future__ import annotations

import datetime as dt
import importlib.util
import json
import re
import sys
from pathlib import Path
from typing import Any

import typst

FONT_PACKAGES = ("manimgx_fonts", "manimgx_fonts_cjk", "fontpkg_amiri")
"""Packages that carry Noto (Latin, Hebrew, Indic, …, emoji; Chinese, Japanese, Korean), and Amiri for Arabic.

The Noto of Arabic makes letters of parts (the dots are signs of their own), which readers copy as gibberish.
"""
MAX_PASSES = 6

_LOST = re.compile(r'the text `"((?:[^"\\]|\\.)*)"` could not be displayed')
_ESCAPE = re.compile(r"\\(?:u\{([0-9a-fA-F]+)\}|(.))")
_PLAIN = {"n": "\n", "r": "\r", "t": "\t", "0": "\0"}


def font_folders() -> list[str]:
    """Where the fonts are.

    Raises:
        FileNotFoundError: a package with fonts is not installed.
    """
    folders = []
    for name in FONT_PACKAGES:
        spec = importlib.util.find_spec(name)
        if spec is None or spec.origin is None:
            raise FileNotFoundError(f"The fonts of {name.replace('_', '-')} are not installed.")
        folders.append(str(Path(spec.origin).parent))
    return folders


def set_document(template: Path, data: dict[str, Any], made_at: dt.datetime) -> bytes:
    """The document as PDF/UA: tagged, and with every character that a font could be found for.

    The standard forbids a character without a sign, so the compiler names each: it is given by its number instead, and
    `lost` tells the template which they are.

    Raises:
        TypstError: the template is wrong.
    """
    compiler = typst.Compiler(
        root=str(template.parent),
        font_paths=typst.Fonts(include_system_fonts=False, font_paths=font_folders()),
    )
    source = template.read_bytes()
    lost: list[str] = []
    for number in range(MAX_PASSES):
        inputs = {"data": json.dumps(data | {"lost": lost}, ensure_ascii=False)}
        try:
            made = compiler.compile(
                input=source, format="pdf", sys_inputs=inputs, timestamp=made_at, pdf_standards=["ua-1"]
            )
        except typst.TypstError as error:
            # The longest first, as one may be part of another; and always in the same order.
            texts = {_unescape(text) for text in _LOST.findall(str(error.diagnostic))}
            found = sorted(texts, key=lambda text: (-len(text), text))
            if not found or number == MAX_PASSES - 1:
                raise
            lost += [by_number(text) for text in found]
            data = _replaced(data, found)
        else:
            assert isinstance(made, bytes)
            return made
    raise AssertionError("unreachable")


def by_number(text: str) -> str:
    """Characters by their numbers: `[U+0F56]`."""
    return "".join(f"[U+{ord(character):04X}]" for character in text)


def _unescape(text: str) -> str:
    return _ESCAPE.sub(lambda m: chr(int(m[1], 16)) if m[1] else _PLAIN.get(m[2], m[2]), text)


def _replaced(value: Any, found: list[str]) -> Any:
    if isinstance(value, str):
        for text in found:
            value = value.replace(text, by_number(text))
        return value
    if isinstance(value, list):
        return [_replaced(one, found) for one in value]
    if isinstance(value, dict):
        return {name: _replaced(one, found) for name, one in value.items()}
    return value


def main() -> None:
    """Set what stdin describes."""
    order = json.load(sys.stdin)
    made_at = dt.datetime.fromisoformat(order["made_at"]).astimezone(dt.UTC).replace(microsecond=0)
    try:
        made = set_document(Path(order["template"]), order["data"], made_at)
    except typst.TypstError as error:
        sys.exit(str(error.diagnostic))
    sys.stdout.buffer.write(made)


if __name__ == "__main__":
    main()
