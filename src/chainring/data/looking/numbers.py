"""What a data set is made of: rows by split, language, label, source, licence and group; lengths.

Enters the folder of a data set's tree, leaves `Numbers`; memory grows with the kinds of rows, not
with the rows.

    found = numbers(folder)
    found.by("language", splits=LEARNT)      # {'en': 900, 'zh': 850}
    found.lengths["zh"]                      # Counter({11: 40, 12: 38, ...}) characters → rows
"""

from __future__ import annotations

from bisect import bisect_right
from collections import Counter
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chainring.data.looking.rows import batches

AXES = ("split", "language", "label", "source", "licence", "protected")
LEARNT = ("train", "validation")
JUDGES = ("test", "holdout")
EDGES = (1, 5, 10, 20, 40, 80, 160, 320, 640, 1280, 5120)
"""Where bins of lengths begin, in characters."""


@dataclass(slots=True, kw_only=True)
class Numbers:
    """Rows by kind, and by language and length; `records` are those behind the rows."""

    cells: Counter[tuple[str, ...]] = field(default_factory=Counter)
    lengths: dict[str, Counter[int]] = field(default_factory=dict)
    records: int = 0
    from_feedback: int = 0

    @property
    def rows(self) -> int:
        """All rows."""
        return sum(self.cells.values())

    def by(self, axis: str, *, splits: Collection[str] | None = None) -> dict[str, int]:
        """Return rows by one of the axes, most first; rows without a value are left out."""
        place = AXES.index(axis)
        found: Counter[str] = Counter()
        for cell, rows in self.cells.items():
            if cell[place] and (splits is None or cell[0] in splits):
                found[cell[place]] += rows
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))

    def pairs(self, first: str, second: str) -> dict[tuple[str, str], int]:
        """Return rows by two axes at once, most first."""
        a, b = AXES.index(first), AXES.index(second)
        found: Counter[tuple[str, str]] = Counter()
        for cell, rows in self.cells.items():
            found[cell[a], cell[b]] += rows
        return dict(sorted(found.items(), key=lambda one: (-one[1], one[0])))


def numbers(folder: Path) -> Numbers:
    """Return the numbers of a data set, read in one pass."""
    found = Numbers()
    for batch in batches(folder, (*AXES, "text", "records", "feedback")):
        add(found, batch)
    return found


def add(found: Numbers, batch: Any) -> None:
    """Count a batch of rows in."""
    import pyarrow as pa
    import pyarrow.compute as pc

    table = pa.Table.from_batches([batch])
    table = table.append_column("characters", pc.utf8_length(table["text"]))
    for row in _grouped(table, AXES):
        found.cells[tuple(str(row[axis] or "") for axis in AXES)] += row["count_all"]
    for row in _grouped(table, ("language", "characters")):
        lengths = found.lengths.setdefault(str(row["language"] or ""), Counter())
        lengths[int(row["characters"])] += row["count_all"]
    found.records += int(pc.sum(pc.list_value_length(table["records"])).as_py() or 0)
    from_feedback = pc.greater(pc.list_value_length(table["feedback"]), 0)
    found.from_feedback += int(pc.sum(from_feedback).as_py() or 0)


def binned(lengths: Mapping[int, int]) -> dict[str, int]:
    """Return rows by bins of length, the empty ones at both ends left out.

    >>> binned({3: 2, 12: 1, 45: 4})
    {'1-4': 2, '5-9': 0, '10-19': 1, '20-39': 0, '40-79': 4}
    """
    counts = Counter[int]()
    for length, rows in lengths.items():
        counts[max(0, bisect_right(EDGES, length) - 1)] += rows
    if not counts:
        return {}
    return {_bin_name(i): counts[i] for i in range(min(counts), max(counts) + 1)}


def median(lengths: Mapping[int, int]) -> int:
    """Return the lower median of numbers counted by value; 0 of none.

    >>> median({3: 2, 12: 1, 45: 4})
    45
    """
    half, seen = sum(lengths.values()) / 2.0, 0
    for value in sorted(lengths):
        seen += lengths[value]
        if seen >= half:
            return value
    return 0


def _bin_name(place: int) -> str:
    if place == len(EDGES) - 1:
        return f"{EDGES[place]}+"
    return f"{EDGES[place]}-{EDGES[place + 1] - 1}"


def _grouped(table: Any, axes: Collection[str]) -> list[dict[str, Any]]:
    counted = table.group_by(list(axes)).aggregate([([], "count_all")])
    found: list[dict[str, Any]] = counted.to_pylist()
    return found
