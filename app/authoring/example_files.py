"""Files of questions that the API's description shows, and a test imports."""

from __future__ import annotations

YAML_QUESTION = """\
slug: early-stopping-in-practice
title: Early stopping in practice
kind: explain
topic: optimisation
level: 2
minutes: 5
prompt: |
  Training goes on and the training loss keeps falling. Somebody stops anyway.

  Say what they look at, when they stop, and why that helps.
rubric:
  criteria:
    - id: watches-validation
      facet: what
      weight: 2
      statements:
        - The loss on held-out validation data is measured after every epoch.
        - A separate set of data tells when the network stops getting better at new cases.
      false_twins:
        - The loss on the training data tells when to stop.
      follow_up: Which number decides when to stop?
    - id: limits-capacity
      facet: why
      weight: 2
      statements:
        - A network that is stopped has had no time to learn the noise.
        - Few steps keep the weights near their start, which limits what the network can fit.
model_answer: |
  After each epoch the loss on validation data is measured. Training ends when it has not improved for some epochs, and
  the best weights are kept. Few steps leave no time to learn the noise of the training data.
sources:
  - title: "Goodfellow, Bengio and Courville, Deep Learning, section 7.8, MIT Press 2016"
    url: https://www.deeplearningbook.org/
samples:
  - kind: strong-short
    grade: 0.75
    text: Watch the validation loss and keep the best weights. Stopping early leaves no time to learn the noise.
"""
GIFT_QUESTION = """\
::Momentum::Explain what momentum does to gradient descent in a narrow valley.{
####Momentum averages the gradients of past steps. Components across the valley cancel, and those along it add up.
}
"""
