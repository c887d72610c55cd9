"""Intervals, against scipy, closed forms and their promised coverage."""

from __future__ import annotations

import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.errors import InputError
from chainring.stats.binomial import mass
from chainring.stats.intervals import bootstrap_mean, lower_bound, mean_grade, upper_bound, wilson

counts = st.integers(1, 3000).flatmap(lambda n: st.tuples(st.integers(0, n), st.just(n)))


@pytest.mark.parametrize(("k", "n"), [(0, 10), (1, 10), (91, 100), (450, 500), (500, 500)])
@pytest.mark.parametrize("level", [0.8, 0.95, 0.99])
def test_wilson_agrees_with_scipy(k: int, n: int, level: float) -> None:
    stats = pytest.importorskip("scipy.stats")
    found = wilson(k, n, level=level)
    expected = stats.binomtest(k, n).proportion_ci(level, method="wilson")
    assert (found.low, found.high) == pytest.approx((expected.low, expected.high), abs=1e-12)
    assert (found.estimate, found.n) == (k / n, n)


@given(counts)
def test_wilson_holds_its_estimate_and_stays_a_share(rows: tuple[int, int]) -> None:
    found = wilson(*rows)
    assert 0.0 <= found.low <= found.estimate <= found.high <= 1.0


@given(counts)
def test_wilson_of_the_wrong_ones_mirrors_wilson_of_the_right_ones(rows: tuple[int, int]) -> None:
    k, n = rows
    right, wrong = wilson(k, n), wilson(n - k, n)
    assert (right.low, right.high) == pytest.approx((1 - wrong.high, 1 - wrong.low), abs=1e-12)


@given(counts)
def test_more_rows_of_the_same_share_narrow_the_interval(rows: tuple[int, int]) -> None:
    k, n = rows
    few, many = wilson(k, n), wilson(4 * k, 4 * n)
    assert many.high - many.low < few.high - few.low


@pytest.mark.parametrize("n", [10, 50, 200])
def test_wilson_covers_the_true_share_as_often_as_it_says_on_average(n: int) -> None:
    found = [wilson(k, n) for k in range(n + 1)]
    shares = np.linspace(0.05, 0.95, 91).tolist()
    covered = [
        sum(mass(k, n, p) for k in range(n + 1) if found[k].low <= p <= found[k].high)
        for p in shares
    ]
    assert sum(covered) / len(covered) == pytest.approx(0.95, abs=0.01)


@pytest.mark.parametrize(("k", "n"), [(0, 59), (1, 59), (13, 40), (58, 59), (59, 59)])
def test_exact_bounds_agree_with_scipy(k: int, n: int) -> None:
    stats = pytest.importorskip("scipy.stats")
    above = stats.binomtest(k, n, alternative="less").proportion_ci(0.95, method="exact").high
    below = stats.binomtest(k, n, alternative="greater").proportion_ci(0.95, method="exact").low
    assert upper_bound(k, n) == pytest.approx(above, abs=1e-10)
    assert lower_bound(k, n) == pytest.approx(below, abs=1e-10)


@given(st.integers(1, 500), st.floats(0.5, 0.999))
def test_no_success_bounds_the_share_by_the_nth_root(n: int, level: float) -> None:
    assert upper_bound(0, n, level=level) == pytest.approx(1 - (1 - level) ** (1 / n), abs=1e-10)
    assert lower_bound(n, n, level=level) == pytest.approx((1 - level) ** (1 / n), abs=1e-10)


@given(counts)
def test_a_lower_bound_is_one_minus_the_upper_bound_of_the_rest(rows: tuple[int, int]) -> None:
    k, n = rows
    assert lower_bound(k, n) == pytest.approx(1 - upper_bound(n - k, n), abs=1e-10)


def test_a_bootstrapped_mean_has_nearly_the_interval_of_the_normal_law() -> None:
    values = np.random.default_rng(3).normal(0.6, 0.2, size=2_000)
    found = bootstrap_mean(values, draws=4_000, seed=1)
    reach = 1.96 * values.std() / math.sqrt(len(values))
    assert found.estimate == pytest.approx(values.mean())
    assert found.low == pytest.approx(values.mean() - reach, abs=0.05 * reach + 1e-4)
    assert found.high == pytest.approx(values.mean() + reach, abs=0.05 * reach + 1e-4)


def test_a_bootstrap_repeats_with_its_seed_and_changes_with_another() -> None:
    values = [0.1, 0.4, 0.9, 0.3, 0.35]
    assert bootstrap_mean(values, seed=7) == bootstrap_mean(values, seed=7)
    assert bootstrap_mean(values, seed=7) != bootstrap_mean(values, seed=8)


def test_equal_values_have_an_interval_without_width() -> None:
    found = bootstrap_mean([0.5, 0.5, 0.5], seed=0)
    assert (found.low, found.estimate, found.high) == (0.5, 0.5, 0.5)


@pytest.mark.parametrize("rows", [1, 3, 10, 40, 300])
def test_a_grade_a_hair_off_promises_no_more_than_rows_that_are_all_right(rows: int) -> None:
    best, worst = wilson(rows, rows), wilson(0, rows)
    assert mean_grade([*[1.0] * (rows - 1), 0.999]).low == pytest.approx(best.low, abs=0.001)
    assert mean_grade([*[0.0] * (rows - 1), 0.001]).high == pytest.approx(worst.high, abs=0.001)
    half = mean_grade([0.5] * rows)
    assert half.low == pytest.approx(0.5 * best.low)
    assert half.high == pytest.approx(1 - 0.5 * best.low)


def test_grades_of_many_rows_that_differ_keep_their_bootstrap() -> None:
    grades = np.random.default_rng(6).normal(0.6, 0.15, 400).clip(0, 1)
    assert mean_grade(grades) == bootstrap_mean(grades, seed=0)


@pytest.mark.parametrize("rows", [5, 10, 20, 50])
def test_mostly_right_grades_are_covered_as_often_as_is_said(rows: int) -> None:
    rng = np.random.default_rng(rows)
    held = 0
    for _ in range(200):
        grades = np.where(rng.random(rows) < 0.9, 1.0, rng.random(rows) * 0.6)
        found = mean_grade(grades)
        held += found.low <= 0.93 <= found.high
    assert held >= 0.91 * 200


def test_every_fault_of_a_count_is_named_at_once() -> None:
    with pytest.raises(InputError) as caught:
        wilson(7, 0, level=2.0)
    assert len(caught.value.faults) == 3
    for name in ("n: 0", "successes: 7", "level: 2.0"):
        assert name in str(caught.value)


@pytest.mark.parametrize("values", [[], [1.0, math.nan], [[1.0], [2.0]]])
def test_values_that_are_no_column_of_finite_numbers_are_refused(values: list[float]) -> None:
    with pytest.raises(InputError, match="values of a bootstrap cannot be used"):
        bootstrap_mean(values, seed=0)


def test_too_few_draws_and_a_wrong_level_are_refused() -> None:
    with pytest.raises(InputError, match="draws: 3 is not >= 100"):
        bootstrap_mean([1.0], draws=3, seed=0)
    with pytest.raises(InputError, match="level: 1"):
        bootstrap_mean([1.0], level=1.0, seed=0)
