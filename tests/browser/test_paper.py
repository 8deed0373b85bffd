"""The report leaves the browser: as PDF by a button, and printed with everything open."""

from __future__ import annotations

import io
from pathlib import Path

import pypdfium2

from .conftest import Site, Window
from .steps import editor, expect_complete_report, interview_of, strong_answer


def words(content: bytes) -> str:
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    return " ".join(" ".join(page.get_textpage().get_text_range() for page in document).split())


def test_the_report_on_paper(site: Site, window: Window, tmp_path: Path) -> None:
    page = window.tab("/questions/dropout")
    page.get_by_role("button", name="Practise this question").click()
    editor(page).fill(strong_answer(site, interview_of(page), 1))
    page.get_by_role("button", name="Submit answer").click()
    expect_complete_report(page)
    with page.expect_download() as download:
        page.get_by_role("link", name="PDF of this report").click()
    assert download.value.suggested_filename.startswith("Report")
    download.value.save_as(tmp_path / "report.pdf")
    by_button = words((tmp_path / "report.pdf").read_bytes())
    printed = words(page.pdf(path=tmp_path / "printed.pdf", format="A4"))
    for text in (by_button, printed):
        # What is folded on the screen is open on paper.
        assert "Model answer" in text
        assert "What a good answer says" in text
        assert "Each training step" in text or "each training step" in text
    assert "Print" not in printed
