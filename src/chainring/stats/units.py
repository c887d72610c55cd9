"""Rows that belong together are one unit of evidence.

Enter rows, or outcomes of one model, leaves the unit of each. What one author asked, or what is of
one group (an episode, near-duplicates, questions about one long text), is right or wrong together
more often than chance has it: ten such rows say less than ten others. Rows are joined where they
share an author or a group, and so are rows that only a third one joins; the rest stand alone.

    units = Units.of([pair.now for pair in pairs])
    units.count, units.kind         # 15, "group"
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

Kind = Literal["row", "group", "author"]


class Owned(Protocol):
    """A row, or what a model answered to it."""

    @property
    def author(self) -> str:
        """Who wrote it, or ''."""

    @property
    def group(self) -> str:
        """What it belongs to, or ''."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Units:
    """The unit of each row, in the order of the rows, and what joins them.

    `kind` is `author` where any author has two rows (then groups join, too), `group` where only
    groups do, `row` where each row is a unit. `most` rows are of one author, or of one group.
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
        authors = Counter(row.author for row in rows if row.author)
        groups = Counter(row.group for row in rows if row.group)
        most_of: dict[Kind, int] = {
            "author": max(authors.values(), default=0),
            "group": max(groups.values(), default=0),
        }
        kind: Kind = next((kind for kind, most in most_of.items() if most > 1), "row")
        return cls(numbers=_joined(rows), kind=kind, most=most_of.get(kind, 1))


def _joined(rows: Sequence[Owned]) -> tuple[int, ...]:
    """Return the number of the first row that each row hangs together with."""
    leads = list(range(len(rows)))

    def lead(place: int) -> int:
        while leads[place] != place:
            leads[place] = leads[leads[place]]
            place = leads[place]
        return place

    first: dict[tuple[str, str], int] = {}
    for place, row in enumerate(rows):
        for name in (("author", row.author), ("group", row.group)):
            if name[1]:
                one, other = sorted((lead(place), lead(first.setdefault(name, place))))
                leads[other] = one
    return tuple(map(lead, range(len(rows))))
