"""By simulation, 4,000 draws each: the gate promotes noise in at most five of a hundred.

The models, rows and rates are those of the design: 85 % right, disagreeing on 10 % of 200 rows.
A draw is what `judge` decides on: how many rows were gained, and how many lost.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from functools import cache
from typing import Any

import numpy as np
import pytest

from chainring.contracts.evaluation import Outcome
from chainring.ring.gate.judge import judge
from chainring.ring.gate.settings import GateSettings
from chainring.stats.paired import mcnemar

ROWS, DRAWS = 200, 4000


@cache
def promoted(gained: int, lost: int, fixed: int) -> bool:
    """Ask the whole gate; outcomes depend on the counts alone, so each pair is asked once."""
    kinds = [(1, 0)] * gained + [(0, 1)] * lost + [(1, 1)] * (ROWS - gained - lost)
    now = [outcome(f"{i:04}", a, "suite") for i, (a, _) in enumerate(kinds)]
    before = [outcome(f"{i:04}", b, "suite") for i, (_, b) in enumerate(kinds)]
    now += [outcome(f"error {i}", i < fixed, "reacted") for i in range(200)]
    before += [outcome(f"error {i}", 0, "reacted") for i in range(200)]
    return judge(now, before, settings=GateSettings()).promote


@cache
def outcome(row: str, right: float, part: str) -> Outcome:
    return Outcome(
        row=row,
        truth="a",
        label="a",
        right=float(right),
        confidence=0.9,
        passed_on=False,
        part=part,
        language="en",
    )


def share_promoted(lead: float, *, fixed: int, seed: int) -> float:
    generator = np.random.default_rng(seed)
    rates = [0.05 + lead / 2, 0.05 - lead / 2, 0.9]
    draws = generator.multinomial(ROWS, rates, size=DRAWS)[:, :2].tolist()
    counts = Counter((gained, lost) for gained, lost in draws)
    return sum(promoted(*pair, fixed) * times for pair, times in counts.items()) / DRAWS


@pytest.mark.parametrize(
    ("lead", "expected"), [(-0.02, 0.00), (0.0, 0.03), (0.02, 0.18), (0.05, 0.67)]
)
def test_promotions_come_as_often_as_the_exact_test_allows(lead: float, expected: float) -> None:
    # expected: an independent simulation of 4,000 draws, rounded to hundredths
    assert share_promoted(lead, fixed=0, seed=1) == pytest.approx(expected, abs=0.03)


def test_an_equal_model_is_promoted_in_at_most_five_percent() -> None:
    assert share_promoted(0.0, fixed=0, seed=2) <= 0.05


def test_two_hundred_corrections_that_every_retrain_gets_right_change_nothing() -> None:
    assert share_promoted(0.0, fixed=200, seed=2) == share_promoted(0.0, fixed=0, seed=2)


def no_better_than_the_commonest(
    share: float, right_on_it: float, *, rows: int, draws: int
) -> float:
    """Return how often a first model is promoted that is as often right as the commonest answer.

    Of the commonest label, true of `share` of texts, it knows `right_on_it`; of the others so many
    that it is right in `share` of all.
    """
    generator = np.random.default_rng(5)
    right_elsewhere = share * (1 - right_on_it) / (1 - share)
    commonest = generator.binomial(rows, share, size=draws)
    known = generator.binomial(commonest, right_on_it)
    others = generator.binomial(rows - commonest, right_elsewhere)
    counts = Counter(zip(commonest.tolist(), known.tolist(), others.tolist(), strict=True))
    return sum(first(rows, *each) * times for each, times in counts.items()) / draws


def first(rows: int, commonest: int, known: int, others: int) -> bool:
    now = [replace(outcome(f"{i:04}", i < known, "suite"), truth="a") for i in range(commonest)] + [
        replace(outcome(f"{i:04}", i < commonest + others, "suite"), truth="b")
        for i in range(commonest, rows)
    ]
    return judge(now, None, settings=GateSettings()).promote


@pytest.mark.parametrize("rows", [36, 153])
@pytest.mark.parametrize(
    ("share", "right_on_it"),
    [(0.5, 0.5), (0.6, 0.6), (0.6, 0.4), (0.8, 0.8), (0.95, 0.95), (0.95, 0.99)],
)
def test_a_first_model_that_is_no_better_than_always_the_same_is_promoted_as_seldom(
    share: float, right_on_it: float, rows: int
) -> None:
    """Were the share of the commonest label taken as known, up to 15 % of these would pass."""
    found = no_better_than_the_commonest(share, right_on_it, rows=rows, draws=400)
    assert found <= 0.05


@pytest.mark.parametrize("draws", [100, pytest.param(400, marks=pytest.mark.slow)])
@pytest.mark.parametrize(
    ("units", "rows", "joins"), [(80, 4, "group"), (80, 4, "episode"), (60, 5, "author")]
)
def test_an_equal_model_is_promoted_as_seldom_where_rows_belong_together(
    units: int, rows: int, joins: str, draws: int
) -> None:
    """All rows of a unit are right or wrong together: 30 % of the units are answered anew."""
    generator = np.random.default_rng(0)
    was = generator.random((draws, units)) < 0.8
    anew = generator.random((draws, units)) < 0.3
    now = np.where(anew, generator.random((draws, units)) < 0.8, was)
    shares = [
        judge(clustered(a, rows, joins), clustered(b, rows, joins), settings=GateSettings()).promote
        for a, b in zip(now.tolist(), was.tolist(), strict=True)
    ]
    assert sum(shares) / draws <= 0.05


def clustered(right: list[bool], rows: int, joins: str) -> list[Outcome]:
    facts: dict[str, Any] = {}
    made = []
    for unit, is_right in enumerate(right):
        facts[joins] = f"u{unit}"
        made += [
            replace(outcome(f"{unit}-{row}", float(is_right), "suite"), **facts)
            for row in range(rows)
        ]
    return made


def test_a_pair_that_is_judged_with_every_hundred_reviews_is_promoted_as_seldom() -> None:
    """At twelve moments, on rows that grow by a hundred each; at one limit it would be 13 %."""
    draws = np.random.default_rng(3).multinomial(100, [0.05, 0.05, 0.9], size=(2000, 12))
    grown = draws[:, :, :2].cumsum(axis=1).tolist()
    limits = [GateSettings().alpha / tries for tries in range(1, 13)]
    seen = [[mcnemar(*counts) for counts in one] for one in grown]
    assert sum(min(one) <= 0.05 for one in seen) / 2000 > 0.1
    lucky = sum(any(p <= x for p, x in zip(one, limits, strict=True)) for one in seen)
    assert lucky / 2000 <= 0.05
