"""Whether an answer is in the rubric's language, as far as function words and scripts tell."""

from __future__ import annotations

import unicodedata

from app.scoring.text import words

_WORDS = {
    "en": "the of and to in is that it for as with are on be this by an or from which not but because when if"
    " then so we you can",
    "de": "der die das und ist nicht ein eine zu den von mit auf dem es sich werden wird im für auch als wenn"
    " oder dass man bei wir",
    "fr": "le la les des et est une un dans que qui pour pas sur avec ce il par plus sont au du en ne se on"
    " cette mais nous",
    "es": "el la los las de y es una un que en por para con no se del al como más pero son lo su este esta"
    " cuando porque",
    "it": "il la le gli di e è una un che in per con non si del della come più ma sono lo questo questa quando perché",
    "pt": "o a os as de e é uma um que em por para com não se do da como mais mas são isso este esta quando porque",
    "nl": "de het een en is niet van in op te dat die voor met zijn als aan er maar om ook bij wordt worden of we",
    "pl": "i w na nie jest że się do to z jak co ale dla przez po od są który która tak przy lub być gdy",
    "sv": "och att det som en på är av för med den till inte ett om var så men vi kan från när eller",
}
_TABLE = {name: frozenset(row.split()) for name, row in _WORDS.items()}
LEAST_WORDS = 8


def guess(text: str) -> str | None:
    """A language, a script, or None where the text says too little.

    Parameters
    ----------
    text : str

    Returns
    -------
    str or None
        Two letters for a language that is known by its words, else a script's name such as ``CYRILLIC``.
    """
    if not text[:4000].isascii():
        letters = [c for c in text[:4000] if c.isalpha()]
        # Greek letters are formulas more often than Greek.
        foreign = [c for c in letters if ord(c) > 0x24F and "GREEK" not in unicodedata.name(c, "")]
        if len(letters) >= 10 and len(foreign) * 2 > len(letters):
            return unicodedata.name(foreign[0], "UNKNOWN").split()[0]
    found = words(text[:4000])
    if len(found) < LEAST_WORDS:
        return None
    counts = {name: sum(1 for word in found if word in table) for name, table in _TABLE.items()}
    best = max(sorted(counts), key=lambda name: counts[name])
    runner_up = max(count for name, count in counts.items() if name != best)
    if counts[best] < 0.12 * len(found) or counts[best] < runner_up + 2:
        return None
    return best


def same_language(answer: str, language: str | None) -> bool:
    """Whether nothing speaks against the answer being in a language that `guess` has found."""
    found = guess(answer)
    return found is None or language is None or found == language
