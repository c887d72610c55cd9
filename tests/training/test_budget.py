from __future__ import annotations

import pytest
from tests.training.conftest import make_placement

from chainring.training.budget import fitting_epochs

SMALL = {"parameters": 10_000_000, "tokens": 200_000}


def test_a_wide_budget_cuts_nothing_and_gives_no_reason() -> None:
    found = fitting_epochs(5, **SMALL, minutes=60, placement=make_placement())
    assert found == (5, "")


def test_a_narrow_budget_cuts_the_epochs_and_says_so() -> None:
    epochs, because = fitting_epochs(50, **SMALL, minutes=5, placement=make_placement())
    assert 1 <= epochs < 50
    assert "budget_minutes" in because


def test_one_epoch_is_left_however_small_the_budget() -> None:
    assert fitting_epochs(5, **SMALL, minutes=1e-9, placement=make_placement())[0] == 1


def test_no_epoch_stays_none() -> None:
    assert fitting_epochs(0, **SMALL, minutes=1, placement=make_placement()) == (0, "")


@pytest.mark.parametrize("minutes", [5, 20, 60])
def test_bfloat16_fits_more_epochs_than_float32(minutes: float) -> None:
    fast, slow = (
        fitting_epochs(10**6, **SMALL, minutes=minutes, placement=make_placement(precision))[0]
        for precision in ("bf16", "fp32")
    )
    assert fast >= 2 * slow
