"""What stands between the braces of a GIFT question."""

from __future__ import annotations

import re
from collections.abc import Iterator

from app.bank.exchange.foreign import Foreign, Option
from app.bank.exchange.gift_blocks import Parts, plain
from app.bank.exchange.result import Reading

_TRUE = re.compile(r"\s*(T|TRUE|F|FALSE)\s*(?:#(.*))?$", re.DOTALL | re.IGNORECASE)
_WEIGHT = re.compile(r"\s*%(-?\d+(?:\.\d+)?)%")
_WHOLE = re.compile(r"\s*([-+]?[\d.]+(?:[eE][-+]?\d+)?)\s*(?::|\.\.)?")


def read_answers(parts: Parts, reading: Reading, line: int) -> Foreign:
    """The question that text and answers make.

    Raises:
        FileError: the answers are of no kind that GIFT knows.
    """
    assert parts.answers is not None
    answers, general = _without_general(parts.answers)
    one = Foreign("essay", parts.text, parts.title, notes=parts.notes)
    one.feedback = plain(general, parts.format, one.notes)
    inner = answers.strip()
    if not inner:
        return one
    if match := _TRUE.match(inner):
        _true_or_false(one, match[1][0].upper() == "T", match[2] or "", parts)
    elif inner.startswith("#"):
        _numbers(one, inner[1:], parts, reading)
    elif any(mark == "~" for mark, _, _ in _answers(inner)):
        one.shape = "choice"
        one.options = [_option(mark, text, feedback, parts, one) for mark, text, feedback in _answers(inner)]
    elif re.search(r"(?<!\\)->", inner) and inner.startswith("="):
        _pairs(one, inner, parts, reading)
    else:
        one.shape = "gaps" if parts.is_gap else "short answer"
        with_mark = inner if re.match(r"[=~]", inner) else f"={inner}"
        one.options = [_option(mark, text, feedback, parts, one) for mark, text, feedback in _answers(with_mark)]
        if one.shape == "gaps" and len(one.options) > 1:
            # One gap with several answers that will do is no list of gaps.
            best = [option.text for option in one.options if option.share >= 1] or [one.options[0].text]
            reasons = [option.feedback for option in one.options if option.share >= 1]
            one.options = [Option(" or ".join(best), 1.0, next(iter(reasons), ""))]
    if parts.is_gap and one.shape == "choice":
        one.notes.append("It had a missing word, which is a gap in the prompt now.")
    return one


def _answers(text: str) -> Iterator[tuple[str, str, str]]:
    """(`=` or `~`, answer, feedback) of each; escapes stand as they are."""
    # What stands before the first mark is skipped, so that an escaped mark there is none.
    listed = re.sub(r"^(?:\\.|[^\\=~])*", "", text, count=1, flags=re.DOTALL)
    for match in re.finditer(r"([=~])((?:\\.|[^\\=~])*)", listed, re.DOTALL):
        answer, feedback = _cut(match[2], "#")
        yield match[1], answer, feedback


def _cut(text: str, mark: str) -> tuple[str, str]:
    """Before and after the first unescaped mark."""
    match = re.match(rf"((?:\\.|[^\\{mark}])*){mark}(.*)$", text, re.DOTALL)
    return (match[1], match[2]) if match else (text, "")


def _without_general(text: str) -> tuple[str, str]:
    """The answers, and what is said after any answer (`####`)."""
    match = re.match(r"((?:\\.|[^\\#]|#(?!###))*)####(.*)$", text, re.DOTALL)
    return (match[1], match[2]) if match else (text, "")


def _option(mark: str, text: str, feedback: str, parts: Parts, one: Foreign) -> Option:
    share = 1.0 if mark == "=" else 0.0
    if weight := _WEIGHT.match(text):
        share, text = float(weight[1]) / 100, text[weight.end() :]
    return Option(plain(text, parts.format, one.notes), share, plain(feedback, parts.format, one.notes))


def _true_or_false(one: Foreign, is_true: bool, feedback: str, parts: Parts) -> None:
    one.shape = "true or false"
    # The first feedback is for the wrong answer, the second for the right one.
    if_wrong, if_right = _cut(feedback, "#")
    right, wrong = ("true", "false") if is_true else ("false", "true")
    one.options = [
        Option(right, 1.0, plain(if_right, parts.format, one.notes)),
        Option(wrong, 0.0, plain(if_wrong, parts.format, one.notes)),
    ]


def _numbers(one: Foreign, text: str, parts: Parts, reading: Reading) -> None:
    one.shape = "number"
    listed = list(_answers(text)) if re.match(r"\s*=", text) else [("=", *_cut(text, "#"))]
    for mark, answer, feedback in listed:
        share = 1.0
        if weight := _WEIGHT.match(answer):
            share, answer = float(weight[1]) / 100, answer[weight.end() :]
        if mark == "~" or not answer.strip():
            one.notes.append("What is said to any other number was left out.")
            continue
        if _WHOLE.match(answer) is None:
            raise reading.error(f"{answer.strip()[:40]!r} is no number", parts.answers_line)
        one.options.append(Option(_number(answer.strip()), share, plain(feedback, parts.format, one.notes)))


def _number(text: str) -> str:
    if ".." in text:
        low, _, high = text.partition("..")
        return f"between {low.strip()} and {high.strip()}"
    middle, _, by = text.partition(":")
    return f"{middle.strip()} (± {by.strip()})" if by.strip() not in ("", "0") else middle.strip()


def _pairs(one: Foreign, text: str, parts: Parts, reading: Reading) -> None:
    one.shape = "matching"
    for _, answer, feedback in _answers(text):
        if "->" not in answer:
            raise reading.error(f"{answer.strip()[:40]!r} has no -> and what it belongs to", parts.answers_line)
        left, _, right = answer.partition("->")
        left, right = (plain(side, parts.format, one.notes) for side in (left, right))
        if left:
            one.pairs.append((left, right))
        else:
            one.decoys.append(right)
        if said := plain(feedback, parts.format, one.notes):
            one.feedback = f"{one.feedback} {said}".strip()
