from __future__ import annotations

import math
from typing import Any

import pytest
import torch
from torch import nn

from chainring.training.interpolation import HALFWAY, START, TUNED, keep_best, validation_loss


class Told(nn.Module):  # type: ignore[misc]  # torch is read without its types
    """Stands for a network: the logits of two labels are its weights, whatever the text."""

    def __init__(self, *weights: float) -> None:
        super().__init__()
        self.bias = nn.Parameter(torch.tensor(weights))
        self.register_buffer("places", torch.arange(2))

    def logits(self, input_ids: torch.Tensor, attention_mask: torch.Tensor) -> torch.Tensor:
        del attention_mask
        return self.bias * (input_ids[:, :1] * 2.0 - 1)


def items(*labels: int) -> list[dict[str, Any]]:
    """One token an item: 1 asks for the label, 0 for the other one."""
    return [{"input_ids": [1], "labels": label} for label in labels]


@pytest.mark.parametrize(
    ("start", "tuned", "kept"),
    [
        ((0.0, 1.0), (0.0, 1.0), HALFWAY),  # equals: the first
        ((4.0, 0.0), (0.0, 3.0), TUNED),  # halfway is wrong as the start is
        ((0.0, 3.0), (4.0, 0.0), START),
    ],
)
def test_the_weights_with_the_lowest_validation_loss_are_kept(
    start: tuple[float, float], tuned: tuple[float, float], kept: str
) -> None:
    network: Any = Told(*tuned)
    judged = items(1, 1, 1, 0)
    found = keep_best(network, Told(*start).state_dict(), judged, pad=0)
    assert found.losses[found.name] == min(found.losses.values())
    mean = [(a + b) / 2 for a, b in zip(start, tuned, strict=True)]
    expected = {HALFWAY: mean, TUNED: list(tuned), START: list(start)}[found.name]
    assert network.bias.tolist() == expected
    assert found.name == kept


def test_without_validation_items_halfway_is_kept() -> None:
    network: Any = Told(0.0, 4.0)
    assert keep_best(network, Told(0.0, 0.0).state_dict(), [], pad=0).name == HALFWAY
    assert network.bias.tolist() == [0.0, 2.0]


def test_weights_that_are_no_numbers_are_never_kept() -> None:
    network: Any = Told(math.nan, 0.0)
    found = keep_best(network, Told(0.0, 1.0).state_dict(), items(1, 1, 0), pad=0)
    assert (found.name, found.losses[TUNED], found.losses[HALFWAY]) == (START, math.inf, math.inf)


def test_the_loss_is_that_of_the_temperature_that_answers_are_read_with() -> None:
    judged = items(1, 1, 1, 0)
    calm, loud = (validation_loss(Told(0.0, w), judged, pad=0) for w in (1.0, 7.0))
    assert calm == pytest.approx(loud, abs=1e-3)
    share = 3.5 / 5  # three of four, and half a row more each way
    assert calm == pytest.approx(-(0.75 * math.log(share) + 0.25 * math.log(1 - share)), abs=1e-3)


def test_a_few_right_answers_are_no_proof_of_a_model_that_is_never_wrong() -> None:
    assert validation_loss(Told(0.0, 7.0), items(1, 1, 1), pad=0) > 0.1
