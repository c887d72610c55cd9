"""Stand-ins of a `Work`: trees as plain folders, and an executor that is this process."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chainring.contracts.codec import digest


@dataclass
class FolderTrees:
    """Trees as plain folders below `root`, addressed by the digest of their files."""

    root: Path
    kinds: dict[str, str] = field(default_factory=dict)

    def put(self, folder: Path, *, kind: str, needs: Sequence[str] = ()) -> str:
        files = sorted(path for path in folder.rglob("*") if path.is_file())
        address = digest([[str(p.relative_to(folder)), digest(p.read_bytes())] for p in files])
        self.kinds[address] = kind
        shutil.copytree(folder, self.open(address), dirs_exist_ok=True)
        return address

    def open(self, address: str) -> Path:
        return self.root / address.replace(":", "-")


class HereExecutor:
    """Runs every shard in this process."""

    name = "here"

    def map(self, fn: Callable[[Any], Any], shards: Iterable[Any]) -> Iterator[Any]:
        return map(fn, shards)

    def spawn(self, world: int, fn: Callable[[int, int], Any]) -> list[Any]:
        return [fn(rank, world) for rank in range(world)]
