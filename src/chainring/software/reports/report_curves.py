"""Training curves for the report, from the `curves.json` that a training leaves beside its weights.

Enters a model folder, leaves charts: for each run the loss, and what validation said meanwhile. A
model without the file (a linear one has no steps) has none.

    {"encoder": [{"step": 10, "loss": 2.3, "learning_rate": 1e-4, "validation": 0.71}, …]}
"""

from __future__ import annotations

import json
import math
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from chainring.software.reports.report_cards import both
from chainring.stats.charts import Point, Series, line_chart

FILE = "curves.json"
MOST_POINTS = 40
AXIS = ("step", "epoch")
APART = ("learning_rate", "rows_per_s")
"""Drawn on charts of their own: their numbers are of another size."""

Points = Sequence[Mapping[str, float]]


def curve_charts(folder: Path, say: dict[str, str]) -> Iterator[str]:
    """Yield the charts of every run of a model folder, of its parts too."""
    for path in sorted(folder.rglob(FILE)):
        for run, points in sorted(json.loads(path.read_text(encoding="utf-8")).items()):
            yield from _run(run, points, say)


def _run(run: str, points: Points, say: dict[str, str]) -> Iterator[str]:
    names = list(dict.fromkeys(name for point in points for name in point if name not in AXIS))
    losses = [name for name in names if "loss" in name]
    others = [name for name in names if name not in (*losses, *APART)]
    rate = [name for name in names if name == "learning_rate"]
    for told, chosen in (("loss", losses), *((name, [name]) for name in others), ("rate", rate)):
        lines = [Series(name=name, points=_points(points, name)) for name in chosen]
        if any(line.points for line in lines):
            yield _chart(lines, title=f"{run}: {say.get(told, told)}", say=say)


def _points(points: Points, name: str) -> tuple[Point, ...]:
    there = [p for p in points if name in p and math.isfinite(p[name])]
    every = max(1, math.ceil(len(there) / MOST_POINTS))
    kept = there[::-1][::every][::-1]  # the last one always stays
    return tuple(Point(x=f"{p.get('step', i):,.0f}", y=p[name]) for i, p in enumerate(kept))


def _chart(lines: Sequence[Series], *, title: str, say: dict[str, str]) -> str:
    steps = {point.x for line in lines for point in line.points}
    shares = all(0 <= point.y <= 1 for line in lines for point in line.points)
    is_share = shares and not any("loss" in line.name or "rate" in line.name for line in lines)
    return both(
        lambda width: line_chart(
            lines,
            title=title,
            x_label=say["step"],
            intervals=False,
            percent=is_share,
            x_values=sorted(steps, key=lambda x: int(x.replace(",", ""))),
            empty=say["empty"],
            width=width,
        )
    )
