from __future__ import annotations

from collections.abc import Sequence

import pytest
import torch

from chainring.contracts.errors import RefusedError
from chainring.training.craft.halving import Halving


class Narrow:
    """Answers so many at once, with ten times each."""

    def __init__(self, room: int, error: BaseException) -> None:
        self.room, self.error, self.asked = room, error, list[int]()

    def __call__(self, some: Sequence[int]) -> list[int]:
        self.asked.append(len(some))
        if len(some) > self.room:
            raise self.error
        return [10 * one for one in some]


@pytest.mark.parametrize(
    "error", [MemoryError(), torch.OutOfMemoryError("out of memory"), RuntimeError("Out of memory")]
)
def test_what_does_not_fit_is_answered_in_halves_from_there_on(error: BaseException) -> None:
    narrow = Narrow(2, error)
    told = list(Halving().answered([[1, 2, 3, 4, 5], [6, 7, 8], [9]], narrow))
    assert [one for some, _ in told for one in some] == list(range(1, 10))
    assert [one for _, found in told for one in found] == list(range(10, 100, 10))
    assert narrow.asked == [5, 2, 2, 1, 2, 1, 1]


def test_a_single_row_that_does_not_fit_is_refused_with_the_next_step() -> None:
    with pytest.raises(RefusedError, match=r"1 rows at once, and it is a single row; take a small"):
        list(Halving().answered([[1, 2, 3]], Narrow(0, MemoryError())))


def test_an_error_that_says_nothing_of_memory_is_raised_as_it_is() -> None:
    narrow = Narrow(1, RuntimeError("shapes differ"))
    with pytest.raises(RuntimeError, match="shapes differ"):
        list(Halving().answered([[1, 2]], narrow))
    assert narrow.asked == [2]
