"""Fit the weights of the first scorer: `python -m bench.fit_first_scorer` (about five minutes on two cores).

Reads the public sets from VIVA_ASAG_DIR (default ../shared/asag) and the bank's samples, writes the files in
app/scoring/weights/ and prints how the fit does. The public sets leave no text behind, only counts and weights.
"""

from __future__ import annotations

import json
import math
import random
from collections import Counter
from functools import lru_cache
from itertools import pairwise
from typing import Any

import numpy as np
import torch

from app.embedding import load_encoder
from app.kit.config import Settings
from app.scoring import credit, lexicon, order
from app.scoring.engine import prepare
from app.scoring.evidence import FEATURES, Evidence, read, weigh
from app.scoring.prepared import PreparedRubric
from app.scoring.rubric import Rubric
from app.scoring.text import words
from app.scoring.verdicts import says_nothing
from bench.first_scorer_data import ROOT, Row, bank, bank_rows, exam_rows, exams, jumbled, keywords, labels, shuffled

WEIGHTS = ROOT / "app/scoring/weights"
SUPPORT = ("meaning", "beyond", "tokens", "anywhere", "words", "rival", "echo")
CONTRADICTION = ("twin", "conflict", "near")
SIGNALS = credit.SIGNALS
ATTACKS = ("echo", "shuffled", "keywords", "negated", "other", "padding", "instruction", "labels")


def save(name: str, content: dict[str, Any]) -> None:
    """Put a file in its place at once, complete: a worker may be reading it."""
    text = json.dumps(content, indent=0 if name == "words.json" else 1, sort_keys=True, ensure_ascii=True)
    partial = WEIGHTS / f"{name}.partial"
    partial.write_text(text + "\n", encoding="utf-8")
    partial.replace(WEIGHTS / name)


def fit_words() -> None:
    """In how many questions' answers each stem occurs."""
    texts: dict[str, set[str]] = {}
    for source, lines in exams().items():
        for line in lines:
            found = texts.setdefault(f"{source}/{line['dataset']}/{line['qid']}", set())
            for text in (line["answer"], line["reference"], line["question"]):
                found.update(map(lexicon.stem, words(text)))
    for question in bank():
        found = texts.setdefault(question["slug"], set())
        for text in (question["prompt"], question["model_answer"], *(s["text"] for s in question["samples"])):
            found.update(map(lexicon.stem, words(text)))
    counts = Counter(stem for found in texts.values() for stem in found)
    kept = {w: n for w, n in counts.items() if n >= 5 and w.isascii() and not w.isdigit()}
    about = "In how many questions (public exams and the bank's) a stem occurs. Made by bench/fit_first_scorer.py."
    save("words.json", {"about": about, "questions": len(texts), "count": kept})
    lexicon._counts.cache_clear()
    lexicon.rarity.cache_clear()


def fit_order(rng: random.Random) -> None:
    """Word-class transitions, and the logistic model that tells sentences from salad."""
    natural: list[str] = []
    for lines in exams().values():
        good = [x["answer"] for x in lines if x["score01"] >= 0.5 and len(words(x["answer"])) >= order.LEAST_WORDS]
        natural += rng.sample(good, min(1500, len(good)))
    ours = [s["text"] for q in bank() for s in q["samples"] if s["kind"] != "salad"] + [
        q["model_answer"] for q in bank()
    ]
    ours += [
        s for q in bank() for a in Rubric.from_dict(q["rubric"]).approaches for c in a.criteria for s in c.statements
    ]
    salads = [s["text"] for q in bank() for s in q["samples"] if s["kind"] == "salad"]
    single: Counter[str] = Counter()
    double: Counter[tuple[str, str]] = Counter()
    for text in natural + ours:
        for row in order.classes(text):
            single.update(row)
            double.update(pairwise(row))
    total = sum(n for name, n in single.items() if name != order.START)
    after = [name for name in sorted(single) if name != order.START]
    table: dict[str, dict[str, float]] = {}
    for one in sorted(single):
        if one != order.END:
            seen = sum(double[one, two] for two in after)
            gains = {two: (double[one, two] / (single[two] / total) + 20) / (seen + 20) for two in after}
            table[one] = {two: round(max(-3.0, math.log(gain)), 3) for two, gain in gains.items()}
    names = ("order", "glue", "bare", "scraps", "length")
    about = (
        "transitions: log of how much likelier a word class is after another than anywhere. salad: logistic weights."
    )
    model = {"about": about, "transitions": table}
    order._weights = lambda: model  # what is fitted next reads the transitions by the engine's own function
    cases = [(t, 0.0, 1.0) for t in natural[::2]] + [(t, 0.0, 5.0) for t in ours] + [(t, 1.0, 20.0) for t in salads]
    for text in natural[::2] + ours * 2:
        made = rng.choice([labels, labels, shuffled, jumbled, keywords, _listed, _listed])
        cases.append((made(text, rng), 1.0, 1.0))
    kept = [(found, y, w) for t, y, w in cases if (found := order.signals(t)) is not None]
    inputs = np.array([[found[name] for name in names] for found, _, _ in kept])
    weights, bias = logistic(inputs, np.array([y for _, y, _ in kept]), np.array([w for _, _, w in kept]), 1.0)
    salad = {"bias": round(bias, 4), "weights": dict(zip(names, weights.round(4).tolist(), strict=True))}
    model["salad"] = salad
    save("order.json", model)
    print("salad", salad, "of the bank's, seen:", np.mean([order.salad(t) > 0.7 for t in salads]).round(2),
          "of its sentences, mistaken:", np.mean([order.salad(t) > 0.7 for t in ours]).round(3))  # fmt: skip


def _listed(text: str, rng: random.Random) -> str:
    return keywords(text, rng, rng.choice([", ", ". "]))


def logistic(x: np.ndarray, y: np.ndarray, w: np.ndarray, ridge: float) -> tuple[np.ndarray, float]:
    """Ridge logistic regression by Newton's method, on standardised inputs."""
    mean, scale = x.mean(axis=0), np.maximum(x.std(axis=0), 1e-9)
    z = np.c_[(x - mean) / scale, np.ones(len(x))]
    penalty = np.diag([ridge] * x.shape[1] + [1e-3])
    beta = np.zeros(z.shape[1])
    for _ in range(50):
        p = 1 / (1 + np.exp(-z @ beta))
        hessian = (z * (w * p * (1 - p))[:, None]).T @ z + penalty
        beta -= np.linalg.solve(hessian, z.T @ (w * (p - y)) + penalty @ beta)
    weights = beta[:-1] / scale
    return weights, float(beta[-1] - weights @ mean)


class Features:
    """Every row's evidence as arrays: `n` rows, `m` criteria in all, those of one approach only."""

    def __init__(self, rows: list[Row]) -> None:
        # One thread: small tensors gain nothing from two, and the figures do not depend on the machine's cores.
        encode = lru_cache(maxsize=4096)(load_encoder(Settings(encoder_threads=1)).encode)
        prepared: dict[tuple[str, str], PreparedRubric] = {}
        self.rows, self.evidence, self.rest = [], [], []
        for number, row in enumerate(rows):
            if number % 500 == 0:
                print(f"{number} of {len(rows)} answers read", flush=True)
            key = (row.question, row.rubric.digest())
            if key not in prepared:
                prepared = {key: prepare(row.question, row.rubric, encode)}
            ready, encoded = prepared[key], encode(row.text)
            reading = None if says_nothing(row.text) else read(ready, row.text, encoded)
            if reading is None or len(row.rubric.approaches) > 1:
                continue
            self.rows.append(row)
            self.evidence.append(weigh(ready, reading, row.text))
            whole, asked = float(ready.centres[0] @ encoded.vector), float(ready.question_vectors[0] @ encoded.vector)
            self.rest.append((whole, reading.focus, asked, order.salad(row.text), len(words(row.text))))
        flat = [one.features for found in self.evidence for one in found]
        self.x = torch.tensor([[f[name] for name in FEATURES] for f in flat])
        self.near = torch.maximum(self.x[:, FEATURES.index("meaning")], self.x[:, FEATURES.index("tokens")])
        self.row = torch.tensor([i for i, found in enumerate(self.evidence) for _ in found])
        self.share = torch.tensor([s for row in self.rows for s in _shares(row)])
        marks = [mark for row in self.rows for mark in (row.labels or (9,) * len(row.rubric.approaches[0].criteria))]
        self.mark = torch.tensor(marks)
        self.grade = torch.tensor([row.grade for row in self.rows])
        self.source = np.array([row.source for row in self.rows])
        self.kind = np.array([row.kind for row in self.rows])
        self.real = np.array([row.kind.startswith("real") for row in self.rows])

    def columns(self, names: tuple[str, ...]) -> torch.Tensor:
        return torch.stack([self.near if n == "near" else self.x[:, FEATURES.index(n)] for n in names], dim=1)

    def mean(self, values: torch.Tensor) -> torch.Tensor:
        return torch.zeros(len(self.rows)).index_add(0, self.row, values * self.share)


def _shares(row: Row) -> list[float]:
    """What each criterion counts, groups shared out evenly: differentiable, and near enough to fit by."""
    approach = row.rubric.approaches[0]
    grouped = {m: g.weight / len(g.criteria) for g in approach.groups for m in g.criteria}
    shares = [grouped.get(c.id, c.weight) for c in approach.criteria]
    return [share / sum(shares) for share in shares]


def row_weights(data: Features) -> np.ndarray:
    """Each source counts the same, the bank more; attacks half as much as answers, and another subject's a bit more."""
    weights = np.zeros(len(data.rows))
    for source in set(data.source) - {"assembled"}:
        here = data.source == source
        real, attack = here & data.real, here & np.isin(data.kind, ATTACKS)
        weights[real] = {"bank": 1.5, "bank by model answer": 0.5}.get(source, 1.0) / real.sum()
        weights[attack] = 0.5 / attack.sum()
        weights[attack & (data.kind == "other")] *= 1.8
        weights[here & (data.kind == "reference")] = 0.15 / max(1, (here & (data.kind == "reference")).sum())
    return weights


def fit_credit(data: Features, weights: np.ndarray) -> dict[str, Any]:
    """Support and contradiction together: from whole answers' grades, and from the criteria of assembled answers."""
    inner, outer = data.columns(SUPPORT), data.columns(CONTRADICTION)
    sign = torch.tensor([-1.0 if name == "echo" else 1.0 for name in SUPPORT])
    steep = torch.tensor([4.0, 2.0, 1.0])
    kind = torch.tensor([0 if s in ("bank", "assembled") else 1 for s in data.source])
    disorder = torch.tensor([credit_disorder(rest[3]) for rest in data.rest])
    a = torch.nn.Parameter(torch.tensor([1.0, 1.0, 1.5, 0.5, 0.3, 2.0, 1.0]))
    b = torch.nn.Parameter(torch.tensor([-5.0, -4.0]))
    c = torch.nn.Parameter(torch.tensor([2.5, 1.0, 1.0]))
    # The whole answer takes part here as it will in `fit_score`, so that the credits need not stand in for it.
    means = [data.mean(data.columns((name,))[:, 0]) for name in ("anywhere", "words")]
    others = torch.stack([*torch.tensor(data.rest)[:, :3].T, *means], dim=1)
    head = torch.nn.Parameter(torch.tensor([[1.0, -1.0, 0, 0, 0, 0, -1], [1.0, -3.0, 0, 0, 0, 0, -1]]))
    caps = torch.tensor([100.0, 0.2])[kind]
    bias = torch.nn.Parameter(torch.tensor([-4.0, -4.0]))
    optimiser = torch.optim.Adam([a, b, c, head, bias], lr=0.05)
    scale, positive = torch.tensor(weights, dtype=torch.float32), torch.nn.functional.softplus
    said, absent, twin = data.mark == 1, data.mark == 0, data.mark == -1
    for _ in range(400):
        optimiser.zero_grad()
        p = torch.sigmoid(inner @ (2 * sign * positive(a)) + b[0])
        q = torch.sigmoid(outer @ (steep * positive(c)) + b[1])
        k = positive(head)[kind]
        z = (
            bias[kind]
            + 4 * k[:, 0] * data.mean(p * (1 - q))
            - 4 * k[:, 1].minimum(caps) * data.mean(p * q)
            + 2 * (k[:, 2:] * others).sum(dim=1)
        )
        grades = torch.sigmoid(z) * (1 - disorder)
        loss = (scale * (grades - data.grade) ** 2).sum()
        parts = ((p * (1 - q))[said], (1 - p)[absent], q[twin], (1 - q)[said], (1 - q)[absent])
        for part, share in zip(parts, (1.0, 1.0, 1.0, 0.5, 0.3), strict=True):
            loss = loss - 0.09 * share * torch.log(part + 1e-5).mean()
        loss = loss + 1e-3 * ((a**2).sum() + (c**2).sum())
        loss.backward()
        optimiser.step()
    supports = (2 * sign * positive(a)).detach().tolist()
    against = (steep * positive(c)).detach().tolist()
    return {
        "support": _model(SUPPORT, supports, b[0].item()),
        "contradiction": _model(CONTRADICTION, against, b[1].item()),
    }


def _model(names: tuple[str, ...], weights: list[float], bias: float) -> dict[str, Any]:
    rounded = {name: round(weight, 4) for name, weight in zip(names, weights, strict=True)}
    return {"bias": round(bias, 4), "weights": rounded}


def credit_disorder(salad: float) -> float:
    return float(np.clip((salad - DISORDER[0]) / (DISORDER[1] - DISORDER[0]), 0, 1))


DISORDER = (0.5, 0.9)


def signals(data: Features) -> torch.Tensor:
    """What the score is computed from, by the engine's own functions."""
    table = []
    for row, found, (whole, focus, asked, _, _) in zip(data.rows, data.evidence, data.rest, strict=True):
        approach = row.rubric.approaches[0]

        def mean(one: list[float], approach: Any = approach) -> float:
            return credit.total(approach, one)

        wrong = [credit.contradiction(e) * credit.support(e.features) for e in found]
        cover, recall = [e.features["anywhere"] for e in found], [e.features["words"] for e in found]
        table.append([mean(_credits(found)), whole, mean(cover), mean(recall), mean(wrong), focus, asked])
    return torch.tensor(table)


def _credits(found: list[Evidence]) -> list[float]:
    return [credit.credit(one) for one in found]


def fit_score(data: Features, table: torch.Tensor, weights: np.ndarray, cap: float) -> dict[str, Any]:
    """A logistic curve with signs fixed; `cap` bounds the weight of ``wrong``."""
    sign = torch.tensor([-1.0 if name == "wrong" else 1.0 for name in SIGNALS])
    scale = torch.tensor([4.0, 2, 2, 1, 4, 4, 2])
    free = torch.nn.Parameter(torch.tensor([1.0, 0, 0, 0, 1, 0, 0]))
    bias = torch.nn.Parameter(torch.tensor(-4.0))
    optimiser = torch.optim.Adam([free, bias], lr=0.05)
    disorder = torch.tensor([credit_disorder(rest[3]) for rest in data.rest])
    counts = torch.tensor(weights / weights.sum(), dtype=torch.float32)
    for _ in range(500):
        optimiser.zero_grad()
        k = (torch.nn.functional.softplus(free) * scale * sign).clamp(min=-cap)
        grades = torch.sigmoid(table @ k + bias) * (1 - disorder)
        loss = (counts * (grades - data.grade) ** 2).sum() + 2e-5 * (k**2).sum()
        loss.backward()
        optimiser.step()
    return _model(SIGNALS, k.detach().tolist(), bias.item())


def predict(data: Features, table: torch.Tensor, kind: np.ndarray, model: dict[str, Any]) -> np.ndarray:
    found = np.zeros(len(data.rows))
    for name in set(kind):
        k = torch.tensor([model[name]["weights"][s] for s in SIGNALS])
        here = kind == name
        found[here] = torch.sigmoid(table @ k + model[name]["bias"]).numpy()[here]
    return found * (1 - np.array([credit_disorder(rest[3]) for rest in data.rest]))


def fit_confidence(data: Features, scores: np.ndarray, mask: np.ndarray, rng: np.random.Generator) -> dict[str, Any]:
    """Whether the grade lies within .2 of the score; some attacks among the answers, as there will be in use."""
    chosen = np.flatnonzero(mask & (data.real | (np.isin(data.kind, ATTACKS) & (rng.random(len(mask)) < 0.15))))
    names = ("spread", "middle", "length", "disorder")
    inputs = []
    for i in chosen:
        credits = np.array(_credits(data.evidence[i]))
        middle, (_, _, _, salad, length) = 4 * scores[i] * (1 - scores[i]), data.rest[i]
        inputs.append([np.mean(4 * credits * (1 - credits)), middle, np.log1p(length), salad])
    hit = (np.abs(scores - data.grade.numpy()) <= 0.2)[chosen].astype(float)
    even = np.array([1 / (data.source == data.source[i]).sum() for i in chosen])
    weights, bias = logistic(np.array(inputs), hit, even / even.mean(), 2.0)
    return _model(names, weights.tolist(), bias)


def show(data: Features, scores: np.ndarray, title: str) -> None:
    print(f"\n{title}")
    grade, cosine = data.grade.numpy(), np.array([rest[0] for rest in data.rest])
    for source in sorted(set(data.source) - {"assembled"}):
        real = (data.source == source) & data.real
        if not scores[real].any():
            continue
        r = [np.corrcoef(one[real], grade[real])[0, 1] for one in (scores, cosine)]
        passing = {
            kind: round(float((scores[(data.source == source) & (data.kind == kind)] >= 0.5).mean()), 2)
            for kind in (*ATTACKS, "reference") if ((data.source == source) & (data.kind == kind)).any()
        }  # fmt: skip
        error = np.sqrt(np.mean((scores[real] - grade[real]) ** 2))
        print(
            f"{source:22} n={real.sum():4} r={r[0]:.3f} cosine r={r[1]:.3f} rmse={error:.3f} at or above .5: {passing}"
        )
    for source in ("bank", "bank by model answer"):
        here = (data.source == source) & data.real
        if not scores[here].any():
            continue
        right = total = 0
        for name in {data.rows[i].question_id for i in np.flatnonzero(here)}:
            mine = [i for i in np.flatnonzero(here) if data.rows[i].question_id == name]
            pairs = [(i, j) for i in mine for j in mine if grade[i] > grade[j]]
            right += sum(scores[i] > scores[j] for i, j in pairs)
            total += len(pairs)
        kinds = {
            k[5:]: round(float((scores[here & (data.kind == k)] >= 0.5).mean()), 2)
            for k in sorted(set(data.kind[here]))
        }
        print(f"{source}: pairs in order {right / total:.3f}, at or above .5: {kinds}")


def main() -> None:
    torch.manual_seed(0)
    rng = random.Random(7)
    fit_words()
    fit_order(rng)
    data = Features([*exam_rows(rng, 700), *bank_rows(rng)])
    weights = row_weights(data)
    about = "Logistic models and a Gaussian process, explained in docs/scoring.md. Made by bench/fit_first_scorer.py."
    samples = {"noise": 1.0, "constant": 0.3, "local": 1.0, "length": 0.5}
    model: dict[str, Any] = {
        "about": about,
        "disorder": list(DISORDER),
        "samples": samples,
        "score": {},
        "confidence": {},
    }
    model |= fit_credit(data, weights)
    credit.weights = lambda: model  # the engine's own functions compute what the rest is fitted on
    table = signals(data)
    kind = np.where(data.source == "bank", "rubric", "references")
    kind[data.source == "assembled"] = "none"
    caps = {"rubric": 20.0, "references": 1.0}
    for name, cap in caps.items():
        model["score"][name] = fit_score(data, table, weights * (kind == name), cap)
    scores = predict(data, table, np.where(kind == "none", "rubric", kind), model["score"])
    show(data, scores, "Fitted on all of it")
    # The bank's questions in halves: each judged by a curve fitted on the other.
    slugs = sorted({row.question_id for row in data.rows if row.source == "bank"})
    apart = np.zeros(len(scores))
    for half in (slugs[::2], slugs[1::2]):
        out = np.array([row.source == "bank" and row.question_id in half for row in data.rows])
        fitted = {"rubric": fit_score(data, table, weights * ((kind == "rubric") & ~out), caps["rubric"])}
        apart[out] = predict(data, table, np.full(len(kind), "rubric"), fitted)[out]
    show(data, apart, "Score curve fitted on the other half of the bank")
    draw = np.random.default_rng(0)
    model["confidence"]["rubric"] = fit_confidence(data, apart, kind == "rubric", draw)
    model["confidence"]["references"] = fit_confidence(data, scores, kind == "references", draw)
    save("credit.json", model)


if __name__ == "__main__":
    main()
