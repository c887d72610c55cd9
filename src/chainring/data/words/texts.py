"""The embedder `words.v1`: vectors of texts from a folder of word vectors.

Enters a folder that `chainring words train` wrote, leaves a callable:

    embed = words("vectors")
    embed(["where is my parcel", "我的包裹在哪"])        # float32, shape (2, dimensions)

A text is the weighted mean of its words, a / (a + p) of a word of probability p (Arora, Liang and
Ma 2017, equation 2, a = 0.001). Where we differ: p is estimated from the word's rank (Zipf), and in
place of the first singular vector of all texts the weighted mean of all words is taken away, so
that a text's vector does not depend on what other texts there are. It knows no order of words.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainring.contracts.codec import digest
from chainring.store.files import file_digest

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats = NDArray[np.float32]

_A = 1e-3


def words(source: str) -> WordEmbedder:
    """Open a folder of word vectors as an embedder of texts."""
    return WordEmbedder(Path(source))


class WordEmbedder:
    """Texts become means of their words' vectors; one without a known word becomes zeros."""

    def __init__(self, folder: Path) -> None:
        import numpy as np

        from chainring.data.words.settings import WordSettings
        from chainring.data.words.tokens import splitter
        from chainring.data.words.vectors import VECTORS, WORDS, WordVectors

        self._known = WordVectors.open(folder)
        settings = WordSettings.model_validate(self._known.facts["settings"])
        self._split = splitter(settings)
        self._places = {word: place for place, word in enumerate(self._known.words)}
        self._share = 1.0 / np.arange(1, len(self._known) + 1)
        self._share /= self._share.sum()
        self._centre = (self._share[:, None] * self._known.vectors).sum(axis=0)
        files = [file_digest(folder / name) for name in (VECTORS, WORDS)]
        self.digest = digest([*files, self._known.facts["segmenter"]])

    def __call__(self, texts: Sequence[str]) -> Floats:
        """Return one vector a text."""
        import numpy as np

        found: Any = np.zeros((len(texts), len(self._centre)), dtype=np.float32)
        for row, text in enumerate(texts):
            said = (self._places.get(word) for word in self._split(text))
            places = [place for place in said if place is not None]
            if places:
                weights = _A / (_A + self._share[places])
                found[row] = weights @ (self._known.vectors[places] - self._centre) / len(places)
        return np.asarray(found)
