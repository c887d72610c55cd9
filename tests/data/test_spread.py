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


GROUPED = ("two groups", "a few long ones", "days and years", "long tail", "longest tail")


@pytest.mark.parametrize("draw", GROUPED)
def test_many_that_lie_far_from_the_middle_are_no_slips(draw: str) -> None:
    dice = random.Random(5)
    chats = [dice.uniform(1, 9) for _ in range(600)]
    drawn = {
        "two groups": [*chats, *(dice.uniform(60, 240) for _ in range(350))],
        "a few long ones": [*chats, *(dice.uniform(60, 240) for _ in range(15))],
        "days and years": [*(float(n % 4) for n in range(600)), *[365.0] * 300],
        "long tail": [dice.lognormvariate(3, 1) for _ in range(1000)],
        "longest tail": [dice.lognormvariate(3, 2) for _ in range(1000)],
    }[draw]
    assert spread(drawn) == mean_distance(drawn)
    assert spread([*drawn, 1e9]) == pytest.approx(spread(drawn), rel=0.02)


def test_who_is_off_by_less_is_graded_higher_also_where_numbers_lie_in_two_groups() -> None:
    dice = random.Random(1)
    truths = [dice.uniform(1, 9) for _ in range(600)] + [dice.uniform(60, 240) for _ in range(350)]
    apart = spread(truths)
    near = [one + dice.gauss(0, 2.5 + 0.1 * one) for one in truths]
    never_long = [one + dice.gauss(0, 0.4) if one < 10 else 3.0 for one in truths]
    graded = [
        fmean(
            grade_of("regression", f"{one}", f"{say}", spread=apart)
            for one, say in zip(truths, said, strict=True)
        )
        for said in (near, never_long)
    ]
    assert graded[0] > graded[1] + 0.2


def test_where_most_are_equal_the_others_tell_it() -> None:
    numbers = [0.0] * 90 + [float(n) for n in range(1, 11)]
    assert spread(numbers) == mean_distance(numbers)
    assert spread([2.0] * 30) == spread([]) == 0.0


def test_a_few_slips_of_different_sizes_are_left_out_together() -> None:
    numbers = [float(1 + n % 5) for n in range(400)]
    assert spread([*numbers, 500.0, 1e5, -1e9]) == mean_distance(numbers)


@pytest.mark.parametrize("slips", [[1e6] * 2, [99999.0, 1e6], [9999.0] * 3])
def test_a_few_slips_of_one_size_are_left_out_together(slips: list[float]) -> None:
    """9999 often stands for no answer."""
    numbers = [float(1 + n % 5) for n in range(148)]
    assert spread([*numbers, *slips]) == mean_distance(numbers)


def test_two_percent_that_stand_for_no_answer_are_left_out() -> None:
    numbers = [float(1 + n % 5) for n in range(980)]
    assert spread([*numbers, *[9999.0] * 20]) == mean_distance(numbers)


def test_where_next_to_none_differ_those_that_do_are_not_far() -> None:
    numbers = [0.0] * 990 + [1.0, 30.0]
    assert spread(numbers) == mean_distance(numbers)


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


def test_a_turn_names_none_of_two_groups_of_numbers(workshop: Any) -> None:
    workshop.settings = DataSettings(task="regression", min_jaccard=1.0)
    targets = [1, 2, 3, 4, 5, 6, 100, 150, 200, 240]
    rows = [
        {"text": f"it was {t} {n}", "target": one}
        for n in range(4)
        for t, one in zip(WORDS, targets, strict=True)
    ]
    workshop.write_rows("minutes.jsonl", rows)
    workshop.dataset()
    assert not any("far from the others" in line for line in workshop.said)
