"""The pieces of a picture."""

from __future__ import annotations

from itertools import pairwise
from xml.etree import ElementTree

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.stats.charts import in_a_file, svg

places = st.lists(st.floats(0, 300), min_size=1, max_size=8)


@given(st.text(max_size=60))
def test_any_text_gives_a_picture_that_parses(text: str) -> None:
    drawn = svg.picture(
        svg.label(text, x=1, y=2), title=text, summary=text, caption=text, width=300, height=100
    )
    root = ElementTree.fromstring(drawn)
    assert root.get("role") == "img"


def test_markup_in_a_text_stays_text() -> None:
    hostile = "</text><script>alert('x')</script>\" onload=\"x"
    root = ElementTree.fromstring(
        svg.picture(title=hostile, summary=hostile, width=900, height=100)
    )
    assert {e.tag.split("}")[1] for e in root.iter()} == {"svg", "title", "text"}
    assert "onload" not in root.attrib
    assert root.get("aria-label") == f"{hostile}: {hostile}"


@given(places, st.floats(1, 30))
def test_spread_places_are_apart_in_order_and_not_below_the_lowest(
    wanted: list[float], gap: float
) -> None:
    free = svg.spread(wanted, gap=gap, lowest=300.0)
    order = sorted(range(len(wanted)), key=wanted.__getitem__)
    assert all(free[b] - free[a] >= gap - 1e-6 for a, b in pairwise(order))
    assert max(free) <= 300.0


@given(places)
def test_places_that_are_apart_already_stay(wanted: list[float]) -> None:
    apart = [place + 50 * i for i, place in enumerate(sorted(wanted))]
    assert svg.spread(apart, gap=50, lowest=1e9) == pytest.approx(apart)


@given(st.floats(-1e6, 1e6), st.floats(1e-6, 1e6))
def test_ticks_enclose_the_values_at_equal_steps_and_are_few(low: float, span: float) -> None:
    found = svg.ticks(low, low + span)
    steps = [b - a for a, b in pairwise(found)]
    slack = 1e-6 * max(1.0, span)
    assert found[0] <= low + slack
    assert found[-1] >= low + span - slack
    assert 2 <= len(found) <= 8
    assert max(steps) == pytest.approx(min(steps), rel=1e-3)


@pytest.mark.parametrize("value", [0.0, 0.5, -3.0, 1e5])
def test_one_value_has_ticks_around_it(value: float) -> None:
    found = svg.ticks(value, value)
    assert found[0] <= value <= found[-1]
    assert len(found) >= 2


@given(st.text(max_size=80), st.floats(20, 300))
def test_a_shortened_text_fits_and_a_short_one_is_whole(text: str, room: float) -> None:
    short = svg.shorten(text, 12, room)
    assert svg.width_of(short, 12) <= max(room, svg.width_of("…", 12))
    assert short == text or short.endswith("…")


def test_a_chinese_character_is_as_wide_as_the_text_is_high() -> None:
    assert svg.width_of("退款进度", 12) == 48
    assert 24 < svg.width_of("data", 12) < 36


def test_values_are_written_as_people_write_them() -> None:
    assert [svg.number(v) for v in (0.0, 7.0, 1234567.0, 1234.5, 0.1234)] == [
        "0", "7", "1,234,567", "1,234", "0.123",
    ]  # fmt: skip


def test_a_picture_in_a_file_has_colours_for_a_dark_page_and_is_well_formed() -> None:
    drawn = in_a_file(svg.picture(title="<a> & b", summary="", width=100, height=80))
    assert "prefers-color-scheme:dark" in drawn
    assert ElementTree.fromstring(drawn)[0].tag.endswith("style")
