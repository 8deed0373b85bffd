"""What judging costs beside encoding: one answer of 150 words against a rubric of six criteria, on one thread."""

from __future__ import annotations

import subprocess
import sys

from app.kit.config import ROOT

TIMES = 40
_CODE = """
import statistics, sys, time
from app.embedding.files import find_model
from app.embedding.local import LocalEncoder
from app.scoring.engine import assess, prepare, readable
from app.scoring.rubric import Rubric
from bench.judging import six_criteria
question, rubric, text = six_criteria()
encoder = LocalEncoder.load(find_model(None), threads=1)
plain = LocalEncoder.load(find_model(None), threads=1, adapter=None)
prepared = prepare(question, Rubric.from_dict(rubric), encoder.encode)

def timed(work):
    found = []
    for _ in range({times}):
        began = time.perf_counter()
        work()
        found.append(time.perf_counter() - began)
    return statistics.median(found)

encoded = encoder.encode(readable(text))
for work in (
    lambda: plain.encode(text), lambda: encoder.encode(text),
    lambda: assess(prepared, text, encoder.encode(readable(text))),
    lambda: assess(prepared, text, encoder.encode(readable(text)), explain=True),
):
    work()
    print(timed(work))
"""


def six_criteria() -> tuple[str, dict[str, object], str]:
    """A question of the bank cut to six criteria, and an answer of 150 words to it."""
    from app.evaluation.graded import read_bank

    chosen = next(one for one in read_bank(ROOT / "seed") if len(one.rubric["approaches"][0]["criteria"]) >= 6)
    criteria = chosen.rubric["approaches"][0]["criteria"][:6]
    words = " ".join(" ".join(sample.text.split()) for sample in chosen.samples).split()
    return chosen.prompt, {"criteria": criteria}, " ".join(words[:150])


def costs() -> dict[str, float]:
    """Milliseconds: encoding without and with the adapter, encoding and judging, and with each sentence's worth."""
    ran = subprocess.run(
        [sys.executable, "-c", _CODE.format(times=TIMES)],
        cwd=ROOT,
        env={"OMP_NUM_THREADS": "1", "OPENBLAS_NUM_THREADS": "1", "MKL_NUM_THREADS": "1", "PATH": ""},
        capture_output=True,
        text=True,
        check=True,
    )
    found = [1000 * float(line) for line in ran.stdout.split()]
    return dict(zip(("plain", "encode", "judged", "explained"), found, strict=True))


def rows() -> list[tuple[str, str, str]]:
    """Rows of (what, figure, wanted)."""
    found = costs()
    return [
        (
            "judging 150 words by six criteria, encoding included, one thread",
            f"{found['judged']:.1f} ms, {found['judged'] / found['encode']:.2f} times encoding",
            "≤ 1.5 times encoding",
        ),
        (
            "the same with what each sentence is worth",
            f"{found['explained']:.1f} ms, {found['explained'] / found['encode']:.2f} times encoding",
            "",
        ),
        (
            "encoding without and with the adapter",
            f"{found['plain']:.1f} and {found['encode']:.1f} ms",
            "the same",
        ),
    ]
