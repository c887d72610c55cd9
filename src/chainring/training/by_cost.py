"""One label by expected cost: what a model answers where mistakes have their price.

The likeliest label is right most often; where a missed fraud costs twenty false alarms, the label
that costs least is another one from a share of a few per cent on (C. Elkan 2001, "The foundations
of cost-sensitive learning", section 1). Passing on is one of the answers, unless the recipe sets
the threshold itself.

    choose = by_cost(truth, measure, fixed=None)
    readout = choose(readout, shares_nc)      # with costs, unless that is dearer on these rows

Axes: N validation rows, C labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chainring.contracts.measure import Measure
from chainring.contracts.said import Said
from chainring.stats.readout import Readout
from chainring.training.answered import told
from chainring.training.sentences import say
from chainring.training.threshold import threshold

if TYPE_CHECKING:
    from chainring.training.candidate import Floats


def by_cost(
    truth: Sequence[str], measure: Measure, *, fixed: float | None
) -> Callable[[Readout, Floats], Readout] | None:
    """Return how a readout is to choose one label; None where mistakes have no price.

    Shares that mislead would mislead the costs: a readout that is dearer with them on the
    validation rows goes on answering the likeliest label.
    """
    if measure.name != "cost":
        return None

    def choose(readout: Readout, shares_nc: Floats) -> Readout:
        table = measure.table(readout.labels, passes_on=fixed is None)
        cheap = replace(readout, costs=table)
        dear = cost(cheap, shares_nc) > cost(readout, shares_nc)
        return readout if dear else cheap

    def cost(readout: Readout, shares_nc: Floats) -> float:
        _, given, sure_n, passed_n = told(readout, readout.said(shares_nc))
        value = threshold(
            truth, given, sure_n, passed_n=passed_n, fixed=fixed, measure=measure
        ).value
        passed = passed_n | (sure_n < value)
        rows = zip(truth, given, passed, strict=True)
        return sum(measure.cost(t, g, passed_on=bool(on)) for t, g, on in rows) / len(truth)

    return choose


def said_by_cost(readout: Readout) -> Said:
    """Return how such a readout answers, in a sentence."""
    wide = len(readout.costs[0]) > len(readout.labels)
    return say("by cost and passed on" if wide else "by cost")
