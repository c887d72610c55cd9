"""Holm's correction, against the closed testing procedure and a simulation."""

from __future__ import annotations

import itertools

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.errors import InputError
from chainring.stats.multiple import holm

shares = st.floats(0.0, 1.0)


def by_closure(p_values: list[float]) -> list[float]:
    """Reject i only where Bonferroni rejects every set of hypotheses that holds i."""
    adjusted = [0.0] * len(p_values)
    for size in range(1, len(p_values) + 1):
        for chosen in itertools.combinations(range(len(p_values)), size):
            p = min(1.0, size * min(p_values[i] for i in chosen))
            for i in chosen:
                adjusted[i] = max(adjusted[i], p)
    return adjusted


@given(st.lists(shares, max_size=7))
def test_holm_is_the_closed_test_over_bonferroni(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(by_closure(p_values))


@given(st.lists(shares, min_size=2, max_size=12), st.randoms())
def test_the_order_given_is_the_order_kept(p_values: list[float], chance: object) -> None:
    order = list(range(len(p_values)))
    getattr(chance, "shuffle")(order)  # noqa: B009
    shuffled = holm([p_values[i] for i in order])
    assert shuffled == [holm(p_values)[i] for i in order]


@given(st.lists(shares, min_size=1, max_size=12))
def test_an_adjusted_value_is_never_below_its_own_nor_above_one(p_values: list[float]) -> None:
    assert all(p <= q <= 1.0 for p, q in zip(p_values, holm(p_values), strict=True))


def test_one_slice_and_no_slice_stay_as_they_are() -> None:
    assert holm([0.03]) == [0.03]
    assert holm([]) == []


def test_ten_equal_slices_raise_a_false_alarm_at_most_one_time_in_twenty() -> None:
    drawn = np.random.default_rng(0).uniform(size=(2_000, 10))
    alarms = [min(holm(row.tolist())) <= 0.05 for row in drawn]
    assert np.mean(alarms) <= 0.06
    assert np.mean(drawn.min(axis=1) <= 0.05) > 0.3, "without correction it would be two in five"


def test_values_that_are_no_probabilities_are_named_with_their_places() -> None:
    with pytest.raises(InputError) as caught:
        holm([0.5, 1.5, float("nan")])
    assert caught.value.faults == (
        "p_values[1]: 1.5 is not 0 to 1",
        "p_values[2]: nan is not 0 to 1",
    )
