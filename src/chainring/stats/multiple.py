"""The same question asked of many slices: p values that stay honest together.

Enters: one p value per slice. Leaves: adjusted ones, in the same order.

    holm([0.01, 0.04, 0.03])
"""

from __future__ import annotations

from collections.abc import Sequence

from chainring.stats.inputs import require


def holm(p_values: Sequence[float]) -> list[float]:
    """Return Holm's adjusted p values, in the order given.

    S. Holm 1979, "A simple sequentially rejective multiple test procedure": the smallest of m is
    multiplied by m, the next by m - 1, and so on, never falling below an earlier one. Reject where
    the adjusted value is <= alpha: the chance of even one false rejection is then <= alpha, however
    the slices depend on each other.

    Parameters
    ----------
    p_values
        One per slice, each 0 to 1; may be empty.

    Raises
    ------
    InputError
        A value lies outside 0 to 1; every such value is named with its position.

    >>> holm([0.01, 0.04, 0.03])
    [0.03, 0.06, 0.06]
    """
    require(
        "p values cannot be adjusted",
        *(f"p_values[{i}]: {p} is not 0 to 1" for i, p in enumerate(p_values) if not 0 <= p <= 1),
    )
    adjusted, floor = [0.0] * len(p_values), 0.0
    ascending = sorted(range(len(p_values)), key=p_values.__getitem__)
    for rank, i in enumerate(ascending):
        floor = max(floor, min(1.0, (len(p_values) - rank) * p_values[i]))
        adjusted[i] = floor
    return adjusted
