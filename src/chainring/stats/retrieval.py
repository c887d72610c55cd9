"""How well texts find the texts that belong to them.

Enters for each query the likeness of every document and the places of those that belong to it,
leaves a figure a query.

    recall_at([0.9, 0.2, 0.4], {2}, k=1)      # 0.0: place 0 is ahead
    ndcg_at([0.9, 0.2, 0.4], {2}, k=10)       # 1 / log2(3)
"""

from __future__ import annotations

import math
from collections.abc import Collection
from typing import Any


def ranked(likeness: Any, *, k: int) -> list[int]:
    """Return the places of the `k` likest documents; of equals the first comes first."""
    import numpy as np

    order = np.argsort(-np.asarray(likeness, dtype=np.float64), kind="stable")[:k]
    return [int(place) for place in order]


def recall_at(likeness: Any, wanted: Collection[int], *, k: int) -> float:
    """Return the share of the wanted documents among the first `k`."""
    return len(set(ranked(likeness, k=k)) & set(wanted)) / len(wanted)


def ndcg_at(likeness: Any, wanted: Collection[int], *, k: int) -> float:
    """Return the normalised discounted cumulative gain: K. Järvelin and J. Kekäläinen 2002.

    A wanted document gains 1, discounted by the logarithm of its rank plus one.
    """
    found = sum(
        1.0 / math.log2(rank + 2)
        for rank, place in enumerate(ranked(likeness, k=k))
        if place in wanted
    )
    best = sum(1.0 / math.log2(rank + 2) for rank in range(min(k, len(wanted))))
    return found / best
