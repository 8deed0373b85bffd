"""A report on paper: everything is in it, in every script, and the same report is the same file."""

from __future__ import annotations

import io
import re
import unicodedata
from collections.abc import Callable
from pathlib import Path

import pypdfium2
import pytest
from conftest import run_jobs
from people import Person, Sitting
from pypdfium2 import raw
from sqlalchemy import select, text
from sqlalchemy.orm import Session, sessionmaker
from teams import Team, new_team, user_id_of

from app.assessments.jobs import Jobs
from app.assessments.models import Review
from app.interviews.models import Answer

SCRIPTS = {
    "mathematics": "∇f(x) ≤ Σᵢ αᵢ·∂L/∂wᵢ, ∀ε>0 ∃δ: x ∈ ℝⁿ, √2 ≈ 1.414, 𝔼[X] ⟹ ⟨x, y⟩ ∫ ⊕",
    "emoji": "Training 😀 done 👍🏽 by 👩‍💻 in 🇩🇪",
    "Arabic": "التعلم الآلي (machine learning) فرع من الذكاء الاصطناعي 2024",
    "Hebrew": "למידת מכונה (ML) היא תחום של בינה מלאכותית, עם 3.5 מיליון פרמטרים",
    "Chinese": "机器学习是人工智能的一个分支，它使用算法和统计模型来执行特定任务。",
    "Japanese": "機械学習とは、経験からの学習により自動で改善するアルゴリズムである。",
    "Korean": "기계 학습은 경험을 통해 자동으로 개선하는 알고리즘의 연구이다.",
    "Hindi": "मशीन लर्निंग कृत्रिम बुद्धिमत्ता की एक शाखा है",
    "markup": '#set text(red) *not bold* $x$ "quotes" -- \\ & ~ <b>[link](x)</b> #panic() `raw`',
}


@pytest.fixture
def team(newcomer: Callable[[], Person]) -> Team:
    return new_team(newcomer)


def letters(words: str) -> str:
    """Letters, digits and signs without what setting a text changes: blanks, joiners, and the order of brackets."""
    plain = unicodedata.normalize("NFKC", words)
    return "".join(c for c in plain if not c.isspace() and unicodedata.category(c) not in {"Cf", "Cc"})


def read(content: bytes) -> tuple[pypdfium2.PdfDocument, str]:
    document = pypdfium2.PdfDocument(io.BytesIO(content))
    return document, "\n".join(page.get_textpage().get_text_range() for page in document)


def finished(team: Team, answers: list[str], worker: Jobs, sessions: sessionmaker[Session]) -> Sitting:
    sitting = team.candidate(name="Carol Łukasiewicz")
    sitting.start()
    for item, words in enumerate(answers):
        assert sitting.answer(words, item=item).status_code == 200
    sitting.finish()
    run_jobs(worker, sessions)
    return sitting


def test_a_report_on_paper(
    team: Team, worker: Jobs, sessions: sessionmaker[Session], subtests: pytest.Subtests, tmp_path: Path
) -> None:
    every_script = "\n".join(SCRIPTS.values())
    about = (
        "Dropout sets random activations to zero while training.\n\n    keep = 1 - p\nSo no unit can rely on another."
    )
    sitting = finished(team, [f"{about}\n{every_script}", "lost: བོད and \U00013000, but not é"], worker, sessions)
    url = f"{sitting.url}/report.pdf"
    response = sitting.person.http.get(url)
    assert response.status_code == 200, response.text
    assert response.headers["content-type"] == "application/pdf"
    assert response.headers["content-disposition"].startswith('attachment; filename="Report-')
    assert sitting.person.http.get(url).content == response.content, "the same report is the same file"
    (tmp_path / "report.pdf").write_bytes(response.content)
    document, words = read(response.content)
    found = letters(words)
    for script, passage in SCRIPTS.items():
        with subtests.test(script):
            # Lines end where they must, and a page may end between two of them.
            pieces = re.split(r"[\s()\[\]⟨⟩,،、。，.]+", passage)
            assert all(letters(piece) in found for piece in pieces if piece), passage
    assert letters("Dropout sets random activations to zero while training.") in found
    assert letters("Carol Łukasiewicz") in found
    assert letters("Model answer") in found
    # What no font has a sign for is said, by number, and nowhere else.
    assert letters("lost: [U+0F56]") in found
    assert letters("Characters given by their number") in found
    assert "13000" in found
    assert letters("but not é") in found
    titles = [mark.get_title() for mark in document.get_toc()]
    assert "What, how, why" in titles
    assert sum(title[:2] in {"1.", "2."} for title in titles) == 2
    assert "How to read this report" in titles
    assert raw.FPDFCatalog_IsTagged(document.raw), "a screen reader is told what is a heading"
    assert all(abs(page.get_width() - 595) < 1 and abs(page.get_height() - 842) < 1 for page in document)
    assert letters(f"Page 1 of {len(document)}") in found


def test_both_marks_and_who_may_read_them(team: Team, worker: Jobs, sessions: sessionmaker[Session]) -> None:
    ben, cleo = team.join("ben"), team.join("cleo")
    sitting = finished(team, ["Dropout sets random activations to zero."], worker, sessions)
    answer = sitting.answers()[0]
    with sessions.begin() as session:
        stored = session.scalars(select(Answer).where(Answer.id == answer.id)).one()
        session.add(
            Review(
                organization_id=stored.organization_id,
                answer_id=stored.id,
                reviewer_id=user_id_of(ben, "ben@acme.example.org"),
                score=0.9,
                verdicts={},
                reason="A reason of words",
                comment="Comment for the candidate",
            )
        )
    objection = {"text": "I did say why"}
    appeal = sitting.person.http.post(f"{sitting.url}/items/{sitting.items[0]}/appeal", data=objection)
    assert appeal.status_code == 303, appeal.text
    url = f"{team.url}{sitting.url}/report.pdf"
    by_ben = letters(read(ben.http.get(url).content)[1])
    assert letters("Ben: 90 of 100: A reason of words") in by_ben
    assert letters("The machine’s mark:") in by_ben
    assert letters("Carol") not in by_ben, "names are hidden by default"
    assert letters("Carol") in letters(read(ben.http.get(f"{url}?names=1").content)[1])
    # Who has not marked the answer is not told how others did.
    by_cleo = letters(read(cleo.http.get(url).content)[1])
    assert letters("90 of 100") not in by_cleo
    assert letters("A reason of words") not in by_cleo
    own = letters(read(sitting.person.http.get(f"{sitting.url}/report.pdf").content)[1])
    assert letters("Marked by a person") in own
    assert letters("Comment for the candidate") in own
    assert letters("I did say why") in own
    assert letters("Because: A reason of words") in own, "as on the report's page"
    assert letters("Ben: 90") not in own
    with sessions.begin() as session:
        seen = session.execute(text("SELECT count(*) FROM audit_events WHERE action = 'report.printed'")).scalar()
    assert seen == 3


def test_no_more_than_may_be_seen(team: Team, sessions: sessionmaker[Session], worker: Jobs) -> None:
    waiting = team.candidate()
    assert waiting.person.http.get(f"{waiting.url}/report.pdf").status_code == 303
    assert team.admin.http.get(f"{team.url}{waiting.url}/report.pdf").status_code == 409
    other = new_team(team.newcomer, "Other")
    assert other.admin.http.get(f"{other.url}{waiting.url}/report.pdf").status_code == 404
    sitting = team.candidate(template="warm-up")
    sitting.start()
    sitting.answer("A model answer of mine")
    sitting.finish()
    run_jobs(worker, sessions)
    url = f"{sitting.url}/report.pdf"
    see = "UPDATE interview_template_versions SET candidate_sees = :sees, release = :release"
    for sees, release in (("nothing", "at_once"), ("report", "by_interviewer"), ("score", "at_once")):
        with sessions.begin() as session:
            session.execute(text(see), {"sees": sees, "release": release})
        response = sitting.person.http.get(url)
        if sees != "score":
            assert (response.status_code, response.headers["location"]) == (303, f"{sitting.url}/report")
            continue
        words = letters(read(response.content)[1])
        assert "of100" in words
        assert letters("A model answer of mine") not in words
        assert letters("Model answer") not in words
