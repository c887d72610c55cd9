"""Table: a light handle on stored rows of one noun (JSON lines in a tree)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Generic, TypeVar

N = TypeVar("N")


@dataclass(frozen=True, slots=True, kw_only=True)
class Table(Generic[N]):
    """`address` of a tree whose `rows.jsonl` holds the nouns; `counts` tells what was dropped."""

    address: str
    rows: int
    counts: dict[str, int] = field(default_factory=dict)
