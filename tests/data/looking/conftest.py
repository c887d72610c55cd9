"""Data sets of a few or many rows, written as the ring writes them."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.dataset import Row
from chainring.store.tables import write_rows

MakeSet = Callable[..., Path]


def row(name: str, **facts: Any) -> Row:
    """Return a row; what is not said is the usual."""
    usual: dict[str, Any] = {
        "text": "Where is my parcel?",
        "label": "track",
        "language": "en",
        "split": "train",
        "source": "data/help.jsonl",
        "licence": "CC0-1.0",
        "group": name,
        "records": (name,),
    }
    return Row(id=name, **{**usual, **facts})


@pytest.fixture
def make_set(tmp_path: Path) -> MakeSet:
    """Return a maker of data sets: rows to a folder."""

    def make(rows: Iterable[Row], name: str = "set") -> Path:
        folder = tmp_path / name
        folder.mkdir()
        write_rows(folder, rows)
        return folder

    return make
