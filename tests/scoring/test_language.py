from __future__ import annotations

import pytest

from app.scoring.language import guess, same_language


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("The gradient is the direction in which the loss grows, so we go the other way.", "en"),
        ("Der Gradient ist die Richtung, in der der Verlust wächst, also gehen wir in die andere.", "de"),
        ("Le gradient est la direction dans laquelle la perte augmente, donc on va dans l'autre sens.", "fr"),
        ("El gradiente es la dirección en la que crece la pérdida, así que vamos en la otra.", "es"),
        ("Градиент показывает направление, в котором растёт ошибка.", "CYRILLIC"),
        ("梯度是损失增长的方向，所以我们往相反的方向走。", "CJK"),
        ("ReLU, tanh, sigmoid", None),
        ("", None),
        ("σ(x) = 1 / (1 + e⁻ˣ), δ = ∂L/∂z, θ ← θ − ηδ", None),
    ],
)
def test_languages_by_their_small_words_and_scripts(text, language):
    assert guess(text) == language


def test_doubt_is_no_difference():
    assert same_language("ReLU, tanh, sigmoid", "en")
    assert same_language("The gradient is the direction in which the loss grows.", None)
    assert not same_language("Der Gradient ist die Richtung, in der der Verlust wächst.", "en")
