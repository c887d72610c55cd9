from __future__ import annotations

import json
from pathlib import Path

import pytest
import torch

from chainring.contracts.errors import RefusedError
from chainring.training.craft.losses import STEPS_UNREAD, Losses
from chainring.training.craft.progress import CURVES, write_curves


def number(value: float) -> torch.Tensor:
    return torch.tensor(value)


def test_the_mean_is_that_of_the_steps_since_the_last_point() -> None:
    losses = Losses("toy", device="cpu")
    for step, loss in enumerate((4.0, 2.0), start=1):
        losses.took(step=step, loss=number(loss), norm=number(loss / 2))
    assert (losses.mean(), losses.norm) == (3.0, 1.0)
    losses.took(step=3, loss=number(1.0), norm=number(0.25))
    assert (losses.mean(), losses.norm) == (1.0, 0.25)


def test_a_processor_s_loss_that_is_no_number_is_refused_in_its_step() -> None:
    losses = Losses("toy", device="cpu")
    with pytest.raises(RefusedError, match=r"toy: the loss is nan in step 1; lower"):
        losses.took(step=1, loss=number(torch.nan), norm=number(1.0))


def test_a_gpu_s_loss_that_is_no_number_is_refused_with_its_step_once_it_is_read() -> None:
    losses = Losses("toy", device="cuda")
    for step in range(1, STEPS_UNREAD + 1):
        bad = torch.inf if step == 3 else 1.0
        losses.took(step=step, loss=number(bad), norm=number(1.0))
    assert losses.known == []
    with pytest.raises(RefusedError, match="the loss is inf in step 3"):
        losses.took(step=STEPS_UNREAD + 1, loss=number(1.0), norm=number(1.0))


def test_what_nobody_has_read_yet_is_in_the_mean() -> None:
    losses = Losses("toy", device="cuda")
    losses.took(step=1, loss=number(2.0), norm=number(1.0))
    losses.took(step=2, loss=number(4.0), norm=number(3.0))
    assert (losses.known, losses.mean(), losses.norm) == ([], 3.0, 3.0)


def test_curves_hold_numbers_alone(tmp_path: Path) -> None:
    curve = [{"step": 1.0, "loss": 2.0, "gradient_norm": float("inf")}, {"step": 2.0, "loss": 1.0}]
    write_curves(tmp_path, {"toy": curve})
    told = json.loads((tmp_path / CURVES).read_text("utf-8"))
    assert told == {"toy": [{"step": 1.0, "loss": 2.0}, {"step": 2.0, "loss": 1.0}]}
