"""Which words of a data set keep company: frequent words on a plane, like ones near each other.

Enters a data set's folder and its counted words, leaves places for `data.words.picture`. Two words
are alike when they stand in rows beside the same others: positive pointwise mutual information of
standing in one row, cut to its widest directions (Levy and Goldberg 2014, §3), then laid flat as
`data.words.map` does it. Of few rows there is no map: chance would draw it.
"""

from __future__ import annotations

from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.access import FACTS
from chainring.data.looking.rows import Allows, batches
from chainring.data.looking.words import WordCounts, words

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from chainring.data.words.map import Place

MIN_ROWS, MIN_WORDS = 200, 12
MAX_ROWS = 20_000
SHOWN, BESIDE = 80, 400
"""Words on the map; and words, each language's most frequent, whose company is looked at."""

_DIRECTIONS = 24


def word_map(folder: Path, *, seen: WordCounts, allows: Allows | None = None) -> list[Place]:
    """Return the places of the most frequent content words; none where rows or words are few."""
    from chainring.data.words.map import flattened

    languages = [one for one in ("en", "zh") if seen.languages.get(one)]
    often = (w for one in languages for w, _ in seen.frequent(one, most=BESIDE) if len(w) > 1)
    beside = list(dict.fromkeys(often))
    each = max(1, SHOWN // max(1, len(languages)))
    chosen = {w for one in languages for w, _ in seen.frequent(one, most=each)}
    shown = [word for word in beside if word in chosen]
    shown.sort(key=lambda word: -max(counts[word] for counts in seen.languages.values()))
    if seen.rows < MIN_ROWS or len(shown) < MIN_WORDS:
        return []
    together = _together(folder, beside, allows)
    rows = [beside.index(word) for word in shown]
    return flattened(shown, _directions(together)[rows], method="tsne" if _has_tsne() else "pca")


def _has_tsne() -> bool:
    return find_spec("sklearn") is not None


def _together(folder: Path, beside: list[str], allows: Allows | None) -> NDArray[np.float64]:
    """Return in how many rows each two words stand; on the diagonal, each one."""
    import numpy as np

    places = {word: place for place, word in enumerate(beside)}
    found = np.zeros((len(beside), len(beside)))
    for text in _texts(folder, allows):
        here = [places[word] for word in words(text) if word in places]
        found[np.ix_(here, here)] += 1
    return found


def _texts(folder: Path, allows: Allows | None) -> Iterator[str]:
    total = sum(batch.num_rows for batch in batches(folder, ("split",)))
    every, place = -(-total // MAX_ROWS) or 1, 0
    columns = ("text", *(() if allows is None else FACTS))
    for batch in batches(folder, columns):
        for row in batch.to_pylist():
            if place % every == 0 and (allows is None or allows(row)):
                yield row["text"]
            place += 1


def _directions(together: NDArray[np.float64]) -> NDArray[np.float64]:
    """Return unit vectors of the words' company."""
    import numpy as np

    counts = together.copy()
    np.fill_diagonal(counts, 0.0)
    total = max(counts.sum(), 1.0)
    share = np.maximum(counts.sum(axis=1), 1e-9) / total
    with np.errstate(divide="ignore"):
        mutual = np.log(counts / total / np.outer(share, share))
    left, sizes, _ = np.linalg.svd(np.maximum(mutual, 0.0))
    vectors = left[:, :_DIRECTIONS] * np.sqrt(sizes[:_DIRECTIONS])
    units: NDArray[np.float64] = vectors / np.maximum(
        np.linalg.norm(vectors, axis=1, keepdims=True), 1e-12
    )
    return units
