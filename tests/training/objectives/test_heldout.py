from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from chainring.training.objectives.heldout import heldout
from chainring.training.objectives.learner import Learner, Sums
from chainring.training.objectives.packing import Item


class Counting(Learner):
    """Tells every token with one nat."""

    def sums(self, **batch: torch.Tensor) -> Sums:
        count = batch["input_ids"].numel()
        return {"nll": torch.tensor(float(count)), "predicted": count, "right": count}


@pytest.mark.parametrize(("length", "rows"), [(128, 32), (1024, 8), (20_000, 1)])
def test_held_out_text_is_judged_some_thousand_tokens_at_once(length: int, rows: int) -> None:
    items: list[Item] = [{"input_ids": [7] * length}] * 40
    taken = list[int]()

    def batch(some: Sequence[Item]) -> dict[str, torch.Tensor]:
        taken.append(len(some))
        return {"input_ids": torch.tensor([item["input_ids"] for item in some])}

    found = heldout(Counting(torch.nn.Linear(1, 1)), items, batch=batch, characters_a_token=1.0)
    assert max(taken) == rows
    assert sum(taken) == 40
    assert found["perplexity"] == pytest.approx(2.71828, rel=1e-4)
