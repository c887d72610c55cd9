"""Lines over turns or days, with intervals and the last value written at the end of each line.

line_chart([Series(name="champion", points=points)], title="Accuracy per turn", x_label="turn")
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

from chainring.stats.charts import svg
from chainring.stats.charts.svg import Box, Scale
from chainring.stats.inputs import require

_LABEL_GAP = 16.0
_DODGE = 6.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Point:
    """A value at a place on the axis (a turn, a day), with its interval where one is known."""

    x: str
    y: float
    low: float | None = None
    high: float | None = None

    @property
    def values(self) -> tuple[float, ...]:
        """The value and the ends of its interval."""
        return tuple(v for v in (self.y, self.low, self.high) if v is not None)


@dataclass(frozen=True, slots=True, kw_only=True)
class Series:
    """One line: its name and its points from left to right."""

    name: str
    points: tuple[Point, ...]


def line_chart(
    series: Sequence[Series],
    *,
    title: str,
    x_label: str = "",
    y_label: str = "",
    intervals: bool = True,
    percent: bool = True,
    x_values: Sequence[str] | None = None,
    empty: str = "nothing yet",
    width: float = 640.0,
    height: float = 320.0,
) -> str:
    """Return lines over turns or days as SVG.

    Parameters
    ----------
    series
        One to six lines are told apart by colour; those without points are left out.
    title, x_label, y_label, empty
        The words in the picture; `empty` is said when there is no point at all.
    intervals
        Whether `low` and `high` of the points are drawn as whiskers.
    percent
        True: values are shares, written in per cent, and the axis fits the data. False: any
        numbers, and the axis includes zero.
    x_values
        Places of the axis from left to right; None takes them as they first occur.
    width, height
        Size of the view box; a page for phones passes 360.

    Raises
    ------
    InputError
        A value is not finite, an interval is upside down, or a place is not among `x_values`.
    """
    lines = [s for s in series if s.points]
    if not lines:
        return svg.nothing_yet(title=title, empty=empty, width=width)
    places = list(dict.fromkeys(x_values or (p.x for s in lines for p in s.points)))
    _require_points(lines, places)
    write = svg.percent if percent else svg.number
    steps = _steps(lines, intervals=intervals, percent=percent)
    step_names = [f"{s * 100:g}%" if percent else svg.number(s) for s in steps]
    ends = [_end_name(s, write(s.points[-1].y), room=0.3 * width) for s in lines]
    box = Box(
        left=4 + max(svg.width_of(name, svg.TEXT) for name in step_names) + 8,
        top=svg.TOP,
        right=width - max(svg.width_of(name, svg.TEXT) for name in ends) - 18,
        bottom=height - (52 if x_label else 30),
    )
    y = Scale(low=steps[0], high=steps[-1], start=box.bottom, end=box.top)
    x = _across(places, box, lines=len(lines))
    dodge = _DODGE if intervals and any(p.low is not None for p in lines[0].points) else 0.0
    return svg.picture(
        svg.rows_of_grid(box, [(y(s), name) for s, name in zip(steps, step_names, strict=True)]),
        svg.names_below(box, list(zip(x.values(), x, strict=True)), axis=x_label),
        *(
            _drawn(
                s,
                colour=_colour(i),
                x=x,
                y=y,
                intervals=intervals,
                shift=dodge * (i - (len(lines) - 1) / 2),
            )
            for i, s in enumerate(lines)
        ),
        _end_labels(lines, ends, x, y, box),
        title=title,
        caption=y_label,
        summary="; ".join(f"{s.name} {write(s.points[-1].y)}".strip() for s in lines),
        width=width,
        height=height,
    )


def _steps(lines: Sequence[Series], *, intervals: bool, percent: bool) -> list[float]:
    """Return the values at which the grid has a line."""
    values = [v for s in lines for p in s.points for v in (p.values if intervals else (p.y,))]
    low, high = min(values), max(values)
    if not percent:
        return svg.ticks(min(0.0, low), max(0.0, high))
    is_share = low >= 0.0 and high <= 1.0
    if high - low < 0.04:
        low, high = low - 0.02, high + 0.02
    return [s for s in svg.ticks(low, high) if not is_share or -1e-9 <= s <= 1.0 + 1e-9]


def _across(places: Sequence[str], box: Box, *, lines: int) -> dict[str, float]:
    """Return where each place stands; the outer ones stand in a little, for their whiskers."""
    inset = 14.0 + _DODGE * lines / 2.0
    if len(places) == 1:
        return {places[0]: (box.left + box.right) / 2.0}
    x = Scale(low=0, high=len(places) - 1, start=box.left + inset, end=box.right - inset)
    return {place: x(i) for i, place in enumerate(places)}


def _drawn(
    series: Series, *, colour: str, x: dict[str, float], y: Scale, shift: float, intervals: bool
) -> str:
    """Return the line of one series, its whiskers and its dots, moved aside by `shift`."""
    at = [(x[p.x] + shift, y(p.y)) for p in series.points]
    path = "M" + "L".join(f"{left:.1f} {top:.1f}" for left, top in at)
    joined = svg.element(
        "path", d=path, fill="none", stroke=colour, stroke_width=2, stroke_linejoin="round",
        class_="chart-line",
    )  # fmt: skip
    whiskers = "".join(
        svg.whisker(left, y(p.low), y(p.high), stroke=colour)
        for (left, _), p in zip(at, series.points, strict=True)
        if intervals and p.low is not None and p.high is not None
    )
    dots = "".join(
        svg.element("circle", cx=left, cy=top, r=3.6, fill=colour, class_="chart-dot")
        for left, top in at
    )
    return whiskers + (joined if len(at) > 1 else "") + dots


def _end_name(series: Series, value: str, *, room: float) -> str:
    name = svg.shorten(series.name, svg.TEXT, room)
    return f"{name} {value}".strip()


def _end_labels(
    lines: Sequence[Series], ends: Sequence[str], x: dict[str, float], y: Scale, box: Box
) -> str:
    """Write name and last value to the right of the plot, moved apart where they would touch."""
    wanted = [y(s.points[-1].y) for s in lines]
    free = svg.spread(wanted, gap=_LABEL_GAP, lowest=box.bottom)
    pieces = []
    for i, (s, text) in enumerate(zip(lines, ends, strict=True)):
        path = f"M{x[s.points[-1].x] + 14:.1f} {wanted[i]:.1f}L{box.right + 4:.1f} {free[i]:.1f}"
        leader = svg.element(
            "path", d=path, stroke=_colour(i), stroke_opacity=0.35, fill="none",
            class_="chart-leader",
        )  # fmt: skip
        pieces += [leader, svg.label(text, x=box.right + 8, y=free[i] + 4, fill=_colour(i))]
    return "".join(pieces)


def _colour(index: int) -> str:
    return svg.SERIES[index % len(svg.SERIES)]


def _require_points(lines: Sequence[Series], places: Sequence[str]) -> None:
    points = [(f"{s.name}[{p.x}]", p) for s in lines for p in s.points]
    upside_down = [
        (at, p) for at, p in points
        if p.low is not None and p.high is not None and p.low > p.high
    ]  # fmt: skip
    require(
        "the lines cannot be drawn",
        *(
            f"{at}: {p.values} are not all finite"
            for at, p in points
            if not all(map(math.isfinite, p.values))
        ),
        *(f"{at}: low {p.low} is above high {p.high}" for at, p in upside_down),
        *(f"{at}: {p.x!r} is not among x_values" for at, p in points if p.x not in places),
    )
