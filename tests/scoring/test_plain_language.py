from __future__ import annotations

from app.scoring.plain_language import READER_WORDS, plain_language

JARGON = (
    "Backpropagation computes the gradient of the loss with respect to the parameters via the chain rule, and the "
    "optimizer then updates the weights."
)
PLAIN = (
    "The machine makes a guess. Then it looks how wrong the guess was and goes back through its steps to find which of "
    "its little knobs is to blame. It turns each knob a bit, and tries again."
)
EXPLAINED = (
    "A gradient is the direction in which the mistakes get smaller fastest. You follow the gradient downhill, which "
    "people call backpropagation."
)


def terms(text: str) -> list[str]:
    return [one.text.lower() for one in plain_language(text).unexplained]


def test_terms_nobody_explained_are_listed_where_they_stand():
    found = plain_language(JARGON)
    assert {"backpropagation", "gradient"} <= {one.text.lower() for one in found.unexplained}
    for one in found.unexplained:
        assert JARGON[one.start : one.end] == one.text
    assert "gradient" in found.note()


def test_everyday_words_are_no_terms():
    assert terms(PLAIN) == []
    assert plain_language(PLAIN).note() == ""


def test_a_term_that_is_explained_is_not_listed():
    assert terms(EXPLAINED) == []


def test_what_the_question_names_needs_no_explanation():
    from app.scoring.lexicon import stem

    assert "gradient" not in [t.text for t in plain_language(JARGON, [stem("gradient")]).unexplained]


def test_spelling_is_not_looked_at():
    assert terms("the machin gesses and lerns from its misstakes, agen and agen") == []


def test_long_sentences_are_told():
    found = plain_language(" and ".join(["the machine makes a guess"] * 12) + ".")
    assert found.words_per_sentence > 1.4 * READER_WORDS
    assert "words on average" in found.note()
    assert plain_language("").words_per_sentence == 0
