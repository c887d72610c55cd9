from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
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


def sides(item: Item) -> tuple[list[int], list[int]]:
    """Return the tokens of A and of B, without the marks."""
    a = [t for t, kind in zip(item["input_ids"], item["types"], strict=True) if not kind]
    b = [t for t, kind in zip(item["input_ids"], item["types"], strict=True) if kind]
    return a[1:-1], b[:-1]


@pytest.mark.parametrize("max_tokens", [40, 12])
def test_a_pair_follows_where_it_says_so_and_comes_from_two_documents_elsewhere(
    max_tokens: int,
) -> None:
    items = pairs(told(60), max_tokens=max_tokens, seed=0, marks=MARKS)
    for item in items:
        first, second = sides(item)
        assert len(item["input_ids"]) <= max_tokens
        assert (second[0] == first[-1] + 1) is item["follows"]
        assert (second[0] // 1000 == first[0] // 1000) is item["follows"]
    share = sum(item["follows"] for item in items) / len(items)
    assert 0.4 < share < 0.6


def test_sentences_that_were_not_used_begin_the_next_pair() -> None:
    items = pairs(told(60), max_tokens=400, seed=0, marks=MARKS)
    goes_on = dict[int, int]()  # by document: the token that its next pair begins with
    for item in items:
        first, second = sides(item)
        document = first[0] // 1000
        assert first[0] == goes_on.get(document, 1000 * document)
        goes_on[document] = (second if item["follows"] else first)[-1] + 1
    assert len(items) > len(goes_on) == 60


def test_what_comes_from_elsewhere_is_the_nearest_in_length() -> None:
    sizes = (3, 9, 10, 30)
    documents = [
        Document(
            ids=[1000 * number] * (4 + size), characters=4 + size, words=[], starts=[0, 4]
        )
        for number, size in enumerate(sizes, start=1)
    ]  # fmt: skip
    nearest = set[tuple[int, int]]()
    for seed in range(20):
        for item in pairs(documents, max_tokens=100, seed=seed, marks=MARKS):
            first, second = sides(item)
            if not item["follows"]:
                nearest.add((sizes[first[0] // 1000 - 1], len(second)))
    assert nearest == {(3, 9), (9, 10), (10, 9), (30, 10)}


def test_no_word_of_one_text_of_a_pair_is_a_word_of_the_other() -> None:
    documents = [
        replace(one, words=[place // 2 for place in range(len(one.ids))]) for one in told(20)
    ]
    for item in pairs(documents, max_tokens=40, seed=0, marks=MARKS):
        a = [n for n, kind in zip(item["words"], item["types"], strict=True) if not kind]
        b = [n for n, kind in zip(item["words"], item["types"], strict=True) if kind]
        assert (a[0], a[-1], b[-1]) == (0, 0, 0)
        assert 0 not in a[1:-1] + b[:-1]
        assert not set(a[1:-1]) & set(b[:-1])


def test_one_document_alone_gives_no_pair() -> None:
    alone = [replace(one, starts=[0]) for one in told(5)]  # of one sentence each
    assert pairs(told(1), max_tokens=40, seed=0, marks=MARKS) == []
    assert pairs([*told(1), *alone], max_tokens=40, seed=0, marks=MARKS) == []


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
