"""The reference: the first answers of a model, and how unlike them a later one is.

Half of it says what is usual (which texts are near, which labels are common); the other half is
scored by the first as every later answer is, so that both can be compared. Distance leaves a text's
own near-duplicates out: what was asked before is as far from the others as what was not.

    reference = Reference(rows)
    reference.usual["input"], reference.scores(row)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from chainring.deployment.drift.seen import Seen

NEAREST = 3
STREAMS = ("input", "length", "confidence", "passed on", "answer")
"""Numbers that are watched one by one; labels are counted and compared as shares."""


class Reference:
    """What is usual. `usual` maps a stream to the scores of the reference's second half.

    Parameters
    ----------
    rows
        The first answers that count (`recent`), in any order that does not hang on what they are.
    """

    def __init__(self, rows: Sequence[Seen]) -> None:
        known, compared = rows[0::2], rows[1::2]
        self.rows = len(rows)
        near = {row.repeats: row.vector for row in known if row.vector is not None}
        self._near = np.array(list(near.values()), dtype=np.float32)
        self._names = np.array(list(near), dtype=str)
        self.labels = Counter(name for row in rows for name in names_of(row) or ())
        self.labelled = sum(names_of(row) is not None for row in rows)
        self.has_several = any(row.names is not None for row in rows)
        self.usual: dict[str, list[float]] = {}
        for row in compared:
            for name, score in self.scores(row).items():
                self.usual.setdefault(name, []).append(score)

    def scores(self, row: Seen) -> dict[str, float]:
        """Return the numbers of an answer that are watched, by stream."""
        found = {"confidence": row.confidence, "passed on": float(row.passed_on)}
        if row.length is not None:
            found["length"] = float(row.length)
        if row.answer is not None:
            found["answer"] = row.answer
        others = self._names != row.repeats
        if row.vector is not None and others.any():
            likeness = self._near @ np.asarray(row.vector, dtype=np.float32)
            found["input"] = _distance(likeness[others])
        return found


def names_of(row: Seen) -> frozenset[str] | None:
    """Return the labels of an answer, which may be none; None where it is no label, or is gone."""
    if row.names is not None:
        return row.names
    return frozenset((row.label,)) if row.label else None


def _distance(likeness: NDArray[np.float32]) -> float:
    """Return how far a text lies from the nearest of others: 0 alike, 2 opposite."""
    nearest = min(NEAREST, len(likeness))
    return float(1.0 - np.partition(likeness, -nearest)[-nearest:].mean())
