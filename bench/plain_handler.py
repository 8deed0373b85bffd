"""The yardstick: a plain handler that encodes answer and reference in each request, as the open-source peers do."""

from __future__ import annotations

import asyncio
import sys
import time
from typing import Any

import httpx2
import uvicorn
from fastapi import FastAPI
from pydantic import BaseModel
from sentence_transformers import SentenceTransformer, util

from app.embedding.files import find_model
from bench.load import Load


class Pair(BaseModel):
    """An answer and what it is compared with."""

    answer: str
    reference: str


def make_app() -> FastAPI:
    """One model, one plain route."""
    app = FastAPI()
    model = SentenceTransformer(str(find_model(None).folder), device="cpu")

    @app.post("/score")
    def score(pair: Pair) -> dict[str, Any]:
        vectors = model.encode([pair.answer, pair.reference])
        return {"score": float(util.cos_sim(vectors[0], vectors[1]))}

    @app.get("/healthz")
    def healthz() -> dict[str, str]:
        return {"status": "ok"}

    return app


async def load(url: str, texts: list[str], references: list[str], candidates: int) -> Load:
    """The same load as Viva gets."""
    each = len(texts) // candidates
    async with httpx2.AsyncClient(base_url=url, timeout=120, limits=httpx2.Limits(max_connections=64)) as client:
        latencies: list[float] = []

        async def candidate(number: int) -> None:
            for step in range(each):
                at = number * each + step
                began = time.perf_counter()
                body = {"answer": texts[at], "reference": references[at % len(references)]}
                (await client.post("/score", json=body)).raise_for_status()
                latencies.append(time.perf_counter() - began)

        began = time.perf_counter()
        await asyncio.gather(*(candidate(number) for number in range(candidates)))
        return Load(len(latencies), time.perf_counter() - began, latencies)


if __name__ == "__main__":
    uvicorn.run(make_app(), host="127.0.0.1", port=int(sys.argv[1]), log_level="warning")
