"""One label by expected cost: what a model answers where mistakes have their price.

The likeliest label is right most often; where a missed fraud costs twenty false alarms, the label
that costs least is another one from a share of a few per cent on (C. Elkan 2001, "The foundations
of cost-sensitive learning", section 1). Passing on is one of the answers, unless the recipe sets
the threshold itself.

    choose = by_cost(truth, measure, fixed=None)
    readout = choose(readout, shares_nc)      # with costs, unless that is dearer beyond chance

Axes: N validation rows, C labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING

from chainring.contracts.measure import Measure
from chainring.stats.readout import Readout
from chainring.training.answered import told
from chainring.training.cheapest import is_dearer
from chainring.training.threshold import threshold

if TYPE_CHECKING:
    from chainring.training.candidate import Floats


def by_cost(
    truth: Sequence[str],
    measure: Measure,
    *,
    fixed: float | None,
    units: Sequence[int] | None = None,
) -> Callable[[Readout, Floats], Readout] | None:
    """Return how a readout is to choose one label; None where mistakes have no price.

    Shares that mislead would mislead the costs: a readout that is dearer with them on the
    validation rows, by more than chance and an unseen mistake may explain, goes on answering the
    likeliest label. `units` say which rows are one piece of evidence.
    """
    if measure.name != "cost":
        return None
    mistakes = replace(measure, pass_on=0.0)  # nobody passes on what is dearer than any mistake
    most = [mistakes.worst(label) for label in truth]

    def choose(readout: Readout, shares_nc: Floats) -> Readout:
        table = measure.table(readout.labels, passes_on=fixed is None)
        cheap = replace(readout, costs=table)
        ours, theirs = costs(cheap, shares_nc), costs(readout, shares_nc)
        dearer = is_dearer(ours, theirs, most=most, unseen=mistakes.greatest, units=units)
        return readout if dearer else cheap

    def costs(readout: Readout, shares_nc: Floats) -> list[float]:
        _, given, sure_n, passed_n = told(readout, readout.said(shares_nc))
        value = threshold(
            truth,
            given,
            sure_n,
            passed_n=passed_n,
            fixed=fixed,
            measure=measure,
            priced=readout.prices_passing_on,
            units=units,
        ).value
        passed = passed_n | (sure_n < value)
        rows = zip(truth, given, passed, strict=True)
        return [measure.cost(t, g, passed_on=bool(on)) for t, g, on in rows]

    return choose
