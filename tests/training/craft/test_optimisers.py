from __future__ import annotations

import copy
from typing import Any

import pytest
import torch
from pydantic import ValidationError
from tests.training.craft.conftest import Toy, Trained, padded, toy_items, toy_run
from torch import nn
from transformers.optimization import Adafactor

from chainring.training.craft.optimisers import Optimiser, parameter_groups
from chainring.training.craft.settings import CraftSettings

RATE, DECAY = 0.01, 0.1
THEIRS: dict[str, Any] = {
    "adamw": lambda w: torch.optim.AdamW(w, lr=RATE, weight_decay=DECAY),
    "adam": lambda w: torch.optim.Adam(w, lr=RATE, weight_decay=DECAY),
    "sgd": lambda w: torch.optim.SGD(w, lr=RATE, momentum=0.9, weight_decay=DECAY),
    "adafactor": lambda w: Adafactor(
        w, lr=RATE, weight_decay=DECAY, scale_parameter=False, relative_step=False
    ),
}


def of_toy(toy: Toy, **craft: Any) -> Optimiser:
    groups = parameter_groups(toy, learning_rate=RATE, weight_decay=DECAY)
    return Optimiser(groups, CraftSettings(**craft))


def fill_gradients(toy: Toy) -> None:
    toy.zero_grad()
    toy.eval()
    toy(**padded(toy_items()))["loss"].backward()


def flat(toy: nn.Module) -> torch.Tensor:
    return torch.cat([w.detach().flatten() for w in toy.parameters()])


@pytest.mark.parametrize("name", THEIRS)
def test_each_optimiser_moves_the_weights_as_its_library_does_with_its_textbook_decay(
    name: str,
) -> None:
    ours, theirs = Toy(), Toy()
    optimiser = of_toy(ours, optimiser=name)
    matrices = [w for w in theirs.parameters() if w.ndim > 1]
    biases = [w for w in theirs.parameters() if w.ndim == 1]
    reference = THEIRS[name]([{"params": matrices}, {"params": biases, "weight_decay": 0.0}])
    for _ in range(5):
        fill_gradients(ours)
        optimiser.add_l2()
        optimiser.step(factor=1.0)
        fill_gradients(theirs)
        reference.step()
    torch.testing.assert_close(flat(ours), flat(theirs), rtol=1e-5, atol=1e-6)


@pytest.mark.parametrize("name", ["adamw", "adam", "adafactor"])
@pytest.mark.parametrize("size", [1.0, 0.01])
def test_the_given_rate_is_how_far_weights_move_however_small_they_are(
    name: str, size: float
) -> None:
    toy = Toy()
    with torch.no_grad():
        for weight in toy.parameters():
            weight.mul_(size)
    groups = parameter_groups(toy, learning_rate=RATE, weight_decay=0.0)
    optimiser = Optimiser(groups, CraftSettings.model_validate({"optimiser": name}))
    fill_gradients(toy)
    before = {key: weight.detach().clone() for key, weight in toy.named_parameters()}
    optimiser.step(factor=1.0)
    for key, weight in toy.named_parameters():
        moved = (weight.detach() - before[key]).square().mean().sqrt()
        assert 0.3 * RATE < float(moved) <= 1.01 * RATE, key


def test_the_l2_term_adds_decay_times_weight_to_the_gradient_of_matrices_alone() -> None:
    toy = Toy()
    optimiser = of_toy(toy, optimiser="sgd", decay="l2")
    fill_gradients(toy)
    before = {name: w.grad.clone() for name, w in toy.named_parameters()}
    optimiser.add_l2()
    for name, weight in toy.named_parameters():
        share = DECAY if weight.ndim > 1 else 0.0
        torch.testing.assert_close(weight.grad, before[name] + share * weight.detach())


def test_decoupled_decay_leaves_the_gradient_and_shrinks_by_rate_times_decay() -> None:
    toy = Toy()
    optimiser = of_toy(toy, optimiser="sgd", decay="decoupled")
    for weight in toy.parameters():
        weight.grad = torch.zeros_like(weight)
    optimiser.add_l2()
    assert all(not w.grad.any() for w in toy.parameters())
    before = copy.deepcopy(toy)
    optimiser.step(factor=0.5)
    torch.testing.assert_close(toy.head.weight, before.head.weight * (1 - 0.5 * RATE * DECAY))
    assert torch.equal(toy.head.bias, before.head.bias)


def test_adamw_with_an_l2_term_is_refused_with_the_name_to_take() -> None:
    with pytest.raises(ValidationError, match="optimiser = 'adam'"):
        CraftSettings(optimiser="adamw", decay="l2")


@pytest.mark.parametrize("limit", [0.01, 1e9])
def test_after_clipping_the_norm_is_at_most_the_limit(limit: float) -> None:
    toy = Toy()
    optimiser = of_toy(toy, clip_norm=limit)
    fill_gradients(toy)
    norm = torch.cat([w.grad.flatten() for w in toy.parameters()]).norm()
    assert float(optimiser.clip()) == pytest.approx(float(norm), rel=1e-5)
    after = torch.cat([w.grad.flatten() for w in toy.parameters()]).norm()
    assert float(after) == pytest.approx(min(limit, float(norm)), rel=1e-3)


def test_no_limit_clips_nothing() -> None:
    toy = Toy()
    optimiser = of_toy(toy, clip_norm=0.0)
    fill_gradients(toy)
    before = [w.grad.clone() for w in toy.parameters()]
    optimiser.clip()
    assert all(torch.equal(a, w.grad) for a, w in zip(before, toy.parameters(), strict=True))


def test_rates_by_size_are_in_proportion_to_how_large_weights_begin() -> None:
    module = nn.Linear(64, 8)
    with torch.no_grad():
        module.weight.normal_(std=1.0)
        module.bias.zero_()
    groups = parameter_groups(module, learning_rate=RATE, weight_decay=DECAY, by_size=0.125)
    peaks = {id(weight): group["peak"] for group in groups for weight in group["params"]}
    assert peaks == {id(module.weight): RATE * 8, id(module.bias): pytest.approx(RATE / 128)}
    alike = parameter_groups(module, learning_rate=RATE, weight_decay=DECAY)
    assert {group["peak"] for group in alike} == {RATE}


@pytest.mark.parametrize("width", [64, 128, 256, 512])
def test_no_seed_decides_the_rate_of_a_table(width: int) -> None:
    found = set()
    for seed in range(6):
        torch.manual_seed(seed)
        table = nn.Embedding(400, width)
        (group,) = parameter_groups(
            table, learning_rate=RATE, weight_decay=0.0, by_size=width**-0.5
        )
        found.add(group["peak"])
    assert len(found) == 1


def test_rates_fall_layer_by_layer_towards_the_embeddings() -> None:
    class Layered(nn.Module):  # type: ignore[misc]
        def __init__(self) -> None:
            super().__init__()
            self.embeddings = nn.Embedding(3, 2)
            self.layer = nn.ModuleList([nn.Linear(2, 2), nn.Linear(2, 2)])
            self.head = nn.Linear(2, 2)

    layered = Layered()
    groups = parameter_groups(layered, learning_rate=1.0, weight_decay=0.0, layer_decay=0.5)
    rates = {id(w): group["peak"] for group in groups for w in group["params"]}
    found = {name: rates[id(w)] for name, w in layered.named_parameters() if "weight" in name}
    assert found == {
        "embeddings.weight": 0.125,
        "layer.0.weight": 0.25,
        "layer.1.weight": 0.5,
        "head.weight": 1.0,
    }


def test_frozen_weights_have_no_group() -> None:
    toy = Toy()
    toy.table.requires_grad_(False)
    groups = parameter_groups(toy, learning_rate=1.0, weight_decay=0.0)
    assert len([w for group in groups for w in group["params"]]) == 2


@pytest.mark.parametrize("name", THEIRS)
def test_each_optimiser_learns_the_toy(trained: Trained, name: str) -> None:
    rate = 0.5 if name == "sgd" else 0.05
    run = toy_run(epochs=30, learning_rate=rate, craft={"optimiser": name})
    _, curve = trained(run)
    assert curve[-1]["loss"] < 0.5 * curve[0]["loss"]


@pytest.mark.parametrize("name", ["sgd", "adam"])
def test_a_step_that_the_scaler_leaves_out_decays_nothing(name: str) -> None:
    toy = Toy()
    optimiser = of_toy(toy, optimiser=name, decay="decoupled")
    scaler = torch.amp.GradScaler("cpu")
    before = flat(toy).clone()
    scaler.scale(sum(w.sum() for w in toy.parameters())).backward()
    toy.head.bias.grad[0] = torch.inf
    scaler.unscale_(optimiser.inner)
    optimiser.clip()
    optimiser.step(factor=1.0, scaler=scaler)
    assert torch.equal(flat(toy), before)
    scaler.scale(0.0 * sum(w.sum() for w in toy.parameters())).backward()
    scaler.unscale_(optimiser.inner)
    optimiser.clip()
    kept = toy.head.weight.detach() * (1 - RATE * DECAY)
    optimiser.step(factor=1.0, scaler=scaler)
    torch.testing.assert_close(toy.head.weight.detach(), kept)
