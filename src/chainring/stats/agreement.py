"""Whether two people, or a person and a model, label alike.

Enters: one label per row from each. Leaves: a number, 1 for full agreement, 0 for chance.

    cohen_kappa(["refund", "物流"], ["refund", "物流"])
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Sequence

from chainring.stats.inputs import at_least, require, same_length


def cohen_kappa(a: Sequence[Hashable], b: Sequence[Hashable]) -> float:
    """Return the agreement of two labellers beyond what their habits give by chance.

    J. Cohen 1960, "A coefficient of agreement for nominal scales", equation 1:
    (observed - expected) / (1 - expected). 1 is full agreement, 0 is chance, below 0 is worse than
    chance. Where both give one and the same label throughout, the quotient is 0/0; it is taken
    as 1, because they never disagreed.

    Parameters
    ----------
    a, b
        One label per row, in the same order of rows, at least one row.

    >>> cohen_kappa(["yes", "yes", "no", "no"], ["yes", "no", "no", "no"])
    0.5
    """
    require("agreement cannot be computed", same_length(a=a, b=b), at_least("rows", len(a), 1))
    n = len(a)
    observed = sum(left == right for left, right in zip(a, b, strict=True)) / n
    times_a, times_b = Counter(a), Counter(b)
    expected = sum(times_a[label] * times_b[label] for label in times_a) / n**2
    return 1.0 if expected == 1.0 else (observed - expected) / (1.0 - expected)
