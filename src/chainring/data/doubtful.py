"""Labels that contradict the rest of the data: they go to a review before they teach.

Enters texts, their labels, and the places of the suspects; leaves the places that are doubtful.

    doubtful(texts, labels, suspects=[5, 9])         # [9]

As in confident learning (Northcutt, Jiang and Chuang 2021) each row is judged by a model that has
not seen it, and the threshold is taken from the data. We differ in both: the model is the nearest
centroid of TF-IDF vectors (Rocchio 1971), from whose centroids a row can be taken out exactly, so
leaving one out costs one matrix product; and the threshold is the margin (best other label's cosine
less the own one's) that all but `MAX_HELD` of the rows nobody suspects stay under, so it also says
how many right ones are held back. A label with under `MIN_ROWS` unsuspected rows is not judged:
what is new always looks wrong.

Tried on BANKING77, 10 rows a label, 200 corrections of any texts, 30 % with a random wrong label:
80 % of the wrong ones are caught, 1 % of the right ones held back, in 0.2 s (confident learning's
own rule over 4-fold ridge regression: 63 % and 15 %, in 70 s). Corrections only of texts that a
model of these rows gets wrong, as users make them: 74 % and 7 %; with 40 rows a label 82 % and
10 %. With `MAX_HELD` 5 % the former is 86 % and 18 %. Wrong labels that are near the right one are
caught about a third as often; ten coarse categories of Chinese reviews: 39 % and 6 %.

Axes: N rows, C labels.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, TypeAlias

from chainring.contracts.errors import MissingPackageError
from chainring.text.ngrams import features

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float32]
    Places: TypeAlias = NDArray[np.int64]

MAX_HELD = 0.02
"""Share of unsuspected rows that may lie beyond the margin."""

MIN_ROWS = 3
MIN_TRUSTED = 20
"""With fewer unsuspected rows there is nothing to judge by."""

MAX_FEATURES = 100_000


def doubtful(texts: Sequence[str], labels: Sequence[str], *, suspects: Sequence[int]) -> list[int]:
    """Return those of `suspects` (places in `texts`) whose label is probably wrong, in order.

    Raises
    ------
    MissingPackageError
        scikit-learn is not installed.
    """
    import numpy as np

    among = set(suspects)
    trusted = [i for i in range(len(labels)) if i not in among]
    known = Counter(labels[i] for i in trusted)
    judged = [i for i in sorted(among) if known[labels[i]] >= MIN_ROWS]
    if not judged or len(trusted) < MIN_TRUSTED or len(known) < 2:
        return []
    names = {name: place for place, name in enumerate(sorted(set(labels)))}
    margin_n = _margins(_vectors(texts), np.array([names[label] for label in labels]), len(names))
    limit = max(0.0, float(np.quantile(margin_n[trusted], 1 - MAX_HELD)))
    return [i for i in judged if margin_n[i] > limit]


def _vectors(texts: Sequence[str]) -> Any:
    if find_spec("sklearn") is None:
        raise MissingPackageError("scikit-learn", extra="train", needed_for="data.review_doubtful")
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    vectorizer = TfidfVectorizer(
        analyzer=_some_features, sublinear_tf=True, max_features=MAX_FEATURES, dtype=np.float32
    )
    return vectorizer.fit_transform(texts)


def _some_features(text: str) -> list[str]:
    return features(text) or ["no feature"]


def _margins(vectors: Any, given_n: Places, classes: int) -> Floats:
    """Return how much nearer each row is to another label's centroid than to its own without it.

    With s the sum of a label's unit vectors and x one of them, the centroid without x has the
    direction s - x, whose length is sqrt(s·s - 2 s·x + 1) and whose product with x is s·x - 1.
    """
    import numpy as np
    from scipy.sparse import csr_matrix

    rows = np.arange(len(given_n))
    ones = np.ones(len(given_n), dtype=np.float32)
    member_nc = csr_matrix((ones, (rows, given_n)), shape=(len(given_n), classes))
    sums_cf = (vectors.T @ member_nc).T.tocsr()
    dots_nc = (vectors @ sums_cf.T).toarray()
    squares_c = np.asarray(sums_cf.multiply(sums_cf).sum(axis=1)).ravel()
    dots_n = dots_nc[rows, given_n]
    squares_n = squares_c[given_n] - 2 * dots_n + 1
    own_n = (dots_n - 1) / np.sqrt(np.maximum(squares_n, 1e-6))
    cosines_nc = dots_nc / np.sqrt(np.maximum(squares_c, 1e-6))
    cosines_nc[rows, given_n] = -np.inf
    margins: Floats = cosines_nc.max(axis=1) - own_n
    return margins
