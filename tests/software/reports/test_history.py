"""The days of a ring's past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chainring.contracts.evaluation import Share
from chainring.contracts.measure import MeasureName
from chainring.contracts.verdict import Check, Comparison, Verdict
from chainring.deployment.http.pages.ring import _charts, _row, _tiles
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.past import Day, History, TurnPoint
from chainring.software.reports import history
from chainring.software.reports.history import days

TODAY = datetime.now(UTC).date()


def _past(*ages: int) -> list[Day]:
    """Return the past of a project with a hundred answers on each day that is so many days ago."""
    rows = [((TODAY - timedelta(days=age)).isoformat(), "answers", 100) for age in ages]
    project = cast(Any, SimpleNamespace(ring=SimpleNamespace(traffic=None)))
    with pytest.MonkeyPatch.context() as patched:
        patched.setattr(history, "by_day", lambda traffic: rows)  # no reaction is read for it
        return days(project)


def test_a_day_without_traffic_is_a_day_and_the_last_one_is_today() -> None:
    found = _past(10, 3)
    assert [day.predictions for day in found] == [100, 0, 0, 0, 0, 0, 0, 100, 0, 0, 0]
    assert found[-1].day == TODAY.isoformat()
    assert _past() == []


def test_the_last_seven_days_are_the_last_seven_days() -> None:
    past = History(days=tuple(_past(200, 100, 60, 30, 20, 10, 6)))
    tiles = str(_tiles(past, Strings("en")))
    assert "<strong>100</strong>" in tiles
    assert "last 7 days" in tiles


def test_days_without_a_reaction_are_drawn() -> None:
    charts = "".join(str(chart) for chart in _charts(History(days=tuple(_past(60))), Strings("en")))
    assert f">{TODAY.isoformat()[5:]}<" in charts


def test_one_day_is_told_as_one() -> None:
    assert "last day" in str(_tiles(History(days=tuple(_past(0))), Strings("en")))


def test_a_promotion_tells_what_was_measured_and_a_hold_its_own_reason() -> None:
    pooled = Comparison(
        rows=545, gained=40, lost=17, champion=0.681, challenger=0.724, p_better=0.0005,
        p_worse=1.0, smallest_detectable=0.03, value="better",
    )  # fmt: skip
    verdict = Verdict(
        app="shop", challenger="c", champion="b", suite="s", value="better", promote=True,
        pooled=pooled, checks=(Check(name="better", holds=True, because="p = 0.0005"),),
    )  # fmt: skip
    told = history._because("better", verdict)
    assert told == "68.1% → 72.4% on 545 rows; p = 0.0005"
    assert history._because("worse; p = 0.9", verdict) == "worse; p = 0.9"
    point = TurnPoint(number=2, at=0.0, value="better", promoted=True, challenger="c", because=told)
    assert history._of_champion("better", "c", [point]) == told
    assert history._of_champion("a person's own", "c", [point]) == "a person's own"


@pytest.mark.parametrize(
    ("measure", "told"),
    [
        ("accuracy", "按准确率"),
        ("balanced_accuracy", "按平衡准确率"),
        ("cost", "按成本"),
    ],
)
def test_a_turn_says_by_which_measure_its_verdict_went(measure: MeasureName, told: str) -> None:
    turn = TurnPoint(number=1, at=0.0, value="first", promoted=True, measure=measure)
    assert f"{told}<" in str(_row(turn, History(turns=(turn,)), Strings("zh")))


def test_a_language_of_few_rows_is_no_line_of_the_chart() -> None:
    shares = {
        name: Share(estimate=0.9, low=0.2, high=1.0, rows=rows)
        for name, rows in (("en", 300), ("zh", 20), ("und", 1))
    }
    turn = TurnPoint(number=1, at=0.0, value="first", promoted=True, languages=shares)
    _, chart, *_ = _charts(History(turns=(turn,)), Strings("en"))
    assert "English" in chart
    assert "Chinese" in chart
    assert "und" not in str(chart).replace("round", "").replace("bound", "")
