from __future__ import annotations

from collections.abc import Callable

import pytest

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.evaluation import Outcome
from chainring.ring.gate import conditions
from chainring.ring.gate.comparing import comparison
from chainring.ring.gate.pairs import Pair, paired
from chainring.ring.gate.sentences import in_chinese
from chainring.ring.gate.settings import GateSettings
from chainring.ring.gate.slices import slices

MakeOutcome = Callable[..., Outcome]
MakeSheets = Callable[..., tuple[list[Outcome], list[Outcome]]]


def test_better_says_p_test_rows_and_limit(sheets: MakeSheets, settings: GateSettings) -> None:
    pooled = comparison(paired(*sheets(gained=5, right=95)), settings=settings)
    check = conditions.better(pooled, settings=settings)
    assert check.holds
    for said in ("0.031", "exact McNemar", "100 rows", "0.05"):
        assert said in check.because


def test_better_without_rows_says_what_to_do(settings: GateSettings) -> None:
    check = conditions.better(comparison([], settings=settings), settings=settings)
    assert not check.holds
    assert "review the hold-out sample" in check.because


def test_a_part_may_look_worse_but_not_be_measurably_so(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    noise = comparison(paired(*sheets(lost=4, right=46)), settings=settings)
    loss = comparison(paired(*sheets(lost=5, right=45)), settings=settings)
    assert conditions.not_worse("suite", noise, settings=settings).holds
    check = conditions.not_worse("suite", loss, settings=settings)
    assert not check.holds
    assert "-10.0 points on 50 rows" in check.because


def test_falling_slices_are_named(sheets: MakeSheets, settings: GateSettings) -> None:
    large, _ = slices(paired(*sheets(lost=8, right=60, language="zh")), settings=settings)
    check = conditions.slices_not_worse(large, settings=settings)
    assert not check.holds
    assert check.because.endswith("label:stock, language:zh")
    assert conditions.slices_not_worse({}, settings=settings).holds


def test_every_must_has_to_be_right_whatever_its_part(outcome: MakeOutcome) -> None:
    rows = [
        outcome("a", 1, must=True),
        outcome("b", 1, must=True, part="reacted"),
        outcome("c", 0),
    ]
    assert conditions.must_hold(rows).holds
    check = conditions.must_hold([*rows, outcome("d", 0, must=True, part="reacted")])
    assert not check.holds
    assert check.because == "1 of 3 complaints marked must are wrong: d"
    assert conditions.must_hold([outcome("c", 0)]).because == "no row judged here is marked must"


@pytest.mark.parametrize(
    ("grade", "right_from", "holds"),
    [
        (0.79, 1.0, False),  # "Do take with alcohol.", where it is "Do not take with alcohol."
        (0.67, 1.0, False),  # one of two tags is missing
        (1.0, 1.0, True),
        (0.89, 0.9, False),  # a number, off by more than a fifth of the spread
        (0.9, 0.9, True),
    ],
)
def test_a_must_that_is_nearly_right_is_not_right(
    outcome: MakeOutcome, grade: float, right_from: float, holds: bool
) -> None:
    rows = [outcome("a", grade, must=True), outcome("b", 1, must=True)]
    check = conditions.must_hold(rows, right_from=right_from)
    assert check.holds == holds
    if not holds:
        assert check.because == (
            "1 of 2 complaints marked must are not answered as they must be,"
            " and nearly right is not right: a"
        )
        assert "接近正确不算答对：a" in in_chinese(check.because)


@pytest.mark.parametrize(
    ("wrong", "count", "holds"),
    [
        # exact one-sided bound: k wrong of n are refused when P(X >= k | n, 5 %) <= 5 %
        (0, 1, True),
        (1, 1, False),  # bound 5.0 %, which is not under 5 %
        (1, 2, True),  # 1 - sqrt(0.95) = 2.5 %
        (2, 2, False),  # sqrt(0.05) = 22 %
        (2, 8, True),  # P(X >= 2) = 5.72 %
        (2, 7, False),  # P(X >= 2) = 4.44 %
        (4, 30, True),  # P(X >= 4) = 6.08 %
        (5, 30, False),  # P(X >= 5) = 1.56 %
    ],
)
def test_reopened_complaints_are_refused_when_surely_more_than_five_percent(
    outcome: MakeOutcome, settings: GateSettings, wrong: int, count: int, holds: bool
) -> None:
    rows = [outcome(f"{i}", i >= wrong, part="reacted") for i in range(count)]
    others = [outcome("other", 0, part="reacted")]
    fixed = [row.row for row in rows]
    check = conditions.reopened([*rows, *others], fixed, settings=settings)
    assert check.holds == holds
    assert f"{wrong} of {count} once fixed complaints" in check.because


def test_nothing_fixed_before_cannot_be_reopened(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    check = conditions.reopened([outcome("a", 0)], ("gone",), settings=settings)
    assert check.holds
    assert check.because == "no complaint was fixed before"


def test_a_challenger_may_not_pass_on_more_than_five_points_more(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    def pairs(now: int, before: int) -> list[Pair]:
        challenger = [outcome(f"{i:03}", 1, passed_on=i < now) for i in range(100)]
        champion = [outcome(f"{i:03}", 1, passed_on=i < before) for i in range(100)]
        outside = [outcome("out", 1, truth=OUT_OF_SCOPE, passed_on=True)]
        refused = [outcome("out", 0, truth=OUT_OF_SCOPE, passed_on=False)]
        return paired([*challenger, *outside], [*champion, *refused])

    assert conditions.passed_on(pairs(12, 7), settings=settings).holds
    check = conditions.passed_on(pairs(13, 7), settings=settings)
    assert not check.holds
    assert check.because.startswith("13.0 % of texts in scope go to a person, 7.0 % before")
    assert conditions.passed_on([], settings=settings).holds
    written = conditions.passed_on(pairs(84, 63), settings=settings, written=True)
    assert written.holds
    assert written.because.startswith("84.0 % of texts in scope go to a person, 63.0 % before")
