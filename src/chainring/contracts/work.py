"""Work: what the ring hands to a step besides nouns; and the protocols of what it hands."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Protocol, TypeVar

from chainring.contracts.placement import Placement
from chainring.contracts.predictor import Predictor

A = TypeVar("A")
B = TypeVar("B")


class Executor(Protocol):
    """Spreads work; results come in the order of the shards, whatever ran where."""

    name: str

    def map(self, fn: Callable[[A], B], shards: Iterable[A]) -> Iterator[B]:
        """Yield `fn(shard)` for each shard, in order."""
        ...

    def spawn(self, world: int, fn: Callable[[int, int], B]) -> list[B]:
        """Run `fn(rank, world)` on every rank and return the results by rank."""
        ...


class Trees(Protocol):
    """Content-addressed folders."""

    def put(self, folder: Path, *, kind: str, needs: Sequence[str] = ()) -> str:
        """Store a folder and return its address; writing the manifest is the commit."""
        ...

    def open(self, address: str) -> Path:
        """Return a read-only folder with the tree's files, verified."""
        ...


class OpenPredictor(Protocol):
    """Loads a form (or a bare model folder) for prediction."""

    def __call__(
        self, folder: Path, *, engine: str, threads: int = 0
    ) -> AbstractContextManager[Predictor]:
        """Return a context that closes the predictor at its end."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The hands a step works with.

    `scratch` is a folder keyed by the memo key: it survives a kill and is there again at the next
    try. `folder()` gives a new empty folder for results. `say` shows one line of progress. `home`
    is the project's folder, in which the folders that the recipe names are looked for.
    """

    app: str
    trees: Trees
    scratch: Path
    secret: bytes
    seed: int
    placement: Placement
    executor: Executor
    open_predictor: OpenPredictor
    say: Callable[[str], None]
    home: Path = field(default_factory=Path)

    def folder(self, name: str) -> Path:
        """Return a new empty folder `name` in scratch, cleared of an earlier try's leftovers."""
        import shutil

        path = self.scratch / name
        shutil.rmtree(path, ignore_errors=True)
        path.mkdir(parents=True)
        return path
