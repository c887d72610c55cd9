"""What the reviewed answers of a release are to count, fixed before any of them is there.

worth_now(ring, candidate, now=time.time())

A bet holds only if what it is made on was fixed before the outcome: the measure of the recipe, and
how common each label is. The latter is counted in what people said of the hold-out so far, whoever
answered, as that is what the release will be judged on. Where this is little, it is counted in the
rows that the candidate was judged on.
"""

from __future__ import annotations

from chainring.contracts.worth import Worth
from chainring.feedback.holdout import sampled_truths
from chainring.ring.asked import said_by_people
from chainring.ring.built import Ring
from chainring.ring.gate.pairs import POOLED
from chainring.ring.promise import judged_rows
from chainring.stats.worth import label_shares
from chainring.store.answers import by_id

MIN_REVIEWED = 100
"""So many reviewed answers of the hold-out, at least, say how common labels are."""


def worth_now(ring: Ring, candidate: str, *, now: float) -> Worth:
    """Return what answers are worth by the recipe's measure, labels as common as they are now."""
    measure = ring.recipe.gate.judging
    if measure.name == "accuracy":
        return Worth()
    told = _reviewed(ring, now)
    if len(told) < MIN_REVIEWED:
        told = [row.truth for row in judged_rows(ring, candidate, *POOLED)] or told
    return Worth(measure=measure, shares=label_shares(told))


def _reviewed(ring: Ring, now: float) -> list[str]:
    """Return what people said of the hold-out's random sample."""
    truth = sampled_truths(said_by_people(ring))
    rows = by_id(ring.traffic, truth)
    return [truth[name] for name, row in rows.items() if row.holdout and row.at < now]
