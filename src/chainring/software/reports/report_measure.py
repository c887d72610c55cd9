"""The part of the report that tells the measure that judges, where that is not accuracy.

Enters a project and its last verdict, leaves a sentence and a chart: what the newest models came
to by the measure, turn by turn, beside those that served.

    short_measure(verdict, say)     # The newest model costs 0.11 a row on the rows …
    measure_chart(project, verdict, say)
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from chainring.contracts.codec import decode
from chainring.contracts.verdict import Verdict
from chainring.ring.gate.sentences import figure
from chainring.ring.turn import Turn
from chainring.software.reports.report_cards import both
from chainring.stats.charts import Point, Series, line_chart

if TYPE_CHECKING:
    from chainring.software.api import Project


def short_measure(verdict: Verdict, say: dict[str, str]) -> str:
    """Return what the newest model came to by the measure, in a sentence; '' by accuracy."""
    if verdict.pooled is None or verdict.pooled.measured is None:
        return ""
    name, beside = verdict.measure.name, "served" if verdict.champion else "constant"
    unit = "" if name == "cost" else "%"
    before, now = (f"{figure(one, name)}{unit}" for one in verdict.pooled.measured)
    told = say[f"short {name}"].format(now=now)
    return told + say[f"beside {beside}"].format(before=before)


def measure_chart(project: Project, verdict: Verdict, say: dict[str, str]) -> Iterator[str]:
    """Yield the measure of the last verdict by turn; nothing by accuracy."""
    name = verdict.measure.name
    if name == "accuracy":
        return
    places, challengers, champions = [], [], []
    for place, found in _judged(project):
        places.append(place)
        if found.pooled is None or found.pooled.measured is None or found.measure.name != name:
            continue
        before, now = found.pooled.measured
        challengers.append(Point(x=place, y=now))
        if found.champion:
            champions.append(Point(x=place, y=before))
    lines = [
        Series(name=say["challenger"], points=tuple(challengers)),
        Series(name=say["champion"], points=tuple(champions)),
    ]
    yield both(
        lambda width: line_chart(
            lines,
            title=say[f"by {name}"],
            x_label=say["turn"],
            y_label=say["same rows"],
            intervals=False,
            percent=name != "cost",
            x_values=places or None,
            empty=say["empty"],
            width=width,
        )
    )


def _judged(project: Project) -> Iterator[tuple[str, Verdict]]:
    """Yield the number of each turn that judged, as it is drawn, and what was said."""
    ledger = project.ring.ledger
    turns = [turn for turn in ledger.facts("turn", Turn) if turn.verdict]
    for number, turn in enumerate(turns, 1):
        made = ledger.lineage_by_id(turn.verdict)
        if made is not None:
            yield str(number), decode(Verdict, made.result)
