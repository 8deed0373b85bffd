"""The bank's fixed vocabulary, and the words people read for it."""

from __future__ import annotations

from typing import Literal, get_args

Kind = Literal[
    "explain",
    "compare",
    "design",
    "debug",
    "derive",
    "implement",
    "plain-language",
    "misconception",
    "opinion",
    "behavioural",
]
Topic = Literal[
    "mathematics",
    "classical-learning",
    "foundations",
    "optimisation",
    "vision",
    "sequences",
    "transformers",
    "generative",
    "representation",
    "systems",
    "evaluation",
    "debugging",
    "algorithms",
    "behavioural",
]
Facet = Literal["what", "how", "why", "example", "trade_off", "situation", "action", "result", "reflection"]

KINDS: tuple[Kind, ...] = get_args(Kind)
TOPICS: tuple[Topic, ...] = get_args(Topic)
FACETS: tuple[Facet, ...] = get_args(Facet)

REVIEW = "review"
"""The kind of graded samples that were made of reviews."""

PLAIN_LANGUAGE: Kind = "plain-language"
"""Asks for an answer that a newcomer understands."""

KIND_LABELS: dict[str, str] = {
    "explain": "Explain",
    "compare": "Compare",
    "design": "Design",
    "debug": "Debug",
    "derive": "Derive",
    "implement": "Implement",
    "plain-language": "Plain language",
    "misconception": "Spot the misconception",
    "opinion": "Opinion",
    "behavioural": "Behavioural",
}
TOPIC_LABELS: dict[str, str] = {
    "mathematics": "Mathematics and statistics",
    "classical-learning": "Classical learning",
    "foundations": "Neural-network foundations",
    "optimisation": "Optimisation and regularisation",
    "vision": "Computer vision",
    "sequences": "Sequences and memory",
    "transformers": "Transformers and language models",
    "generative": "Generative models",
    "representation": "Representation and transfer",
    "systems": "Training at scale and systems",
    "evaluation": "Evaluation, data and deployment",
    "debugging": "Debugging",
    "algorithms": "Algorithms and data structures",
    "behavioural": "Behavioural",
}
LEVEL_LABELS: dict[int, str] = {
    1: "Newcomer",
    2: "Junior",
    3: "Practitioner",
    4: "Senior",
    5: "Specialist",
}
FACET_LABELS: dict[str, str] = {
    "what": "What",
    "how": "How",
    "why": "Why",
    "example": "Example",
    "trade_off": "Trade-offs",
    "situation": "Situation",
    "action": "Action",
    "result": "Result",
    "reflection": "Reflection",
}
