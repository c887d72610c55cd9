"""A row that carries a mark is known before it is stored, by whichever way it was forgotten."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import pytest

from chainring.contracts.forgotten import author_mark, record_mark, source_mark, subject_mark
from chainring.contracts.record import Record
from chainring.contracts.source import Policy
from chainring.data.forgetting import Marked, catch_up
from chainring.data.harvest import Harvest
from chainring.data.records import record_of
from chainring.data.rows import RawRow
from chainring.data.settings import DataSettings
from chainring.trust.guard import guard

SECRET = b"k" * 32
ROW = {"text": "我的电话是13912345678，请回电", "subject": "安", "author": "ann"}
OTHER = {"text": "hello there", "subject": "bo", "author": "bo"}
becomes = partial(
    record_of, app="shop", guard=guard(Policy()), settings=DataSettings(), secret=SECRET
)


def record() -> Record:
    return becomes(RawRow(source="help", locator="1", split="", values=ROW, key="1"))


MARKS = {
    "subject": subject_mark("安", SECRET),
    "author": author_mark("ann", SECRET),
    "source": source_mark("help", SECRET),
    "record": record_mark(record().id, record().subject),
}


@pytest.mark.parametrize("kind", MARKS)
def test_a_marked_row_goes_and_is_not_stored_again(tmp_path: Path, kind: str) -> None:
    marked = Marked(marks=frozenset({MARKS[kind]}), becomes=becomes, secret=SECRET)
    with Harvest.open(tmp_path / "help", redacts=True) as harvest:
        harvest.put("1", ROW)
        harvest.put("2", OTHER)
        assert catch_up(harvest, marked) == (2 if kind == "source" else 1)
        assert catch_up(harvest, marked) == 0
        harvest.refuses = marked.of("help")
        assert not harvest.put("1", ROW)
        assert harvest.put("3", OTHER) is (kind != "source")


def test_nothing_is_marked_where_nothing_was_forgotten(tmp_path: Path) -> None:
    marked = Marked(marks=frozenset(), becomes=becomes, secret=SECRET)
    with Harvest.open(tmp_path / "help") as harvest:
        harvest.refuses = marked.of("help")
        assert harvest.put("1", ROW)
        assert catch_up(harvest, marked) == 0
