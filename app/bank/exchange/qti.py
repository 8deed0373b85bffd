"""QTI 3.0: a package of one item a question, with what QTI has no place for in a file of its own beside each item."""

from __future__ import annotations

import io
import json
import zipfile
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePosixPath

from app.bank.exchange.carried import carried
from app.bank.exchange.derive import Deriving
from app.bank.exchange.fields import checked
from app.bank.exchange.foreign import GAP, as_free_text
from app.bank.exchange.json_format import load_json
from app.bank.exchange.qti_read import ITEM, read_item
from app.bank.exchange.qti_text import Seen, text_of_node
from app.bank.exchange.qti_write import VIVA_FOLDER, item_xml, manifest_xml
from app.bank.exchange.result import FileError, Imported, ImportResult, Reading, text_of, too_many
from app.bank.exchange.unpack import unpack
from app.bank.exchange.xml_tree import Node, parse_xml
from app.bank.question_file import QuestionFile

NAME = "qti"
LOSES = [
    "Other tools see title, prompt, model answer (as the right response) and, for who scores, the rubric in words;"
    " samples, sources, topic, level, minutes and links stand in files of the package that only Viva reads, and are"
    " lost when another tool writes the package again.",
]


def write_qti(questions: Sequence[QuestionFile]) -> bytes:
    """A package: the same questions give the same bytes."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as package:
        _put(package, "imsmanifest.xml", manifest_xml([question.slug for question in questions]))
        for question in questions:
            whole = question.model_dump(mode="json", exclude_none=True)
            _put(package, f"items/{question.slug}.xml", item_xml(question))
            _put(package, f"{VIVA_FOLDER}/{question.slug}.json", json.dumps(whole, ensure_ascii=False, indent=1) + "\n")
    return out.getvalue()


def _put(package: zipfile.ZipFile, name: str, text: str) -> None:
    entry = zipfile.ZipInfo(name, (1980, 1, 1, 0, 0, 0))
    entry.compress_type = zipfile.ZIP_DEFLATED
    entry.external_attr = 0o644 << 16
    package.writestr(entry, text.encode())


def read_qti(data: bytes, reading: Reading) -> ImportResult:
    """Every item of a package, or the one item that the file is.

    Raises:
        FileError: nothing of it can be read.
    """
    result = ImportResult(NAME, reading.name)
    deriving = Deriving(reading, "QTI")
    if not data.startswith(b"PK"):
        result.questions += _items(data, reading, deriving, None, result, is_alone=True)
        return result
    files = unpack(data, reading)
    names = [name for name in files if name.lower().endswith(".xml")]
    if error := too_many(len(names), reading):
        raise error
    for name in names:
        inside = replace(reading, name=f"{reading.name}: {name}")
        own = files.get(f"{VIVA_FOLDER}/{PurePosixPath(name).stem}.json")
        try:
            result.questions += _items(files[name], inside, deriving, own, result, is_alone=False)
        except FileError as error:
            result.questions.append(Imported(None, {}, error.problems, is_draft=True))
    return result


def _items(
    data: bytes, reading: Reading, deriving: Deriving, own: bytes | None, result: ImportResult, *, is_alone: bool
) -> list[Imported]:
    root = parse_xml(data, reading)
    if root.name == "questestinterop":
        raise reading.error("is QTI 1.2; 2.1, 2.2 and 3.0 can be read: convert it, or export it as GIFT", root.line)
    if root.name == "quiz":
        raise reading.error("is Moodle's own XML: export the questions as GIFT", root.line)
    items = list(root.every(ITEM))
    if not items and is_alone:
        raise reading.error(f"is no item of QTI: its root element is {root.name!r}", root.line)
    if not items and root.name not in ("manifest", "assessmentTest", "assessmentStimulus"):
        result.notes.append(f"{reading.name} is no item and was left out.")
    if own is not None and len(items) == 1:
        inside = replace(reading, name=f"{reading.name.rpartition(': ')[0]}: {VIVA_FOLDER}/…")
        whole = checked(load_json(text_of(own, inside), inside), inside, line=1)
        return [carried(whole, items[0].get("title"), _asked(items[0]), inside)]
    return [_derived(item, reading, deriving) for item in items]


def _derived(item: Node, reading: Reading, deriving: Deriving) -> Imported:
    try:
        one = read_item(item, reading)
    except FileError as error:
        return Imported(None, {}, error.problems, is_draft=True, line=item.line)
    return deriving.question(as_free_text(one), item.line)


def _asked(item: Node) -> str:
    body = next(item.elements("itemBody"), None)
    return text_of_node(body, Seen(GAP)) if body else ""
