"""Worker processes of this machine: shards spread over them, or one a rank.

    list(mapped(len, ["a", "退货"], workers=2))   # [1, 2]
    ranked(2, train)                             # [train(0, 2), train(1, 2)], each in a process

Each ends with its parent. What it is handed and gives back must be picklable.
"""

from __future__ import annotations

import itertools
import multiprocessing
import os
import socket
import threading
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from multiprocessing.connection import Connection, wait
from multiprocessing.process import BaseProcess
from typing import Any, TypeVar

from chainring.contracts.errors import ChainringError

A = TypeVar("A")
B = TypeVar("B")

_SPAWN = multiprocessing.get_context("spawn")  # a fork copies locks that other threads hold
_WINDOW = 2  # shards in flight for each worker
_DIED = (
    "a worker process died before it answered: most often memory ran out (ask for fewer "
    "workers in [hardware]), or a script starts the work without `if __name__ == '__main__':`"
)


def mapped(fn: Callable[[A], B], shards: Iterable[A], *, workers: int) -> Iterator[B]:
    """Yield `fn(shard)` for each shard, in order; raises ChainringError when a process dies."""
    pool = ProcessPoolExecutor(workers, mp_context=_SPAWN, initializer=_end_with_parent)
    try:
        yield from _in_order(pool, fn, iter(shards), ahead=_WINDOW * workers)
    except BrokenProcessPool as error:
        raise ChainringError(_DIED) from error
    finally:
        pool.shutdown(cancel_futures=True)


def ranked(world: int, fn: Callable[[int, int], B]) -> list[B]:
    """Return `fn(rank, world)` of each rank; raises ChainringError when a process dies."""
    ranks, port = _Ranks(), _free_port()
    try:
        for rank in range(world):
            ranks.start(fn, rank, world, port)
        return ranks.results()
    finally:
        ranks.end()


def _in_order(
    pool: ProcessPoolExecutor, fn: Callable[[A], B], shards: Iterator[A], *, ahead: int
) -> Iterator[B]:
    waiting: deque[Future[B]] = deque(
        pool.submit(fn, shard) for shard in itertools.islice(shards, ahead)
    )
    while waiting:
        yield waiting.popleft().result()
        waiting.extend(pool.submit(fn, shard) for shard in itertools.islice(shards, 1))


def _end_with_parent() -> None:
    """End this worker when its parent ends, even by kill -9: nothing else would tell it."""
    parent = multiprocessing.parent_process()
    assert parent is not None

    def watch() -> None:
        wait([parent.sentinel])
        os._exit(1)

    threading.Thread(target=watch, daemon=True, name="end-with-parent").start()


class _Ranks:
    """The processes of one `spawn`, each with the pipe that its result comes by."""

    def __init__(self) -> None:
        self._processes: list[BaseProcess] = []
        self._pipes: list[Connection] = []

    def start(self, fn: Callable[[int, int], Any], rank: int, world: int, port: int) -> None:
        ours, theirs = _SPAWN.Pipe(duplex=False)
        process = _SPAWN.Process(target=_rank, args=(fn, rank, world, port, theirs))
        process.start()
        theirs.close()  # so that the end of the process is the end of the pipe
        self._processes.append(process)
        self._pipes.append(ours)

    def results(self) -> list[Any]:
        found: dict[int, Any] = {}
        while len(found) < len(self._pipes):
            open_pipes = [pipe for rank, pipe in enumerate(self._pipes) if rank not in found]
            for pipe in wait(open_pipes):
                assert isinstance(pipe, Connection)
                found[self._pipes.index(pipe)] = _received(pipe)
        return [found[rank] for rank in range(len(self._pipes))]

    def end(self) -> None:
        for process in self._processes:
            process.terminate()
        for process in self._processes:
            process.join()
        for pipe in self._pipes:
            pipe.close()


def _received(pipe: Connection) -> Any:
    try:
        succeeded, value = pipe.recv()
    except EOFError as error:
        raise ChainringError(_DIED) from error
    if not succeeded:
        raise value
    return value


def _rank(
    fn: Callable[[int, int], Any], rank: int, world: int, port: int, pipe: Connection
) -> None:
    _end_with_parent()
    os.environ.update(
        RANK=str(rank),
        LOCAL_RANK=str(rank),
        WORLD_SIZE=str(world),
        MASTER_ADDR="127.0.0.1",
        MASTER_PORT=str(port),
    )
    try:
        pipe.send((True, fn(rank, world)))
    except Exception as error:
        pipe.send((False, error))
        raise  # so that this rank's own traceback is seen, too


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])
