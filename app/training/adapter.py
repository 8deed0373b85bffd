"""Training of the encoder's low-rank adapter, beside a network that is thrown away afterwards.

Texts are read as a whole here, and sentence by sentence where the adapter is used: trained in the latter way it agreed
less with people on exams that it had not seen (docs/experiments.md).
"""

from __future__ import annotations

import math
import random
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import torch
from peft import LoraConfig
from peft.tuners.lora import LoraLayer
from safetensors.torch import save_file
from sentence_transformers import SentenceTransformer
from torch.nn import functional

from app.training.auxiliary import Auxiliary
from app.training.batches import Batch, fill, mix
from app.training.material import OWN, Task

LONGEST = 128
"""Word pieces of a text that are read in training."""


@dataclass(frozen=True)
class Recipe:
    """What a training is made of."""

    rank: int = 16
    steps: int = 300
    tasks: int = 5
    answers: int = 7
    rate: float = 4e-4
    head_rate: float = 2e-3
    seed: int = 0
    shares: dict[str, float] = field(
        default_factory=lambda: {"mohler": 1.0, "saf": 1.0, "digiklausur": 0.8, "semeval": 2.0, OWN: 3.0}
    )
    ranking: float = 0.5
    anchor: float = 3.0
    share: float = 0.35
    """How much of the adapter is merged. Half-way between the model as it was and the model as it was trained lies what
    does best on what neither has seen (Wortsman et al., WiSE-FT, CVPR 2022)."""
    least_share: float = 0.4
    """Each step trains with a share drawn from here to 1, so that what lies between is good as well."""
    held_in_bf16: bool = True


class Trainer:
    """An encoder with a fresh adapter, a comparison, and how far they have come."""

    def __init__(self, model: Path, recipe: Recipe, sources: Sequence[str]) -> None:
        torch.manual_seed(recipe.seed)
        self.recipe = recipe
        self.library = SentenceTransformer(str(model), device="cpu", local_files_only=True)
        self.library.add_adapter(
            LoraConfig(
                r=recipe.rank, lora_alpha=2 * recipe.rank, lora_dropout=0.0,
                target_modules=["query", "key", "value", "dense"],
            )
        )  # fmt: skip
        transformer: Any = self.library[0]
        self.encoder: Any = transformer.auto_model
        # Drawing dropout's random numbers took half of the forward pass.
        for module in self.encoder.modules():
            if isinstance(module, torch.nn.Dropout):
                module.p = 0.0
        self.tokenizer = self.library.tokenizer
        self.comparison = Auxiliary()
        # Each source of grades has a scale of its own; the first belongs to nobody.
        self.slope = torch.nn.Parameter(torch.zeros(len(sources) + 1))
        self.level = torch.nn.Parameter(torch.zeros(len(sources) + 1))
        self.sources = list(sources)

    def encode(self, texts: Sequence[str]) -> tuple[torch.Tensor, torch.Tensor, torch.Tensor]:
        """Unit token vectors of all texts (and a last row of zeros), where each text's stand, and the texts' means."""
        ids = self.tokenizer(list(texts), truncation=True, max_length=LONGEST, padding=False)["input_ids"]
        order = sorted(range(len(ids)), key=lambda n: len(ids[n]))
        tokens: list[torch.Tensor] = [torch.empty(0)] * len(ids)
        means: list[torch.Tensor] = [torch.empty(0)] * len(ids)
        size = max(8, len(order) // 5)
        for start in range(0, len(order), size):
            mine = order[start : start + size]
            longest = len(ids[mine[-1]])
            padded = torch.zeros(len(mine), longest, dtype=torch.long)
            mask = torch.zeros(len(mine), longest, dtype=torch.long)
            for row, n in enumerate(mine):
                padded[row, : len(ids[n])] = torch.tensor(ids[n])
                mask[row, : len(ids[n])] = 1
            with torch.autocast("cpu", torch.bfloat16, enabled=self.recipe.held_in_bf16):
                hidden = self.encoder(input_ids=padded, attention_mask=mask).last_hidden_state
            hidden = hidden.float()
            mean = (hidden * mask[..., None]).sum(1) / mask.sum(1, keepdim=True)
            for row, n in enumerate(mine):
                tokens[n] = functional.normalize(hidden[row, 1 : len(ids[n]) - 1], dim=1)
                means[n] = mean[row]
        lengths = torch.tensor([len(one) for one in tokens])
        starts = torch.cumsum(lengths, 0) - lengths
        flat = torch.cat([*tokens, torch.zeros(1, tokens[0].shape[1])])
        return flat, torch.stack([starts, lengths], dim=1), functional.normalize(torch.stack(means), dim=1)

    def blend(self, share: float) -> None:
        """Let the adapter count so much."""
        for module in self.encoder.modules():
            if isinstance(module, LoraLayer):
                for name in module.scaling:
                    module.scaling[name] = 2 * share

    def loss(self, batch: Batch) -> torch.Tensor:
        """What is to be made small: wrong support, contradiction and grade, and pairs in the wrong order."""
        flat, places, means = self.encode(list(batch.texts))
        pairs = batch.pairs
        said, answer, asked = (torch.tensor([getattr(p, name) for p in pairs]) for name in ("said", "answer", "asked"))
        grade, support, against, weight = (
            torch.tensor([getattr(p, name) for p in pairs]) for name in ("grade", "support", "against", "weight")
        )
        source = torch.tensor([p.source for p in pairs])
        logits, nearness = compared(self.comparison, flat, places, said, answer, asked)
        total = torch.zeros(())
        known = ~support.isnan()
        if known.any():
            found = functional.binary_cross_entropy_with_logits(logits[known, 0], support[known], reduction="none")
            total = total + (found * weight[known]).sum() / weight[known].sum()
        known = ~against.isnan()
        found = functional.binary_cross_entropy_with_logits(logits[known, 1], against[known], reduction="none")
        total = total + 0.7 * (found * weight[known]).sum() / weight[known].sum()
        known = ~grade.isnan()
        slope, level = self.slope[source[known]].exp(), self.level[source[known]]
        expected = torch.sigmoid(slope * logits[known, 2] + level)
        total = total + 6.0 * (weight[known] * (expected - grade[known]) ** 2).sum() / weight[known].sum()
        # Ranking of cosines within a group (CoSENT).
        cosine = (means[said] * means[answer]).sum(1)
        target = torch.where(grade.isnan(), support - 0.3 * against.nan_to_num(), grade)
        target = torch.where(torch.tensor([p.foreign for p in pairs]), -0.6, target)
        group = torch.tensor([p.group for p in pairs])
        above = (group[:, None] == group[None, :]) & (target[:, None] > target[None, :] + 0.1)
        for measure in (cosine, nearness):
            gap = 20 * (measure[None, :] - measure[:, None])[above]
            if len(gap):
                total = total + self.recipe.ranking * functional.softplus(gap).mean()
        # On an absolute scale as well: otherwise all that is well said drifts together, whatever it is about.
        foreign = torch.tensor([p.foreign for p in pairs])
        for measure, low, high in ((cosine, 0.2, 0.9), (nearness, 0.35, 0.9)):
            wanted = torch.where(foreign, low, low + 0.15 + (high - low - 0.15) * target.clamp(0, 1))
            off = torch.where(foreign, functional.relu(measure - low), measure - wanted) ** 2
            total = total + self.recipe.anchor * (weight * off).sum() / weight.sum()
        total = total + 1e-2 * (self.slope**2).sum() + 1e-2 * (self.level**2).sum()
        return total

    def train(self, tasks: Sequence[Task], told: Callable[[int, float], None]) -> None:
        """Train on batches of whole questions; `told` hears the step and its loss."""
        recipe = self.recipe
        rng = random.Random(recipe.seed)  # noqa: S311
        by_source: dict[str, list[Task]] = {}
        for task in tasks:
            by_source.setdefault(task.source, []).append(task)
        names = [name for name in by_source if recipe.shares.get(name)]
        shares = [recipe.shares[name] for name in names]
        adapter = [p for p in self.encoder.parameters() if p.requires_grad]
        optimiser = torch.optim.AdamW(
            [
                {"params": adapter, "lr": recipe.rate, "weight_decay": 0.01},
                {"params": [*self.comparison.parameters(), self.slope, self.level], "lr": recipe.head_rate,
                 "weight_decay": 0.01},
            ]
        )  # fmt: skip
        warm = max(1, recipe.steps // 15)
        plan = torch.optim.lr_scheduler.LambdaLR(
            optimiser,
            lambda n: min((n + 1) / warm, 0.5 * (1 + math.cos(math.pi * min(1.0, n / recipe.steps))) + 0.02),
        )
        self.encoder.train()
        self.comparison.train()
        for step in range(recipe.steps):
            batch = Batch()
            for number in range(recipe.tasks):
                name = rng.choices(names, shares)[0]
                task, other = rng.choice(by_source[name]), rng.choice(by_source[name])
                if other.question == task.question:
                    other = rng.choice(tasks)
                fill(batch, task, number, 1 + self.sources.index(name), rng, recipe.answers, other)
            mix(batch, rng)
            self.blend(rng.uniform(recipe.least_share, 1.0))
            loss = self.loss(batch)
            optimiser.zero_grad()
            loss.backward()  # type: ignore[no-untyped-call]
            torch.nn.utils.clip_grad_norm_(adapter, 1.0)
            optimiser.step()
            plan.step()
            told(step + 1, loss.item())
        self.blend(recipe.share)
        self.encoder.eval()
        self.comparison.eval()

    # The library's names of the adapter's parts, and ours.
    _PARTS = (("lora_A", "A"), ("lora_B", "B"))

    def save(self, adapter_to: Path, base: str) -> None:
        """Write the adapter in float16; what was trained beside it is not kept."""
        adapter_to.mkdir(parents=True, exist_ok=True)
        tensors = {}
        for name, value in self.encoder.state_dict().items():
            for theirs, ours in self._PARTS:
                ending = f".{theirs}.default.weight"
                if name.endswith(ending) and not name.startswith("pooler"):
                    tensors[f"{name.removesuffix(ending)}.{ours}"] = value.detach().to(torch.float16).contiguous()
        save_file(tensors, adapter_to / "adapter.safetensors", {"scale": str(2 * self.recipe.share), "base": base})


def compared(
    comparison: Auxiliary, flat: torch.Tensor, places: torch.Tensor, said: torch.Tensor, answer: torch.Tensor,
    asked: torch.Tensor,
) -> tuple[torch.Tensor, torch.Tensor]:  # fmt: skip
    """The comparison of pairs of texts, given where their tokens stand."""
    last = len(flat) - 1

    def index(of: torch.Tensor) -> tuple[torch.Tensor, torch.Tensor]:
        starts, lengths = places[of, 0], places[of, 1]
        steps = torch.arange(max(1, int(lengths.max())))
        mask = steps[None, :] < lengths[:, None]
        return torch.where(mask, starts[:, None] + steps[None, :], last), mask

    said_at, said_mask = index(said)
    answer_at, answer_mask = index(answer)
    asked_at, asked_mask = index(asked)
    # All cosines that are needed at once: gathering numbers is cheap where gathering vectors is not.
    tokens, rows = torch.unique(said_at, return_inverse=True)
    mine = flat[tokens]
    cosines = mine @ flat.T
    with torch.no_grad():
        known = cosines[rows[:, :, None], asked_at[:, None, :]].masked_fill(~asked_mask[:, None, :], -1.0).amax(dim=2)
    projected = comparison.project(flat)
    result: tuple[torch.Tensor, torch.Tensor] = comparison(
        cosines[rows[:, :, None], answer_at[:, None, :]], projected[said_at], projected[answer_at],
        comparison.importance(mine)[rows][..., 0], known, said_mask, answer_mask,
    )  # fmt: skip
    return result
