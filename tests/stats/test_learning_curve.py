"""The forecast against curves whose law is known, and its interval against many draws."""

from __future__ import annotations

import numpy as np
import pytest

from chainring.contracts.errors import InputError
from chainring.stats.learning_curve import _foretold, learning_curve

SIZES = (125, 250, 500, 1000)


def drawn(errors: list[float], rows: int, seed: int) -> np.ndarray:
    """Return outcomes of rows whose difficulty is one number each, so that columns are nested."""
    hard_n = np.random.default_rng(seed).random(rows)
    return (hard_n[:, None] >= np.array(errors)).astype(float)


def law(n: float, *, a: float, b: float, c: float) -> float:
    return float(c + a * n**-b)


@pytest.mark.parametrize(("b", "c"), [(0.3, 0.0), (0.5, 0.1), (1.0, 0.05)])
def test_errors_that_follow_the_law_are_foretold_to_four_digits(b: float, c: float) -> None:
    a = 0.5 * 125**b
    errors = np.array([[law(n, a=a, b=b, c=c) for n in SIZES]])
    told = _foretold(errors, SIZES, (2000, 4000))[0]
    assert told == pytest.approx([law(n, a=a, b=b, c=c) for n in (2000, 4000)], abs=1e-4)


def test_the_truth_lies_in_the_interval_about_as_often_as_it_says() -> None:
    """95 % of 60 draws are 57; under 51 would have a chance of 0.9 % at the stated level."""
    errors = [law(n, a=3.0, b=0.4, c=0.02) for n in SIZES]
    truth = 1 - law(2000, a=3.0, b=0.4, c=0.02)
    hits = 0
    for seed in range(60):
        found = learning_curve(drawn(errors, 800, seed), SIZES, at=(1000, 2000), draws=200, seed=0)
        hits += found.forecasts[1].low <= truth <= found.forecasts[1].high
    assert hits >= 51


def test_a_curve_that_is_flat_promises_nothing() -> None:
    found = learning_curve(drawn([0.3] * 4, 1000, 0), SIZES, at=(1000, 2000), seed=0)
    assert found.gain.accuracy == pytest.approx(0.0, abs=1e-9)
    assert found.gain.low == pytest.approx(0.0, abs=1e-9)


def test_a_curve_that_falls_is_taken_for_a_flat_one() -> None:
    found = learning_curve(drawn([0.2, 0.25, 0.3, 0.3], 500, 0), SIZES, at=(1000, 2000), seed=0)
    assert found.gain.accuracy == pytest.approx(0.0, abs=1e-9)


def test_the_gain_has_a_narrower_interval_than_what_it_is_the_difference_of() -> None:
    errors = [law(n, a=3.0, b=0.4, c=0.02) for n in SIZES]
    found = learning_curve(drawn(errors, 500, 1), SIZES, at=(1000, 2000), seed=0)
    width = found.forecasts[1].high - found.forecasts[1].low
    assert 0 < found.gain.high - found.gain.low < width
    assert found.gain.accuracy == pytest.approx(
        found.forecasts[1].accuracy - found.forecasts[0].accuracy
    )


def test_rows_of_a_group_are_drawn_together() -> None:
    """Fifty rows ten times over are worth fifty: the interval is about the root of ten wider."""
    once = drawn([0.5, 0.4, 0.3, 0.2], 50, 2)
    table = np.repeat(once, 10, axis=0)
    keys = np.repeat(np.arange(50), 10).tolist()
    alone = learning_curve(table, SIZES, at=(1000, 2000), seed=0).points[0]
    grouped = learning_curve(table, SIZES, at=(1000, 2000), groups=keys, seed=0).points[0]
    ratio = (grouped.high - grouped.low) / (alone.high - alone.low)
    assert ratio == pytest.approx(10**0.5, rel=0.2)


def test_every_fault_of_the_sizes_is_told() -> None:
    with pytest.raises(InputError, match=r"(?s)rising.*rising") as told:
        learning_curve(np.ones((4, 3)), [3, 2, 1], at=[5, 5], seed=0)
    assert "sizes" in str(told.value)
    with pytest.raises(InputError, match="a column per size"):
        learning_curve(np.ones((4, 3)), SIZES, at=[5, 6], seed=0)
