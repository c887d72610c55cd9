"""A row before it is a record: by role, with where it stands.

Enters what a reader or a harvest yields, leaves `RawRow`; both sides agree here on what a split is
called.
"""

from __future__ import annotations

from dataclasses import dataclass

SPLIT_WORDS = {
    "train": "train", "training": "train",
    "validation": "validation", "valid": "validation", "val": "validation", "dev": "validation",
    "test": "test", "unlabelled": "unlabelled", "unlabeled": "unlabelled",
}  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class RawRow:
    """One row by role. `split` is `train`, `validation`, `test`, or empty.

    `key` is an id that is stable over turns, of rows that came from elsewhere; a row of a file is
    known by its text and its `id` column.
    """

    source: str
    locator: str
    split: str
    values: dict[str, str]
    key: str = ""
