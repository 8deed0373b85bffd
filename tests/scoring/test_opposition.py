from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.scoring.opposition import conflict, opposed
from app.scoring.polarity import signs
from app.scoring.refutation import refuted_shares
from app.scoring.text import sentences


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("Dropout reduces overfitting in the network.", "Dropout does not reduce overfitting in the network."),
        ("Dropout reduces overfitting.", "Dropout increases overfitting."),
        ("The generator tries to fool the discriminator.", "The discriminator tries to fool the generator."),
        (
            "Surviving activations are divided by the keep probability during training.",
            "Surviving activations are multiplied by the keep probability during training.",
        ),
        ("At test time dropout is disabled.", "At test time dropout isn't disabled."),
        ("Gradients vanish in deep sigmoid networks.", "Gradients explode in deep sigmoid networks."),
        ("It takes the elements from left to right.", "It takes the elements from right to left."),
        ("It takes the elements from left to right.", "It takes the elements from not left to right."),
        ("The set can be shattered.", "The set cannot be shattered."),
        ("Higher bias means lower variance.", "Higher bias does not mean lower variance."),
        (
            "An item joins at the end of the queue and leaves at the beginning.",
            "An item joins at the start of the queue and leaves at the beginning.",
        ),
        ("A pointer holds the address of another variable.", "The address of another variable holds a pointer."),
        ("A function that calls itself.", "itself calls A function that."),
    ],
)
def test_the_opposite_is_noticed(statement, said):
    assert conflict(statement, said) >= 0.5


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("Dropout reduces overfitting.", "Dropout reduces overfitting."),
        ("Dropout reduces overfitting.", "Dropout doesn't increase overfitting."),
        ("No unit can depend on the presence of other units.", "A unit cannot depend on other units being present."),
        ("The generator tries to fool the discriminator.", "The discriminator is fooled by the generator."),
        ("It is not only fast but accurate.", "It is fast and accurate."),
        ("Higher bias means lower variance.", "Lower bias means higher variance."),
        ("Push and pop add or remove elements.", "Push and pop remove or add elements."),
        ("The encoder is connected to the decoder.", "The decoder is connected to the encoder."),
        ("Both hold a frame for the sender and the receiver.", "Both hold a frame for the receiver and the sender."),
        ("Dropout reduces overfitting.", "Pooling does not shift the labels of the classes."),
        (
            "Socket 6 and the positive socket are connected.",
            "There is no gap between socket 6 and the positive socket.",
        ),
        ("Node A and the positive pole are separated by it.", "Node A is connected to the negative pole."),
        (
            "The unit was no longer in a closed loop with the sensor.",
            "There was no longer a closed loop with the unit and the sensor.",
        ),
    ],
)
def test_agreement_and_other_subjects_are_left_alone(statement, said):
    assert conflict(statement, said) == 0


@given(st.text(max_size=80), st.text(max_size=80))
def test_conflict_is_a_share(one, other):
    assert 0 <= conflict(one, other) <= 1


def refuted(text: str) -> list[bool]:
    return list(refuted_shares(text, sentences(text)) >= 0.5)


@pytest.mark.parametrize(
    "text",
    [
        "It is wrong to say that dropout removes neurons for good.",
        "A common misconception is that dropout removes neurons for good.",
        "Many people think that dropout removes neurons for good. This is wrong.",
        "It is not true that dropout removes neurons for good.",
        "Dropout removes neurons for good? That is a myth.",
    ],
)
def test_a_misconception_that_is_refuted_is_seen_as_such(text):
    assert refuted(text)[0]


@pytest.mark.parametrize(
    "text",
    [
        "Dropout removes neurons for good.",
        "I think that dropout removes neurons for good.",
        "Some people say that dropout removes neurons for good.",
        "It is right to say that dropout removes neurons for good.",
    ],
)
def test_a_misconception_that_is_held_is_no_refutation(text):
    assert not refuted(text)[0]


def test_what_follows_the_but_is_the_writers_own_view():
    text = (
        "People often think that units are removed for good, but dropout only switches them off at random for one step."
    )
    assert not refuted(text)[0]


@pytest.mark.parametrize(
    ("statement", "said", "turned"),
    [
        (
            "A higher learning rate makes training unstable.",
            "Training gets unstable if the learning rate is lower.",
            True,
        ),
        ("Variance falls when trees are averaged.", "Averaging many trees lets the variance rise.", True),
        ("Averaging reduces the variance.", "The variance does not increase when you average.", False),
        ("Averaging reduces the variance.", "With averaging, the variance decreases.", False),
        ("Each unit is dropped with a fixed probability.", "Units are switched off at random.", False),
    ],
)
def test_the_opposite_direction_is_seen_in_other_words(statement, said, turned):
    assert opposed(statement, said) is turned


def test_a_negation_reaches_over_the_end_of_a_line_that_goes_on():
    statement = "Past a few thousand examples the direction of the gradient barely changes."
    assert conflict(statement, "Past a few thousand examples the direction of the gradient barely\nchanges.") == 0
    # Items of a list are lines of their own.
    assert signs("no bias\nWeights decay").signs["weight"] == 1
