"""Folds: every row told once, groups whole, shares nested."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import numpy.typing as npt
from hypothesis import given
from hypothesis import strategies as st
from tests.training.conftest import make_row

from chainring.training.study.crossed import crossed, units_of
from chainring.training.study.folds import folds

SHARES = (0.25, 0.5, 1.0)

rows = st.lists(st.tuples(st.sampled_from("abc"), st.integers(0, 9)), min_size=6, max_size=60)


@given(rows, st.integers(0, 5))
def test_every_row_is_told_once_and_never_by_its_own_group(
    drawn: list[tuple[str, int]], seed: int
) -> None:
    labels, groups = [a for a, _ in drawn], [f"g{b}" for _, b in drawn]
    found = list(folds(labels, groups, count=3, shares=SHARES, seed=seed))
    assert sorted(i for fold in found for i in fold.told) == list(range(len(drawn)))
    for fold in found:
        told = {groups[i] for i in fold.told}
        for teaching in fold.teaching:
            assert not told & {groups[i] for i in teaching}


@given(rows, st.integers(0, 5))
def test_a_larger_share_holds_the_smaller_one_and_the_last_is_all_the_rest(
    drawn: list[tuple[str, int]], seed: int
) -> None:
    labels = [a for a, _ in drawn]
    groups = [str(i) for i in range(len(drawn))]
    for fold in folds(labels, groups, count=3, shares=SHARES, seed=seed):
        small, half, whole = (set(teaching) for teaching in fold.teaching)
        assert small <= half <= whole
        assert whole == set(range(len(drawn))) - set(fold.told)
        assert {labels[i] for i in small} == {labels[i] for i in whole}


def test_every_label_comes_in_its_proportion() -> None:
    labels = ["a"] * 80 + ["b"] * 40
    fold = next(folds(labels, [str(i) for i in range(120)], count=4, shares=(0.5, 1.0), seed=0))
    taught = [labels[i] for i in fold.teaching[0]]
    assert (taught.count("a"), taught.count("b")) == (30, 15)


def test_of_a_label_those_rows_count_that_teach_where_it_is_told() -> None:
    """Label c stands in one conversation, d in two of 4 and 6 rows."""
    rows = [make_row(f"text {n}", "ab"[n % 2]) for n in range(30)]
    for label, chat, count in (("c", "one", 9), ("d", "two", 4), ("d", "three", 6)):
        turns = [make_row(f"{chat} {n}", label) for n in range(count)]
        rows += [replace(row, episode=chat) for row in turns]

    class Even:
        name = "even"

        def __call__(
            self, teaching: Sequence[int], told: Sequence[int], truth: Sequence[int], *, labels: int
        ) -> npt.NDArray[np.float32]:
            return np.full((len(told), labels), 1 / labels, dtype=np.float32)

    assert crossed(rows, Even(), seed=0).taught_c.tolist() == [10, 10, 0, 4]


def test_no_turn_of_a_conversation_is_told_by_the_others() -> None:
    rows = [make_row(f"text {n}", "ab"[n % 2]) for n in range(40)]
    rows = [replace(row, episode=f"chat {n // 4}") for n, row in enumerate(rows)]

    class Watching:
        name = "watching"

        def __call__(
            self, teaching: Sequence[int], told: Sequence[int], truth: Sequence[int], *, labels: int
        ) -> npt.NDArray[np.float32]:
            assert not {n // 4 for n in teaching} & {n // 4 for n in told}
            return np.zeros((len(told), labels), dtype=np.float32)

    assert sum(crossed(rows, Watching(), seed=0).sizes) > 0


def test_near_duplicates_of_two_conversations_hold_these_together() -> None:
    rows = [make_row(f"text {n}", "a") for n in range(5)]
    told = [("c1", ""), ("c1", "g"), ("c2", "g"), ("c2", ""), ("", "")]
    named = [replace(row, episode=e, group=g) for row, (e, g) in zip(rows, told, strict=True)]
    assert [units_of(named).index(unit) for unit in units_of(named)] == [0, 0, 0, 0, 4]
