"""Items tokenised once, in files that memory maps: a corpus may be larger than memory.

    items = mapped(work.scratch / "encoder-tokens", made)     # `made` yields items, once
    items[7]                                                  # {"input_ids": [...], "labels": 3}

Enter items (names to lists of whole numbers, or to single numbers), leaves a sequence of the same
items that reads them when asked. What is whole in the folder is opened again and not made anew, so
that another try after a kill need not tokenise. Lists lie as int32 one after the other with their
ends beside; single numbers as one array a name.
"""

from __future__ import annotations

import shutil
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any, overload

import numpy as np
from numpy.lib.format import open_memmap

from chainring.contracts.errors import InputError
from chainring.store.litter import sorted_seen


class Mapped(Sequence[dict[str, Any]]):
    """Items in a folder; opened for reading only."""

    def __init__(self, folder: Path) -> None:
        self.ends = {
            p.name[:-9]: np.load(p, mmap_mode="r") for p in sorted_seen(folder, "*.ends.npy")
        }
        self.lists = {
            name: np.memmap(folder / f"{name}.ids", dtype=np.int32, mode="r")
            if ends[-1]
            else np.empty(0, np.int32)
            for name, ends in self.ends.items()
        }
        self.numbers = {
            p.name[:-8]: np.load(p, mmap_mode="r") for p in sorted_seen(folder, "*.one.npy")
        }
        self.rows = len(next(iter({**self.ends, **self.numbers}.values())))
        self.rows -= bool(self.ends)

    def __len__(self) -> int:
        return self.rows

    @overload
    def __getitem__(self, place: int) -> dict[str, Any]: ...
    @overload
    def __getitem__(self, place: slice) -> list[dict[str, Any]]: ...
    def __getitem__(self, place: int | slice) -> Any:
        if isinstance(place, slice):
            return [self[i] for i in range(*place.indices(self.rows))]
        if not -self.rows <= place < self.rows:
            raise IndexError(place)
        place %= self.rows
        found: dict[str, Any] = {
            name: self.lists[name][ends[place] : ends[place + 1]].tolist()
            for name, ends in self.ends.items()
        }
        return found | {name: values[place].item() for name, values in self.numbers.items()}


def mapped(folder: Path, made: Iterable[Mapping[str, Any]]) -> Mapped:
    """Return the items in a folder, made and written where they are not there whole.

    Raises
    ------
    InputError
        There is no item.
    """
    if not folder.is_dir():
        beside = folder.with_name(f"{folder.name}.part")
        shutil.rmtree(beside, ignore_errors=True)
        beside.mkdir(parents=True)
        _write(beside, made)
        beside.rename(folder)
    return Mapped(folder)


def _write(folder: Path, made: Iterable[Mapping[str, Any]]) -> None:
    ends: dict[str, list[int]] = {}
    numbers: dict[str, list[float]] = {}
    files: dict[str, Any] = {}
    try:
        for item in made:
            for name, value in item.items():
                if not isinstance(value, Sequence):
                    numbers.setdefault(name, []).append(value)
                    continue
                if name not in files:
                    files[name], ends[name] = (folder / f"{name}.ids").open("wb"), [0]
                files[name].write(np.asarray(value, dtype=np.int32).tobytes())
                ends[name].append(ends[name][-1] + len(value))
    finally:
        for file in files.values():
            file.close()
    if not (ends or numbers):
        raise InputError("there is no item to train on; the data set has no rows for this task")
    for kind, columns in (("ends", ends), ("one", numbers)):
        for name, values in columns.items():
            array = np.asarray(values)
            out = open_memmap(folder / f"{name}.{kind}.npy", "w+", array.dtype, array.shape)
            out[:] = array
            out.flush()
