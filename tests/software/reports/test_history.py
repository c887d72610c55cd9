"""The days of a ring's past."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from types import SimpleNamespace
from typing import Any, cast

import pytest

from chainring.deployment.http.pages.ring import _charts, _tiles
from chainring.deployment.http.pages.strings import Strings
from chainring.deployment.http.verbs import Day, History
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
