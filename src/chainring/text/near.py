"""Near-duplicates: which texts say the same, but for a word, a letter or a number.

Enters a list of texts, leaves a group index per text:

==========================================================  =============
``["我要退货！", "我要退货", "Where is it?", "where is it"]``    ``[0, 0, 1, 1]``
==========================================================  =============

Equal skeletons (`fold`) join at once. Others join when the Jaccard index of their character
3-grams reaches `min_jaccard`: MinHash bands (Broder 1997; Leskovec, Rajaraman and Ullman, Mining
of Massive Datasets, §3.4) propose pairs and the true index decides, so no pair joins by accident
of hashing. Groups are transitive: two ends of a chain may be less alike than `min_jaccard`.

At 1 only texts of one exact skeleton join: numbers, signs and emoji part them.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from itertools import combinations_with_replacement
from typing import TYPE_CHECKING

from chainring.contracts.errors import InputError
from chainring.text.normalise import fold
from chainring.text.overlap import overlaps

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Hashes = NDArray[np.uint64]
    Ints = NDArray[np.int64]

PERMUTATIONS = 64
MIN_FOLDED_LENGTH = 8
"""Shorter skeletons join only with their equals: one letter of them is too much of the whole."""

_MIN_RECALL = 0.995
SLACK = 0.2  # four standard errors of a Jaccard index of 0.8 estimated from 64 hashes
_BATCH = 1 << 19  # shingles hashed at once: 4 MiB an array
_BATCH_TEXTS = 2048  # the index of all pairs of two batches: 32 MiB
CROWD = 16  # texts of a bucket from which on counting all pairs at once is cheaper
_MAX_CODE_BITS = 21  # a code point; three of them fill 63 bits


def shingles(text: str) -> frozenset[int]:
    """Return the character 3-grams of the skeleton of `text`, each packed into one integer.

    Three code points of 21 bits make 63: a hash that is stable everywhere and never collides. A
    skeleton of one or two characters is one shingle, an empty one none.

    >>> shingles("abcd") == shingles("A-b-c-d!"), len(shingles("abcd"))
    (True, 2)
    """
    return packed(fold(text))


def jaccard(a: frozenset[int], b: frozenset[int]) -> float:
    """Return the share of shingles in both sets among those in either; 1.0 for two empty sets.

    >>> jaccard(frozenset({1, 2, 3}), frozenset({2, 3, 4}))
    0.5
    """
    common = len(a & b)
    union = len(a) + len(b) - common
    return common / union if union else 1.0


def near_groups(texts: Sequence[str], *, min_jaccard: float = 0.8, seed: int = 0) -> list[int]:
    """Return the group index of each text; groups are numbered by first appearance.

    Pairs at or above `min_jaccard` are found with a probability over 99.5 %; pairs below are
    joined only through others.

    Parameters
    ----------
    texts
        Any texts, any languages; 50,000 short ones take a few seconds, 10,000 letters of one
        frame less than a minute (all pairs of such are looked at).
    min_jaccard
        Least Jaccard index of two near-duplicates, 0.5 to 1 (copies alone).
    seed
        Of the hash functions; the result depends on it only through missed pairs.

    Raises
    ------
    InputError
        When `min_jaccard` is out of range.
    """
    if not 0.5 <= min_jaccard <= 1.0:
        raise InputError(f"min_jaccard must be within 0.5 and 1, found {min_jaccard}")
    exact = min_jaccard == 1
    folded = [fold(text, exact=exact) for text in texts]
    distinct = list(dict.fromkeys(folded))
    long = [i for i, skeleton in enumerate(distinct) if len(skeleton) >= MIN_FOLDED_LENGTH]
    groups = _Groups(len(distinct))
    if not exact:
        _join_near(distinct, long, groups, min_jaccard=min_jaccard, seed=seed)
    root_of = {skeleton: groups.root(i) for i, skeleton in enumerate(distinct)}
    numbers: dict[int, int] = {}
    return [numbers.setdefault(root_of[skeleton], len(numbers)) for skeleton in folded]


class _Groups:
    """Union-find (Galler and Fischer 1964) with path halving; a root is its least member."""

    def __init__(self, size: int) -> None:
        self._parent = list(range(size))

    def root(self, i: int) -> int:
        while self._parent[i] != i:
            self._parent[i] = self._parent[self._parent[i]]
            i = self._parent[i]
        return i

    def join(self, i: int, j: int) -> None:
        low, high = sorted((self.root(i), self.root(j)))
        self._parent[high] = low


def packed(skeleton: str) -> frozenset[int]:
    """Return the shingles of a skeleton, each packed into one integer."""
    codes = [ord(char) for char in skeleton]
    if 0 < len(codes) < 3:
        return frozenset({sum(code << _MAX_CODE_BITS * i for i, code in enumerate(codes))})
    triples = zip(codes, codes[1:], codes[2:], strict=False)
    return frozenset((a << 42) | (b << 21) | c for a, b, c in triples)


def _join_near(
    skeletons: Sequence[str],
    members: Sequence[int],
    groups: _Groups,
    *,
    min_jaccard: float,
    seed: int,
) -> None:
    """Join those `members` of `skeletons` whose true Jaccard index reaches `min_jaccard`."""

    @lru_cache(maxsize=4096)
    def set_of(i: int) -> frozenset[int]:
        return packed(skeletons[i])

    def is_near(i: int, j: int) -> bool:
        return jaccard(set_of(i), set_of(j)) >= min_jaccard

    signatures = signatures_of([skeletons[i] for i in members], seed)
    for places in _buckets(signatures, rows_per_band(min_jaccard)):
        of_bucket = [members[i] for i in places]
        bucket = _Bucket(of_bucket, signatures[places], groups, min_jaccard - SLACK)
        if len(of_bucket) < CROWD:
            _join_few(bucket, is_near)
        else:
            _join_crowd(bucket, [skeletons[i] for i in of_bucket], min_jaccard)


class _Bucket:
    """Skeletons that agree in a band; pairs of one group, or of too unlike signatures, rest."""

    def __init__(
        self, members: Sequence[int], signatures: Hashes, groups: _Groups, min_agreement: float
    ) -> None:
        import numpy as np

        self.members = members
        self.roots = np.array([groups.root(i) for i in members])
        self._signatures = signatures
        self._groups = groups
        self._min_agreement = min_agreement

    def candidates(self, at: int, places: Ints) -> Iterator[int]:
        """Yield those of `places` that may join `at`, as long as they are apart."""
        places = places[self.roots[places] != self.roots[at]]
        agreement = (self._signatures[places] == self._signatures[at]).mean(axis=1)
        for place in places[agreement >= self._min_agreement]:
            if self.roots[place] != self.roots[at]:
                yield place

    def join(self, at: int, place: int) -> None:
        self._groups.join(self.members[at], self.members[place])
        self.roots[self.roots == self.roots[place]] = self.roots[at]


def _join_few(bucket: _Bucket, is_near: Callable[[int, int], bool]) -> None:
    """Join the near members of a small bucket, pair by pair."""
    import numpy as np

    for at, i in enumerate(bucket.members):
        for place in bucket.candidates(at, np.arange(at + 1, len(bucket.members))):
            if is_near(i, bucket.members[place]):
                bucket.join(at, place)


def _join_crowd(bucket: _Bucket, skeletons: Sequence[str], min_jaccard: float) -> None:
    """Join the near members of a large bucket; all pairs of two batches are counted at once."""
    import numpy as np

    parts = [slice(start, stop) for start, stop in batches(skeletons)]
    for left, right in combinations_with_replacement(parts, 2):
        roots = np.concatenate([bucket.roots[left], bucket.roots[right]])
        if (roots == roots[0]).all():
            continue
        near = indices(skeletons[left], skeletons[right]) >= min_jaccard
        for row in np.flatnonzero(near.any(axis=1)):
            at = left.start + int(row)
            for place in bucket.candidates(at, right.start + np.flatnonzero(near[row])):
                bucket.join(at, place)


def indices(left: Sequence[str], right: Sequence[str]) -> NDArray[np.float64]:
    """Return the Jaccard index of each skeleton of `left` (rows) and each of `right` (columns)."""
    import numpy as np

    both = [*left] if left == right else [*left, *right]
    rows, columns = slice(0, len(left)), slice(len(both) - len(right), len(both))
    flat, offsets = _flat_shingles(both)
    texts = np.repeat(np.arange(len(both)), np.diff(offsets, append=len(flat)))
    common, sizes = overlaps(flat, texts, rows, columns)
    index = np.add.outer(sizes[rows], sizes[columns]).astype(np.float64)
    index -= common
    return np.divide(common, index, out=index)


def rows_per_band(min_jaccard: float) -> int:
    """Return the most rows a band may have so that pairs at the threshold are still found."""
    for rows in (16, 8, 4, 2):
        recall = 1 - (1 - min_jaccard**rows) ** (PERMUTATIONS // rows)
        if recall > _MIN_RECALL:
            return rows
    return 1


def signatures_of(skeletons: Sequence[str], seed: int) -> Hashes:
    """Return MinHash signatures, one row of 64 a skeleton."""
    import numpy as np

    rng = np.random.default_rng(seed)
    odd = rng.integers(0, 2**63, PERMUTATIONS, dtype=np.uint64) * np.uint64(2) + np.uint64(1)
    signatures = np.empty((len(skeletons), PERMUTATIONS), dtype=np.uint64)
    for start, stop in batches(skeletons):
        flat, offsets = _flat_shingles(skeletons[start:stop])
        mixed = _mixed(flat)
        for k, factor in enumerate(odd):
            hashes = _mixed(mixed * factor)
            signatures[start:stop, k] = np.minimum.reduceat(hashes, offsets)
    return signatures


def batches(skeletons: Sequence[str]) -> Iterator[tuple[int, int]]:
    """Yield where each batch begins and ends: so many letters, and so many texts at most."""
    start, held = 0, 0
    for i, skeleton in enumerate(skeletons):
        if held and (held + len(skeleton) > _BATCH or i - start == _BATCH_TEXTS):
            yield start, i
            start, held = i, 0
        held += len(skeleton)
    if held:
        yield start, len(skeletons)


def _flat_shingles(skeletons: Sequence[str]) -> tuple[Hashes, NDArray[np.int64]]:
    """Return all shingles of all skeletons in one array, and where each skeleton's begin."""
    import numpy as np

    codes = np.frombuffer("".join(skeletons).encode("utf-32-le"), dtype=np.uint32)
    codes = codes.astype(np.uint64)
    flat = (codes[:-2] << np.uint64(42)) | (codes[1:-1] << np.uint64(21)) | codes[2:]
    lengths = np.array([len(skeleton) for skeleton in skeletons])
    ends = np.cumsum(lengths)
    crossing = np.concatenate([ends[:-1] - 2, ends[:-1] - 1])
    flat = np.delete(flat, crossing)
    return flat, ends - lengths - 2 * np.arange(len(skeletons))


def _mixed(values: Hashes) -> Hashes:
    """Return `values` with their bits stirred (the finaliser of SplitMix64, Steele et al. 2014)."""
    import numpy as np

    values = (values ^ (values >> np.uint64(30))) * np.uint64(0xBF58476D1CE4E5B9)
    values = (values ^ (values >> np.uint64(27))) * np.uint64(0x94D049BB133111EB)
    return values ^ (values >> np.uint64(31))


def band_keys(signatures: Hashes, rows: int) -> Iterator[Hashes]:
    """Yield, band by band, one key a skeleton: equal where all rows of the band agree."""
    import numpy as np

    for band in range(0, PERMUTATIONS, rows):
        keys = np.zeros(len(signatures), dtype=np.uint64)
        for row in range(band, band + rows):
            keys = _mixed(keys + signatures[:, row])
        yield keys


def _buckets(signatures: Hashes, rows: int) -> Iterator[NDArray[np.int64]]:
    """Yield, band by band, the indices of skeletons that agree in all rows of the band."""
    import numpy as np

    for keys in band_keys(signatures, rows):
        order = np.argsort(keys, kind="stable")
        breaks = np.flatnonzero(np.diff(keys[order])) + 1
        yield from (bucket for bucket in np.split(order, breaks) if len(bucket) > 1)
