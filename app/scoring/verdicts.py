"""From numbers to words, for one criterion: its verdict, its evidence, and why."""

from __future__ import annotations

import re

from app.scoring import credit as models
from app.scoring.evidence import CLEARLY_DENIED, Evidence
from app.scoring.prepared import PreparedRubric
from app.scoring.report import CriterionReport, Report
from app.scoring.rubric import Criterion
from app.scoring.text import Segment, words

MET, PARTIAL = 0.65, 0.35
"""Credits from which a criterion counts as met, and as met in part."""
UNSURE = 0.3
"""How probable a contradiction must be for a point to be left open."""
NEAR = 0.2
"""Credit from which a missed point was at least come near to."""

_GIVES_UP = re.compile(
    r"^(?:(?:sorry|unfortunately|honestly|well|um+|hm+|i am sorry|i'm sorry)[,. ]+)*(?:"
    r"i (?:really |honestly |just )?(?:do not|don't|dont|didn't|did not) (?:really |even )?"
    r"(?:know|remember|recall|understand)\b.{0,60}"
    r"|(?:i have |i've )?no (?:idea|clue|answer|submission)\b.{0,40}"
    r"|i can(?:'t|not| not) (?:answer|remember|recall|say)\b.{0,60}"
    r"|not sure|dunno|idk|skip|pass|none|nothing|n/?a|i am not sure|i'm not sure|i would have to guess|no comment"
    r"|unknown|\?+|-+|\.+)[.!? ]*$",
    re.IGNORECASE,
)


def says_nothing(text: str) -> str | None:
    """Why a text is no answer at all: ``empty``, ``gave up``, or None if it is one."""
    bare = " ".join(text.replace("’", "'").split())
    if not words(bare):
        return "empty"
    if len(bare) <= 160 and _GIVES_UP.match(bare):
        return "gave up"
    return None


_NO_ANSWER = {
    "empty": ("There is no answer.", "Nothing was written here, so there is nothing to judge."),
    "gave up": (
        "The answer says only that you do not know.",
        "You said that you do not know, which is honest; nothing could be credited.",
    ),
    "unreadable": (
        "The answer holds no words that can be read.",
        "The answer holds no words that could be read, so nothing could be credited.",
    ),
}


def no_answer(prepared: PreparedRubric, kind: str, proof: dict[str, str], truncated: int | None) -> Report:
    """The report for a text that is no answer: 0, and certain of it."""
    because, opening = _NO_ANSWER[kind]
    approach = prepared.rubric.approaches[0]
    criteria = tuple(
        CriterionReport(c.id, c.facet, "missed", 0.0, None, because, None, c.follow_up) for c in approach.criteria
    )
    first = approach.criteria[0]
    hint = f" A good start: {first.follow_up}" if first.follow_up else f" A good answer says: “{first.statements[0]}”"
    return Report(
        score=0.0,
        confidence=0.97 if kind != "unreadable" else 0.5,
        needs_review=kind == "unreadable",
        facets={criterion.facet: 0.0 for criterion in approach.criteria},
        criteria=criteria,
        approach=approach.id,
        feedback=opening + hint,
        receipt=proof,
        truncated_at=truncated,
    )


def quoted(text: str, segment: Segment, longest: int = 140) -> str:
    """A piece of the answer in quotation marks, on one line, shortened in the middle of nowhere but at a word."""
    piece = " ".join(text[segment.start : segment.end].split())
    if len(piece) > longest:
        piece = piece[:longest].rsplit(" ", 1)[0].rstrip(",;:") + " …"
    return f"“{piece.rstrip('.')}”"


def criterion_report(
    criterion: Criterion,
    evidence: Evidence,
    credit: float,
    opposed: float,
    text: str,
    prepared: PreparedRubric,
    disorder: float,
) -> CriterionReport:
    """Put one criterion's numbers into words.

    Parameters
    ----------
    criterion : Criterion
    evidence : Evidence
        With a segment.
    credit, opposed : float
        Credit, and probability of contradiction, in [0, 1].
    text : str
        The answer.
    prepared : PreparedRubric
    disorder : float
        Probability that the answer is no more than words.

    Returns
    -------
    CriterionReport
    """
    assert evidence.segment is not None
    features = evidence.features
    named = evidence.named
    where: Segment | None = evidence.segment
    matched: int | None = int(prepared.texts.index[evidence.text])
    said = quoted(text, evidence.segment)
    # A sentence that plainly turns the statement round is what to show, whatever else sounds like the misconception.
    plainly = features["conflict"] > 0 or features["opposed"] > 0 or features["denial"] >= CLEARLY_DENIED
    by_twin = evidence.twin_segment is not None and features["twin"] > 0 and not plainly
    if opposed >= models.CONTRADICTED and opposed > credit:
        verdict = "contradicted"
        if by_twin and evidence.twin_segment is not None:
            where = evidence.twin_segment
            matched = int(prepared.texts.index[evidence.twin_text])
            twin = prepared.texts.strings[evidence.twin_text].rstrip(".")
            because = f"You say {quoted(text, where)}, which is close to a common misconception: “{twin}”."
        else:
            where = evidence.against_segment or evidence.segment
            because = f"You say {quoted(text, where)}, which turns round what was asked for."
    elif disorder >= 0.5 and named:
        verdict, because = "unsure", f"The words are there ({said}), but not in a sentence that shows what you mean."
    elif evidence.echo and credit < MET:
        verdict, because = "missed", "This only repeats the question."
        where = matched = None
    elif credit >= MET:
        verdict, because = "met", f"You say {said}, which is close to what was asked."
        if evidence.twin_refuted:
            because = f"You say {said}, and you reject the misconception that goes with it."
    elif opposed >= UNSURE and (credit >= PARTIAL or named):
        verdict = "unsure"
        sounds_like = f": “{prepared.texts.strings[evidence.twin_text].rstrip('.')}”" if evidence.twin_text >= 0 else ""
        because = (
            f"You say {said}; it could be read as what was asked for, or as the misconception that sounds like it"
            f"{sounds_like}."
        )
    elif credit >= PARTIAL:
        verdict, because = "partial", f"You say {said}, which goes in this direction without saying all of it."
    else:
        verdict, because = "missed", "Nothing in the answer speaks of this."
        if credit >= NEAR:
            because = f"You come near it where you say {said}, but do not say this."
        where = matched = None
    return CriterionReport(
        id=criterion.id,
        facet=criterion.facet,
        verdict=verdict,
        credit=credit,
        evidence=None if where is None else (where.start, where.end),
        because=because,
        matched_statement=matched,
        follow_up=None if verdict == "met" else criterion.follow_up,
    )
