"""Batches by token budget: texts of like length together, no batch wider than the budget.

A fixed number of texts makes long batches leave the processor's cache and short ones starve it;
a budget of padded tokens does neither.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

BATCH_TOKENS = 2048


def token_batches(lengths: Sequence[int], *, budget: int = BATCH_TOKENS) -> Iterator[list[int]]:
    """Yield lists of indices, longest texts first, each of at most `budget` padded tokens.

    A single text over the budget is a batch of its own.

    >>> list(token_batches([3, 9, 4], budget=10))
    [[1], [2, 0]]
    """
    batch: list[int] = []
    longest = 0
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        if batch and (len(batch) + 1) * longest > budget:
            yield batch
            batch = []
        longest = longest if batch else max(1, lengths[index])
        batch.append(index)
    if batch:
        yield batch
