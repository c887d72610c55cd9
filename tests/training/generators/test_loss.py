from __future__ import annotations

import pytest
import torch

from chainring.contracts.placement import Choice
from chainring.training.craft.precision import autocast
from chainring.training.generators import loss
from chainring.training.generators.loss import IGNORED, counted, token_loss


def _tensors() -> tuple[torch.Tensor, torch.Tensor, torch.Tensor, torch.Tensor]:
    torch.manual_seed(0)
    hidden_nd = torch.randn(23, 8, requires_grad=True)
    weight_vd = torch.randn(11, 8, requires_grad=True)
    return hidden_nd, weight_vd, torch.randn(11, requires_grad=True), torch.randint(0, 11, (23,))


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_in_slices_and_its_gradients_are_those_of_torch(
    smoothing: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss, "SLICE_BYTES", {"cpu": 5 * 11 * 4})  # five rows a slice
    *weights, targets_n = _tensors()
    hidden_nd, weight_vd, bias_v = weights
    found = token_loss(hidden_nd, weight_vd, targets_n, bias_v=bias_v, smoothing=smoothing)
    (3 * found).backward()
    ours = [weight.grad.clone() for weight in weights]
    for weight in weights:
        weight.grad = None
    expected = torch.nn.functional.cross_entropy(
        hidden_nd @ weight_vd.t() + bias_v, targets_n, label_smoothing=smoothing
    )
    (3 * expected).backward()
    torch.testing.assert_close(found, expected)
    for mine, weight in zip(ours, weights, strict=True):
        torch.testing.assert_close(mine, weight.grad)


def test_tokens_that_are_ignored_do_not_count() -> None:
    hidden_btd = torch.arange(12.0).view(1, 4, 3)
    targets_bt = torch.tensor([[IGNORED, 5, IGNORED, 7]])
    states_nd, targets_n = counted(hidden_btd, targets_bt)
    assert targets_n.tolist() == [5, 7]
    assert states_nd[:, 0].tolist() == [3.0, 9.0]


@pytest.mark.parametrize("smoothing", [0.0, 0.1])
def test_the_loss_of_a_token_is_taken_as_often_as_it_counts(
    smoothing: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(loss, "SLICE_BYTES", {"cpu": 5 * 11 * 4})
    hidden_nd, weight_vd, bias_v, targets_n = _tensors()
    counts_n = torch.ones(len(targets_n)).index_fill(0, torch.tensor([2, 7, 20]), 3.0)
    found = token_loss(
        hidden_nd, weight_vd, targets_n, bias_v=bias_v, counts_n=counts_n, smoothing=smoothing
    )
    mine = torch.autograd.grad(found, (hidden_nd, weight_vd, bias_v))
    expected = torch.nn.functional.cross_entropy(
        hidden_nd @ weight_vd.t() + bias_v, targets_n, label_smoothing=smoothing, reduction="none"
    )
    expected = (expected * counts_n).sum() / len(targets_n)
    torch.testing.assert_close(found, expected)
    for ours, theirs in zip(
        mine, torch.autograd.grad(expected, (hidden_nd, weight_vd, bias_v)), strict=True
    ):
        torch.testing.assert_close(ours, theirs)


@pytest.mark.parametrize("precision", ["fp16", "bf16"])
def test_gradients_of_thousands_of_tokens_survive_half_precision(precision: str) -> None:
    torch.manual_seed(0)
    states_nd, table_vd = torch.randn(4000, 32), 0.02 * torch.randn(2000, 32)
    targets_n = torch.randint(0, 2000, (4000,))

    def slopes(chosen: str, scale: float) -> list[torch.Tensor]:
        leaves = [states_nd.clone().requires_grad_(), table_vd.clone().requires_grad_()]
        with autocast("cpu", Choice(value=chosen, because="test")):
            hidden_nd = leaves[0] @ torch.eye(32)  # in the number type asked for
            found = token_loss(hidden_nd, leaves[1], targets_n)
        return [grad / scale for grad in torch.autograd.grad(scale * found, leaves)]

    scale = 65536.0 if precision == "fp16" else 1.0
    for ours, true in zip(slopes(precision, scale), slopes("fp32", 1.0), strict=True):
        assert float((ours - true).norm() / true.norm()) < 0.01


def test_no_sum_over_many_like_tokens_is_over_what_float16_holds(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(loss, "SLICE_BYTES", {"cpu": 2**28})
    hidden_nd = torch.full((20_000, 4), 8.0, dtype=torch.float16)
    weight_vd = torch.zeros(300, 4, requires_grad=True)
    with autocast("cpu", Choice(value="fp16", because="test")):
        found = token_loss(hidden_nd, weight_vd, torch.full((20_000,), 7))
    (slope_vd,) = torch.autograd.grad(found, weight_vd)
    torch.testing.assert_close(
        slope_vd[7], torch.full((4,), 8.0 * (1 / 300 - 1)), rtol=1e-2, atol=0
    )


def test_float32_states_of_one_large_dimension_overflow_no_product_in_float16(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """A card's norms leave float32, and its slices hold 16,000 rows of 2,000 tokens and more."""
    monkeypatch.setattr(loss, "SLICE_BYTES", {"cpu": 2**28})
    torch.manual_seed(0)
    hidden_nd = torch.randn(16_000, 16)
    hidden_nd[:, 0] += 15.0
    targets_n = torch.randint(0, 2000, (16_000,))
    targets_n[torch.rand(16_000) < 0.3] = 7
    counts_n = torch.ones(16_000).index_fill(0, torch.arange(50), 20.0)
    table_vd = 0.02 * torch.randn(2000, 16)

    def slopes(precision: str, scale: float) -> list[torch.Tensor]:
        leaves = [hidden_nd.clone().requires_grad_(), table_vd.clone().requires_grad_()]
        with autocast("cpu", Choice(value=precision, because="test")):
            found = token_loss(leaves[0], leaves[1], targets_n, counts_n=counts_n)
        return [grad / scale for grad in torch.autograd.grad(scale * found, leaves)]

    for ours, true in zip(slopes("fp16", 65536.0), slopes("fp32", 1.0), strict=True):
        assert float((ours - true).norm() / true.norm()) < 0.01
