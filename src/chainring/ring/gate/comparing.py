"""Better, worse, or no measurable difference: one paired comparison.

Enter pairs of outcomes, leaves a `Comparison` with its value, the p values of both directions and
the smallest difference that this many rows could have shown.

    comparison(pairs, settings=GateSettings()).value

Which test is used follows from the rows alone, never from how it turns out:

    right or wrong                              exact McNemar
    right or wrong, some rows of one unit       sign flip by author, episode or group
    graded                                      paired bootstrap by author, episode or group
    graded, under twenty of these differ        sign flip by the same
    pairwise preferences                        sign test
    by another measure than accuracy            weighed sign flip (see `weighing`)
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from functools import lru_cache
from statistics import NormalDist

from chainring.contracts.verdict import Comparison
from chainring.ring.gate.pairs import Pair
from chainring.ring.gate.settings import GateSettings
from chainring.ring.gate.values import value
from chainring.ring.gate.weighing import weighed
from chainring.stats.binomial import beta_quantile
from chainring.stats.paired import mcnemar, paired_bootstrap, sign_flip, sign_test
from chainring.stats.power import smallest_detectable
from chainring.stats.units import Units

MIN_BOOTSTRAP_UNITS = 20


def comparison(pairs: Sequence[Pair], *, settings: GateSettings, seed: int = 0) -> Comparison:
    """Return how the challenger compares with the champion on `pairs`."""
    if settings.measure != "accuracy":
        return weighed(pairs, settings=settings, seed=seed)
    gains = [pair.gain for pair in pairs]
    units = Units.of([pair.now for pair in pairs])
    test, p_better, p_worse = _tested(pairs, gains, units, seed)
    return Comparison(
        rows=len(pairs),
        gained=sum(gain > 0 for gain in gains),
        lost=sum(gain < 0 for gain in gains),
        champion=_mean([pair.before.right for pair in pairs]),
        challenger=_mean([pair.now.right for pair in pairs]),
        p_better=p_better,
        p_worse=p_worse,
        smallest_detectable=_smallest(gains, units, test, settings),
        value=value(p_better, p_worse, loss=-_mean(gains), settings=settings),
        test=test,
    )


def preference(wins: int, losses: int, *, ties: int = 0, settings: GateSettings) -> Comparison:
    """Return the comparison of reviewed pairwise preferences; a tie counts half for both."""
    rows = wins + losses + ties
    p_better, p_worse = sign_test(wins, losses), sign_test(losses, wins)
    share = (wins + ties / 2) / rows if rows else 0.0
    return Comparison(
        rows=rows,
        gained=wins,
        lost=losses,
        champion=1.0 - share if rows else 0.0,
        challenger=share,
        p_better=p_better,
        p_worse=p_worse,
        smallest_detectable=_smallest_exact(rows, wins + losses, settings.alpha, settings.power),
        value=value(p_better, p_worse, loss=(losses - wins) / max(rows, 1), settings=settings),
        test="sign test",
    )


def smallest_by_units(gains: Sequence[float], units: Units, *, settings: GateSettings) -> float:
    """Return the smallest mean gain that a test over units would show, by the normal curve.

    The spread is that of the sums of the units about zero, which is what a sign flip assumes.
    """
    sums = units.sums(gains)
    spread = math.sqrt(sum(total**2 for total in sums.values())) / max(len(gains), 1)
    if spread == 0.0:
        return _smallest_exact(len(sums), 0, settings.alpha, settings.power)
    normal = NormalDist()
    return min(1.0, spread * (normal.inv_cdf(1 - settings.alpha) + normal.inv_cdf(settings.power)))


def _tested(
    pairs: Sequence[Pair], gains: Sequence[float], units: Units, seed: int
) -> tuple[str, float, float]:
    if not pairs:
        return "none: no rows", 1.0, 1.0
    graded = _graded(pairs)
    if not graded and units.kind == "row":
        gained, lost = sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains)
        return "exact McNemar", mcnemar(gained, lost), mcnemar(lost, gained)
    losses = [-gain for gain in gains]
    kind = "group" if units.kind == "row" else units.kind
    if graded and _differing(gains, units) >= MIN_BOOTSTRAP_UNITS:
        p_better, _ = paired_bootstrap(gains, groups=units.numbers, seed=seed)
        p_worse, _ = paired_bootstrap(losses, groups=units.numbers, seed=seed)
        return f"paired bootstrap by {kind}", p_better, p_worse
    p_better = sign_flip(gains, groups=units.numbers, seed=seed)
    p_worse = sign_flip(losses, groups=units.numbers, seed=seed)
    return f"sign flip by {kind}", p_better, p_worse


def _differing(gains: Sequence[float], units: Units) -> int:
    """Return how many units tell the two apart: of k gains and no loss a resample has e^-k none."""
    return sum(total != 0.0 for total in units.sums(gains).values())


def _graded(pairs: Sequence[Pair]) -> bool:
    return any(side.right not in (0.0, 1.0) for pair in pairs for side in (pair.before, pair.now))


def _smallest(gains: Sequence[float], units: Units, test: str, settings: GateSettings) -> float:
    if test.startswith(("exact", "none")):
        disagreeing = sum(gain != 0 for gain in gains)
        return _smallest_exact(len(gains), disagreeing, settings.alpha, settings.power)
    return smallest_by_units(gains, units, settings=settings)


@lru_cache(maxsize=4096)
def _smallest_exact(rows: int, disagreeing: int, alpha: float, power: float) -> float:
    """Return what these rows could show; 1.0 where they could show nothing.

    Where too few rows disagree for any test, a challenger is imagined that only gains: it needs
    `wins` gains to be seen, and the bound is the rate at which that many come with chance `power`.
    """
    if rows == 0:
        return 1.0
    found = smallest_detectable(rows, disagreement=disagreeing / rows, alpha=alpha, power=power)
    if math.isfinite(found):
        return found
    wins = math.ceil(math.log(1.0 / alpha, 2.0) - 1e-12)
    return beta_quantile(power, wins, rows - wins + 1) if rows >= wins else 1.0


def _mean(values: Sequence[float]) -> float:
    return math.fsum(values) / len(values) if values else 0.0
