"""For a project without labels: which kinds of texts are there, and how many labels are enough.

Enters texts, leaves clusters to name (k-means over latent semantic vectors), the largest first; and
a count of rows a label, from which follow the sentences that say what is still missing.

    for cluster in clusters(texts, seed=0):
        print(cluster.size, cluster.keywords, [texts[i] for i in cluster.nearest])
    enough({"refund": 12, "track_order": 4})
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import Any

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said
from chainring.data.looking.words import stop_words, words
from chainring.text.ngrams import features
from chainring.text.normalise import fold

SHOWN = 10
"""Texts of a cluster that a person reads before naming it."""

MIN_PER_LABEL = 10
RECOMMENDED_PER_LABEL = 40
MAX_FEATURES = 50_000
DIMENSIONS = 64
_KEYWORDS = 5
_MANY = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Cluster:
    """Texts that may be of one kind: places of those nearest to its centre, size, keywords."""

    nearest: tuple[int, ...]
    size: int
    keywords: tuple[str, ...]


def clusters(texts: Sequence[str], *, count: int | None = None, seed: int) -> list[Cluster]:
    """Return clusters of texts, the largest first; texts of one skeleton count once.

    Parameters
    ----------
    texts
        Any texts; tens of thousands take a minute.
    count
        How many clusters; by default the square root of half the texts, 2 to 50.
    seed
        The same seed gives the same clusters.

    Raises
    ------
    MissingPackageError
        scikit-learn is not installed.
    """
    first: dict[str, int] = {}
    for place, text in enumerate(texts):
        first.setdefault(fold(text), place)
    places = list(first.values())
    if len(places) < 2:
        return [Cluster(nearest=tuple(places), size=len(places), keywords=())] if places else []
    distinct = [texts[place] for place in places]
    wanted = count or min(50, max(2, round((len(places) / 2) ** 0.5)))
    members = _members(distinct, min(wanted, len(places)), seed)
    passed_over = stop_words("en", wide=True) | stop_words("zh", wide=True)
    said = [_words(text, passed_over) for text in distinct]
    found = [
        Cluster(
            nearest=tuple(places[i] for i in inside[:SHOWN]),
            size=len(inside),
            keywords=_keywords([said[i] for i in inside], said),
        )
        for inside in members
    ]
    return sorted(found, key=lambda one: (-one.size, one.nearest))


def _members(texts: Sequence[str], count: int, seed: int) -> list[list[int]]:
    """Return the places of the texts of each cluster, nearest to its centre first."""
    import numpy as np

    vectors = _vectors(texts, seed)
    from sklearn.cluster import KMeans

    count = min(count, len(np.unique(vectors, axis=0)))
    # One start fell into another minimum on another processor: ten starts agree.
    distances = KMeans(count, random_state=seed, n_init=10).fit_transform(vectors)
    member, distance = distances.argmin(axis=1), distances.min(axis=1)
    distance[~vectors.any(axis=1)] = np.inf  # a text without a known feature stands for nothing
    order = np.argsort(distance, kind="stable")
    return [[int(i) for i in order if member[i] == number] for number in sorted(set(member))]


def _vectors(texts: Sequence[str], seed: int) -> Any:
    if find_spec("sklearn") is None:
        raise MissingPackageError(
            "scikit-learn", extra="train", needed_for=Said("clustering for review", zh="为审核分组")
        )
    import numpy as np
    from sklearn.decomposition import TruncatedSVD
    from sklearn.feature_extraction.text import TfidfVectorizer
    from sklearn.preprocessing import normalize

    vectorizer = TfidfVectorizer(
        analyzer=_pieces, vocabulary=_vocabulary(texts), sublinear_tf=True, dtype=np.float32
    )
    sparse = vectorizer.fit_transform(texts)
    # On the sparse vectors themselves Chinese fell into one cluster of nearly all.
    axes = min(DIMENSIONS, min(sparse.shape) - 1)
    if axes < 2:
        return sparse.toarray()
    return normalize(TruncatedSVD(axes, random_state=seed).fit_transform(sparse))


def _vocabulary(texts: Sequence[str]) -> list[str]:
    """Return the pieces to look at: of many texts those in two or more, but not in every tenth."""
    counts = Counter(piece for text in texts for piece in set(_pieces(text)))
    many = len(texts) >= _MANY
    known = {one: n for one, n in counts.items() if not many or 2 <= n <= len(texts) / 10}
    chosen = Counter(known or counts).most_common(MAX_FEATURES)
    return sorted(piece for piece, _ in chosen) or [""]


def _pieces(text: str) -> list[str]:
    """Return long pieces of words and short runs of Chinese characters.

    Of the feature sets tried on the built-in project these agree best with its labels (V-measure
    0.41 English, 0.36 Chinese; all features 0.36 and 0.34, words in place of pieces 0.27 English).
    """
    found = features(text)
    latin = [one for one in found if one.startswith("c:") and len(one) >= 6]
    return latin + [one for one in found if one.startswith("h:") and len(one) <= 4]


def _words(text: str, passed_over: frozenset[str]) -> frozenset[str]:
    """Return the words of three letters or more and the Chinese ones of two characters or more."""
    found = words(text) - passed_over
    return frozenset(one for one in found if len(one) > (2 if one.isascii() else 1))


def _keywords(inside: Sequence[frozenset[str]], every: Sequence[frozenset[str]]) -> tuple[str, ...]:
    """Return the words that tell these texts from all, none a part of another."""
    here = Counter(word for text in inside for word in text)
    anywhere = Counter(word for text in every for word in text)

    def lift(word: str) -> float:
        return here[word] / len(inside) - anywhere[word] / len(every)

    found: list[str] = []
    for word in sorted(here, key=lambda one: (-lift(one), -len(one), one)):
        if lift(word) <= 0 or len(found) == _KEYWORDS:
            break
        if not any(word in other or other in word for other in found):
            found.append(word)
    return tuple(found)


def enough(labelled: Mapping[str, int]) -> list[str]:
    """Return, in sentences, whether a first turn may start and what would make it better.

    Parameters
    ----------
    labelled
        Label → number of labelled texts.

    >>> enough({"refund": 12, "track_order": 4})[0]
    'not yet: track_order needs 6 more (4 of 10)'
    """
    counts = Counter(labelled)
    said = []
    if len(counts) < 2:
        said.append(f"not yet: at least two labels are needed, there are {len(counts)}")
    short = {label: n for label, n in sorted(counts.items()) if n < MIN_PER_LABEL}
    for label, number in short.items():
        more = MIN_PER_LABEL - number
        said.append(f"not yet: {label} needs {more} more ({number} of {MIN_PER_LABEL})")
    if said:
        return said
    said.append(f"enough to start: each of {len(counts)} labels has {MIN_PER_LABEL} or more texts")
    thin = [label for label, n in sorted(counts.items()) if n < RECOMMENDED_PER_LABEL]
    if thin:
        said.append(f"{RECOMMENDED_PER_LABEL} a label are better; fewer have: {', '.join(thin)}")
    return said
