from __future__ import annotations

import numpy as np
import pytest

from chainring.contracts.errors import InputError
from chainring.stats.clustered import effective_rows
from chainring.stats.intervals import bootstrap_mean, mean_grade, wilson
from chainring.stats.resampling import correlated, pearson, ratio, resampled, root_mean_square

LEVEL = 0.95


def alike(values: list[float], times: int) -> tuple[list[float], list[int]]:
    """Return every value so many times over, and the unit of each."""
    rows = [value for value in values for _ in range(times)]
    return rows, [unit for unit in range(len(values)) for _ in range(times)]


def test_rows_of_their_own_are_worth_as_many_rows() -> None:
    assert effective_rows([1, 0, 1, 1], [3, 1, 2, 0]) == 4.0


def test_rows_that_are_wholly_alike_are_worth_their_units() -> None:
    rows, units = alike([float(i % 4 > 0) for i in range(400)], 5)
    assert effective_rows(rows, units) == pytest.approx(400, rel=0.01)


def test_rows_of_a_unit_that_are_not_alike_are_worth_their_number() -> None:
    rows, units = [1.0, 0.0] * 400, [unit for unit in range(400) for _ in range(2)]
    assert effective_rows(rows, units) == pytest.approx(800, rel=0.01)


def test_where_nothing_varies_rows_of_a_unit_are_taken_to_be_alike() -> None:
    assert effective_rows([1.0] * 10, [0] * 5 + [1] * 5) == 2.0


def test_one_unit_is_worth_one_row() -> None:
    assert effective_rows([1, 0, 1], [7, 7, 7]) == 1.0


def test_two_units_are_worth_less_than_two_rows() -> None:
    """Student's t with one degree of freedom is 12.706, the normal curve 1.960."""
    worth = effective_rows([1.0, 1.0, 1.0, 0.0], [0, 0, 1, 1])
    assert worth == 1.0
    many = effective_rows([1.0, 0.0] * 11, [i // 2 for i in range(22)])
    assert many == pytest.approx(22 * (1.959964 / 2.228139) ** 2, rel=1e-5)


def test_rows_and_units_have_to_fit_together() -> None:
    with pytest.raises(InputError, match="units"):
        effective_rows([1.0, 0.0], [0])


def test_an_interval_holds_the_truth_as_often_as_it_says_where_authors_repeat_themselves() -> None:
    draws, chance = 400, np.random.default_rng(0)
    units = [unit for unit in range(40) for _ in range(5)]
    held = np.zeros(2)
    for _ in range(draws):
        rights = np.repeat((chance.random(40) < 0.8).astype(float), 5)
        for place, found in enumerate((mean_grade(rights), mean_grade(rights, units=units))):
            held[place] += found.low <= 0.8 <= found.high
    blind, told = held / draws
    assert blind < 0.75
    assert told >= 0.92


def test_the_mean_stays_that_of_the_rows() -> None:
    found = mean_grade([1.0, 1.0, 1.0, 0.0], units=[0, 0, 0, 1])
    assert (found.estimate, found.n) == (0.75, 4)
    assert found.low < wilson(3, 4).low


def test_what_is_said_over_and_over_moves_no_interval() -> None:
    once = [0.2, 0.9, 0.4, 0.7, 0.65, 0.1, 0.8]
    rows, units = alike(once, 4)
    other = [value**2 for value in rows]

    def of(found: object) -> tuple[float, float, float]:
        return tuple(round(getattr(found, name), 9) for name in ("low", "estimate", "high"))

    assert of(bootstrap_mean(rows, units=units, seed=0)) == of(bootstrap_mean(once, seed=0))
    assert of(ratio(other, rows, units=units)) == of(ratio([v**2 for v in once], once))
    plain = resampled(root_mean_square, once, level=LEVEL, draws=500)
    assert of(resampled(root_mean_square, rows, level=LEVEL, draws=500, units=units)) == of(plain)
    line = correlated(pearson, once, [v**2 for v in once], level=LEVEL, draws=500)
    assert of(correlated(pearson, rows, other, level=LEVEL, draws=500, units=units)) == of(line)
