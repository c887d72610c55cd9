"""What every part of kind `executor` must do, for `chainring.contracts.checks`.

Enters a part and how it is made, leaves the faults: results in order, by rank, and errors told.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from chainring.contracts.errors import InputError


@dataclass(frozen=True, slots=True, kw_only=True)
class ExecutorExample:
    """How to make the executor with two processes."""

    make: Callable[[Any], Any]


def executor_faults(name: str, part: Any, example: ExecutorExample) -> Iterator[str]:
    """Yield what an executor does not keep."""
    executor = example.make(part)
    if executor.name != name:
        yield f"it is named {executor.name!r}"
    if list(executor.map(_squared, iter(range(20)))) != [n * n for n in range(20)]:
        yield "map does not give the results in the order of the shards"
    if list(executor.map(_squared, [])) != []:
        yield "map over nothing gives results"
    if executor.spawn(2, _ranked) != [(0, 2), (1, 2)]:
        yield "spawn does not give the results by rank"
    try:
        list(executor.map(_refused, [1]))
    except InputError:
        return
    yield "an error of the work does not reach its caller"


def _squared(number: int) -> int:
    return number * number


def _ranked(rank: int, world: int) -> tuple[int, int]:
    return rank, world


def _refused(_: int) -> None:
    raise InputError("this shard cannot be read")
