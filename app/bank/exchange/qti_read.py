"""One item of QTI 2.1, 2.2 or 3, as a question of whatever shape."""

from __future__ import annotations

from collections.abc import Iterator

from app.bank.exchange.foreign import GAP, Foreign, Option, Shape
from app.bank.exchange.qti_text import Seen, text_of_node
from app.bank.exchange.result import Reading
from app.bank.exchange.xml_tree import Node

ITEM = "assessmentItem"
_SHAPES: dict[str, Shape] = {
    "extendedTextInteraction": "essay",
    "choiceInteraction": "choice",
    "hottextInteraction": "choice",
    "textEntryInteraction": "gaps",
    "inlineChoiceInteraction": "gaps",
    "gapMatchInteraction": "gaps",
    "matchInteraction": "matching",
    "associateInteraction": "matching",
    "orderInteraction": "order",
}
_CHOICES = ("simpleChoice", "simpleAssociableChoice", "hottext", "inlineChoice", "gapText", "gapImg")


def read_item(item: Node, reading: Reading) -> Foreign:
    """The question that an item asks.

    Raises:
        FileError: it has no body, or nothing in it is answered in a way that can be turned into words.
    """
    body = next(item.elements("itemBody"), None)
    if body is None:
        raise reading.error("has no item body", item.line, "itemBody")
    interactions = [node for node in body.every() if node.name.endswith("Interaction")]
    known = [node for node in interactions if node.name in _SHAPES]
    if not interactions:
        raise reading.error("asks nothing: there is no interaction in the item body", body.line, "itemBody")
    if not known:
        first = interactions[0]
        message = f"is answered by {first.name}, which has no form in words"
        raise reading.error(message, first.line, first.name)
    shape = _SHAPES[known[0].name]
    one = Foreign(shape, "", item.get("title"), _identifier(item))
    others = [node.name for node in interactions if node not in known or _SHAPES[node.name] != shape]
    if others:
        one.notes.append(f"A part of it was left out: {', '.join(dict.fromkeys(others))}.")
    if shape != "gaps" and len(known) > 1:
        one.notes.append("It asks several things at once; only the first has a model answer.")
    seen = Seen(GAP)
    choices = {choice.get("identifier"): text_of_node(choice, seen) for choice in body.every(*_CHOICES)}
    one.text = text_of_node(body, Seen(GAP, lost=seen.lost))
    answers = _Answers(item)
    _answer(one, known, choices, answers)
    rubrics = [text_of_node(node, seen) for node in body.every("rubricBlock") if "candidate" not in node.get("view")]
    one.notes += [f"It has notes for who scores it: {text[:400]}" for text in rubrics if text]
    feedback = [text_of_node(node, seen) for node in _feedback(item)]
    if feedback and shape != "essay":
        one.notes.append(f"It says, depending on the answer: {' / '.join(feedback)[:400]}")
    elif feedback and not one.model_answer:
        one.feedback = "\n\n".join(feedback)
    one.notes += [f"Left out: {what}." for what in seen.lost]
    return one


def _identifier(item: Node) -> str:
    # Many tools name items by a number or a UUID, which tells a person nothing: the title is the better name then.
    identifier = item.get("identifier")
    letters = sum(character.isalpha() for character in identifier)
    return identifier if letters > 2 * (len(identifier) - letters) else ""


def _feedback(item: Node) -> Iterator[Node]:
    return item.every("modalFeedback", "feedbackBlock", "feedbackInline")


class _Answers:
    """What the response declarations say is right."""

    def __init__(self, item: Node) -> None:
        self._declared = {node.get("identifier"): node for node in item.elements("responseDeclaration")}

    def right(self, response: str) -> list[str]:
        """The values of the right response."""
        declared = self._declared.get(response)
        if declared is None:
            return []
        return [
            value.raw_text().strip() for right in declared.elements("correctResponse") for value in right.every("value")
        ]

    def shares(self, response: str) -> dict[str, float]:
        """What each mapped value is worth, 1 for the best."""
        declared = self._declared.get(response)
        entries = [] if declared is None else list(declared.every("mapEntry"))
        worth: dict[str, float] = {}
        for entry in entries:
            try:
                worth[entry.get("mapKey")] = float(entry.get("mappedValue"))
            except ValueError:
                continue
        best = max(worth.values(), default=0.0)
        return {key: value / best for key, value in worth.items()} if best > 0 else {}


def _answer(one: Foreign, known: list[Node], choices: dict[str, str], answers: _Answers) -> None:
    first = known[0]
    response = first.get("responseIdentifier")
    right, shares = answers.right(response), answers.shares(response)
    if one.shape == "essay":
        one.model_answer = "\n\n".join(text for text in right if text)
    elif one.shape == "choice":
        for name in _own(first):
            share = 1.0 if name in right else 0.0 if right else shares.get(name, 0.0)
            one.options.append(Option(choices[name], share))
    elif one.shape == "order":
        order = [name for name in right if name in choices]
        one.options = [Option(choices[name], 1.0) for name in order]
        if not order:
            one.options = [Option(choices[name]) for name in _own(first)]
    elif one.shape == "matching":
        pairs = [tuple(value.split()) for value in right] or [tuple(key.split()) for key in shares if shares[key] > 0]
        for pair in pairs:
            if len(pair) == 2 and all(name in choices for name in pair):
                one.pairs.append((choices[pair[0]], choices[pair[1]]))
        taken = {text for pair in one.pairs for text in pair}
        one.decoys = [choices[name] for name in _own(first) if choices[name] not in taken]
    elif first.name == "gapMatchInteraction":
        by_gap = {gap: name for name, _, gap in (value.partition(" ") for value in right)}
        gaps = [gap.get("identifier") for gap in first.every("gap")]
        one.options = [Option(choices[by_gap[gap]], 1.0) for gap in gaps if by_gap.get(gap) in choices]
        _offer(one, [choices[name] for name in _own(first)])
    else:
        for node in known:
            response = node.get("responseIdentifier")
            values = answers.right(response) or [key for key, share in answers.shares(response).items() if share >= 1]
            said = [choices.get(value, value) for value in values]
            if said:
                one.options.append(Option(" or ".join(said), 1.0))
            _offer(one, [choices[name] for name in _own(node)])
        if len(one.options) < len(known):
            one.notes.append("Not every gap says what belongs into it.")


def _own(interaction: Node) -> list[str]:
    names = (node.get("identifier") for node in interaction.every(*_CHOICES))
    return [name for name in names if name]


def _offer(one: Foreign, texts: list[str]) -> None:
    if texts:
        one.text += "\n\nFor a gap there are: " + "; ".join(texts)
