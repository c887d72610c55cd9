"""The part of the report that tells the measure that judges, where that is not accuracy.

Enters the last verdict or the turns, leaves a sentence and a chart: what the newest models came
to by the measure, turn by turn, beside those that served.

    short_measure(verdict, say)     # The newest model costs 0.11 a row on the rows …
    measure_chart(past.turns, say)
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainring.contracts.verdict import Verdict
from chainring.deployment.http.past import TurnPoint
from chainring.ring.gate.sentences import figure
from chainring.software.reports.report_cards import both
from chainring.stats.charts import Point, Series, line_chart


def short_measure(verdict: Verdict, say: dict[str, str]) -> str:
    """Return what the newest model came to by the measure, in a sentence; '' by accuracy."""
    if verdict.pooled is None or verdict.pooled.measured is None:
        return ""
    name, beside = verdict.measure.name, "served" if verdict.champion else "constant"
    unit = "" if name == "cost" else "%"
    before, now = (f"{figure(one, name)}{unit}" for one in verdict.pooled.measured)
    told = say[f"short {name}"].format(now=now)
    return told + say[f"beside {beside}"].format(before=before)


def measure_chart(turns: Sequence[TurnPoint], say: dict[str, str]) -> Iterator[str]:
    """Yield the measure of the last verdict by turn; nothing by accuracy."""
    name = turns[-1].measure if turns else "accuracy"
    if name == "accuracy":
        return
    challengers, champions = [], []
    for turn in turns:
        if turn.measured is None or turn.measure != name:
            continue
        before, now = turn.measured
        challengers.append(Point(x=str(turn.number), y=now))
        if turn.served:
            champions.append(Point(x=str(turn.number), y=before))
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
            x_values=[str(turn.number) for turn in turns],
            empty=say["empty"],
            width=width,
        )
    )
