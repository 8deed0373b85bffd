"""Which format a file has, by its name and what it begins with."""

from __future__ import annotations

import re
from pathlib import PurePath

from app.bank.exchange.result import Reading

SUFFIXES = {
    ".yaml": "yaml",
    ".yml": "yaml",
    ".json": "json",
    ".csv": "csv",
    ".tsv": "csv",
    ".gift": "gift",
    ".zip": "qti",
    ".xml": "qti",
    ".imscc": "qti",
}


def find_format(data: bytes, reading: Reading) -> str:
    """The name of the format.

    Raises:
        FileError: it is none that can be read.
    """
    # What it begins with weighs more than a name, which anybody can give: a package named .txt is a package.
    if data.startswith(b"PK"):
        return "qti"
    found = SUFFIXES.get(PurePath(reading.name).suffix.lower())
    if found:
        return found
    text = data[:65536].decode("utf-8-sig", "replace").lstrip()
    if text.startswith("<"):
        return "qti"
    if text.startswith(("{", "[")) and not re.match(r"\[(html|markdown|plain|moodle)\]", text):
        return "json"
    if text.startswith(("//", "::", "$CATEGORY")):
        return "gift"
    if re.search(r"^(---\s*|slug:\s.*)$", text, re.MULTILINE):
        return "yaml"
    head = text.partition("\n")[0].lower()
    if re.search(r"\bprompt\b", head) and re.search(r"[,;\t]", head):
        return "csv"
    if re.search(r"(?<!\\)\{|^::|^\$CATEGORY", text, re.MULTILINE):
        return "gift"
    raise reading.error("is in no format that is known here: name it, or give the file the usual ending")
