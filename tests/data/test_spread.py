"""How far numbers lie apart, and which lie far from all others."""

from __future__ import annotations

import random
from statistics import fmean, median
from typing import Any

import pytest

from chainring.data.settings import DataSettings
from chainring.data.spread import FEW, spread
from chainring.stats.grades import grade_of

WORDS = ("good", "不错", "bad", "糟透了", "okay", "一般", "fine", "nice", "poor", "awful")


def mean_distance(numbers: list[float]) -> float:
    return fmean(abs(one - median(numbers)) for one in numbers)


def worth_of_the_median(numbers: list[float]) -> float:
    middle, apart = f"{median(numbers)}", spread(numbers)
    return fmean(grade_of("regression", f"{one}", middle, spread=apart) for one in numbers)


@pytest.mark.parametrize("draw", ["normal", "uniform", "stars"])
def test_of_numbers_without_a_slip_it_is_the_mean_distance_from_the_median(draw: str) -> None:
    dice = random.Random(7)
    drawn = {
        "normal": [dice.gauss(40, 9) for _ in range(500)],
        "uniform": [dice.uniform(-3, 3) for _ in range(500)],
        "stars": [float(dice.choice([1, 2, 5, 5, 5])) for _ in range(500)],
    }[draw]
    assert spread(drawn) == mean_distance(drawn)


def test_one_slipped_number_moves_it_no_more_than_any_other() -> None:
    dice = random.Random(3)
    numbers = [dice.gauss(3, 1) for _ in range(200)]
    assert mean_distance([*numbers, 1e6]) > 1000 * mean_distance(numbers)
    assert spread([*numbers, 1e6]) == pytest.approx(spread(numbers), rel=0.02)
    assert worth_of_the_median([*numbers, 1e6]) == pytest.approx(0.5, abs=0.06)


def test_with_a_long_tail_always_the_median_is_worth_no_more_than_a_half() -> None:
    dice = random.Random(5)
    amounts = [dice.lognormvariate(3, 2.5) for _ in range(1000)]
    assert 0.35 < worth_of_the_median(amounts) < 0.55


def test_where_most_are_equal_the_others_tell_it() -> None:
    numbers = [0.0] * 90 + [float(n) for n in range(1, 11)]
    assert spread(numbers) == mean_distance(numbers)
    assert spread([2.0] * 30) == spread([]) == 0.0


def test_of_a_few_numbers_none_is_far() -> None:
    few = [0.0, 1.0, *[2.0] * (FEW - 4), 1e6]
    assert spread(few) == mean_distance(few)


def test_a_turn_names_the_line_of_a_number_far_from_all_others(workshop: Any) -> None:
    workshop.settings = DataSettings(task="regression", min_jaccard=1.0)
    rows = [{"text": f"it was {t} {n}", "target": 1 + n % 5} for n in range(4) for t in WORDS]
    workshop.write_rows("stars.jsonl", [*rows, {"text": "键按错了", "target": 1000000}])
    made = workshop.dataset()
    (said,) = (line for line in workshop.said if "far from the others" in line)
    assert said.startswith("dataset: 1 of 41 targets lies far from the others: 1000000")
    assert "stars.jsonl, line 41" in said
    assert made.spread < 2
    workshop.said.clear()
    workshop.write_rows("stars.jsonl", rows)
    workshop.dataset()
    assert not any("far from the others" in line for line in workshop.said)
