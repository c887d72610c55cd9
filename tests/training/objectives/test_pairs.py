from __future__ import annotations

from collections.abc import Callable, Sequence
from random import Random

import pytest
from tests.training.objectives.test_packing import MARKS

from chainring.training.objectives.documents import Document
from chainring.training.objectives.packing import Item
from chainring.training.objectives.pairs import pairs

STOP = 5


def told(count: int) -> list[Document]:
    """Return documents of sentences whose tokens count up, each from a thousand of its own."""
    chance = Random(1)
    found = []
    for number in range(count):
        sizes = [chance.randint(3, 12) for _ in range(8)]
        ids = [1000 * (number + 1) + place for place in range(sum(sizes))]
        starts = [sum(sizes[:place]) for place in range(8)]
        found.append(Document(ids=ids, characters=len(ids), words=[], starts=starts))
    return found


def test_a_pair_follows_where_it_says_so_and_comes_from_two_documents_elsewhere() -> None:
    items = pairs(told(60), max_tokens=40, seed=0, marks=MARKS)
    for item in items:
        a = [t for t, kind in zip(item["input_ids"], item["types"], strict=True) if not kind]
        b = [t for t, kind in zip(item["input_ids"], item["types"], strict=True) if kind]
        first, second = a[1:-1], b[:-1]
        assert len(item["input_ids"]) <= 40
        assert (second[0] == first[-1] + 1) is item["follows"]
        assert (second[0] // 1000 == first[0] // 1000) is item["follows"]
    share = sum(item["follows"] for item in items) / len(items)
    assert 0.4 < share < 0.6


def test_one_document_alone_gives_no_pair() -> None:
    assert pairs(told(1), max_tokens=40, seed=0, marks=MARKS) == []


def chatter(*sentences: int) -> list[Document]:
    """Return documents of so many sentences without a topic: random tokens, then a full stop."""
    chance = Random(1)
    found = []
    for count in sentences:
        ids: list[int] = []
        starts = []
        for _ in range(count):
            starts.append(len(ids))
            ids += [*chance.choices(range(10, 1000), k=chance.randint(5, 29)), STOP]
        found.append(Document(ids=ids, characters=len(ids), words=[], starts=starts))
    return found


def best_guess(items: Sequence[Item], feature: Callable[[Item], int]) -> float:
    """Return how often the best limit of a feature tells the class of a pair."""
    best = 0.5
    for limit in sorted({feature(item) for item in items}):
        right = sum((feature(item) >= limit) is item["follows"] for item in items) / len(items)
        best = max(best, right, 1 - right)
    return best


@pytest.mark.parametrize("sentences", [(40,) * 300, (2, 3, 4, 5) * 500], ids=["long", "short"])
def test_nothing_but_what_a_pair_says_tells_whether_it_follows(sentences: Sequence[int]) -> None:
    items = pairs(chatter(*sentences), max_tokens=128, seed=0, marks=MARKS)
    assert len(items) > 1500
    tells: dict[str, Callable[[Item], int]] = {
        "tokens of both": lambda item: len(item["input_ids"]),
        "tokens of B": lambda item: sum(item["types"]),
        "sentences of B": lambda item: item["input_ids"][-sum(item["types"]) :].count(STOP),
        "B ends a sentence": lambda item: item["input_ids"][-2] == STOP,
        "a full row that ends within one": lambda item: (
            len(item["input_ids"]) == 128 and item["input_ids"][-2] != STOP
        ),
    }
    found = {name: best_guess(items, feature) for name, feature in tells.items()}
    assert max(found.values()) < 0.55, found
