"""What was left out: the reasons with their numbers, and a few places of each to look at.

Enters folders with a `dropped.jsonl`, leaves a `Drop` for each reason. The places are a sample by
digest: the same each time, and not only the first of the file.

    for one in drops(folder, step="records"): print(one.reason, one.rows, one.places)
"""

from __future__ import annotations

import hashlib
import heapq
import json
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainring.data.dropped import DROPPED_FILE

PLACES = 3
MAX_REASONS = 200
FEEDBACK = "feedback"
_SECRET = ("access", "consent", "licence", "forgotten", "personal")


@dataclass(frozen=True, slots=True, kw_only=True)
class Place:
    """Where a dropped row stood: a file and line, or an id; with a sample if its stage kept one.

    What people said of an answer has the source `feedback`, and its id as locator; `answer` is the
    id of that answer, of which `why` tells.
    """

    source: str = ""
    locator: str = ""
    record: str = ""
    sample: str = ""
    answer: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Drop:
    """One reason at one step: how many rows, and some of their places."""

    step: str
    reason: str
    rows: int
    places: tuple[Place, ...] = ()

    @property
    def may_be_shown(self) -> bool:
        """Whether texts dropped for it may be looked at: not those that nobody allowed."""
        return not any(word in self.reason.lower() for word in _SECRET)

    @property
    def is_duplicate(self) -> bool:
        """Whether these rows were copies of others."""
        return "duplicate" in self.reason


def drops(folder: Path, *, step: str, most: int = PLACES) -> list[Drop]:
    """Return what a step left out by reason, most rows first; none when the file is not there."""
    counts: Counter[str] = Counter()
    chosen: dict[str, list[tuple[int, str]]] = {}
    for line in dropped_lines(folder):
        reason = str(line.get("reason", "no reason"))
        counts[reason] += 1
        if len(chosen) < MAX_REASONS or reason in chosen:
            _sample(chosen.setdefault(reason, []), line, most)
    return [
        Drop(step=step, reason=reason, rows=rows, places=_places(chosen.get(reason, [])))
        for reason, rows in counts.most_common()
    ]


def dropped_lines(folder: Path) -> Iterator[dict[str, Any]]:
    """Yield the lines of `dropped.jsonl` as dicts."""
    path = folder / DROPPED_FILE
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield json.loads(line)


def drops_of(folder: Path, identifiers: Collection[str]) -> Iterator[dict[str, Any]]:
    """Yield the lines that name one of these answers or reactions as what they came from.

    Only lines that hold one of the ids are read as JSON: of a large corpus there are many.
    """
    path = folder / DROPPED_FILE
    if not path.is_file():
        return
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            if any(identifier in line for identifier in identifiers):
                found = json.loads(line)
                if not set(identifiers).isdisjoint(_made_of(found)):
                    yield found


def _made_of(line: dict[str, Any]) -> Sequence[str]:
    """Return what a row came from: of a record all that was said, of a reaction itself."""
    said = line.get("feedback", ())
    return (said, str(line.get("prediction", ""))) if isinstance(said, str) else said


def place_of(line: dict[str, Any]) -> Place:
    """Return the place that a line of `dropped.jsonl` names."""
    said = line.get("feedback")  # of a reaction its id, of a record all that it came from
    if isinstance(said, str):
        return Place(source=FEEDBACK, locator=said, answer=str(line.get("prediction", "")))
    return Place(
        source=str(line.get("source", "")),
        locator=str(line.get("locator") or line.get("place") or ""),
        record=str(line.get("record") or line.get("id") or ""),
        sample=str(line.get("sample", "")),
    )


def _sample(heap: list[tuple[int, str]], line: dict[str, Any], most: int) -> None:
    """Keep the lines with the smallest digests, those with a sample first; of equal lines one."""
    text = json.dumps(line, ensure_ascii=False, sort_keys=True)
    rank = -int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest(), "big")
    rank -= 0 if line.get("sample") else 1 << 64
    if (rank, text) in heap:
        return
    if len(heap) < most:
        heapq.heappush(heap, (rank, text))
    else:
        heapq.heappushpop(heap, (rank, text))


def _places(heap: list[tuple[int, str]]) -> tuple[Place, ...]:
    found = [place_of(json.loads(text)) for _, text in sorted(heap, reverse=True)]
    return tuple(sorted(found, key=lambda one: (one.source, _number(one.locator), one.record)))


def _number(locator: str) -> tuple[int, str]:
    digits = "".join(c for c in locator if c.isdigit())
    return int(digits[:18] or 0), locator
