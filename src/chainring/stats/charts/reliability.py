"""How often answers of each confidence are right, beside how often they should be.

reliability_chart(reliability(confidence, right), title="Does the confidence hold?")
"""

from __future__ import annotations

from collections.abc import Sequence

from chainring.stats.calibration import ReliabilityBin
from chainring.stats.charts import svg
from chainring.stats.charts.svg import Box, Scale
from chainring.stats.intervals import wilson

_STEPS = (0.0, 0.25, 0.5, 0.75, 1.0)
_STRIP = 34.0  # height of the strip that shows how many answers each bin holds


def reliability_chart(
    bins: Sequence[ReliabilityBin],
    *,
    title: str,
    x_label: str = "confidence",
    y_label: str = "share that was right",
    count_label: str = "answers",
    empty: str = "nothing yet",
    width: float = 440.0,
) -> str:
    """Return accuracy over confidence as SVG, with a strip of how many answers each bin holds.

    On the dashed diagonal a confidence of 0.8 is right eight times in ten; dots below it are too
    sure. Whiskers are the 95 % Wilson interval of each bin.

    Parameters
    ----------
    bins
        As `calibration.reliability` returns them; bins may be few or none.
    title, x_label, y_label, count_label, empty
        The words in the picture.
    width
        Width of the view box; the plot is square.
    """
    if not bins:
        return svg.nothing_yet(title=title, empty=empty, width=width)
    box = Box(left=54.0, top=svg.TOP, right=width - 22, bottom=svg.TOP + width - 76)
    x = Scale(low=0, high=1, start=box.left, end=box.right)
    y = Scale(low=0, high=1, start=box.bottom, end=box.top)
    strip = box.bottom + 42 + _STRIP
    below = Box(left=box.left, top=box.bottom, right=box.right, bottom=strip + 4)
    return svg.picture(
        svg.rows_of_grid(box, [(y(s), f"{s * 100:g}%") for s in _STEPS]),
        _diagonal(box),
        svg.names_below(box, [(x(s), f"{s * 100:g}%") for s in _STEPS], axis=""),
        "".join(_dot(b, x, y) for b in bins),
        _counts(bins, x, strip, f"{svg.number(sum(b.count for b in bins))} {count_label}"),
        svg.label(x_label, x=(box.left + box.right) / 2, y=below.bottom + 18, anchor="middle"),
        title=title,
        caption=y_label,
        summary="; ".join(f"{svg.percent(b.confidence)}: {svg.percent(b.accuracy)}" for b in bins),
        width=width,
        height=below.bottom + 28,
    )


def _diagonal(box: Box) -> str:
    return svg.element(
        "line", x1=box.left, y1=box.bottom, x2=box.right, y2=box.top, stroke=svg.MUTED,
        stroke_width=1, stroke_dasharray="3 4", class_="chart-diagonal",
    )  # fmt: skip


def _dot(found: ReliabilityBin, x: Scale, y: Scale) -> str:
    sure = wilson(round(found.accuracy * found.count), found.count)
    tip = f"{svg.percent(found.confidence)}: {svg.percent(found.accuracy)} ({found.count})"
    place = x(found.confidence)
    return svg.whisker(place, y(sure.low), y(sure.high), stroke=svg.ACCENT) + svg.element(
        "circle", svg.element("title", text=tip), cx=place, cy=y(found.accuracy), r=4.5,
        fill=svg.ACCENT, class_="chart-dot",
    )  # fmt: skip


def _counts(bins: Sequence[ReliabilityBin], x: Scale, bottom: float, words: str) -> str:
    """Return the strip: one bar per bin, the fullest as high as the strip."""
    most = max(b.count for b in bins)
    bars = "".join(
        svg.element(
            "rect", x=x(b.low) + 1, y=bottom - _STRIP * b.count / most,
            width=x(b.high) - x(b.low) - 2, height=_STRIP * b.count / most,
            fill=svg.MUTED, fill_opacity=0.35, class_="chart-bar",
        )
        for b in bins
    )  # fmt: skip
    base = svg.line(x(0.0), bottom, x(1.0), bottom)
    return base + bars + svg.label(words, x=x(0.0), y=bottom - _STRIP + 4)
