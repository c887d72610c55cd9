"""The Ray executor: the same work as Ray tasks, on this machine or on the nodes of a cluster.

`map(fn, shards)` yields results in the order of the shards and holds only a few at a time, as the
local executor does; `fn` is a pure function of its shard, so a shard whose worker or node was lost
is done again elsewhere and the results stay byte-identical. Shards carry paths or urls: every node
has to see the same files. Nothing imports ray before work is spread.

    with RayExecutor(workers=2) as executor:
        list(executor.map(len, ["a", "退货"]))   # [1, 2]
"""

from __future__ import annotations

import os
import pickle
import socket
import traceback
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.util import find_spec
from itertools import islice
from typing import TYPE_CHECKING, Any, Self, TypeVar

import chainring
from chainring.contracts.errors import ChainringError, InputError, MissingPackageError
from chainring.contracts.said import Said
from chainring.hardware.ray_cluster import RETRIES, Session, imported, joined, processors

if TYPE_CHECKING:
    from chainring.hardware.settings import HardwareSettings

A = TypeVar("A")
B = TypeVar("B")

_WINDOW = 2  # shards in flight for each processor of the cluster
_PATIENCE_S = 10.0
_TELLINGS = 3
_LOST = (
    f"a worker was lost {RETRIES + 1} times over the same work: most often memory ran out (ask for "
    "fewer workers in [hardware], or smaller shards), or nodes left the cluster"
)
_STRANGE = (
    "a worker could not take the work up; every node needs the same chainring and the same "
    "packages as this machine"
)


class RayExecutor:
    """Tasks of a Ray cluster.

    Parameters
    ----------
    workers
        Processes at most on a cluster that is started here, one for each processor where it is 0;
        a running cluster has as many as its nodes have processors.
    address
        `host:port` of a running cluster, of which this machine is a node; `auto` finds the one
        that runs on this machine. Empty: the environment's RAY_ADDRESS, else a cluster of its own
        is started on this machine and ends with the executor.

    Raises
    ------
    MissingPackageError
        When the extra `ray` is not installed.
    """

    name = "ray.v1"

    def __init__(self, workers: int = 0, *, address: str = "") -> None:
        if workers < 0:
            raise InputError(f"RayExecutor needs 0 or more workers, found {workers}")
        if find_spec("ray") is None:
            raise MissingPackageError(
                "ray", extra="ray", needed_for=Said("spreading work with Ray", zh="用 Ray 分发工作")
            )
        self.workers = workers
        self.address = address or os.environ.get("RAY_ADDRESS", "")
        if "://" in self.address:
            raise InputError(
                f"hardware.ray_address: {self.address!r} is an address for clients; name host:port "
                "of the cluster, and run on one of its nodes"
            )
        self._session: Session | None = None

    @classmethod
    def of(cls, settings: HardwareSettings) -> Self:
        """Return the executor that the recipe's `[hardware]` describes."""
        workers = 0 if settings.workers == "auto" else settings.workers
        return cls(workers, address=settings.ray_address)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Leave the cluster; one that was started here ends. The next work starts it again."""
        self._session = None

    def map(self, fn: Callable[[A], B], shards: Iterable[A]) -> Iterator[B]:
        """Yield `fn(shard)` for each shard, in order; an error of `fn` ends the work.

        What still waits or runs when the work ends early is cancelled.

        Raises
        ------
        ChainringError
            When no cluster answers, or a shard's worker was lost again and again.
        """
        ray = self._joined()
        work, version = ray.put(fn), chainring.__version__
        task = ray.remote(_done).options(num_cpus=1, max_retries=RETRIES, retry_exceptions=False)
        ahead, rest = _WINDOW * processors(ray), iter(shards)
        waiting = deque(task.remote(work, shard, version) for shard in islice(rest, ahead))
        try:
            while waiting:
                yield _result(ray, waiting.popleft())
                waiting.extend(task.remote(work, shard, version) for shard in islice(rest, 1))
        finally:
            _cancel(ray, waiting)

    def spawn(self, world: int, fn: Callable[[int, int], B]) -> list[B]:
        """Run `fn(rank, world)` in one process a rank and return the results by rank.

        Each process holds one processor and finds RANK, LOCAL_RANK, WORLD_SIZE, MASTER_ADDR and
        MASTER_PORT in its environment. The first error ends every rank; ranks are not retried,
        for they talk to each other.

        Raises
        ------
        InputError
            When the cluster has fewer processors than ranks.
        ChainringError
            When a rank's process dies; an error of `fn` is raised as it is.
        """
        if world < 1:
            raise InputError(f"spawn needs a world of at least 1, found {world}")
        ray = self._joined()
        if world > processors(ray):
            raise InputError(
                f"spawn needs {world} processors, one for each rank; the Ray cluster has "
                f"{processors(ray)}"
            )
        ranks = [ray.remote(_Rank).options(num_cpus=1).remote() for _ in range(world)]
        try:
            return _ranks_results(ray, ranks, fn)
        finally:
            for rank in ranks:
                ray.kill(rank)

    def _joined(self) -> Any:
        """Return ray, connected; what connects stays until the executor goes or is closed."""
        ray, self._session = joined(workers=self.workers, address=self.address)
        return ray


def _done(fn: Callable[[A], B], shard: A, version: str) -> tuple[bool, B | Exception, str]:
    """Do one shard in a worker; an error is a result, so that Ray does not wrap it."""
    return _tried(lambda: fn(shard), version)


def _tried(work: Callable[[], B], version: str) -> tuple[bool, B | Exception, str]:
    if version != chainring.__version__:
        strange = f"{_STRANGE}: {socket.gethostname()} has chainring {chainring.__version__}"
        return False, ChainringError(f"{strange}, not {version}"), ""
    try:
        return True, work(), ""
    except Exception as error:  # noqa: BLE001 - it is raised again where the results are read
        if isinstance(error, FileNotFoundError):
            error.add_note(f"on {socket.gethostname()}: every node has to see the same files")
        return False, _sendable(error), traceback.format_exc()


def _sendable(error: Exception) -> Exception:
    """Return the error, or its words where it cannot cross to another process."""
    try:
        pickle.loads(pickle.dumps(error))
    except Exception:  # noqa: BLE001 - whatever its own code raises, it cannot cross
        return ChainringError(f"{type(error).__name__}: {error}")
    return error


def _result(ray: Any, reference: Any) -> Any:
    """Return what a task gave; an error of the work is raised as it is."""
    errors = ray.exceptions
    try:
        succeeded, value, trace = ray.get(reference)
    except errors.RayTaskError as error:
        raise ChainringError(f"{_STRANGE}: {type(error.cause).__name__}: {error.cause}") from error
    except errors.RayActorError as error:
        raise ChainringError("the process of a rank died before it answered") from error
    except (errors.WorkerCrashedError, errors.OutOfMemoryError, errors.ObjectLostError) as error:
        raise ChainringError(_LOST) from error
    except errors.RayError as error:
        raise ChainringError(f"Ray could not do the work: {error}") from error
    if succeeded:
        return value
    raise value from (_InWorker(trace) if trace else None)


class _InWorker(Exception):
    """The traceback of the worker, to be shown above that of the caller."""

    def __str__(self) -> str:
        return f"\n{self.args[0]}"


def _cancel(ray: Any, waiting: Sequence[Any]) -> None:
    """End what waits or runs, and wait until it has ended; what has not is told so again."""
    left = list(waiting)
    for _ in range(_TELLINGS):
        for reference in left:
            ray.cancel(reference, force=True)
        if left:
            _, left = ray.wait(left, num_returns=len(left), timeout=_PATIENCE_S)


class _Rank:
    """One rank: an actor of its own process."""

    def place(self) -> tuple[str, str, int]:
        """Return the node, its address, and a port that is free there."""
        ray = imported()
        with socket.socket() as probe:
            probe.bind(("", 0))
            port = int(probe.getsockname()[1])
        context = ray.get_runtime_context()
        return context.get_node_id(), ray.util.get_node_ip_address(), port

    def run(
        self, fn: Callable[[int, int], Any], environment: dict[str, str], version: str
    ) -> tuple[bool, Any, str]:
        """Run `fn` as the rank that the environment names."""
        os.environ.update(environment)
        rank, world = int(environment["RANK"]), int(environment["WORLD_SIZE"])
        return _tried(lambda: fn(rank, world), version)


def _ranks_results(ray: Any, ranks: Sequence[Any], fn: Callable[[int, int], Any]) -> list[Any]:
    places = ray.get([rank.place.remote() for rank in ranks])
    running = {}
    for number, (rank, environment) in enumerate(zip(ranks, _environments(places), strict=True)):
        running[rank.run.remote(fn, environment, chainring.__version__)] = number
    found: dict[int, Any] = {}
    while running:
        (done, *_), _ = ray.wait(list(running), num_returns=1)
        found[running.pop(done)] = _result(ray, done)
    return [found[number] for number in range(len(ranks))]


def _environments(places: Sequence[tuple[str, str, int]]) -> Iterator[dict[str, str]]:
    """Yield what each rank finds in its environment; the first rank's node is the meeting point."""
    _, address, port = places[0]
    for rank, (node, _, _) in enumerate(places):
        yield {
            "RANK": str(rank),
            "LOCAL_RANK": str(sum(before == node for before, _, _ in places[:rank])),
            "WORLD_SIZE": str(len(places)),
            "MASTER_ADDR": address,
            "MASTER_PORT": str(port),
        }
