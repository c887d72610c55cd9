"""What the reviewed answers of a release are to count, fixed before any of them is there.

worth_now(ring, candidate, now=time.time())
shares, to_count = own_shares(release, truths)      # where it began without

A bet holds only if what it is made on was fixed before the outcome: the measure of the recipe, and
by balanced accuracy how common each label is. The latter is counted in what people said of the
hold-out so far, whoever answered, as that is what the release will be judged on. Where this is
little, the release's own first reviewed answers are counted, which is written down in it, and those
after them are bet on: rows of the suite are often evened out, and would weigh a rare label as a
common one.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainring.contracts.deployment import Deployment
from chainring.contracts.release import Release
from chainring.contracts.worth import Worth
from chainring.feedback.holdout import sampled_truths
from chainring.ring.asked import said_by_people
from chainring.ring.askers import asker, keys_of
from chainring.ring.built import Ring
from chainring.ring.gate.pairs import POOLED
from chainring.ring.promise import judged_rows
from chainring.stats.worth import label_shares, reckoned_shares
from chainring.store.answers import by_id

MIN_REVIEWED = 100
"""So many reviewed answers of the hold-out, one an asker, say how common labels are."""


def worth_now(ring: Ring, candidate: Deployment, *, now: float) -> Worth:
    """Return what answers are worth by the recipe's measure, labels as common as they are now.

    By cost shares tell what a hundred points are, and weigh nothing: with few reviews they are
    those of the rows that the candidate was judged on, as at the gate.
    """
    measure = ring.recipe.gate.judging
    if measure.name == "accuracy":
        return Worth()
    told = _reviewed(ring, now)
    if measure.name == "cost":
        if len(told) < MIN_REVIEWED:
            told = [row.truth for row in judged_rows(ring, candidate.model, *POOLED)] or told
        return Worth(measure=measure, shares=label_shares(told))
    if len(told) < MIN_REVIEWED:
        return Worth(measure=measure)
    return Worth(measure=measure, shares=reckoned_shares(told, candidate.labels))


def own_shares(release: Release, truths: Sequence[str]) -> tuple[dict[str, float], int]:
    """Return how common labels are in the first reviewed answers, and how many of these lack."""
    if len(truths) < MIN_REVIEWED:
        return {}, MIN_REVIEWED - len(truths)
    return reckoned_shares(truths[:MIN_REVIEWED], release.candidate.labels), 0


def _reviewed(ring: Ring, now: float) -> list[str]:
    """Return what people said of the hold-out's random sample, first of each asker's answers."""
    truth = sampled_truths(said_by_people(ring))
    shown, keys = by_id(ring.traffic, truth), keys_of(ring)
    first: dict[str, str] = {}
    for name, said in truth.items():
        row = shown.get(name)
        if row is not None and row.holdout and row.at < now:
            first.setdefault(asker(row, keys), said)
    return list(first.values())
