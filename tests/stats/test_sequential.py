"""Bets, against every sequence there is, against SciPy's beta integral, and by simulation."""

from __future__ import annotations

import itertools
import math
from collections import Counter
from functools import cache

import numpy as np
import pytest
from scipy.integrate import quad

from chainring.contracts.errors import InputError
from chainring.stats.sequential import (
    BLOCK,
    always_between,
    capital_for,
    log_capital,
    log_capital_of_change,
    mirrored,
)


@pytest.mark.parametrize("p", [0.5, 0.3])
def test_over_all_sequences_a_claim_that_is_true_loses_nothing_on_average(p: float) -> None:
    total = 0.0
    for flips in itertools.product((-1, 1), repeat=10):
        ups = flips.count(1)
        total += p**ups * (1 - p) ** (10 - ups) * math.exp(log_capital(Counter(flips)))
    assert total <= 1.0 + 1e-12
    if p == 0.5:
        assert total == pytest.approx(1.0)


@pytest.mark.parametrize(("ups", "downs"), [(12, 3), (30, 28), (0, 4)])
def test_on_pairs_it_is_the_mixture_of_likelihood_ratios(ups: int, downs: int) -> None:
    def ratio(p: float) -> float:
        return float((2 * p) ** ups * (2 * (1 - p)) ** downs)

    whole = 2.0 * quad(ratio, 0.5, 1.0)[0]
    assert log_capital({1: ups, -1: downs}) == pytest.approx(math.log(whole), abs=0.02)


def test_looked_at_after_each_of_two_thousand_outcomes_at_most_alpha_are_condemned() -> None:
    chance, wrong = np.random.default_rng(7), 0
    draws = chance.choice([-1, 0, 1], p=[0.06, 0.88, 0.06], size=(400, 2000))
    capital = cache(lambda ups, downs: log_capital({1: ups, -1: downs}))
    for row in draws:
        steps = row[row != 0]  # an equal pair changes no capital
        ups, downs = np.cumsum(steps > 0).tolist(), np.cumsum(steps < 0).tolist()
        wrong += any(capital(*both) >= capital_for(0.05) for both in zip(ups, downs, strict=True))
    assert wrong <= 400 * 0.05 + 3 * math.sqrt(400 * 0.05 * 0.95)
    assert wrong > 0


def test_a_share_above_its_limit_is_found_and_one_below_is_not() -> None:
    limit = capital_for(0.05)
    assert log_capital({0: 80, 1: 20}, mean=0.05, low=0.0) > limit
    assert log_capital({0: 97, 1: 3}, mean=0.05, low=0.0) < limit


def test_outcomes_between_right_and_wrong_count_as_much_as_they_are() -> None:
    assert log_capital({0.5: 40}) > log_capital({0.25: 40}) > 0.0
    assert log_capital({0.5: 40, -0.5: 40}) < 0.0


@pytest.mark.parametrize("plays", [60, pytest.param(200, marks=pytest.mark.slow)])
def test_the_interval_holds_the_mean_at_every_look(plays: int) -> None:
    chance, missed = np.random.default_rng(3), 0
    for _ in range(plays):
        counts: Counter[float] = Counter()
        for place, value in enumerate(chance.choice([-1, 0, 1], p=[0.1, 0.7, 0.2], size=400), 1):
            counts[int(value)] += 1
            if place % 50 == 0:
                low, high = always_between(counts)
                if not low <= 0.1 <= high:
                    missed += 1
                    break
    assert missed <= plays * 0.05 + 3 * math.sqrt(plays * 0.05 * 0.95)


def test_the_interval_narrows_around_what_was_seen() -> None:
    low, high = always_between({-1: 100, 0: 700, 1: 200})
    assert 0.0 < low < 0.1 < high < 0.2


def test_a_change_is_found_as_soon_after_a_long_rest_and_its_place_is_told() -> None:
    rest = [-1.0, 0.0, 0.0, 0.0, 0.0]
    for length in (0, 100, 4000):
        found = [
            log_capital_of_change(rest * (length // 5) + [1.0, 0.0] * count) for count in (2, 30)
        ]
        assert found[0][0] < capital_for(0.05) < found[1][0]
        assert found[1][1] == length
    assert log_capital_of_change([]) == (-math.inf, 0)


def test_a_change_that_never_came_is_hardly_ever_found_at_any_look() -> None:
    chance, alarms = np.random.default_rng(5), 0
    for _ in range(100):
        outcomes = [float(one) for one in chance.choice([-1, 0, 1], p=[0.2, 0.6, 0.2], size=400)]
        looks = (log_capital_of_change(outcomes[:seen]) for seen in range(BLOCK, 401, BLOCK))
        alarms += any(capital >= capital_for(0.05) for capital, _ in looks)
    assert alarms <= 5


def test_turning_the_signs_bets_on_the_other_side() -> None:
    counts: dict[float, int] = {-1: 20, 0: 50, 1: 4}
    assert log_capital(mirrored(counts)) > capital_for(0.05) > 0.0 > log_capital(counts)


def test_an_outcome_below_the_least_and_a_mean_at_it_are_refused() -> None:
    with pytest.raises(InputError, match="outcome -2 is below -1"):
        log_capital({-2: 1})
    with pytest.raises(InputError, match="mean"):
        log_capital({0: 1}, mean=-1.0)
