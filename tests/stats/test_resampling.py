from __future__ import annotations

import numpy as np
import pytest
from scipy import stats as reference

from chainring.stats.intervals import wilson
from chainring.stats.resampling import (
    correlated,
    pearson,
    ratio,
    resampled,
    root_mean_square,
    spearman,
)


def test_a_ratio_of_sums_is_the_micro_f1_and_its_interval_narrows_with_rows() -> None:
    rng = np.random.default_rng(0)
    true, told = rng.random((400, 5)) < 0.3, rng.random((400, 5)) < 0.3
    told[:200] = true[:200]
    from sklearn.metrics import f1_score

    tops, bottoms = 2.0 * (true & told).sum(1), (true.sum(1) + told.sum(1)).astype(float)
    few, all_ = ratio(tops[150:250], bottoms[150:250]), ratio(tops, bottoms)
    assert all_.estimate == pytest.approx(f1_score(true, told, average="micro"))
    assert all_.low < all_.estimate < all_.high
    assert all_.high - all_.low < few.high - few.low


def test_a_ratio_of_few_rows_that_are_all_right_has_the_interval_of_their_share() -> None:
    empty = [0.0] * 20  # rows of nothing say nothing
    assert ratio([2.0] * 5 + empty, [2.0] * 5 + empty).low == wilson(5, 5).low
    assert ratio([0.0] * 5, [2.0] * 5).high == pytest.approx(wilson(0, 5).high)


def test_a_ratio_of_nothing_is_nothing() -> None:
    assert ratio([0.0, 0.0], [0.0, 0.0]).estimate == 0.0


def test_correlations_are_those_of_scipy_also_with_ties() -> None:
    rng = np.random.default_rng(1)
    a = rng.integers(0, 5, 60).astype(float)
    b = a + rng.normal(0, 1, 60).round()
    assert pearson(a, b) == pytest.approx(reference.pearsonr(a, b).statistic)
    assert spearman(a, b) == pytest.approx(reference.spearmanr(a, b).statistic)
    assert pearson(a, np.ones(60)) == 0.0


def test_the_bootstrap_of_a_mean_agrees_with_the_normal_interval() -> None:
    values = np.random.default_rng(2).normal(3, 2, 500)
    found = resampled(lambda column: float(np.mean(column)), values)
    reach = 1.96 * values.std() / 500**0.5
    assert found.low == pytest.approx(values.mean() - reach, abs=0.05)
    assert found.high == pytest.approx(values.mean() + reach, abs=0.05)
    assert root_mean_square([3, 4]) == pytest.approx(12.5**0.5)


def test_a_correlation_is_never_over_one() -> None:
    for rows in range(2, 30):
        column = np.random.default_rng(rows).normal(size=rows)
        for found in (pearson(column, 3 * column), spearman(column, 3 * column)):
            assert found <= 1.0
            assert pearson(column, -column) >= -1.0


def test_a_correlation_of_few_rows_may_be_anything() -> None:
    """Two rows always lie on a line; of a few more the bounds are Fisher's at the least."""
    line = [0.0, 1.0, 5.0, 2.0, 4.0, 3.0]
    for rows in (1, 2, 3):
        found = correlated(pearson, line[:rows], line[:rows])
        assert (found.low, found.high, found.n) == (-1.0, 1.0, rows)
    rng = np.random.default_rng(3)
    a = rng.normal(size=60)
    found = correlated(pearson, a, a + rng.normal(size=60))
    assert found.low < found.estimate < found.high < 1.0


def test_a_correlations_interval_is_no_narrower_than_fishers() -> None:
    rng = np.random.default_rng(4)
    for rows in (4, 8, 40):
        a = rng.normal(size=rows)
        b = a + 0.5 * rng.normal(size=rows)
        found = correlated(pearson, a, b, level=0.9)
        bounds = reference.pearsonr(a, b).confidence_interval(0.9)
        assert found.low <= bounds.low + 1e-9
        assert found.high >= bounds.high - 1e-9


@pytest.mark.parametrize("rows", [4, 6, 10])
def test_rows_in_perfect_order_leave_a_width(rows: int) -> None:
    """The true correlation may be as low as one that orders so many in one case of 40."""
    ranks = [float(rank) for rank in range(rows)]
    found = correlated(spearman, ranks, [rank**3 for rank in ranks])
    other = correlated(spearman, ranks, [-rank for rank in ranks])
    rng = np.random.default_rng(6)
    first, noise = rng.normal(size=(2, 20_000, rows))
    for true in np.arange(-0.95, found.low - 0.01, 0.05):
        second = true * first + (1 - true**2) ** 0.5 * noise
        ordered = (np.argsort(first, axis=1) == np.argsort(second, axis=1)).all(axis=1)
        assert ordered.mean() < 0.025
    assert [found.estimate, found.high] == pytest.approx([1.0, 1.0])
    assert found.low == pytest.approx({4: -0.70, 6: 0.56, 10: 0.95}[rows], abs=0.01)
    assert [other.low, other.high] == pytest.approx([-1.0, -found.low])


def test_the_bounds_of_a_correlation_hold_it_as_often_as_they_say() -> None:
    rng = np.random.default_rng(5)
    held = 0
    for _ in range(200):
        a = rng.normal(size=6)
        found = correlated(pearson, a, 0.6 * a + 0.8 * rng.normal(size=6), draws=200)
        held += found.low <= 0.6 <= found.high
    assert held / 200 >= 0.92
