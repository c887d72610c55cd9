"""Rows that belong together are one unit of evidence.

Enter rows, or outcomes of one model, leaves the unit of each. What one author asked, the turns of
one conversation (an episode), and what is of one group (near-duplicates, questions about one long
text) are right or wrong together more often than chance has it: ten such rows say less than ten
others. Rows are joined where they share an author, an episode or a group, and so are rows that
only a third one joins; the rest stand alone.

    units = Units.of([pair.now for pair in pairs])
    units.count, units.kind         # 15, "group"
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["row", "group", "episode", "author"]
_JOINS: tuple[Kind, ...] = ("author", "episode", "group")
"""What joins rows; where several do, the first names the unit."""


class Owned(Protocol):
    """A row, or what a model answered to it."""

    @property
    def author(self) -> str:
        """Who wrote it, or ''."""

    @property
    def episode(self) -> str:
        """The conversation that it is a turn of, or ''."""

    @property
    def group(self) -> str:
        """What it belongs to, or ''."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The unit of each row, in the order of the rows, and what joins them.

    `kind` is `author` where any author has two rows (then episodes and groups join, too), else
    `episode` where any episode has, `group` where only groups do, `row` where each row is a unit.
    `most` rows are of one author, of one episode, or of one group.
    """

    numbers: tuple[int, ...]
    kind: Kind
    most: int

    @property
    def count(self) -> int:
        """How many units there are."""
        return len(set(self.numbers))

    def sums(self, gains: Sequence[float]) -> dict[int, float]:
        """Return the sum of gains of each unit."""
        found: defaultdict[int, float] = defaultdict(float)
        for gain, unit in zip(gains, self.numbers, strict=True):
            found[unit] += gain
        return found

    @classmethod
    def of(cls, rows: Sequence[Owned]) -> Units:
        """Return the units of rows."""
        names = [(row.author, row.episode, row.group) for row in rows]
        most_of: dict[Kind, int] = {}
        for kind, column in zip(_JOINS, zip(*names, strict=True), strict=False):
            most_of[kind] = max(Counter(filter(None, column)).values(), default=0)
        kind = next((kind for kind, most in most_of.items() if most > 1), "row")
        return cls(numbers=joined(names), kind=kind, most=most_of.get(kind, 1))


def joined(names: Sequence[Sequence[str]]) -> tuple[int, ...]:
    """Return the number of the first row that each row hangs together with.

    Rows do that share a name in the same place; an empty name joins nothing.

    >>> joined([("ann", ""), ("", "g"), ("ann", "g"), ("", "")])
    (0, 0, 0, 3)
    """
    leads = list(range(len(names)))

    def lead(place: int) -> int:
        while leads[place] != place:
            leads[place] = leads[leads[place]]
            place = leads[place]
        return place

    first: dict[tuple[int, str], int] = {}
    for place, row in enumerate(names):
        for name in enumerate(row):
            if name[1]:
                one, other = sorted((lead(place), lead(first.setdefault(name, place))))
                leads[other] = one
    return tuple(map(lead, range(len(names))))
