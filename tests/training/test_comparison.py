"""What torch trains and what numpy runs are the same network."""

from __future__ import annotations

import numpy as np
import torch

from app.scoring.comparison import Comparison as Ours
from app.scoring.comparison import compare, prepare_said
from app.scoring.encoded import normalised
from app.scoring.polarity import AXES, TokenMarks
from app.scoring.prepared import novelty
from app.training.comparing import compared, laid_flat
from app.training.comparison import Comparison as Theirs
from app.training.texts import TrainingText


def test_numpy_computes_what_was_trained():
    torch.manual_seed(0)
    theirs = Theirs().eval()
    for parameter in theirs.parameters():
        torch.nn.init.normal_(parameter, std=0.3)
    ours = Ours.from_arrays({name: value.astype(np.float32) for name, value in theirs.arrays().items()})
    rng = np.random.default_rng(0)
    lengths = [[7], [3], [12], [5, 4, 6]]  # a question, two statements, an answer of three sentences
    texts = [
        TrainingText(
            tuple((101, *range(length), 102) for length in row),
            rng.uniform(0.1, 1, sum(row)).astype(np.float32),
            rng.choice([-1, 0, 1], sum(row)).astype(np.float32),
            rng.choice([-1, 0, 0, 0, 1], (sum(row), AXES)).astype(np.float32),
        )
        for row in lengths
    ]
    vectors = [normalised(rng.standard_normal((sum(row), 384))) for row in lengths]
    flat = laid_flat(texts, torch.from_numpy(np.concatenate(vectors)))
    with torch.inference_mode():
        wanted, near = compared(theirs, flat, torch.tensor([1, 2]), torch.tensor([3, 3]), torch.tensor([0, 0]))
    weights = [text.weights * novelty(v, vectors[0]) for text, v in zip(texts[1:3], vectors[1:3], strict=True)]
    weights = [one / one.sum() for one in weights]
    said = prepare_said(
        ours,
        np.concatenate(vectors[1:3]),
        np.array([0, 3]),
        np.concatenate(weights),
        TokenMarks(np.concatenate([t.signs for t in texts[1:3]]), np.concatenate([t.poles for t in texts[1:3]])),
        vectors[0],
    )
    cosines = said.tokens @ vectors[3].T
    logits, denial = compare(
        ours, said, cosines, vectors[3], TokenMarks(texts[3].signs, texts[3].poles), [(0, 5), (5, 9), (9, 15)]
    )
    assert logits.shape == (2, 3, 3)
    assert denial.shape == (2, 3)
    assert denial.min() >= 0
    assert denial.max() <= 1
    assert np.allclose(logits.max(axis=1), wanted.numpy(), atol=2e-2)  # float16 in the file
    assert np.allclose(np.add.reduceat(said.weights * cosines.max(axis=1), [0, 3]), near.numpy(), atol=1e-5)
