"""Texts that say the same in other words, by the vectors of an embedder.

SemDeDup (Abbas et al. 2023): vectors are put into k-means cells, and within a cell a text goes when
its cosine with an earlier one that stays reaches `min_cosine`. We differ in that the first text
stays, not the one farthest from the centre, and that of what was dropped nothing else is.

Enters the embedder that the settings name, leaves who stays. Cells are made on a sample of 20,000
texts; vectors rest on disk. A text of which the embedder knows nothing (zeros) stays.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Protocol

from chainring.contracts.parts import load_part
from chainring.data.clean.copies import MEANING, Texts
from chainring.data.clean.settings import CleanSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Vectors = NDArray[np.float32]
    Numbers = NDArray[np.int64]


class Embed(Protocol):
    """An opened embedder; `digest` changes where its vectors would."""

    digest: str

    def __call__(self, texts: Sequence[str]) -> Any:
        """Return float32 of shape (texts, width)."""
        ...


SAMPLE = 20_000
PER_CELL = 500
_AT_ONCE = 256
_ROUNDS = 10


def opened_embedder(settings: CleanSettings) -> Embed | None:
    """Return the embedder that the settings name, or None."""
    if not settings.meaning:
        return None
    made: Embed = load_part("embedder", settings.meaning)(settings.meaning_from)
    return made


def same_meaning(texts: Texts, fate: Numbers, kind: Any, *, embed: Embed) -> int:
    """Mark in `fate` and `kind` the texts that say what an earlier one says; return how many."""
    import numpy as np

    numbers = np.flatnonzero(fate < 0)
    if len(numbers) < 2:
        return 0
    vectors = _embedded(texts, numbers, embed)
    cells = _cells(vectors)
    gone = 0
    for cell in range(int(cells.max()) + 1):
        members = np.flatnonzero(cells == cell)
        for other, stays in _alike(vectors[members], texts.run.settings.min_cosine):
            fate[numbers[members[other]]] = numbers[members[stays]]
            kind[numbers[members[other]]] = MEANING
            gone += 1
    return gone


def _embedded(texts: Texts, numbers: Numbers, embed: Embed) -> Vectors:
    """Return unit vectors, in a file that memory maps."""
    import numpy as np

    found: Any = None
    for start in range(0, len(numbers), _AT_ONCE):
        part = numbers[start : start + _AT_ONCE]
        vectors = np.asarray(embed(texts.read(part.tolist())), dtype=np.float32)
        if found is None:
            path = Path(texts.run.folder) / "vectors.f32"
            shape = (len(numbers), vectors.shape[1])
            found = np.memmap(path, dtype=np.float32, mode="w+", shape=shape)
        length = np.linalg.norm(vectors, axis=1, keepdims=True)
        found[start : start + len(part)] = vectors / np.maximum(length, 1e-12)
    return np.asarray(found)


def _cells(vectors: Vectors) -> Numbers:
    """Return the k-means cell of each vector (Lloyd 1982, from evenly spread starts)."""
    import numpy as np

    count = max(1, len(vectors) // PER_CELL)
    sample = vectors[np.linspace(0, len(vectors) - 1, min(SAMPLE, len(vectors))).astype(int)]
    centres = sample[np.linspace(0, len(sample) - 1, count).astype(int)].copy()
    for _ in range(_ROUNDS if count > 1 else 0):
        nearest = _nearest(sample, centres)
        for cell in range(count):
            inside = sample[nearest == cell]
            if len(inside):
                centres[cell] = inside.mean(axis=0) / max(np.linalg.norm(inside.mean(axis=0)), 1e-9)
    return _nearest(vectors, centres)


def _nearest(vectors: Vectors, centres: Vectors) -> Numbers:
    import numpy as np

    parts = range(0, len(vectors), 8192)
    return np.concatenate([(vectors[at : at + 8192] @ centres.T).argmax(axis=1) for at in parts])


def _alike(vectors: Vectors, least: float) -> list[tuple[int, int]]:
    """Return (one that goes, the earlier one that stays) of a cell."""
    import numpy as np

    stays: list[int] = []
    found = []
    for place in range(len(vectors)):
        if stays:
            cosines = vectors[stays] @ vectors[place]
            best = int(np.argmax(cosines))
            if cosines[best] >= least:
                found.append((place, stays[best]))
                continue
        stays.append(place)
    return found
