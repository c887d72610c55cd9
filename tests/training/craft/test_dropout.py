from __future__ import annotations

import pytest
import torch
from torch import nn

from chainring.training.craft.dropout import QuickDropout, quick_dropout, quicken


@pytest.mark.parametrize("chance", [0.1, 0.5, 0.9])
def test_the_asked_share_is_dropped_and_the_mean_stays(chance: float) -> None:
    torch.manual_seed(0)
    dropped = quick_dropout(torch.ones(1000, 1001), chance)
    assert float((dropped == 0).float().mean()) == pytest.approx(chance, abs=0.003)
    assert float(dropped.mean()) == pytest.approx(1.0, abs=0.01)
    kept = dropped[dropped != 0]
    torch.testing.assert_close(kept, torch.full_like(kept, 1 / (1 - chance)), rtol=1e-3, atol=0)


def test_neighbours_are_dropped_independently() -> None:
    torch.manual_seed(0)
    kept = (quick_dropout(torch.ones(400_000), 0.5) != 0).float() - 0.5
    for lag in (1, 2, 3, 4, 8):
        assert abs(float((kept[lag:] * kept[:-lag]).mean())) < 0.002


def test_gradients_pass_where_values_did() -> None:
    torch.manual_seed(0)
    values = torch.randn(50, 7, requires_grad=True)
    out = quick_dropout(values, 0.3)
    out.sum().backward()
    torch.testing.assert_close(values.grad, (out / values).detach())


def test_a_seed_gives_the_same_mask_and_a_module_in_service_drops_nothing() -> None:
    module = nn.Sequential(nn.Linear(4, 4), nn.Dropout(0.5))
    quicken(module)
    assert isinstance(module[1], QuickDropout)
    values = torch.randn(9, 4)
    torch.manual_seed(5)
    first = module(values)
    torch.manual_seed(5)
    assert torch.equal(module(values), first)
    module.eval()
    assert torch.equal(module(values), module[0](values))


def test_the_dropout_of_the_recipe_acts_in_training() -> None:
    torch.manual_seed(0)
    assert not torch.equal(quick_dropout(torch.ones(100), 0.1), torch.ones(100))
    assert QuickDropout(0.0)(torch.ones(3)).tolist() == [1, 1, 1]
