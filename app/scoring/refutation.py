"""Misconceptions that an answer names in order to refute them are not held against it."""

from __future__ import annotations

import re
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from app.scoring.text import Segment, sentences

_WRONG = "wrong|false|untrue|incorrect|mistaken|a mistake|a myth|nonsense"
_FRAME = re.compile(
    rf"\b(?:(?:it|that|this)(?: is| would be|'s) (?:\w+ )?(?:{_WRONG})(?: \w+)? "
    r"(?:to (?:say|think|believe|assume|claim)|that)\b"
    r"|(?:it|that)(?: is|'s) not (?:true|correct|right|the case) (?:that|to say)\b"
    r"|it isn't (?:true|correct|the case) that\b"
    r"|(?:common|popular|frequent|widespread|usual|typical) (?:misconception|mistake|myth|error|belief"
    r"|misunderstanding)"
    r"|(?:misconception|myth|fallacy|misunderstanding) (?:is |says )?that\b"
    r"|(?:people|many|some|beginners|students|one) (?:often |sometimes |may |might |wrongly |mistakenly |falsely )*"
    r"(?:think|believe|say|claim|assume|suppose)s? (?:that )?"
    r"|(?:wrongly|mistakenly|falsely|erroneously) (?:think|thought|believed?|said|say|claim(?:ed)?|assumed?)"
    r"|contrary to (?:what|the|popular|common)|one (?:should|must) not (?:think|say|believe|conclude)"
    r"|(?:do not|don't|never) (?:think|say|believe|confuse|assume)"
    r"|i (?:disagree|do not agree|don't agree|would not agree)"
    r"|the (?:statement|claim|idea|sentence|view) (?:that .{3,120}? )?(?:is|was) "
    r"(?:wrong|false|incorrect|misleading|a myth))",
    re.IGNORECASE,
)
_AFTER = re.compile(
    r"^\W*(?:but |however,? |though,? |yet )?(?:this|that|it|which|they|both|the latter)?\W*(?:is|are|'s|would be)?\s*"
    r"(?:wrong|false|untrue|incorrect|mistaken|not true|not correct|not right|not the case|isn't true|isn't correct"
    r"|a myth|a misconception|nonsense)\b",
    re.IGNORECASE,
)
_OWN_VIEW = re.compile(
    r"[,;:]\s*(?:but|however|yet|in fact|actually|in reality|really|whereas|while|instead|rather)\b|\bbut\b", re.I
)
# A frame such as "people think that" is no refutation until something takes it back.
_REPORTED = re.compile(r"\b(?:people|many|some|beginners|students|one)\b", re.I)
_TAKEN_BACK = re.compile(
    r"\b(?:but|however|actually|in fact|in reality|wrong|false|not true|incorrect|mistaken|myth|misconception)\b", re.I
)


def refuted_shares(text: str, pieces: Sequence[Segment]) -> NDArray[np.float32]:
    """How much of each segment reports something as wrong.

    Parameters
    ----------
    text : str
    pieces : sequence of Segment

    Returns
    -------
    float32 array, shape (len(pieces),)
        Share of the segment's characters in a passage that the writer rejects, in [0, 1].
    """
    spans = _rejected(text)
    shares = np.zeros(len(pieces), dtype=np.float32)
    for i, piece in enumerate(pieces):
        inside = sum(max(0, min(piece.end, end) - max(piece.start, start)) for start, end in spans)
        shares[i] = inside / (piece.end - piece.start)
    return shares


def _rejected(text: str) -> list[tuple[int, int]]:
    plain = text.replace("’", "'")
    whole = sentences(text)
    spans = []
    for i, sentence in enumerate(whole):
        said = plain[sentence.start : sentence.end]
        following = plain[whole[i + 1].start : whole[i + 1].end] if i + 1 < len(whole) else ""
        if _AFTER.match(following) and len(following.split()) <= 40:
            spans.append((sentence.start, sentence.end))
            continue
        frame = _FRAME.search(said)
        if frame is None:
            continue
        if _REPORTED.match(frame.group()) and not _TAKEN_BACK.search(said[frame.end() :] + " " + following):
            continue
        own = _OWN_VIEW.search(said, frame.end())
        spans.append((sentence.start, sentence.start + (own.start() if own else len(said))))
    return spans
