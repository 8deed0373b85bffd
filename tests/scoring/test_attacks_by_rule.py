"""Attacks are what they are called."""

from __future__ import annotations

from app.scoring.attacks import attacks_on, flipped, keywords, negated, seeded, shuffled, swapped

ANSWER = "Dropout lowers the variance, because more units must work alone. It is used before the last layer."


def test_negated_denies_every_sentence() -> None:
    assert negated("It is a tree. They can grow.") == "It is not a tree. They can not grow."
    assert negated("Stacks use memory in order.").count("not") == 1


def test_flipped_turns_directions_and_nothing_else() -> None:
    assert flipped("More units before the last layer.") == "Less units after the first layer."
    assert flipped("A tree has nodes.") is None
    assert flipped(flipped("Higher bias, lower variance.") or "") == "Higher bias, lower variance."


def test_swapped_exchanges_who_does_what() -> None:
    assert swapped("A class contains several methods.") == "several methods contains A class."
    assert swapped("The network is trained by an optimiser.") == "an optimiser is trained by The network."
    assert swapped("It depends.") is None


def test_words_are_the_same_in_another_order() -> None:
    mixed = shuffled(ANSWER, seeded(1))
    assert mixed != ANSWER
    assert sorted(mixed.split()) == sorted(ANSWER.split())
    assert "the" not in keywords(ANSWER, seeded(1)).split()


def test_the_same_in_every_run() -> None:
    once, again = (list(attacks_on("Why dropout?", ANSWER, ANSWER, "Another.", seeded("q"))) for _ in range(2))
    assert once == again
    kinds = [kind for kind, _, _ in once]
    assert len(kinds) == len(set(kinds)) >= 8
    for kind, text, origin in once:
        assert text.strip(), kind
        assert text != origin, kind
