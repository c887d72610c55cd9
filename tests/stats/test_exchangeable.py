"""Ranks that must be uniform, and capitals that must not grow without a cause."""

from __future__ import annotations

import copy
import itertools
import math

import numpy as np
import pytest
from scipy.integrate import quad
from scipy.stats import kstest

from chainring.contracts.errors import InputError
from chainring.stats.exchangeable import BETS, Exchangeability, _densities
from chainring.stats.sequential import capital_for


def test_ranks_of_like_numbers_are_uniform_even_when_most_are_equal() -> None:
    chance = np.random.default_rng(1)
    ranks = []
    for _ in range(60):
        watch = Exchangeability(chance.integers(0, 3, size=20).tolist())
        ranks += [
            watch.add(int(chance.integers(0, 3)), tie=1.0 - chance.random()) for _ in range(20)
        ]
    assert kstest(ranks, "uniform").pvalue > 0.001


@pytest.mark.parametrize("bet", range(BETS))
def test_each_bet_is_a_density(bet: int) -> None:
    def density(p: float) -> float:
        return _densities(p)[bet]

    edges = (0.0, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 1.0)
    whole = sum(quad(density, a, b, limit=200)[0] for a, b in itertools.pairwise(edges))
    assert whole == pytest.approx(1.0, abs=1e-4)


@pytest.mark.parametrize("count", [0, 1, 120])
def test_whatever_came_before_the_next_number_leaves_the_capital_as_it_is_on_average(
    count: int,
) -> None:
    watch, chance = Exchangeability([]), np.random.default_rng(3)
    for _ in range(count):  # among equal numbers the rank is the tie-breaker
        watch.add(0.0, tie=1.0 - chance.random())

    def after(rank: float) -> float:
        later = copy.deepcopy(watch)
        later.add(0.0, tie=rank)
        return math.exp(later.log_capital)

    edges = (0.0, 0.05, 0.1, 0.2, 0.5, 0.8, 0.9, 0.95, 1.0)
    mean = sum(quad(after, a, b, limit=200)[0] for a, b in itertools.pairwise(edges))
    assert mean == pytest.approx(math.exp(watch.log_capital), rel=1e-3)


def test_at_most_alpha_of_long_streams_without_a_change_are_called_changed() -> None:
    chance, called = np.random.default_rng(5), 0
    for _ in range(200):
        watch = Exchangeability(chance.normal(size=40).tolist())
        for number in chance.normal(size=400):
            watch.add(float(number), tie=1.0 - chance.random())
        called += watch.peak >= capital_for(0.05)
    assert called <= 200 * 0.05 + 3 * math.sqrt(200 * 0.05 * 0.95)


@pytest.mark.parametrize("before", [0, 800])
@pytest.mark.parametrize("shift", [1.5, -1.5])
def test_a_change_is_found_whether_it_comes_early_or_late(before: int, shift: float) -> None:
    chance = np.random.default_rng(2)
    watch = Exchangeability(chance.normal(size=250).tolist())
    for number in chance.normal(size=before):
        watch.add(float(number), tie=1.0 - chance.random())
    assert watch.peak < capital_for(0.05)
    for number in chance.normal(shift, 1.0, size=100):
        watch.add(float(number), tie=1.0 - chance.random())
    assert watch.peak >= capital_for(0.05)


def test_a_tie_breaker_outside_its_range_is_refused() -> None:
    with pytest.raises(InputError, match="tie"):
        Exchangeability([1.0]).add(1.0, tie=0.0)
