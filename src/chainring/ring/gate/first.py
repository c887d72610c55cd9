"""A first turn: there is no champion, so the challenger must beat always saying the same.

Enter outcomes, leaves a comparison with the majority class: the exact one-sided binomial test that
the challenger is right more often than the commonest label is true; where rows belong together, a
paired one by what joins them. Graded answers are compared with the best answer that never changes,
which evaluation graded beside.

    majority(outcomes, settings=settings)
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Sequence
from dataclasses import replace

from chainring.contracts.evaluation import Outcome
from chainring.contracts.verdict import Check, Comparison
from chainring.ring.gate.comparing import comparison
from chainring.ring.gate.conditions import percent
from chainring.ring.gate.pairs import Pair
from chainring.ring.gate.sentences import chance, say
from chainring.ring.gate.settings import GateSettings
from chainring.ring.gate.units import Units
from chainring.stats.binomial import beta_quantile, tail

TEST = "exact binomial against the majority class"


def majority(
    outcomes: Sequence[Outcome], *, settings: GateSettings
) -> tuple[Comparison | None, Check]:
    """Return the comparison with the majority class and its check; None without rows."""
    if not outcomes:
        return None, _check(holds=False, because=say("no rows"))
    if any(row.base is not None for row in outcomes):
        return _constant(outcomes, settings)
    label, count = min(
        Counter(row.truth for row in outcomes).items(), key=lambda item: (-item[1], item[0])
    )
    found = _comparison(outcomes, label, count / len(outcomes), settings)
    because = say(
        "beats majority",
        right=percent(found.challenger),
        label=label,
        share=percent(found.champion),
        p=chance(found.p_better),
        rows=found.rows,
    )
    return found, _check(holds=found.value == "first", because=because)


def _constant(outcomes: Sequence[Outcome], settings: GateSettings) -> tuple[Comparison, Check]:
    """Compare graded answers with what always giving the same one would be worth."""
    pairs = [
        Pair(now=row, before=replace(row, right=row.base or 0.0, label="")) for row in outcomes
    ]
    found = _against(pairs, settings)
    because = say(
        "beats constant",
        right=percent(found.challenger),
        share=percent(found.champion),
        p=chance(found.p_better),
        rows=found.rows,
    )
    name = "better than always the same answer"
    return found, Check(name=name, holds=found.value == "first", because=because)


def _against(pairs: Sequence[Pair], settings: GateSettings) -> Comparison:
    found = comparison(pairs, settings=settings)
    return replace(found, value="first" if found.p_better <= settings.alpha else "not fit")


def _comparison(
    outcomes: Sequence[Outcome], label: str, share: float, settings: GateSettings
) -> Comparison:
    if Units.of(outcomes).kind != "row":
        always = [replace(row, right=float(row.truth == label), label=label) for row in outcomes]
        both = zip(outcomes, always, strict=True)
        return _against([Pair(now=now, before=before) for now, before in both], settings)
    n, total = len(outcomes), math.fsum(row.right for row in outcomes)
    right = math.floor(total + 1e-9)
    p_better = tail(right, n, share)
    return Comparison(
        rows=n,
        gained=sum(row.right > 0 for row in outcomes if row.truth != label),
        lost=sum(row.right < 1 for row in outcomes if row.truth == label),
        champion=share,
        challenger=total / n,
        p_better=p_better,
        p_worse=1.0 - tail(right + 1, n, share),
        smallest_detectable=_smallest(n, share, settings),
        value="first" if p_better <= settings.alpha else "not fit",
        test=TEST,
    )


def _smallest(n: int, share: float, settings: GateSettings) -> float:
    """Return the smallest lead over `share` that `n` rows would show, or what is left to 100 %."""
    wins = next((k for k in range(n + 1) if tail(k, n, share) <= settings.alpha), None)
    if wins is None:
        return 1.0 - share
    return max(0.0, beta_quantile(settings.power, wins, n - wins + 1) - share)


def _check(*, holds: bool, because: str) -> Check:
    return Check(name="better than the majority class", holds=holds, because=because)
