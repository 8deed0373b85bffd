"""QTI packages and items: ours, those of others, and hostile ones."""

from __future__ import annotations

import io
import zipfile
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.bank.exchange import Imported, qti, read, unpack, write
from app.bank.exchange.qti_write import item_xml
from app.bank.exchange.result import Reading
from app.bank.exchange.xml_tree import parse_xml
from app.bank.seed_folder import read_questions
from app.kit.config import ROOT

FILES = Path(__file__).parent / "files"
SEED = read_questions(ROOT / "seed").questions
DROPOUT = SEED["dropout"]


def drafted(name: str) -> Imported:
    result = read((FILES / name).read_bytes(), name)
    assert not result.all_problems
    (one,) = result.questions
    assert one.is_draft
    return one


def package(files: dict[str, bytes | str]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        for name, content in files.items():
            archive.writestr(name, content)
    return out.getvalue()


def ours(*slugs: str) -> dict[str, bytes | str]:
    with zipfile.ZipFile(io.BytesIO(write([SEED[slug] for slug in slugs], "qti"))) as archive:
        return {name: archive.read(name) for name in archive.namelist()}


def test_an_essay_of_qti_3() -> None:
    one = drafted("essay-qti3.xml")
    assert one.question is not None
    assert one.slug == "why-normalise"
    assert one.question.title == "Why normalise inputs?"
    assert one.question.prompt == (
        "The inputs of a network are often brought to zero mean and unit variance.\n\nSay why that makes training easier."
    )
    assert [c["statements"][0] for c in one.question.rubric["approaches"][0]["criteria"]] == [
        "Features on one scale give a round loss surface.",
        "Gradient descent then takes steps of one useful size.",
    ]
    assert "It has notes for who scores it: Full marks only with a reason." in one.notes


def test_a_choice_of_qti_2() -> None:
    one = drafted("choice-qti21.xml")
    assert one.slug == "saturation"  # the item's identifier is a number that tells nobody anything
    assert one.draft["prompt"] == (
        "Look at the picture.\n[picture: three curves]\n\nWhich of these functions saturate?\n\n- sigmoid\n"
        "- ReLU, for large inputs\n- hyperbolic tangent\n\n"
        "Which of these are right? Say why, and what is wrong with the others."
    )
    assert one.draft["model_answer"] == "Right is: sigmoid. Right is: hyperbolic tangent."
    assert "It says, depending on the answer: Look at both ends of each curve." in one.notes
    assert "Left out: a picture." in one.notes


@pytest.mark.parametrize(
    ("name", "prompt", "answer"),
    [
        (
            "match-qti3.xml",
            "- Cross-entropy\n- Squared error\n\nto be matched with\n\n- Classification\n- Regression\n- Sorting",
            "“Cross-entropy” belongs to “Classification”. “Squared error” belongs to “Regression”.",
        ),
        (
            "gaps-qti3.xml",
            "In _____ units are switched\n_____.\n\nFor a gap there are: off; training; testing",
            "Into gap 1 belongs: training. Into gap 2 belongs: off.",
        ),
        (
            "text-entry-qti22.xml",
            "Two to the power of three is _____;\nthis formula x + y gives _____.",
            "Into gap 1 belongs: eight.",
        ),
    ],
)
def test_other_kinds_become_questions_in_words(name: str, prompt: str, answer: str) -> None:
    one = drafted(name)
    assert prompt in one.draft["prompt"]
    assert one.draft["model_answer"] == answer


def test_our_package_is_what_others_expect() -> None:
    files = ours("dropout", "gan")
    assert list(files) == [
        "imsmanifest.xml",
        "items/dropout.xml",
        "viva/dropout.json",
        "items/gan.xml",
        "viva/gan.json",
    ]
    manifest = parse_xml(bytes(files["imsmanifest.xml"]), Reading("manifest"))  # type: ignore[arg-type]
    hrefs = [node.get("href") for node in manifest.every("file")]
    assert sorted(hrefs) == sorted(name for name in files if name != "imsmanifest.xml")
    names = {node.get("identifier") for node in manifest.every("resource")}
    assert {node.get("identifierref") for node in manifest.every("dependency")} <= names
    item = parse_xml(item_xml(DROPOUT).encode(), Reading("item"))
    # The order of the specification's content model.
    assert [node.name for node in item.elements()] == ["responseDeclaration", "outcomeDeclaration", "itemBody"]
    assert write([DROPOUT], "qti") == write([DROPOUT], "qti")


def test_without_our_files_an_item_is_still_a_question() -> None:
    files = {name: content for name, content in ours("dropout").items() if not name.startswith("viva/")}
    (one,) = read(package(files), "x.zip").questions
    assert one.is_draft
    assert one.draft["title"] == DROPOUT.title
    assert " ".join(one.draft["prompt"].split()) == " ".join(DROPOUT.prompt.split())
    assert one.draft["model_answer"] == DROPOUT.model_answer
    assert any("notes for who scores it" in note for note in one.notes)


def test_an_edit_of_another_tool_counts() -> None:
    files = ours("dropout")
    files["items/dropout.xml"] = bytes(files["items/dropout.xml"]).replace(b'title="Dropout"', b'title="Renamed"')  # type: ignore[arg-type]
    (one,) = read(package(files), "x.zip").questions
    assert one.question is not None
    assert one.question.title == "Renamed"
    assert one.question.samples == DROPOUT.samples
    assert one.notes == ["Title was edited outside Viva; the edit was taken."]


def test_problems_in_a_package_name_the_file() -> None:
    files = ours("dropout", "gan")
    files["items/gan.xml"] = "<broken>"
    files["viva/dropout.json"] = bytes(files["viva/dropout.json"]).replace(b'"level": 2', b'"level": 8')  # type: ignore[arg-type]
    problems = [str(problem) for problem in read(package(files), "x.zip").all_problems]
    assert len(problems) == 2
    assert problems[0].startswith("x.zip: viva/…, line ")
    assert "field level" in problems[0]
    assert problems[1].startswith("x.zip: items/gan.xml, line 1: is not well-formed XML")


BODY = "<itemBody><p>Why is the sky blue, and not green?</p>{}</itemBody>"


def item(inside: str, before: str = "") -> bytes:
    return f'{before}<assessmentItem identifier="sky" title="The sky">{inside}</assessmentItem>'.encode()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (item("<x/>"), "has no item body"),
        (item(BODY.format("")), "there is no interaction"),
        (item(BODY.format('<uploadInteraction responseIdentifier="R"/>')), "answered by uploadInteraction"),
        (b"<questestinterop/>", "is QTI 1.2"),
        (b"<quiz/>", "Moodle's own XML"),
        (b"<html/>", "is no item of QTI"),
        (b"<a><b></a>", "line 1: is not well-formed XML"),
        (b"<?xml version='1.0' encoding='klingon'?><a/>", "x.xml, line 1"),
        (b"<?xml version='1.0'?>", "is not well-formed"),
        (b"<a>\xff</a>", "is not well-formed"),
        (b"<a>" * 150 + b"</a>" * 150, "is nested over 100 deep"),
        (b"<a>" + b"<b/>" * 200_001 + b"</a>", "has over 200,000 elements"),
        (item("", "<!DOCTYPE a [<!ENTITY x 'y'>]>"), "has a document type"),
        (item("", "<!DOCTYPE a SYSTEM 'file:///etc/passwd'>"), "has a document type"),
        (b"<!DOCTYPE a [<!ENTITY % x SYSTEM 'http://127.0.0.1/'> %x;]><a/>", "has a document type"),
        (item("&unknown;"), "is not well-formed"),
    ],
)
def test_bad_and_hostile_xml(data: bytes, says: str) -> None:
    problems = read(data, "x.xml").all_problems
    assert says in str(problems[0])


def test_laughter_is_refused_before_it_grows() -> None:
    laughs = "".join(f"<!ENTITY l{n} '{f'&l{n - 1};' * 10}'>" for n in range(1, 12))
    data = f"<!DOCTYPE a [<!ENTITY l0 'ha'>{laughs}]><a>&l11;</a>".encode()
    assert "has a document type" in str(read(data, "x.xml").all_problems[0])


@pytest.mark.parametrize("encoding", ["utf-8", "utf-16", "iso-8859-1"])
def test_items_in_other_encodings(encoding: str) -> None:
    body = BODY.format('<extendedTextInteraction responseIdentifier="R"/>').replace("sky", "Höhe")
    data = f"<?xml version='1.0' encoding='{encoding}'?>{item(body).decode()}".encode(encoding)
    (one,) = read(data, "x.xml").questions
    assert one.draft["prompt"] == "Why is the Höhe blue, and not green?"


@pytest.mark.parametrize(
    "name", ["/etc/passwd.xml", "../up.xml", "a/../../up.xml", "C:\\x.xml", "\\\\host\\x.xml", "..\\up.xml"]
)
def test_names_outside_an_archive_are_refused(name: str) -> None:
    data = package({**ours("dropout"), name: "<a/>"})
    result = read(data, "x.zip")
    assert "names a file outside itself" in str(result.problems[0])
    assert not result.questions


def test_an_archive_that_grows_is_refused(monkeypatch: pytest.MonkeyPatch) -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("bomb.xml", b" " * (unpack.MAX_UNPACKED + 1))
    assert len(out.getvalue()) < 100_000
    assert "unpacks to over 40 MiB" in str(read(out.getvalue(), "x.zip").problems[0])
    monkeypatch.setattr(unpack, "MAX_ENTRIES", 2)
    assert "has 3 entries" in str(read(write([DROPOUT], "qti"), "x.zip").problems[0])


def test_an_archive_that_lies_or_is_damaged_is_refused() -> None:
    good = write([DROPOUT], "qti")
    for data in (good[:-40], good[:200], b"PK\x03\x04nonsense", good[:400] + b"\0" * 300 + good[700:]):
        assert read(data, "x.zip").all_problems
    with pytest.warns(UserWarning, match="Duplicate name"):
        twice = write([DROPOUT, DROPOUT], "qti")
    assert "stands in it twice" in str(read(twice, "x.zip").problems[0])


def test_only_usual_packing_is_unpacked() -> None:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_LZMA) as archive:
        archive.writestr("a.xml", "<a/>")
    assert "packed in another way" in str(read(out.getvalue(), "x.zip").problems[0])


def test_pictures_are_not_unpacked() -> None:
    result = read(package({**ours("dropout"), "image.png": b"x" * 1000, "readme.xml": "<note/>"}), "x.zip")
    assert [one.question for one in result.questions] == [DROPOUT]
    assert result.notes == ["x.zip: readme.xml is no item and was left out."]


@given(st.binary(max_size=300))
def test_no_bytes_break_the_reader(data: bytes) -> None:
    for prefix in (b"", b"<", b"PK\x03\x04", b"<assessmentItem>"):
        assert read(prefix + data, "x", "qti").all_problems


def test_the_format_says_what_it_hides() -> None:
    assert "samples" in qti.LOSES[0]
