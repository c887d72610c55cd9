"""What is judged in batches goes on in halves where memory runs out.

    halving = Halving()
    for places, found in halving.answered(batches, answer):     # answer(places), of fewer each time
        ...

Training halves its batches by itself (`chainring.training.craft.gradients`); here no gradient is
asked for, and each answer is that of its own rows, however many are answered at once.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TypeVar

import torch

from chainring.training.craft.gradients import is_memory, no_memory

A = TypeVar("A")
B = TypeVar("B")


class Halving:
    """Answers batches; from the first that memory is too small for, in halves of it."""

    def __init__(self) -> None:
        self.most: int | None = None

    def answered(
        self, batches: Iterable[Sequence[A]], answer: Callable[[Sequence[A]], B]
    ) -> Iterator[tuple[Sequence[A], B]]:
        """Yield what is answered of each batch, or of each part of it, in their order.

        Raises
        ------
        RefusedError
            A single row does not fit in memory.
        """
        for batch in batches:
            start = 0
            while start < len(batch):
                some = batch[start : start + (self.most or len(batch))]
                found = self._tried(some, answer)
                for one in found:
                    yield some, one
                start += len(some) * len(found)

    def _tried(self, some: Sequence[A], answer: Callable[[Sequence[A]], B]) -> tuple[B, ...]:
        """Return the answer alone, or nothing where it is to be asked of fewer."""
        try:
            return (answer(some),)
        except (MemoryError, RuntimeError) as error:
            if not is_memory(error):
                raise
        if len(some) == 1:
            raise no_memory("judging of texts", rows=1, because="it is a single row")
        self.most = len(some) // 2
        if torch.cuda.is_available():
            torch.cuda.empty_cache()
        return ()
