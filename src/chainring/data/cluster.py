"""For a project without labels: which kinds of texts are there, and how many labels are enough.

Enters texts, leaves clusters to name (k-means over TF-IDF vectors), the largest first; and a count
of rows a label, from which follow the sentences that say what is still missing.

    for cluster in clusters(texts, seed=0):
        print(cluster.size, cluster.keywords, [texts[i] for i in cluster.nearest])
    enough({"refund": 12, "track_order": 4})
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

from chainring.contracts.errors import MissingPackageError
from chainring.text.ngrams import features
from chainring.text.normalise import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Places: TypeAlias = NDArray[np.int64]

SHOWN = 10
"""Texts of a cluster that a person reads before naming it."""

MIN_PER_LABEL = 10
RECOMMENDED_PER_LABEL = 40
MAX_FEATURES = 50_000
_KEYWORDS = 5


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
        How many clusters; by default about the square root of half the texts, 2 to 50.
    seed
        The same seed gives the same clusters.

    Raises
    ------
    MissingPackageError
        scikit-learn is not installed.
    """
    places = list({fold(text): place for place, text in reversed(list(enumerate(texts)))}.values())
    places.sort()
    if len(places) < 2:
        return [Cluster(nearest=tuple(places), size=len(places), keywords=())] if places else []
    vectors, names = _vectors([texts[place] for place in places])
    wanted = count or min(50, max(2, round((len(places) / 2) ** 0.5)))
    member, distance = _nearest_centre(vectors, min(wanted, len(places)), seed)
    found = [_cluster(vectors, names, places, member == number, distance) for number in set(member)]
    return sorted(found, key=lambda one: (-one.size, one.nearest))


def _vectors(texts: Sequence[str]) -> tuple[Any, list[str]]:
    if find_spec("sklearn") is None:
        raise MissingPackageError("scikit-learn", extra="train", needed_for="clustering for review")
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer=features,
        sublinear_tf=True,
        min_df=2 if len(texts) > 50 else 1,
        max_df=0.5,
        max_features=MAX_FEATURES,
        dtype=np.float32,
    )
    return vectorizer.fit_transform(texts), list(vectorizer.get_feature_names_out())


def _nearest_centre(vectors: Any, count: int, seed: int) -> tuple[Any, Any]:
    from sklearn.cluster import MiniBatchKMeans

    model = MiniBatchKMeans(count, random_state=seed, n_init=3, batch_size=2048)
    distances = model.fit_transform(vectors)
    member = distances.argmin(axis=1)
    return member, distances.min(axis=1)


def _cluster(
    vectors: Any, names: Sequence[str], places: Sequence[int], inside: Any, distance: Any
) -> Cluster:
    import numpy as np

    members: Places = np.flatnonzero(inside)
    order = members[np.argsort(distance[members], kind="stable")]
    lift = np.asarray(vectors[members].mean(axis=0) - vectors.mean(axis=0)).ravel()
    best = [names[i] for i in np.argsort(-lift, kind="stable")[:200] if lift[i] > 0]
    return Cluster(
        nearest=tuple(places[i] for i in order[:SHOWN]),
        size=len(members),
        keywords=_readable(best),
    )


def _readable(names: Sequence[str]) -> tuple[str, ...]:
    """Return the first few words (Latin) and runs (Chinese), none inside another."""
    words = [name[2:] for name in names if re.match(r"w:\S{3}|h:..", name)]
    found: list[str] = []
    for word in words:
        if not any(word in other or other in word for other in found):
            found.append(word)
    return tuple(found[:_KEYWORDS])


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
