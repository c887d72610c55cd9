"""What docs/concept/formulas.md says of the article's formulas and program, computed."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import torch
from torch import nn

from chainring.training.craft.schedules import Plateau
from chainring.training.heads import Headed


@pytest.fixture
def headed(tiny_base: Path) -> Headed:
    from chainring.training.finetune import open_encoder

    torch.manual_seed(0)
    return Headed(open_encoder(tiny_base, dropout=0.0), form="several", classes=3, dropout=0.0)


def asked() -> dict[str, torch.Tensor]:
    ids = torch.tensor([[2, 5, 6, 3], [2, 7, 3, 0]])
    return {"input_ids": ids, "attention_mask": (ids > 0).long()}


def test_our_sigmoid_loss_is_the_likelihood_of_every_label_said_or_not(headed: Headed) -> None:
    labels = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 1.0]])
    found = headed(**asked(), labels=labels, weights=torch.ones(2))
    sure = torch.sigmoid(found["logits"].double())
    both = labels * sure.log() + (1 - labels) * (1 - sure).log()
    assert found["loss"].item() == pytest.approx((-both.mean()).item(), rel=1e-5)


def test_without_its_second_term_the_sigmoid_loss_is_least_where_every_label_is_said() -> None:
    """The gradient of a label that is not there is 0: nothing ever takes it back."""
    logits = torch.zeros(4, 3, requires_grad=True)
    labels = torch.tensor([[1.0, 0.0, 0.0], [0.0, 1.0, 0.0], [0.0, 0.0, 1.0], [1.0, 0.0, 0.0]])
    half = -(labels * torch.sigmoid(logits).log()).mean()
    half.backward()
    assert logits.grad is not None
    assert (logits.grad[labels == 0] == 0).all()
    everything = torch.full((4, 3), 20.0)
    assert float(-(labels * torch.sigmoid(everything).log()).mean()) < 1e-6
    whole = nn.functional.binary_cross_entropy_with_logits(everything, labels)
    assert float(whole) > 10


def test_with_the_sign_turned_a_masked_language_model_learns_to_be_wrong() -> None:
    torch.manual_seed(0)
    logits = torch.zeros(5, requires_grad=True)
    step = torch.optim.SGD([logits], lr=1.0)
    for _ in range(20):
        step.zero_grad()
        torch.log_softmax(logits, dim=0)[2].backward()  # descent on + log p of the truth, token 2
        step.step()
    assert float(torch.softmax(logits, dim=0)[2].detach()) < 0.01


def test_a_double_mean_makes_the_step_of_a_long_text_smaller() -> None:
    """Mean over N tokens, once more divided by N: twice the tokens, half the gradient."""

    def slope(tokens: int) -> float:
        logits = torch.zeros(tokens, 4, requires_grad=True)
        nn.functional.cross_entropy(logits, torch.zeros(tokens, dtype=torch.long)).backward()
        assert logits.grad is not None
        return float(logits.grad.abs().sum())

    assert slope(10) == pytest.approx(slope(20))  # the mean once: the length does not count
    assert slope(10) / 10 == pytest.approx(2 * slope(20) / 20)


def test_a_plateau_schedule_that_steps_on_batches_has_no_rate_left_after_an_epoch() -> None:
    """157 batches of 64 rows, as BANKING77 has; losses fall by two thirds, with noise of 10 %."""
    draw = np.random.default_rng(0)
    fall = np.linspace(4.3, 1.4, 157)
    losses = fall * (1 + 0.1 * draw.standard_normal(157))
    weight = nn.Parameter(torch.zeros(1))
    theirs = torch.optim.SGD([weight], lr=3e-4)
    schedule = torch.optim.lr_scheduler.ReduceLROnPlateau(theirs, patience=2, mode="min")
    for loss in losses:
        schedule.step(float(loss))
    ours = Plateau()
    for score in (0.5, 0.7, 0.8, 0.85):  # four epochs that get better
        ours.look((score, 0.0))
    assert theirs.param_groups[0]["lr"] < 3e-4 / 1000
    assert ours.factor == 1.0


def test_after_an_evaluation_that_is_not_undone_dropout_drops_nothing() -> None:
    layer = nn.Dropout(0.5)
    text = torch.ones(1000)
    layer.eval()
    assert (layer(text) == text).all()
    layer.train()
    assert not (layer(text) == text).all()


def test_the_best_of_several_looks_at_the_test_rows_is_better_than_the_model() -> None:
    """Five equal models of accuracy 0.92 on 3,080 rows: the best shows half a point more."""
    draw = np.random.default_rng(0)
    shown = draw.binomial(3080, 0.92, size=(4000, 5)).max(axis=1) / 3080
    assert 0.004 < shown.mean() - 0.92 < 0.007
