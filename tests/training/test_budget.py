from __future__ import annotations

import pytest
from tests.training.conftest import make_placement

from chainring.training.budget import Fit, fit, sample

SMALL = {"parameters": 10_000_000, "tokens": 200_000}


def test_a_wide_budget_cuts_nothing_and_gives_no_reason() -> None:
    assert fit(5, **SMALL, minutes=60, placement=make_placement()) == Fit(epochs=5)


def test_a_narrow_budget_cuts_the_epochs_and_says_so() -> None:
    found = fit(50, **SMALL, minutes=10, placement=make_placement())
    assert (1 <= found.epochs < 50, found.share) == (True, 1.0)
    assert "budget_minutes" in found.because


def test_where_no_epoch_fits_a_share_of_one_is_left() -> None:
    whole = fit(10**6, **SMALL, minutes=600, placement=make_placement()).epochs
    found = fit(5, **SMALL, minutes=600 / whole / 10, placement=make_placement())
    assert found.epochs == 1
    assert found.share == pytest.approx(0.1, rel=0.05)
    assert "% of one" in found.because


def test_no_epoch_stays_none() -> None:
    assert fit(0, **SMALL, minutes=1e-9, placement=make_placement()) == Fit(epochs=0)


@pytest.mark.parametrize("minutes", [20, 60, 200])
def test_bfloat16_fits_more_epochs_than_float32(minutes: float) -> None:
    fast, slow = (
        fit(10**6, **SMALL, minutes=minutes, placement=make_placement(precision)).epochs
        for precision in ("bf16", "fp32")
    )
    assert fast > slow


def test_a_sample_has_its_share_in_order_and_the_same_each_time() -> None:
    items = list(range(10_000))
    found = list(sample(items, 0.25, seed=3))
    assert len(found) == 2500
    assert found == sorted(set(found)) == list(sample(items, 0.25, seed=3))
    assert found != list(sample(items, 0.25, seed=4))
    assert abs(sum(found) / 2500 - 5000) < 200
    assert sample(items, 1.0, seed=3) == items
    assert len(sample(items[:40], 0.01, seed=3)) == 40
