"""First vectors are those of counted neighbours: by plain loops, by what stands beside what."""

from __future__ import annotations

from collections import defaultdict
from random import Random
from types import SimpleNamespace
from typing import Any

import numpy as np
import pytest
import torch
from torch import nn

from chainring.training.objectives.neighbours import (
    BREAK,
    SMOOTHING,
    WINDOW,
    begin,
    informations,
    neighbours,
    vectors,
)
from chainring.training.tokenisers.special import Marks

MARKS = Marks(pad=0, start=2, end=3, mask=4, special=(0, 1, 2, 3, 4))
DRINKS, PLACES = range(5, 9), range(9, 13)
DRINK, GO = (13, 14), (15, 16)


def sentences(seed: int = 0) -> list[list[int]]:
    """Return sentences in which drinks stand beside two words and places beside two others."""
    chance = Random(seed)
    found = []
    for _ in range(400):
        nouns, verbs = chance.choice([(DRINKS, DRINK), (PLACES, GO)])
        found.append([2, verbs[0], chance.choice(nouns), verbs[1], chance.choice(nouns), 3])
    return found


class Table:
    """What a new network shows of its embeddings."""

    def __init__(self, size: int, width: int) -> None:
        self.config = SimpleNamespace(initializer_range=0.02)
        torch.manual_seed(0)
        self.embedding = nn.Embedding(size, width)
        nn.init.normal_(self.embedding.weight, std=0.02)

        self.head = nn.Linear(width, size)
        self.head.weight = self.embedding.weight

    def get_input_embeddings(self) -> Any:
        return self.embedding

    def get_output_embeddings(self) -> Any:
        return self.head


def test_neighbours_are_counted_as_a_plain_loop_counts_them() -> None:
    chance = np.random.default_rng(0)
    stream = chance.integers(-1, 12, size=300).astype(np.int32)
    found = neighbours(stream, vocabulary=12).toarray()
    expected: dict[tuple[int, int], float] = defaultdict(float)
    for i in range(len(stream)):
        for j in range(i + 1, min(len(stream), i + WINDOW + 1)):
            if BREAK in stream[i : j + 1]:
                break
            weight = (WINDOW + 1 - (j - i)) / WINDOW
            expected[stream[i], stream[j]] += weight
            expected[stream[j], stream[i]] += weight
    table = np.zeros((12, 12))
    for (left, right), times in expected.items():
        table[left, right] = times
    np.testing.assert_allclose(found, table, atol=1e-9)


def test_informations_are_those_of_the_definition() -> None:
    from scipy import sparse

    counts = np.array([[0.0, 8, 1], [8, 2, 1], [1, 1, 0]])
    found = informations(sparse.csr_array(counts)).toarray()
    row, column = counts.sum(1), counts.sum(0) ** SMOOTHING
    with np.errstate(divide="ignore"):
        expected = np.log(
            (counts / counts.sum()) / np.outer(row / row.sum(), column / column.sum())
        )
    np.testing.assert_allclose(found, np.maximum(expected, 0.0), atol=1e-9)


def test_tokens_of_one_kind_begin_alike_and_as_long_as_random_ones() -> None:
    model = Table(20, 8)
    before = model.embedding.weight.detach().clone()
    items = [{"input_ids": ids} for ids in sentences()]
    assert begin(model, items, marks=MARKS, seed=0) == 12
    after = model.embedding.weight.detach()
    unit = nn.functional.normalize(after, dim=-1)
    within = min(
        float(unit[a] @ unit[b]) for group in (DRINKS, PLACES) for a in group for b in group
    )
    across = max(float(unit[a] @ unit[b]) for a in DRINKS for b in PLACES)
    assert within > across + 0.3
    assert after[5:17].norm(dim=-1).numpy() == pytest.approx(0.02 * 8**0.5, rel=1e-4)
    untouched = [*range(5), *range(17, 20)]
    assert torch.equal(after[untouched], before[untouched])


def test_what_is_read_stays_and_the_output_learns_a_table_of_its_own() -> None:
    model = Table(20, 8)
    begin(model, [{"input_ids": ids} for ids in sentences()], marks=MARKS, seed=0)
    assert torch.equal(model.head.weight, model.embedding.weight)
    assert model.head.weight is not model.embedding.weight
    assert [model.embedding.weight.requires_grad, model.head.weight.requires_grad] == [False, True]
    assert model.config.tie_word_embeddings is False


def test_one_seed_gives_one_table() -> None:
    items = [{"input_ids": ids} for ids in sentences()]
    tables = []
    for _ in range(2):
        model = Table(20, 8)
        begin(model, items, marks=MARKS, seed=0)
        tables.append(model.embedding.weight.detach())
    assert torch.equal(*tables)


def test_a_text_of_one_token_begins_nothing() -> None:
    model = Table(20, 8)
    assert begin(model, [{"input_ids": [2, 7, 3]}], marks=MARKS, seed=0) == 0


def test_more_numbers_than_tokens_are_filled_with_zeros() -> None:
    stream = np.array([0, 1, 2, 1, 0, BREAK, 2, 1], dtype=np.int32)
    assert vectors(stream, vocabulary=3, width=8, seed=0).shape == (3, 8)
