from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import pytest
import torch
from tests.training.craft.conftest import Toy

from chainring.contracts.placement import Choice
from chainring.training.craft.device import sent, set_products, tokens_at_once
from chainring.training.craft.memory import Need
from chainring.training.craft.settings import CraftSettings


def need(**changes: Any) -> Need:
    """Return the need of BERT-base with rows of 512 tokens."""
    told: dict[str, Any] = {
        "weights": 110_000_000, "trained": 110_000_000, "layers": 12, "hidden": 768, "heads": 12,
        "longest": 512, "bits": 16, "judged": False, "craft": CraftSettings(),
    }  # fmt: skip
    return Need(**(told | changes))


@pytest.fixture
def products() -> Iterator[None]:
    """Set the precision of float32 products back afterwards."""
    before = torch.get_float32_matmul_precision()
    yield
    torch.set_float32_matmul_precision(before)


def at_once(
    memory_mib: float,
    *,
    device: str = "cuda",
    asked: int = 0,
    sides: int = 1,
    max_rows: int = 64,
    **changes: Any,
) -> int:
    craft, limits = CraftSettings(tokens_a_batch=asked), {"sides": sides, "max_rows": max_rows}
    told = need(**changes)
    return tokens_at_once(craft, told, device=device, memory_mib=memory_mib, **limits)


def test_a_processor_computes_8192_tokens_at_once_and_a_large_gpu_eight_times_as_many() -> None:
    assert at_once(24_000, device="cpu") == 8192
    assert at_once(141_000) == 65_536


def test_a_gpu_of_little_memory_computes_what_half_of_it_can_keep() -> None:
    found = at_once(40_000)
    assert 8192 < found < 65_536
    rows = found / 512
    assert rows * need().row_mib <= (40_000 - need().fixed_mib) / 2 < (rows + 1) * need().row_mib


@pytest.mark.parametrize("memory_mib", [2_400, 3_000, 4_000, 6_000])
def test_a_processor_of_little_memory_computes_the_most_halves_that_fit(memory_mib: float) -> None:
    found, told = at_once(memory_mib, device="cpu"), need()
    assert 512 <= found < 8192
    assert told.fixed_mib + found / 512 * told.row_mib <= 0.9 * memory_mib
    assert told.fixed_mib + 2 * found / 512 * told.row_mib > 0.9 * memory_mib
    assert at_once(memory_mib, device="cpu", sides=2) == max(512, found // 2)


def test_a_processor_halves_nothing_where_the_rows_of_a_step_fit_or_nothing_is_known() -> None:
    assert at_once(4_000, device="cpu", max_rows=4) == 8192
    assert at_once(0, device="cpu") == 8192


def test_what_the_recipe_asks_for_is_computed_at_once_everywhere() -> None:
    assert {at_once(141_000, device=device, asked=512) for device in ("cpu", "cuda")} == {512}


def test_a_network_of_unknown_shape_fills_a_gpu() -> None:
    assert at_once(16_000, layers=0, hidden=0, heads=0) == 65_536


@pytest.mark.usefixtures("products")
@pytest.mark.parametrize(
    ("device", "chosen", "expected"),
    [("cuda", "bf16", "high"), ("cuda", "fp32", "highest"), ("cpu", "bf16", "highest")],
)
def test_float32_products_are_shortened_on_a_gpu_unless_float32_was_chosen(
    device: str, chosen: str, expected: str
) -> None:
    torch.set_float32_matmul_precision("highest")
    set_products(device, Choice(value=chosen, because="test"))
    assert torch.get_float32_matmul_precision() == expected


def test_a_batch_stays_as_it_is_on_a_processor() -> None:
    batch = {"input_ids": torch.tensor([[1, 2]])}
    assert sent(batch, device="cpu")["input_ids"] is batch["input_ids"]


@pytest.mark.gpu
def test_a_batch_is_copied_to_a_gpu_without_waiting() -> None:
    busy = torch.randn(4096, 4096, device="cuda")
    for _ in range(50):
        busy = busy @ busy
    done = torch.cuda.Event()
    done.record()
    found = sent({"input_ids": torch.arange(1000)}, device="cuda")["input_ids"]
    assert not done.query()
    assert found.cpu().tolist() == list(range(1000))


@pytest.mark.gpu
def test_a_step_asks_a_gpu_for_nothing() -> None:
    from chainring.training.craft.gradients import Gradients
    from chainring.training.craft.optimisers import Optimiser, parameter_groups

    toy, craft = Toy().cuda().train(), CraftSettings()
    optimiser = Optimiser(parameter_groups(toy, learning_rate=0.1, weight_decay=0.01), craft)
    chosen = Choice(value="bf16", because="test")
    gradients = Gradients(
        toy, optimiser, name="toy", chosen=chosen, device="cuda", max_rows=8, whole=False, say=print
    )
    batch = sent(
        {
            "input_ids": torch.ones(8, 4, dtype=torch.long),
            "attention_mask": torch.ones(8, 4, dtype=torch.long),
            "labels": torch.zeros(8, dtype=torch.long),
        },
        device="cuda",
    )
    for strict in (False, True):  # the first step sets the optimiser's states up
        torch.cuda.set_sync_debug_mode("error" if strict else "default")
        try:
            loss, norm = gradients.of(lambda _: iter([(8, batch)]), rows=8)
            optimiser.step(factor=1.0)
        finally:
            torch.cuda.set_sync_debug_mode("default")
    assert float(loss) > 0
    assert float(norm) > 0
