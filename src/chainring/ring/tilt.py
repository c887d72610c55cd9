"""How far the hold-out may be off where users refused answers after they had seen them.

Enters the feedback of a turn and its data set, leaves the line that the turn says, if any. No step
is handed these counts: they go by every answer that came since, and what is made does not.
"""

from __future__ import annotations

from collections.abc import Iterator

from chainring.contracts.dataset import Dataset
from chainring.contracts.feedback import Feedback
from chainring.contracts.said import Said
from chainring.contracts.table import Table
from chainring.feedback.consents import refused_answers
from chainring.feedback.holdout import refused_of_sample
from chainring.ring.built import Ring
from chainring.ring.snapshots import share_kept
from chainring.store.answers import to_sample
from chainring.store.tables import read_table


def tilt(ring: Ring, dataset: Dataset, feedback: Table[Feedback]) -> Iterator[Said]:
    """Yield how far the rows of the hold-out may be off; nothing where users refused few."""
    refused, asked = refused_to_judge(ring, feedback)
    if refused:
        from chainring.data.summary import tilted

        yield from tilted(dataset.splits.get("holdout", 0), refused, asked)


def refused_to_judge(ring: Ring, feedback: Table[Feedback]) -> tuple[int, int]:
    """Return how many texts users refused, of how many that the hold-out is sampled from.

    (0, 0) where they refused no answer of it: then nothing is read.
    """
    if not feedback.counts.get("refused"):
        return 0, 0
    said = read_table(Feedback, ring.runner.trees.open(feedback.address))
    return refused_of_sample(
        to_sample(ring.traffic),
        refused_answers(one for one in said if one.holdout),
        secret=ring.runner.secret,
        deciding_share=share_kept(ring),
    )
