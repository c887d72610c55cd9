from __future__ import annotations

import dataclasses
import re
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.training.conftest import make_placement
from tests.training.craft.conftest import Toy, Trained, toy_run

from chainring.contracts.errors import RefusedError
from chainring.contracts.work import Work
from chainring.training.craft.memory import MIB, Need, require_memory
from chainring.training.craft.settings import CraftSettings
from chainring.training.finetune import open_encoder
from chainring.training.network import Network


def need(folder: Path, *, longest: int = 32, judged: bool = False, **craft: Any) -> Need:
    network = Network(open_encoder(folder, dropout=0.0), labels=3, dropout=0.0)
    return Need.of(network, CraftSettings(**craft), longest=longest, bits=32, judged=judged)


def test_weights_gradients_and_states_are_counted(tiny_base: Path) -> None:
    count = need(tiny_base).weights
    for optimiser, copies in (("adamw", 4), ("sgd", 3), ("adafactor", 2)):
        assert need(tiny_base, optimiser=optimiser).fixed_mib == pytest.approx(
            4 * copies * count / MIB
        )
    assert need(tiny_base, ema=0.9, judged=True).fixed_mib == pytest.approx(4 * 6 * count / MIB)


def test_a_row_keeps_what_the_paper_says_and_less_when_layers_are_computed_twice(
    tiny_base: Path,
) -> None:
    layers, hidden, heads, tokens = 2, 32, 2, 32  # the tiny base
    whole = 2 * tokens * hidden * (34 + 5 * heads * tokens / hidden)
    assert need(tiny_base).row_mib == pytest.approx(layers * whole / MIB)
    entering = layers * tokens * hidden * 4
    twice = need(tiny_base, gradient_checkpointing=True).row_mib
    assert twice == pytest.approx((entering + whole) / MIB)


def test_the_estimate_of_a_row_is_near_what_torch_keeps(tiny_base: Path) -> None:
    network = Network(open_encoder(tiny_base, dropout=0.1), labels=3, dropout=0.1).train()
    kept: dict[int, int] = {}

    def count(tensor: torch.Tensor) -> torch.Tensor:
        storage = tensor.untyped_storage()
        kept[storage.data_ptr()] = storage.nbytes()
        return tensor

    weights = {w.untyped_storage().data_ptr() for w in network.parameters()}
    ids = torch.randint(5, 90, (16, 32))
    with torch.autograd.graph.saved_tensors_hooks(count, lambda tensor: tensor):
        network(ids, torch.ones_like(ids), labels=torch.zeros(16, dtype=torch.long))
    found = sum(size for place, size in kept.items() if place not in weights)
    assert 0.4 < 16 * need(tiny_base).row_mib * MIB / found < 2.5


def test_a_recipe_that_cannot_fit_is_refused_before_training_with_what_would(
    tiny_base: Path,
) -> None:
    large = dataclasses.replace(need(tiny_base), weights=10**9, trained=10**9, judged=True)
    with pytest.raises(RefusedError) as refused:
        require_memory(large, name="encoder", limit_mib=16_000)
    message = str(refused.value)
    assert re.search(r"needs about 19,0\d\d MiB .* of 16,000 MiB", message)
    assert "this would fit: [training.craft] optimiser = 'adafactor'" in message
    assert "max_tokens" not in message


def test_with_nothing_that_fits_a_smaller_base_is_named(tiny_base: Path) -> None:
    with pytest.raises(RefusedError, match="take a smaller base"):
        require_memory(need(tiny_base), name="encoder", limit_mib=0.01)


def test_where_memory_is_unknown_nothing_is_refused(tiny_base: Path) -> None:
    require_memory(need(tiny_base), name="encoder", limit_mib=0)


def test_the_training_itself_refuses_before_its_first_step(trained: Trained, work: Work) -> None:
    class Large(Toy):
        def __init__(self) -> None:
            super().__init__()
            self.spare = torch.nn.Parameter(torch.zeros(1_000_000))

        def forward(self, *_: Any, **__: Any) -> Any:
            raise AssertionError("a step was made")

    placement = dataclasses.replace(make_placement(), memory_mib=12)
    with pytest.raises(RefusedError, match="optimiser = 'adafactor'"):
        trained(toy_run(), toy=Large(), work=dataclasses.replace(work, placement=placement))
