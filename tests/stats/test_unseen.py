from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.errors import InputError
from chainring.stats.paired import mcnemar
from chainring.stats.unseen import least_lead, outweighs

GAINS = st.lists(st.integers(-5, 5).map(float), max_size=20)


def test_where_all_weighs_alike_it_is_near_the_exact_test() -> None:
    for gained, lost in ((6, 0), (10, 2), (31, 14), (100, 70)):
        found = outweighs([1.0] * gained + [-1.0] * lost, unseen=1.0)
        assert found == pytest.approx(mcnemar(gained, lost), abs=0.02)


def test_small_gains_do_not_outweigh_a_large_loss_that_may_be_due() -> None:
    assert outweighs([3.0] * 20, unseen=50.0) > 0.2
    assert outweighs([3.0] * 200, unseen=50.0) < 0.01
    assert outweighs([50.0] * 5, unseen=50.0) < 0.05


def test_nothing_gained_outweighs_nothing() -> None:
    assert outweighs([], unseen=1.0) == 1.0
    assert outweighs([-1.0] * 5, unseen=1.0) == 1.0


def test_with_none_seen_three_may_be_due() -> None:
    """One in twenty samples has no event where three are expected."""
    assert math.exp(-least_lead(1.0, alpha=0.05)) == pytest.approx(0.05)


@given(GAINS, st.floats(0, 20))
def test_more_unseen_is_never_surer(gains: list[float], more: float) -> None:
    most = max([0.0, *(-gain for gain in gains)])  # what was lost once could be lost unseen
    before, after = (outweighs(gains, unseen=most + more + step) for step in (0.0, 1.0))
    assert after >= before - 1e-6


@pytest.mark.parametrize("least", [1e-196, 5e-324, 1e-160])
def test_what_is_next_to_nothing_is_nothing(least: float) -> None:
    assert outweighs([1.0, 2.0], unseen=least) == pytest.approx(outweighs([1.0, 2.0], unseen=0.0))
    assert 0.0 < outweighs([least], unseen=least) <= 1.0


@given(GAINS, st.floats(0.1, 9))
def test_the_unit_does_not_count(gains: list[float], unit: float) -> None:
    scaled = outweighs([unit * gain for gain in gains], unseen=unit * 5.0)
    assert scaled == pytest.approx(outweighs(gains, unseen=5.0), abs=1e-6)


def test_an_unseen_loss_below_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="unseen"):
        outweighs([1.0], unseen=-1.0)
