"""Batches by token budget: texts of like length together, no batch wider than the budget.

A fixed number of texts makes long batches leave the processor's cache and short ones starve it;
a budget of padded tokens does neither. Padding is bounded too: one long text must not stretch
the short ones beside it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

BATCH_TOKENS = 2048
FREE_PADDING = 32
"""Tokens of padding that cost less than running one batch more (measured: about 20 to 40)."""


def token_batches(
    lengths: Sequence[int], *, budget: int = BATCH_TOKENS, free_padding: int = FREE_PADDING
) -> Iterator[list[int]]:
    """Yield lists of indices, longest texts first, each of at most `budget` padded tokens.

    A single text over the budget is a batch of its own. Padding in a batch is at most
    `free_padding` tokens or an eighth of it, whichever is more.

    >>> list(token_batches([3, 9, 4], budget=10))
    [[1], [2, 0]]
    """
    batch: list[int] = []
    longest = filled = 0
    for index in sorted(range(len(lengths)), key=lambda i: (-lengths[i], i)):
        wide = (len(batch) + 1) * longest
        padding = wide - filled - lengths[index]
        if batch and (wide > budget or padding > max(free_padding, wide // 8)):
            yield batch
            batch, filled = [], 0
        longest = longest if batch else lengths[index]
        filled += lengths[index]
        batch.append(index)
    if batch:
        yield batch
