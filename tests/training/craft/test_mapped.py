from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.litter import littered
from tests.training.craft.conftest import Toy, padded, toy_items, toy_run

from chainring.contracts.errors import InputError
from chainring.contracts.work import Work
from chainring.training.craft.mapped import Mapped, mapped
from chainring.training.trainer import train

ITEMS: list[dict[str, Any]] = [
    {"input_ids": [2, 40_000, 3], "labels": 1, "weights": 0.5},
    {"input_ids": [], "labels": 0, "weights": 1.5},
    {"input_ids": [7], "labels": 2, "weights": 1.0},
]


def test_items_come_back_as_they_were(tmp_path: Path) -> None:
    items = mapped(tmp_path / "items", ITEMS)
    assert list(items) == ITEMS
    assert (len(items), items[-1], items[1:]) == (3, ITEMS[-1], ITEMS[1:])
    with pytest.raises(IndexError):
        items[3]


def test_several_lists_an_item_and_none_are_kept(tmp_path: Path) -> None:
    pairs = [{"input_ids": [1, 2], "labels": [3]}, {"input_ids": [4], "labels": [5, 6, 7]}]
    assert list(mapped(tmp_path / "pairs", pairs)) == pairs
    assert list(mapped(tmp_path / "numbers", [{"labels": 1}, {"labels": 2}]))[1] == {"labels": 2}


def test_what_is_whole_is_not_made_anew_and_what_is_half_is(tmp_path: Path) -> None:
    def dying() -> Iterator[dict[str, Any]]:
        yield ITEMS[0]
        raise KeyboardInterrupt

    def forbidden(_: Any) -> dict[str, Any]:
        raise AssertionError("made twice")

    with pytest.raises(KeyboardInterrupt):
        mapped(tmp_path / "items", dying())
    assert list(mapped(tmp_path / "items", ITEMS)) == ITEMS
    assert list(mapped(tmp_path / "items", map(forbidden, [0]))) == ITEMS


def test_no_item_at_all_is_said(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="no item"):
        mapped(tmp_path / "items", [])


def test_a_training_from_files_ends_as_one_from_memory(
    fresh_work: Callable[[str], Work], tmp_path: Path
) -> None:
    made = []
    for name, items in (("memory", toy_items()), ("files", mapped(tmp_path / "toy", toy_items()))):
        toy = Toy()
        train(toy, items, [], run=toy_run(), collate=padded, work=fresh_work(name))
        made.append(toy.head.weight.detach())
    assert torch.equal(*made)


def test_what_a_system_lays_beside_arrays_is_none(tmp_path: Path) -> None:
    mapped(tmp_path / "items", ITEMS)
    assert list(Mapped(littered(tmp_path / "items"))) == ITEMS
