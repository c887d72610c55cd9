"""Pass 2: which texts are copies of an earlier one. Everything lies on disk; memory is bounded.

Enters the digests and bands of all shards, leaves `fate.npy`: for every text −1 (it stays) or the
number of the text that stays in its place, and `kind.npy`: 1 exact, 2 near, 3 of the same meaning.
Texts are numbered over all shards in order, so that the first one stays.

exact    equal digests; a range of digests at a time
bands    texts that share a band, paired with the first and the two before them in the bucket
edges    of those pairs the ones whose true Jaccard index is high enough, both texts read again
fate     texts in order: a copy of one that stays goes. A copy of a copy goes only when it is also
         a copy of the text that stays: nothing goes that is unlike all that is kept.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainring.data.clean.characters import Page
from chainring.data.clean.first import Run, parsed
from chainring.data.clean.keep import keep_array
from chainring.data.clean.minhash import jaccard
from chainring.data.sentences import progress

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Numbers = NDArray[np.int64]

EXACT, NEAR, MEANING = 1, 2, 3
AT_ONCE = 1 << 20
"""Texts whose keys are held at once: some tens of MB, however many texts there are."""

_BEFORE = (1, 2)
_READ_BYTES = 400_000


@dataclass(frozen=True, slots=True, kw_only=True)
class Texts:
    """All texts that came through pass 1; `firsts[s]` is the number of shard s's first one."""

    run: Run
    firsts: tuple[int, ...]

    @property
    def total(self) -> int:
        """How many texts there are."""
        return self.firsts[-1]

    def arrays(self, kind: str) -> Iterator[tuple[int, Any]]:
        """Yield the first number and the array of each shard that has any text."""
        import numpy as np

        for shard, first in enumerate(self.firsts[:-1]):
            if self.firsts[shard + 1] > first:
                yield first, np.load(self.run.file(shard, kind), mmap_mode="r")

    def read(self, numbers: Sequence[int]) -> list[str]:
        """Return the texts of some numbers."""
        return [str(self.row(number)["text"]) for number in numbers]

    def row(self, number: int) -> dict[str, Any]:
        """Return one row as pass 1 left it."""
        shard = bisect_right(self.firsts, number) - 1
        offsets = _offsets(str(self.run.file(shard, "offsets.npy")))
        place = number - self.firsts[shard]
        start, stop = int(offsets[place]), int(offsets[place + 1])
        with self.run.file(shard, "rows").open("rb") as rows:
            rows.seek(start)
            row, _ = parsed(rows.read(stop - start))
        assert row is not None
        return row

    def sizes(self, numbers: Numbers) -> Numbers:
        """Return the bytes of some texts' lines."""
        import numpy as np

        found = np.zeros(len(numbers), dtype=np.int64)
        for first, offsets in self.arrays("offsets.npy"):
            inside = (numbers >= first) & (numbers < first + len(offsets) - 1)
            at = numbers[inside] - first
            found[inside] = offsets[at + 1] - offsets[at]
        return found


@lru_cache(maxsize=64)
def _offsets(path: str) -> Any:
    import numpy as np

    return np.load(path, mmap_mode="r")


def exact_copies(texts: Texts) -> Numbers:
    """Return for every text the first of the same digest when that is another, else −1."""
    import numpy as np

    fate = np.full(texts.total, -1, dtype=np.int64)
    parts = 1 + texts.total // AT_ONCE
    for part in range(parts):
        keys, numbers = _exact_part(texts, part, parts)
        order = np.lexsort((numbers, keys[:, 1], keys[:, 0]))
        keys, numbers = keys[order], numbers[order]
        same: Any = np.append(False, (keys[1:] == keys[:-1]).all(axis=1))[: len(keys)]
        first = np.maximum.accumulate(np.where(same, 0, np.arange(len(keys))))
        copies = np.flatnonzero(same)
        fate[numbers[copies]] = numbers[first[copies]]
    return fate


def _exact_part(texts: Texts, part: int, parts: int) -> tuple[Any, Numbers]:
    import numpy as np

    keys, numbers = [np.empty((0, 2), np.uint64)], [np.empty(0, np.int64)]
    for first, array in texts.arrays("exact.npy"):
        inside = np.flatnonzero(array[:, 0] % np.uint64(parts) == part)
        keys.append(array[inside])
        numbers.append(inside + first)
    return np.concatenate(keys), np.concatenate(numbers)


def band_pairs(work: tuple[Texts, int, int, int]) -> str:
    """Write the pairs that one band proposes (of one part of its keys); return the file's name.

    A pair is one number: the later text in the upper 32 bits, the earlier in the lower.
    """
    import numpy as np

    texts, band, part, parts = work
    path = Path(texts.run.folder) / f"pairs-{band:02d}-{part:03d}.npy"
    if path.exists():
        return str(path)
    exact = np.load(Path(texts.run.folder) / "exact.npy", mmap_mode="r")
    keys, numbers = [np.empty(0, np.uint64)], [np.empty(0, np.int64)]
    for first, array in texts.arrays("bands.npy"):
        row = array[band]
        fits = (row != 0) & (row % np.uint64(parts) == part)
        fits &= exact[first : first + len(row)] < 0
        inside = np.flatnonzero(fits)
        keys.append(row[inside])
        numbers.append(inside + first)
    keep_array(path, _pairs(np.concatenate(keys), np.concatenate(numbers)))
    return str(path)


def _pairs(keys: Any, numbers: Numbers) -> Any:
    """Return the distinct pairs of texts that share a key: with the first, and the two before."""
    import numpy as np

    order = np.argsort(keys, kind="stable")
    keys, numbers = keys[order], numbers[order]
    same = np.append(False, keys[1:] == keys[:-1]) if len(keys) else np.empty(0, bool)
    first = np.maximum.accumulate(np.where(same, 0, np.arange(len(keys))))
    found = [_joined(numbers[same], numbers[first[same]])]
    for back in _BEFORE:
        at = np.flatnonzero(np.arange(len(keys)) - back > first)
        found.append(_joined(numbers[at], numbers[at - back]))
    return np.unique(np.concatenate(found))


def _joined(later: Numbers, earlier: Numbers) -> Any:
    import numpy as np

    return later.astype(np.uint64) << np.uint64(32) | earlier.astype(np.uint64)


def near_edges(work: tuple[Texts, tuple[str, ...], int, int]) -> str:
    """Write the pairs of texts in a range that are near copies; return the file's name."""
    import numpy as np

    texts, files, low, high = work
    path = Path(texts.run.folder) / f"edges-{low:012d}.npy"
    if path.exists():
        return str(path)
    limits = np.array([low, high], dtype=np.uint64) << np.uint64(32)
    proposed = [np.empty(0, np.uint64)]
    for name in files:
        pairs = np.load(name, mmap_mode="r")
        start, stop = np.searchsorted(pairs, limits)
        proposed.append(pairs[start:stop])
    pairs = np.unique(np.concatenate(proposed))
    likeness = [_likeness(texts, part) for part in _readable(texts, pairs)]
    near = np.concatenate([np.empty(0), *likeness]) >= texts.run.settings.min_jaccard
    keep_array(path, pairs[near])
    return str(path)


def _ends(pairs: Any) -> tuple[Numbers, Numbers]:
    import numpy as np

    return (
        (pairs >> np.uint64(32)).astype(np.int64),
        (pairs & np.uint64(0xFFFFFFFF)).astype(np.int64),
    )


def _readable(texts: Texts, pairs: Any) -> Iterator[Any]:
    """Yield pairs in order, so many at once that their texts take little memory."""
    import numpy as np

    if not len(pairs):
        return
    later, earlier = _ends(pairs)
    held = np.cumsum(texts.sizes(later) + texts.sizes(earlier))
    parts = np.flatnonzero(np.diff(held // _READ_BYTES)) + 1
    yield from np.split(pairs, parts)


def _likeness(texts: Texts, pairs: Any) -> Any:
    """Return the true Jaccard index of each pair."""
    import numpy as np

    later, earlier = _ends(pairs)
    numbers = np.unique(np.concatenate([later, earlier]))
    pieces = Page.of(texts.read(numbers.tolist())).shingles
    sets = [
        np.unique(pieces.hashes[start:stop])
        for start, stop in zip(pieces.first[:-1], pieces.first[1:], strict=True)
    ]
    places = np.searchsorted(numbers, later), np.searchsorted(numbers, earlier)
    return np.array([jaccard(sets[a], sets[b]) for a, b in zip(*places, strict=True)])


def fates(
    texts: Texts, exact: Numbers, files: Sequence[str], say: Callable[[str], None]
) -> tuple[Numbers, NDArray[np.uint8]]:
    """Return who stays: texts in order, each against those before it that stay."""
    import numpy as np

    fate, kind = exact.copy(), (exact >= 0).astype(np.uint8)
    unsettled: list[tuple[int, int]] = []
    for name in files:
        for later, earlier in zip(*_ends(np.load(name)), strict=True):
            if fate[later] >= 0:
                continue
            stays = earlier if fate[earlier] < 0 else fate[earlier]
            if stays == earlier or _is_near(texts, int(stays), int(later)):
                fate[later], kind[later] = stays, NEAR
            else:
                unsettled.append((int(later), int(earlier)))
    if unsettled:
        say(progress("unsettled copies", count=len(unsettled)))
    copies = np.flatnonzero(exact >= 0)
    of_near = copies[fate[fate[copies]] >= 0]  # an exact copy of a text that went as a near copy
    fate[of_near], kind[of_near] = fate[fate[of_near]], NEAR
    return fate, kind


def _is_near(texts: Texts, stays: int, other: int) -> bool:
    likeness = _likeness(texts, _joined(*(_one(number) for number in (other, stays))))
    return bool(likeness[0] >= texts.run.settings.min_jaccard)


def _one(number: int) -> Numbers:
    import numpy as np

    return np.array([number], dtype=np.int64)
