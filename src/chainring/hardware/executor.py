"""The local executor: work spread over processes of this machine.

`map(fn, shards)` yields results in the order of the shards, whatever ran where, and holds only a
few shards at a time. `spawn(world, fn)` runs one process a rank, for work whose ranks talk to
each other. `fn` and what it takes and gives must be picklable; a `fn` that is a pure function of
its shard gives byte-identical results for any number of workers.

    list(LocalExecutor(workers=2).map(len, ["a", "退货"]))   # [1, 2]
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import TYPE_CHECKING, Self, TypeVar

from chainring.contracts.errors import InputError

if TYPE_CHECKING:
    from chainring.hardware.settings import HardwareSettings

A = TypeVar("A")
B = TypeVar("B")


class LocalExecutor:
    """Processes of this machine.

    Parameters
    ----------
    workers
        Processes at most, at least 1; with 1 `map` runs in this process.
    """

    name = "local.v1"

    def __init__(self, workers: int = 1) -> None:
        if workers < 1:
            raise InputError(f"LocalExecutor needs at least 1 worker, found {workers}")
        self.workers = workers

    @classmethod
    def of(cls, settings: HardwareSettings) -> Self:
        """Return the executor of `[hardware]`: with the workers that it names, else with one."""
        return cls(1 if settings.workers == "auto" else settings.workers)

    def map(self, fn: Callable[[A], B], shards: Iterable[A]) -> Iterator[B]:
        """Yield `fn(shard)` for each shard, in order; an error of `fn` ends the work.

        Raises
        ------
        ChainringError
            When a worker process dies.
        """
        if self.workers == 1:
            yield from map(fn, shards)
            return
        from chainring.hardware.processes import mapped  # a turn with nothing to do starts none

        yield from mapped(fn, shards, workers=self.workers)

    def spawn(self, world: int, fn: Callable[[int, int], B]) -> list[B]:
        """Run `fn(rank, world)` in one process a rank and return the results by rank.

        Each process finds RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR and MASTER_PORT in its
        environment, as programs for torchrun expect. The first error ends every rank.

        Raises
        ------
        ChainringError
            When a process dies; an error of `fn` is raised as it is.
        """
        if world < 1:
            raise InputError(f"spawn needs a world of at least 1, found {world}")
        from chainring.hardware.processes import ranked

        return ranked(world, fn)
