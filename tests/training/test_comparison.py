"""What torch trains and what numpy runs are the same network."""

from __future__ import annotations

import numpy as np
import torch

from app.scoring.comparison import Comparison as Ours
from app.scoring.comparison import compare, prepare_said
from app.scoring.encoded import normalised
from app.training.adapter import as_arrays, compared
from app.training.comparison import Comparison as Theirs


def test_numpy_computes_what_was_trained():
    torch.manual_seed(0)
    theirs = Theirs().eval()
    torch.nn.init.normal_(theirs.importance.weight, std=0.5)
    ours = Ours.from_arrays({name: value.astype(np.float32) for name, value in as_arrays(theirs).items()})
    rng = np.random.default_rng(0)
    texts = [normalised(rng.standard_normal((length, 384))) for length in (7, 3, 12, 5)]
    question, first, second, answer = texts
    flat = torch.from_numpy(np.concatenate([*texts, np.zeros((1, 384), np.float32)]))
    lengths = torch.tensor([len(one) for one in texts])
    places = torch.stack([torch.cumsum(lengths, 0) - lengths, lengths], dim=1)
    with torch.inference_mode():
        wanted, near = compared(theirs, flat, places, torch.tensor([1, 2]), torch.tensor([3, 3]), torch.tensor([0, 0]))
    said = prepare_said(ours, np.concatenate([first, second]), np.array([0, len(first)]), question)
    logits, nearness = compare(ours, said, answer)
    assert np.allclose(logits, wanted.numpy(), atol=1e-4)
    assert np.allclose(nearness, near.numpy(), atol=1e-5)
