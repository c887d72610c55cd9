"""Bars that lie on their side, so that long labels in any language stay level and whole.

bar_chart([Bar(label="退款", value=0.93)], title="Recall per label", percent=True)
confusion_chart(confusion(truth, predicted), title="Most often confused")
stacked_bars([Stack(label="turn 1", parts={"train": 61.0})], title="Seconds per step", unit=" s")
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Literal

from chainring.stats.charts import svg
from chainring.stats.charts.svg import Scale
from chainring.stats.inputs import at_least, require

_ROW, _THICK, _LINE = 27.0, 13.0, 15.0
_BESIDE = 0.45
"""Share of the width up to which names stand beside their bars."""
_SWATCH = 10.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Bar:
    """A named value >= 0, with its interval where one is known."""

    label: str
    value: float
    low: float | None = None
    high: float | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Stack:
    """A named bar made of named parts >= 0, such as the seconds of a turn by step."""

    label: str
    parts: Mapping[str, float]


def bar_chart(
    bars: Sequence[Bar],
    *,
    title: str,
    value_label: str = "",
    percent: bool = False,
    tone: Literal["accent", "bad"] = "accent",
    empty: str = "nothing yet",
    width: float = 640.0,
) -> str:
    """Return one bar per row as SVG, in the order given; the picture grows with the rows.

    Parameters
    ----------
    bars
        Values >= 0.
    title, value_label, empty
        The words in the picture.
    percent
        Whether values are shares, to be written in per cent.
    tone
        `bad` for what should be small: confusions, complaints.
    width
        Width of the view box; a page for phones passes 360.

    Raises
    ------
    InputError
        A value is negative or not finite, or an interval is upside down.
    """
    if not bars:
        return svg.nothing_yet(title=title, empty=empty, width=width)
    _require_bars(bars)
    write = svg.percent if percent else svg.number
    values = [write(bar.value) for bar in bars]
    largest = max(max(bar.value, bar.high or 0.0) for bar in bars)
    names = [bar.label for bar in bars]
    lie = _Rows(names, values, largest, width=width, top=svg.TOP)
    colour = svg.BAD if tone == "bad" else svg.ACCENT
    rows = [
        lie.name(i) + _bar(bar, lie.middle(i), lie.x, colour, text)
        for i, (bar, text) in enumerate(zip(bars, values, strict=True))
    ]
    return svg.picture(
        *rows,
        title=title,
        caption=value_label,
        summary=_spoken(names, values),
        width=width,
        height=lie.bottom + 6,
    )


def confusion_chart(
    cells: Sequence[tuple[str, str, int]],
    *,
    title: str,
    value_label: str = "",
    most: int = 10,
    empty: str = "nothing yet",
    width: float = 640.0,
) -> str:
    """Return the label pairs that are confused most often, as bars `truth → predicted`.

    Bars and not a heat map: with dozens of labels the few cells that matter are lost in a map.

    Parameters
    ----------
    cells
        (truth, predicted, count) of `classification.confusion`; the right ones are skipped.
    title, value_label, empty
        The words in the picture.
    most
        Pairs shown, at least 1.
    width
        Width of the view box.
    """
    require("the confusions cannot be drawn", at_least("most", most, 1))
    wrong = sorted((-n, true, guess) for true, guess, n in cells if true != guess and n)
    return bar_chart(
        [Bar(label=f"{true} → {guess}", value=-n) for n, true, guess in wrong[:most]],
        title=title,
        value_label=value_label,
        tone="bad",
        empty=empty,
        width=width,
    )


def stacked_bars(
    stacks: Sequence[Stack],
    *,
    title: str,
    value_label: str = "",
    unit: str = "",
    empty: str = "nothing yet",
    width: float = 640.0,
) -> str:
    """Return bars made of parts as SVG: one row per stack, its total at the end, a legend on top.

    Parameters
    ----------
    stacks
        Values >= 0; parts of one name have one colour in all rows.
    title, value_label, empty
        The words in the picture.
    unit
        Written behind each number, with its space: `" s"`.
    width
        Width of the view box.
    """
    names = list(dict.fromkeys(name for stack in stacks for name in stack.parts))
    if not names:
        return svg.nothing_yet(title=title, empty=empty, width=width)
    _require_stacks(stacks)

    def write(value: float) -> str:
        return svg.number(value) + unit

    totals = [sum(stack.parts.values()) for stack in stacks]
    legend, top = _legend(names, width)
    labels, values = [s.label for s in stacks], [write(t) for t in totals]
    lie = _Rows(labels, values, max(totals), width=width, top=top)
    rows = [
        lie.name(i) + _stack(stack, names, lie.middle(i), lie.x, write)
        for i, stack in enumerate(stacks)
    ]
    return svg.picture(
        legend,
        *rows,
        title=title,
        caption=value_label,
        summary=_spoken(labels, values),
        width=width,
        height=lie.bottom + 6,
    )


class _Rows:
    """Where names and bars stand: side by side, or each name above its bar where one is long.

    The scale leaves room for the longest value.
    """

    def __init__(
        self,
        names: Sequence[str],
        values: Sequence[str],
        largest: float,
        *,
        width: float,
        top: float,
    ) -> None:
        widest = max(svg.width_of(name, svg.TEXT) for name in names)
        self._names, self._top = names, top
        self._above = widest > _BESIDE * width
        self._high = _ROW + (_LINE if self._above else 0.0)
        self._room = width - 8 if self._above else widest
        start = 4.0 if self._above else widest + 14
        end = width - max(svg.width_of(value, svg.TEXT) for value in values) - 14
        self.x = Scale(low=0.0, high=largest or 1.0, start=start, end=end)

    @property
    def bottom(self) -> float:
        """Where the last row ends."""
        return self._top + len(self._names) * self._high

    def middle(self, row: int) -> float:
        """Return the height at which a bar lies."""
        return self._top + (row + 1) * self._high - _ROW / 2.0

    def name(self, row: int) -> str:
        """Return the name of a row."""
        short = svg.shorten(self._names[row], svg.TEXT, self._room)
        if self._above:
            return svg.label(short, x=4, y=self.middle(row) - _THICK, fill=svg.INK)
        x, y = self.x.start - 10, self.middle(row) + 4
        return svg.label(short, x=x, y=y, anchor="end", fill=svg.INK)


def _bar(bar: Bar, middle: float, x: Scale, colour: str, text: str) -> str:
    block = _block(x(0), x(bar.value), middle, colour, f"{bar.label}: {text}")
    if bar.low is None or bar.high is None:
        return block + svg.label(text, x=x(bar.value) + 7, y=middle + 4)
    end = max(x(bar.value), x(bar.high))
    return (
        block + _reach(x(bar.low), x(bar.high), middle) + svg.label(text, x=end + 7, y=middle + 4)
    )


def _block(
    start: float, end: float, middle: float, colour: str, tip: str, *, opacity: float = 1.0
) -> str:
    return svg.element(
        "rect", svg.element("title", text=tip), x=start, y=middle - _THICK / 2,
        width=max(0.0, end - start), height=_THICK, rx=2, fill=colour, fill_opacity=opacity,
        class_="chart-bar",
    )  # fmt: skip


def _reach(low: float, high: float, middle: float) -> str:
    """Return a level interval with small ends, in the colour of text so that it shows on bars."""
    path = (
        f"M{low:.1f} {middle:.1f}H{high:.1f}"
        f"M{low:.1f} {middle - 3:.1f}v6M{high:.1f} {middle - 3:.1f}v6"
    )
    return svg.element(
        "path", d=path, stroke=svg.INK, stroke_width=1.2, stroke_opacity=0.7, fill="none",
        class_="chart-whisker",
    )  # fmt: skip


def _stack(
    stack: Stack, names: Sequence[str], middle: float, x: Scale, write: Callable[[float], str]
) -> str:
    blocks, reached = [], 0.0
    for i, name in enumerate(names):
        value = stack.parts.get(name, 0.0)
        if value:
            tip = f"{stack.label}, {name}: {write(value)}"
            colour, opacity = _shade(i)
            end = x(reached + value) - 1
            blocks.append(_block(x(reached), end, middle, colour, tip, opacity=opacity))
        reached += value
    return "".join(blocks) + svg.label(write(reached), x=x(reached) + 7, y=middle + 4)


def _legend(names: Sequence[str], width: float) -> tuple[str, float]:
    """Return swatches with names, wrapped to the width, and where the rows may begin below."""
    pieces: list[str] = []
    x, y = 4.0, svg.TOP - 2
    for i, name in enumerate(names):
        text = svg.shorten(name, svg.TEXT, width - 30)
        needed = _SWATCH + 6 + svg.width_of(text, svg.TEXT) + 16
        if x > 4.0 and x + needed > width:
            x, y = 4.0, y + 20
        colour, opacity = _shade(i)
        swatch = svg.element(
            "rect", x=x, y=y - 9, width=_SWATCH, height=_SWATCH, rx=2, fill=colour,
            fill_opacity=opacity,
        )  # fmt: skip
        pieces += [swatch, svg.label(text, x=x + _SWATCH + 6, y=y)]
        x += needed
    return "".join(pieces), y + 12


def _shade(index: int) -> tuple[str, float]:
    """Return the colour and opacity of a part; the seventh has the first colour again, paler."""
    rounds, place = divmod(index, len(svg.SERIES))
    return svg.SERIES[place], 0.5**rounds


def _spoken(names: Sequence[str], values: Sequence[str]) -> str:
    return "; ".join(f"{name} {value}" for name, value in zip(names, values, strict=True))


def _require_bars(bars: Sequence[Bar]) -> None:
    wrong = [b for b in bars if not (math.isfinite(b.value) and b.value >= 0)]
    ends = [b for b in bars if b.low is not None and b.high is not None]
    require(
        "the bars cannot be drawn",
        *(f"{b.label}: {b.value} is not a finite number >= 0" for b in wrong),
        *(
            f"{b.label}: interval {b.low} to {b.high} is not 0 <= low <= high"
            for b in ends
            if not (0 <= (b.low or 0) <= (b.high or 0) < math.inf)
        ),
    )


def _require_stacks(stacks: Sequence[Stack]) -> None:
    parts = [(f"{s.label}, {name}", v) for s in stacks for name, v in s.parts.items()]
    require(
        "the stacks cannot be drawn",
        *(
            f"{at}: {v} is not a finite number >= 0"
            for at, v in parts
            if not (math.isfinite(v) and v >= 0)
        ),
    )
