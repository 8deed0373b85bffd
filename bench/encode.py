"""What the encoder alone can do: bare `SentenceTransformer.encode` on whole answers, in its best batch."""

from __future__ import annotations

import os
import time
from concurrent.futures import ThreadPoolExecutor

from sentence_transformers import SentenceTransformer

from app.embedding.files import find_model
from app.embedding.local import LocalEncoder

BATCHES = (1, 8, 16, 32, 64)


def bare_rates(texts: list[str]) -> dict[int, float]:
    """Answers per second by batch size."""
    model = SentenceTransformer(str(find_model(None).folder), device="cpu")
    model.encode(texts[:32])
    rates = {}
    for batch in BATCHES:
        began = time.perf_counter()
        model.encode(texts, batch_size=batch, show_progress_bar=False)
        rates[batch] = len(texts) / (time.perf_counter() - began)
    return rates


def viva_rate(texts: list[str]) -> float:
    """Answers per second of Viva's encoder: alone, unpadded, with token vectors, as many at once as there are cores."""
    encoder = LocalEncoder.load(find_model(None), threads=1)
    for text in texts[:8]:
        encoder.encode(text)
    began = time.perf_counter()
    with ThreadPoolExecutor(os.cpu_count() or 1) as pool:
        list(pool.map(encoder.encode, texts))
    return len(texts) / (time.perf_counter() - began)
