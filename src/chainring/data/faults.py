"""Faults of input files, gathered: all are said at once, each with its file and place.

Enters what readers report, leaves one InputError.

>>> faults = Faults()
>>> faults.add("data/help.csv", "holds no row", at="line 1")
>>> faults.said()
['data/help.csv: line 1: holds no row']
"""

from __future__ import annotations

from collections import Counter

from chainring.contracts.errors import InputError

SHOWN_PER_FILE = 20


class Faults:
    """Collects faults; of one file the first twenty are shown and the others counted."""

    def __init__(self) -> None:
        self._shown: dict[str, list[str]] = {}
        self._counts: Counter[str] = Counter()

    def add(self, name: str, cause: str, *, at: str = "") -> None:
        """Note that file `name` has a fault, at a line or row where one can be named."""
        self._counts[name] += 1
        shown = self._shown.setdefault(name, [])
        if len(shown) < SHOWN_PER_FILE:
            shown.append(": ".join(piece for piece in (name, at, cause) if piece))

    def of(self, name: str) -> int:
        """Return how many faults file `name` has."""
        return self._counts[name]

    def said(self) -> list[str]:
        """Return all faults as sentences, file by file."""
        found = []
        for name, shown in self._shown.items():
            more = self._counts[name] - len(shown)
            found += [*shown, f"{name}: and {more} more faults"] if more else shown
        return found

    def raise_all(self) -> None:
        """Raise InputError when there is any fault."""
        if self._counts:
            number = sum(self._counts.values())
            noun = "fault" if number == 1 else "faults"
            raise InputError(
                f"the data cannot be used: {number} {noun} in {len(self._counts)} file(s); "
                "nothing was stored. Mend the files and run the same command again",
                faults=self.said(),
            )
