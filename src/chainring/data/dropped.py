"""What was dropped, and why: a counter for each reason and a file that one can read.

Enters reasons with the place of a row, leaves `dropped.jsonl`; no text of a person is in it.

    {"reason":"empty text","source":"data/help.csv","locator":"line 12"}
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Mapping
from pathlib import Path
from types import TracebackType
from typing import TextIO

from chainring.contracts.said import Said, in_language, joined
from chainring.data.sentences import progress
from chainring.text.errors import in_both

DROPPED_FILE = "dropped.jsonl"

_TOLD = 4


def told(counts: Mapping[str, int]) -> Said:
    """Return the reasons in a line, the commonest first, and how many rows went for others.

    >>> told({"near-duplicate": 3, "conflicting duplicate": 80})
    'conflicting duplicate 80, near-duplicate 3'
    """
    ordered = sorted(counts.items(), key=lambda one: (-one[1], one[0]))
    rest = sum(number for _, number in ordered[_TOLD:])
    shown = ordered[:_TOLD] + ([("for other reasons", rest)] if rest else [])
    return joined((_counted(in_both(reason), number) for reason, number in shown), en=", ", zh="、")


def _counted(reason: str, number: int) -> Said:
    """Return a reason with its number, apart from the number or name that it may end in."""
    ends_in_one = reason[-1:].isdigit() or in_language(reason, "zh")[-1:].isascii()
    return progress("counted apart" if ends_in_one else "counted", name=reason, count=number)


class Dropped:
    """A context that writes `dropped.jsonl` into a folder and counts the reasons."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / DROPPED_FILE
        self._out: TextIO
        self._counts: Counter[str] = Counter()

    def __enter__(self) -> Dropped:
        self._out = self._path.open("w", encoding="utf-8", newline="\n")
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._out.close()

    def add(self, reason: str, **where: object) -> None:
        """Drop one row: its reason is counted, its place written."""
        self._counts[reason] += 1
        self._out.write(json.dumps({"reason": reason, **where}, ensure_ascii=False) + "\n")

    @property
    def counts(self) -> dict[str, int]:
        """The reasons and how often each was given, in the order of the alphabet."""
        return dict(sorted(self._counts.items()))
