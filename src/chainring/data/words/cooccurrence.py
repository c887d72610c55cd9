"""How often words stand near each other, counted in bounded memory and kept on disk in tiles.

Enter lines of word numbers, leaves `Cooccurrence`: for each pair of words the sum of 1/distance
over all places where the one stands at most `window` words from the other (Pennington, Socher and
Manning 2014, section 4.2; symmetric). Of "the cat sat on the" with a window of 2:

==============  ==========================================
pair             count
==============  ==========================================
the, cat         1
cat, sat         1
the, sat         1/2 (left) + 1/2 (right, across "on")
==============  ==========================================

The words are dealt into `bands` (word w into band w mod bands, so that each band has frequent and
rare ones), and the matrix into bands x bands tiles: a tile is what is trained at a time, fits a
processor's cache, and tiles that share no band can be trained side by side.

Counting sorts: each pair of places becomes one integer (tile, row, column, distance), a few million
are sorted and summed at once, each such run goes to disk, and the runs are merged by ranges. Memory
is that of one run, whatever the text's size.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from chainring.contracts.errors import InputError

Ints: TypeAlias = NDArray[np.int64]
Doubles: TypeAlias = NDArray[np.float64]

PAIRS_AT_ONCE = 2_000_000
"""Pairs of places in memory; about 40 bytes each while they are sorted."""

TILE_WORDS = 512
MIN_BANDS, MAX_BANDS = 8, 128


@dataclass(frozen=True, slots=True, kw_only=True)
class Tile:
    """The counts of one band's words (rows) beside another's (columns), ordered by row."""

    rows: NDArray[np.int64]
    columns: NDArray[np.int64]
    counts: NDArray[np.float32]


@dataclass(frozen=True, slots=True, kw_only=True)
class Run:
    """Pairs in order and their sums, in two files."""

    pairs: Path
    sums: Path
    length: int

    def read(self, path: Path, kind: Any, first: int, last: int) -> Any:
        """Return entries of one of the files; read and not mapped, so that memory stays free."""
        return np.fromfile(path, dtype=kind, count=last - first, offset=8 * first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Layout:
    """Where a word stands: in band `word % bands`, at place `word // bands` of `size`."""

    words: int
    bands: int

    @property
    def size(self) -> int:
        """Places of a band; the last ones of some bands stay empty."""
        return -(-self.words // self.bands)

    @classmethod
    def of(cls, words: int) -> Layout:
        """Return a layout of bands of about `TILE_WORDS` words."""
        return cls(words=words, bands=min(MAX_BANDS, max(MIN_BANDS, -(-words // TILE_WORDS))))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cooccurrence:
    """The tiles on disk; `starts` says where each begins."""

    layout: Layout
    starts: Ints
    rows: NDArray[np.uint32]
    columns: NDArray[np.uint32]
    counts: NDArray[np.float32]

    def __len__(self) -> int:
        """Return how many ordered pairs of words were seen together."""
        return int(self.starts[-1])

    def tile(self, row_band: int, column_band: int) -> Tile:
        """Return one tile, read from disk."""
        number = row_band * self.layout.bands + column_band
        inside = slice(int(self.starts[number]), int(self.starts[number + 1]))
        return Tile(
            rows=self.rows[inside].astype(np.int64),
            columns=self.columns[inside].astype(np.int64),
            counts=np.array(self.counts[inside]),
        )


def numbered(path: Path, places: Mapping[str, int]) -> Iterator[list[int]]:
    """Yield the lines of a corpus as word numbers; words without one are left out."""
    with path.open(encoding="utf-8") as lines:
        for line in lines:
            yield [places[word] for word in line.split() if word in places]


def cooccurrence(
    lines: Iterable[Sequence[int]],
    *,
    words: int,
    window: int,
    folder: Path,
    pairs_at_once: int = PAIRS_AT_ONCE,
) -> Cooccurrence:
    """Count the pairs of `lines` into files of `folder`.

    Parameters
    ----------
    lines
        Word numbers from 0 to `words` - 1; no window reaches over the end of a line.
    words
        How many words there are.
    window
        Words to each side.
    folder
        Where the runs and the tiles are written; it must exist.
    pairs_at_once
        Bounds the memory; the counts are the same but for rounding.

    Raises
    ------
    InputError
        No two words stand near each other.
    """
    layout = Layout.of(words)
    tokens = max(1, pairs_at_once // (2 * window))
    runs = []
    for number, (ids, ends) in enumerate(_chunks(lines, tokens)):
        pairs, sums = _counted(ids, ends, window=window, layout=layout)
        runs.append(_written(folder / f"run-{number}", pairs, sums))
    starts = np.zeros(layout.bands**2 + 1, dtype=np.int64)
    with (
        (folder / "rows").open("wb") as rows,
        (folder / "columns").open("wb") as columns,
        (folder / "counts").open("wb") as counts,
    ):
        for pairs, sums in merged(runs, at_once=pairs_at_once):
            tiles, inside = np.divmod(pairs, layout.size**2)
            starts[1:] += np.bincount(tiles, minlength=layout.bands**2)
            (inside // layout.size).astype(np.uint32).tofile(rows)
            (inside % layout.size).astype(np.uint32).tofile(columns)
            sums.astype(np.float32).tofile(counts)
    if not starts.any():
        raise InputError("no two words stand near each other; give longer texts")
    return Cooccurrence(
        layout=layout,
        starts=np.cumsum(starts),
        rows=np.memmap(folder / "rows", dtype=np.uint32, mode="r"),
        columns=np.memmap(folder / "columns", dtype=np.uint32, mode="r"),
        counts=np.memmap(folder / "counts", dtype=np.float32, mode="r"),
    )


def _chunks(lines: Iterable[Sequence[int]], tokens: int) -> Iterator[tuple[Ints, Ints]]:
    """Yield whole lines together: the word numbers, and the number of each one's line."""
    held: list[int] = []
    ends: list[int] = []
    for line in lines:
        held.extend(line)
        ends.append(len(line))
        if len(held) >= tokens:
            yield _numbers(held, ends)
            held, ends = [], []
    if held:
        yield _numbers(held, ends)


def _numbers(held: Sequence[int], lengths: Sequence[int]) -> tuple[Ints, Ints]:
    return np.array(held, dtype=np.int64), np.repeat(np.arange(len(lengths)), lengths)


def _counted(ids: Ints, line: Ints, *, window: int, layout: Layout) -> tuple[Ints, Doubles]:
    """Return the pairs of one chunk as ordered integers, and their counts."""
    bits = (window - 1).bit_length()
    keys = _keys(ids, line, window=window, bits=bits, layout=layout)
    keys.sort()
    weights = 1.0 / np.arange(1, window + 1)
    return summed(keys >> bits, weights[keys & ((1 << bits) - 1)])


def _keys(ids: Ints, line: Ints, *, window: int, bits: int, layout: Layout) -> Ints:
    """Return tile, row, column and distance of every pair of places, as one integer each.

    The integer is linear in the two words: what a word adds as a row and as a column is computed
    once for each place.
    """
    band, place = ids % layout.bands, ids // layout.bands
    as_row = band * (layout.bands * layout.size**2) + place * layout.size
    as_column = band * layout.size**2 + place
    found = []
    for distance in range(1, min(window, len(ids) - 1) + 1):
        same = line[distance:] == line[:-distance]
        for row, column in (
            (as_row[:-distance], as_column[distance:]),
            (as_row[distance:], as_column[:-distance]),
        ):
            found.append(((row + column)[same] << bits) + (distance - 1))
    return np.concatenate(found) if found else np.zeros(0, dtype=np.int64)


def summed(keys: Ints, values: Doubles) -> tuple[Ints, Doubles]:
    """Return each of the ordered `keys` once, with the sum of its values."""
    if not len(keys):
        return keys, values
    first = np.concatenate([[0], np.flatnonzero(keys[1:] != keys[:-1]) + 1])
    return keys[first], np.add.reduceat(values, first)


def _written(path: Path, pairs: Ints, sums: Doubles) -> Run:
    run = Run(pairs=path.with_suffix(".pairs"), sums=path.with_suffix(".sums"), length=len(pairs))
    pairs.tofile(run.pairs)
    sums.tofile(run.sums)
    return run


def merged(runs: Sequence[Run], *, at_once: int) -> Iterator[tuple[Ints, Doubles]]:
    """Yield the sums over all runs in order of the pairs, about `at_once` entries of them a time.

    The runs are deleted at the end.
    """
    for inside in _ranges([run for run in runs if run.length], at_once=at_once):
        keys = [run.read(run.pairs, np.int64, *part) for run, part in inside]
        values = [run.read(run.sums, np.float64, *part) for run, part in inside]
        found = np.concatenate(keys)
        order = np.argsort(found, kind="stable")  # finds the runs that are in order already
        yield summed(found[order], np.concatenate(values)[order])
    for run in runs:
        run.pairs.unlink()
        run.sums.unlink()


def _ranges(runs: Sequence[Run], *, at_once: int) -> Iterator[list[tuple[Run, tuple[int, int]]]]:
    """Yield parts (first, last) of every run that together hold a range of keys.

    Every `step`-th key of every run is a mark; between so many marks lie about `at_once` entries.
    """
    if not runs:
        return
    step = max(1, at_once // (4 * len(runs)))
    opened = [np.memmap(run.pairs, dtype=np.int64, mode="r") for run in runs]
    marks = np.sort(np.concatenate([keys[::step] for keys in opened]))
    edges = np.unique(marks[:: max(1, at_once // step)])[1:]
    cuts = [[0, *np.searchsorted(keys, edges).tolist(), len(keys)] for keys in opened]
    del opened
    for i in range(len(edges) + 1):
        yield [(run, (cut[i], cut[i + 1])) for run, cut in zip(runs, cuts, strict=True)]
