"""One paired comparison by a measure under which not all rows, or not all mistakes, weigh alike.

Enter pairs and settings, leaves a `Comparison` whose test of *better* holds two questions at once,
and whose p value is the larger of both:

    are the two models alike?                 sign flip of the gains by row, author, episode, group
    could what was not seen outweigh it?      gains against losses, one greatest loss more

The first alone calls up to three of four challengers better that make fewer cheap mistakes and,
by as much, more of the dear ones that are too rare to lie among the rows: docs/benchmarks/gate.md.
Of *worse* the first alone is asked: what was not seen excuses no loss that was.

    weighed(pairs, settings=GateSettings(measure="balanced_accuracy")).p_better
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from statistics import NormalDist

from chainring.contracts.verdict import Comparison
from chainring.ring.gate.pairs import Pair
from chainring.ring.gate.scale import Scale, figures, lead, unseen
from chainring.ring.gate.settings import GateSettings
from chainring.ring.gate.values import value
from chainring.stats.paired import sign_flip
from chainring.stats.units import Units
from chainring.stats.unseen import least_lead, outweighs
from chainring.stats.worth import mean_worth

UNSEEN = ", unseen mistakes"
"""How the name of the test ends where the second question holds a challenger back."""


def weighed(
    pairs: Sequence[Pair], *, settings: GateSettings, seed: int = 0, labels_known: bool = False
) -> Comparison:
    """Return how the challenger compares with the champion by the measure of the settings."""
    rows = [pair.now for pair in pairs]
    scale, units = Scale.of(settings.judging, rows), Units.of(rows)
    gains = [scale.gain(pair) for pair in pairs]
    most = unseen(scale, rows, units.numbers, labels_known=labels_known)
    test, p_better, p_worse = _tested(gains, units, most, settings, seed)
    found = figures(scale, pairs)
    loss = -lead(found, scale.measure) / scale.points(rows)
    return Comparison(
        rows=len(pairs),
        gained=sum(gain > 0 for gain in gains),
        lost=sum(gain < 0 for gain in gains),
        champion=mean_worth([pair.before.right for pair in pairs]),
        challenger=mean_worth([row.right for row in rows]),
        p_better=p_better,
        p_worse=p_worse,
        smallest_detectable=_smallest(gains, units, most, settings),
        value=value(p_better, p_worse, loss=loss, settings=settings),
        test=test,
        measured=found,
    )


def loss_of(found: Comparison, pairs: Sequence[Pair], settings: GateSettings) -> float:
    """Return the champion's lead in a comparison of these pairs as a share of the whole scale."""
    if found.measured is None:
        return found.champion - found.challenger
    rows = [pair.now for pair in pairs]
    scale = Scale.of(settings.judging, rows)
    return -lead(found.measured, scale.measure) / scale.points(rows)


def _tested(
    gains: Sequence[float], units: Units, most: float, settings: GateSettings, seed: int
) -> tuple[str, float, float]:
    if not gains:
        return "none: no rows", 1.0, 1.0
    losses = [-gain for gain in gains]
    alike = sign_flip(gains, groups=units.numbers, seed=seed)
    worse = sign_flip(losses, groups=units.numbers, seed=seed)
    sums = list(units.sums(gains).values())
    hidden = outweighs(sums, unseen=most)
    name = "weighed sign flip" + (f" by {units.kind}" if units.kind != "row" else "")
    held = alike <= settings.alpha < hidden
    return name + UNSEEN * held, max(alike, hidden), worse


def _smallest(gains: Sequence[float], units: Units, most: float, settings: GateSettings) -> float:
    """Return the smallest mean gain that would be seen, by the normal curve and the unseen."""
    rows, normal = max(len(gains), 1), NormalDist()
    spread = math.sqrt(sum(total**2 for total in units.sums(gains).values())) / rows
    reach = normal.inv_cdf(1 - settings.alpha) + normal.inv_cdf(settings.power)
    return max(spread * reach, least_lead(most, alpha=settings.alpha) / rows)
