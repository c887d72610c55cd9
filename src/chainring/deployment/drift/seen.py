"""What the watch knows of one answer: numbers alone, no text.

=========  ===========================  ===========================
field      English example              Chinese example
=========  ===========================  ===========================
length     23 (where is my parcel now)  9 (我的包裹现在在哪里)
language   en                           zh
=========  ===========================  ===========================
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class Seen:
    """One answer; `length` in characters, None where the text was not kept.

    `label` is what was answered where that is one label; `names` are the labels, or the kinds of
    tags, where an answer has several or none; `answer` is the number that was answered, or how
    many characters were written, None where nothing is known of it. `vector` is the text's
    embedding of unit length (float32, any width), None without one. `tie` is drawn evenly from 0
    (excluded) to 1, from the answer's id: equals are told apart by it. `at` is when it was given,
    in seconds since 1970.
    """

    id: str
    group: str
    label: str
    confidence: float
    passed_on: bool
    language: str
    tie: float
    length: int | None = None
    names: frozenset[str] | None = None
    answer: float | None = None
    vector: Any = None
    at: float = 0.0

    @property
    def repeats(self) -> str:
        """What it repeats: its group of near-duplicates; itself where it has none."""
        return self.group or self.id


@dataclass(frozen=True, slots=True, kw_only=True)
class Judged:
    """One reviewed answer of the hold-out: what it was worth, 0 to 1, and how sure it was.

    `right` is whether it came true what the confidence stands for; None where a task's confidence
    stands for no share of right answers. `label` is the true one; empty where the task has none.
    `cost` is what it cost, where costs judge. `at` is when it was reviewed.
    """

    grade: float
    confidence: float
    right: bool | None = None
    language: str = ""
    label: str = ""
    cost: float = 0.0
    at: float = 0.0
