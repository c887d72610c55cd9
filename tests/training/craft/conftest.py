"""A network of a few weights, items for it, and a run of a few steps."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import pytest
import torch
from torch import nn

from chainring.contracts.work import Work
from chainring.training.craft.progress import Curve
from chainring.training.craft.settings import CraftSettings
from chainring.training.heads import collate
from chainring.training.trainer import Run, train

LABELS, TOKENS, WIDTH = 3, 20, 8


class Toy(nn.Module):  # type: ignore[misc]  # torch is read without its types
    """The mean of embeddings, dropout, one layer; the label is the first token's rest by three."""

    def __init__(self, *, seed: int = 0, dropout: float = 0.1) -> None:
        super().__init__()
        torch.manual_seed(seed)
        self.table = nn.Embedding(TOKENS, WIDTH)
        self.dropout = nn.Dropout(dropout)
        self.head = nn.Linear(WIDTH, LABELS)

    def forward(self, **named: Any) -> Any:
        mask = named["attention_mask"].unsqueeze(-1).float()
        mean = (self.table(named["input_ids"]) * mask).sum(1) / mask.sum(1)
        logits = self.head(self.dropout(mean))
        return {"loss": nn.functional.cross_entropy(logits, named["labels"]), "logits": logits}


def toy_items(count: int = 40) -> list[dict[str, Any]]:
    """Return items of one to seven tokens."""
    chance = torch.Generator().manual_seed(1)
    items = []
    for i in range(count):
        ids = torch.randint(1, TOKENS, (1 + i % 7,), generator=chance).tolist()
        items.append({"input_ids": ids, "labels": ids[0] % LABELS})
    return items


def padded(items: Sequence[dict[str, Any]]) -> dict[str, torch.Tensor]:
    return collate(items, pad=0)


def toy_run(**changes: Any) -> Run:
    options: dict[str, Any] = {
        "name": "toy",
        "epochs": 3,
        "learning_rate": 0.05,
        "batch_size": 8,
        "warmup_fraction": 0.0,
        "weight_decay": 0.0,
        "seed": 0,
    }
    craft = {"checkpoint_minutes": 0.0} | changes.pop("craft", {})
    return Run(**(options | changes), craft=CraftSettings(**craft))


Trained = Callable[..., tuple[Toy, Curve]]


@pytest.fixture
def trained(fresh_work: Callable[[str], Work]) -> Trained:
    """Train a new toy in a scratch of its own."""
    count = iter(range(1000))

    def make(run: Run, *, toy: Toy | None = None, judged: int = 0, **options: Any) -> Any:
        toy = toy or Toy()
        work = options.pop("work", None) or fresh_work(f"toy-{next(count)}")
        items = options.pop("items", None) or toy_items()
        judge = toy_items(judged)
        curve = train(toy, items, judge, run=run, collate=padded, work=work, **options)
        return toy, curve

    return make
