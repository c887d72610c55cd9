"""The power of McNemar's test, against simulation and plain sums."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainring.contracts.errors import InputError
from chainring.stats.paired import mcnemar
from chainring.stats.power import rows_needed, smallest_detectable


def summed_power(n: int, difference: float, disagreement: float, alpha: float = 0.05) -> float:
    """Add up the chances of all (wins, losses) that McNemar's test calls better."""
    win, lose = (disagreement + difference) / 2, (disagreement - difference) / 2
    total = 0.0
    for b in range(n + 1):
        for c in range(n - b + 1):
            if mcnemar(b, c) <= alpha:
                ways = math.comb(n, b) * math.comb(n - b, c)
                total += ways * win**b * lose**c * (1 - disagreement) ** (n - b - c)
    return total


@pytest.mark.parametrize(("n", "disagreement"), [(30, 0.5), (40, 0.35), (25, 1.0)])
def test_the_smallest_difference_has_just_the_power_asked_for(n: int, disagreement: float) -> None:
    found = smallest_detectable(n, disagreement=disagreement)
    assert summed_power(n, found, disagreement) == pytest.approx(0.8, abs=1e-4)


@pytest.mark.parametrize("n", [200, 1000])
def test_simulated_challengers_of_that_difference_are_found_four_times_in_five(n: int) -> None:
    found = smallest_detectable(n, disagreement=0.1)
    chances = [(0.1 + found) / 2, (0.1 - found) / 2, 0.9]
    drawn = np.random.default_rng(1).multinomial(n, chances, size=3_000)[:, :2]
    pairs, times = np.unique(drawn, axis=0, return_counts=True)
    seen = sum(t for (b, c), t in zip(pairs, times, strict=True) if mcnemar(int(b), int(c)) <= 0.05)
    assert seen / 3_000 == pytest.approx(0.8, abs=0.03)


@settings(max_examples=15)
@given(st.integers(100, 500), st.floats(0.1, 0.5))
def test_four_times_the_rows_show_a_smaller_difference(n: int, disagreement: float) -> None:
    few = smallest_detectable(n, disagreement=disagreement)
    many = smallest_detectable(4 * n, disagreement=disagreement)
    assert many < few <= disagreement or few == math.inf


def test_a_stricter_level_and_more_power_ask_for_a_larger_difference() -> None:
    usual = smallest_detectable(500, disagreement=0.1)
    assert smallest_detectable(500, disagreement=0.1, alpha=0.01) > usual
    assert smallest_detectable(500, disagreement=0.1, power=0.95) > usual


@pytest.mark.parametrize(("n", "disagreement"), [(4, 1.0), (20, 0.01), (500, 0.0)])
def test_rows_too_few_to_show_anything_say_infinity(n: int, disagreement: float) -> None:
    assert smallest_detectable(n, disagreement=disagreement) == math.inf


def test_five_rows_that_all_disagree_are_the_fewest_that_can_convince() -> None:
    assert rows_needed(1.0, disagreement=1.0) == 5


@pytest.mark.parametrize(("difference", "disagreement"), [(0.3, 0.5), (0.4, 0.4), (0.5, 0.8)])
def test_the_rows_needed_suffice_and_one_fewer_does_not(
    difference: float, disagreement: float
) -> None:
    n = rows_needed(difference, disagreement=disagreement)
    assert summed_power(n, difference, disagreement) >= 0.8
    assert summed_power(n - 1, difference, disagreement) < 0.8


@pytest.mark.parametrize("difference", [0.02, 0.03, 0.05])
def test_rows_needed_and_the_smallest_difference_answer_each_other(difference: float) -> None:
    n = rows_needed(difference, disagreement=0.1)
    assert smallest_detectable(n, disagreement=0.1) == pytest.approx(difference, rel=0.02)


def test_rows_needed_is_near_the_textbook_approximation() -> None:
    textbook = ((1.6449 * math.sqrt(0.1) + 0.8416 * math.sqrt(0.1 - 0.02**2)) / 0.02) ** 2
    assert rows_needed(0.02, disagreement=0.1) == pytest.approx(textbook, rel=0.1)


@pytest.mark.parametrize("difference", [0.0, -0.1, 0.2])
def test_a_difference_that_the_disagreement_cannot_hold_is_refused(difference: float) -> None:
    with pytest.raises(InputError, match=r"> 0 and <= disagreement, which is 0\.1"):
        rows_needed(difference, disagreement=0.1)


def test_a_difference_too_fine_for_a_million_rows_is_refused_with_the_number() -> None:
    with pytest.raises(InputError, match="ask a larger difference"):
        rows_needed(0.0001, disagreement=0.1)


def test_every_fault_of_a_policy_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        smallest_detectable(0, disagreement=1.5, alpha=0.0, power=1.0)
    assert len(caught.value.faults) == 4
    with pytest.raises(InputError, match=r"power: 0\.04 is not > alpha"):
        smallest_detectable(10, disagreement=0.5, power=0.04)
