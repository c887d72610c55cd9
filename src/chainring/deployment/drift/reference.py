"""The reference: the first answers of a model, and how unlike them a later one is.

Half of it says what is usual (which texts are near, which labels are common); the other half is
scored by the first as every later answer is, so that both can be compared.

    reference = Reference(rows)
    reference.usual["input"], reference.scores(row)
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainring.deployment.drift.seen import Seen

NEAREST = 3
STREAMS = ("input", "length", "confidence", "passed on")
"""Numbers that are watched one by one; labels are counted and compared as shares."""


class Reference:
    """What is usual. `usual` maps a stream to the scores of the reference's second half.

    Parameters
    ----------
    rows
        The first answers, one of each near-duplicate group, in any order that does not hang on
        what they are.
    """

    def __init__(self, rows: Sequence[Seen]) -> None:
        known, compared = rows[0::2], rows[1::2]
        self.rows = len(rows)
        self._near: NDArray[np.float32] | None = _stacked(known)
        self.labels = Counter(row.label for row in rows)
        self.usual: dict[str, list[float]] = {}
        for row in compared:
            for name, score in self.scores(row).items():
                self.usual.setdefault(name, []).append(score)

    def scores(self, row: Seen) -> dict[str, float]:
        """Return the numbers of an answer that are watched, by stream."""
        found = {"confidence": row.confidence, "passed on": float(row.passed_on)}
        if row.length is not None:
            found["length"] = float(row.length)
        if row.vector is not None and self._near is not None:
            found["input"] = self._distance(row.vector)
        return found

    def _distance(self, vector: Any) -> float:
        """Return how far a text lies from the nearest of the reference: 0 alike, 2 opposite."""
        assert self._near is not None
        likeness = self._near @ np.asarray(vector, dtype=np.float32)
        nearest = min(NEAREST, len(likeness))
        return float(1.0 - np.partition(likeness, -nearest)[-nearest:].mean())


def _stacked(rows: Sequence[Seen]) -> NDArray[np.float32] | None:
    vectors = [row.vector for row in rows if row.vector is not None]
    return np.stack(vectors).astype(np.float32) if vectors else None
