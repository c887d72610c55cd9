"""Rows become steps of a fixed number of rows, and steps become batches of bounded tokens.

Enter lengths, leaves for every epoch an order that hangs on the seed and the epoch alone, so that
a training that goes on after a kill meets the same rows.

    steps = epoch_steps([3, 9, 4, 8], rows_a_step=2, seed=0, epoch=0)   # [[3, 1], [0, 2]]
    split(steps[0], [3, 9, 4, 8], max_tokens=9, max_rows=2)             # [[3], [1]]

A step's rows have similar lengths, so that hardly a token is padding: within pools of 200 steps,
rows are ordered by length (as `group_by_length` of transformers, with 50). A step always has the
asked number of rows, but for the last of an epoch: what a learning rate means does not change.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np

STEPS_A_POOL = 200


READ = ("input_ids", "pair_ids")
"""What a row has an encoder read; segments and the tags of tokens stand beside, not after them."""


def length(item: Mapping[str, Any]) -> int:
    """Return the tokens of an item that are read: of its text, and of another beside it.

    A target that a decoder writes comes on top; whoever trains one gives a `length` of his own.

    >>> length({"input_ids": [2, 9, 3], "token_type_ids": [0, 0, 1], "labels": [5, 5, 5]})
    3
    >>> length({"input_ids": [2, 9, 3], "pair_ids": [7, 8], "labels": 1})
    5
    """
    return sum(len(item[name]) for name in READ if name in item)


def written(items: Sequence[Mapping[str, Any]], lengths_n: Sequence[int]) -> int:
    """Return the tokens of the target of the longest item; 0: it has none of its own.

    >>> written([{"input_ids": [2, 3], "labels": [7]}, {"input_ids": [2], "labels": [7]}], [3, 2])
    1
    """
    target: Any = items[int(np.argmax(lengths_n))].get("labels") if len(items) else None
    return len(target) if hasattr(target, "__len__") else 0


def longest_of_two(items: Sequence[Mapping[str, Any]]) -> int:
    """Return the tokens of the longest text of rows whose two are read one by one; else 0.

    >>> longest_of_two([{"input_ids": [2, 3], "pair_ids": [7]}]), longest_of_two([{"labels": 1}])
    (2, 0)
    """
    if not len(items) or "pair_ids" not in items[0]:
        return 0
    return max(len(item[name]) for item in items for name in READ)


def steps_of(rows: int, *, rows_a_step: int) -> int:
    """Return how many steps an epoch has."""
    return -(-rows // rows_a_step)


def epoch_steps(
    lengths_n: Sequence[int], *, rows_a_step: int, seed: int, epoch: int
) -> list[list[int]]:
    """Return the places of the rows of each step, every row once."""
    chance = np.random.default_rng((seed, epoch))
    order_n = chance.permutation(len(lengths_n))
    known_n = np.asarray(lengths_n, dtype=np.int64)
    pool = STEPS_A_POOL * rows_a_step
    steps: list[list[int]] = []
    for start in range(0, len(order_n), pool):
        pooled = order_n[start : start + pool]
        pooled = pooled[np.argsort(-known_n[pooled], kind="stable")]
        steps.extend(
            pooled[i : i + rows_a_step].tolist() for i in range(0, len(pooled), rows_a_step)
        )
    return [steps[i] for i in chance.permutation(len(steps))]


def split(
    step: Sequence[int], lengths_n: Sequence[int], *, max_tokens: int, max_rows: int
) -> list[list[int]]:
    """Return the step's rows in batches within both limits, of one row at least; padding counts.

    >>> split([0, 1, 2], [4, 4, 30], max_tokens=10, max_rows=8)
    [[0, 1], [2]]
    """
    batches: list[list[int]] = [[]]
    for place in sorted(step, key=lambda i: lengths_n[i]):
        rows = len(batches[-1]) + 1  # the row at hand is the longest so far
        if rows > 1 and (rows > max_rows or rows * lengths_n[place] > max_tokens):
            batches.append([])
        batches[-1].append(place)
    return batches
