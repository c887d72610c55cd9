"""Which answers count, so that neither a robot nor a popular question is taken for a change.

    recent = recent_of(first)
    rows = [row for row in first if recent.counts(row)]

An answer counts if its group of near-duplicates is not among the groups asked of late. Who repeats
one question, however often, counts once. How often a popular one counts does not change with time,
so that a later stretch of answers can be held to the first one; counted once a window, popular
questions would crowd at each window's beginning.
"""

from __future__ import annotations

from collections.abc import Sequence

from chainring.deployment.drift.seen import Seen

MOST = 50
_PART = 4


class Recent:
    """The last `size` groups asked, each once; 0: every answer counts."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._groups: dict[str, None] = {}

    def counts(self, row: Seen) -> bool:
        """Take up an answer and return whether its group was not among the last ones."""
        known = row.repeats in self._groups
        self._groups.pop(row.repeats, None)
        self._groups[row.repeats] = None
        if len(self._groups) > self.size:
            del self._groups[next(iter(self._groups))]
        return not known


def recent_of(first: Sequence[Seen]) -> Recent:
    """Return the groups asked of late at the end of these answers, to go through them again.

    At most a quarter of all groups are remembered: where only a few questions are ever asked,
    some of them count nevertheless.
    """
    recent = Recent(min(MOST, len({row.repeats for row in first}) // _PART))
    for row in first:
        recent.counts(row)
    return recent
