"""How far the numbers of a data set lie apart, and which lie far from all others.

Enter numbers that teach, leaves the yardstick that errors are graded by; enter rows with their
records, leaves a line that names slips such as 1000000 among stars from 1 to 5.

    spread([1.0, 2.0, 5.0])        # 1.33
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from statistics import fmean, median

from chainring.contracts.dataset import Row
from chainring.contracts.record import Record
from chainring.contracts.said import Said
from chainring.data.sentences import progress, some

FAR = 10.0
"""Times as far from the median as the farthest of all others."""
FEW_OF = 50
"""One in so many may lie far from all others, and up to three where there are `SOME`; more are a
group, or a long tail."""
SOME = 60
FEW = 20
"""Numbers from which one can be told to lie apart."""
_NAMED = 5


def spread(numbers: Sequence[float]) -> float:
    """Return the mean distance from the median, without what lies far from all others.

    It is what always giving the median is off by. One slipped number would otherwise make all
    others look equal. Many that lie far (talks of 5 minutes and of 200) are no slips: a model has
    to tell them apart.
    """
    if not numbers:
        return 0.0
    middle, limit = median(numbers), _limit(numbers)
    distances = [abs(number - middle) for number in numbers]
    return fmean(one for one in distances if one <= limit)


def far_line(rows: Sequence[Row], records: Mapping[str, Record]) -> Said | None:
    """Return a line that names rows whose number lies far from all others; None without such."""
    numbers = [float(row.target) for row in rows]
    if not numbers:
        return None
    middle, limit = median(numbers), _limit(numbers)
    far = [row for row, one in zip(rows, numbers, strict=True) if abs(one - middle) > limit]
    if not far:
        return None
    named = some([f"{row.target}{_place(row, records)}" for row in far], most=_NAMED)
    lie = progress("lies" if len(far) == 1 else "lie")
    return progress("far", count=len(far), rows=len(rows), lie=lie, named=named)


def _limit(numbers: Sequence[float]) -> float:
    """Return the distance from the median beyond which a number lies far from all others."""
    if len(numbers) < FEW:
        return float("inf")
    middle = median(numbers)
    apart = sorted(distance for one in numbers if (distance := abs(one - middle)) > 0)
    few = max(min(3, 3 * len(numbers) // SOME), len(numbers) // FEW_OF)
    first = max(len(apart) // 2 + 1, len(apart) - few)  # of those that differ, most are no slips
    steps = pairwise(apart[first - 1 :])
    return next((near for near, far in steps if far > FAR * near), float("inf"))


def _place(row: Row, records: Mapping[str, Record]) -> str:
    found = next((records[name] for name in row.records if name in records), None)
    return "" if found is None else f" ({found.source}, {found.locator})"
