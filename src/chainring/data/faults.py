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
PLACES_SHOWN = 10


class Faults:
    """Collects faults; of one file the first twenty causes are shown and the others counted.

    A cause is said once with its places: `a.csv: line 2, line 5 and 690 more: broken, too`.
    """

    def __init__(self) -> None:
        self._places: dict[str, dict[str, list[str]]] = {}
        self._alike: Counter[tuple[str, str]] = Counter()
        self._counts: Counter[str] = Counter()

    def add(self, name: str, cause: str, *, at: str = "") -> None:
        """Note that file `name` has a fault, at a line or row where one can be named."""
        self._counts[name] += 1
        causes = self._places.setdefault(name, {})
        if cause in causes or len(causes) < SHOWN_PER_FILE:
            self._alike[name, cause] += 1
            places = causes.setdefault(cause, [])
            if at and len(places) < PLACES_SHOWN:
                places.append(at)

    def of(self, name: str) -> int:
        """Return how many faults file `name` has."""
        return self._counts[name]

    def said(self) -> list[str]:
        """Return all faults as sentences, file by file."""
        found = []
        for name, causes in self._places.items():
            found += [self._sentence(name, cause, places) for cause, places in causes.items()]
            more = self._counts[name] - sum(self._alike[name, cause] for cause in causes)
            found += [f"{name}: and {more} more faults"] if more else []
        return found

    def _told(self, name: str) -> int:
        """Return how many faults are told of a file; one of a thousand lines is one fault."""
        causes = self._places[name]
        return len(causes) + self._counts[name] - sum(self._alike[name, one] for one in causes)

    def _sentence(self, name: str, cause: str, places: list[str]) -> str:
        more = self._alike[name, cause] - len(places)
        at = ", ".join(places) + (f" and {more} more" if places and more else "")
        return ": ".join(piece for piece in (name, at, cause) if piece)

    def raise_all(self) -> None:
        """Raise InputError when there is any fault."""
        if self._counts:
            number = sum(map(self._told, self._places))
            faults = "1 fault" if number == 1 else f"{number} faults"
            raise InputError(
                f"the data cannot be used: {faults} in {len(self._counts)} file(s); "
                "nothing was stored. Mend the files and run the same command again",
                faults=self.said(),
            )
