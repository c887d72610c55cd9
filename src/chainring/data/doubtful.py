"""Labels that contradict the rest of the data, found by out-of-fold predictions.

Confident learning (Northcutt, Jiang and Chuang 2021, section 3): a linear model predicts each row
without having seen it; a label's *self-confidence threshold* is the mean probability of the label
over the rows that carry it (equation 2); a row is doubtful when its own label's probability stays
under that threshold while another label's reaches its own. We differ in two points: only `suspects`
are judged, the others are taken as they are; and a label that has under `MIN_ROWS` rows besides the
suspects is not judged, because what is new always looks wrong.

    doubtful(texts, labels, suspects=[5, 9], seed=0)         # [9]

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

    Floats: TypeAlias = NDArray[np.float64]
    Numbers: TypeAlias = NDArray[np.int64]

MIN_ROWS = 3
FOLDS = 4


def doubtful(
    texts: Sequence[str], labels: Sequence[str], *, suspects: Sequence[int], seed: int
) -> list[int]:
    """Return those of `suspects` (places in `texts`) whose label is probably wrong.

    Raises
    ------
    MissingPackageError
        scikit-learn is not installed.
    """
    import numpy as np

    judged = _judged(labels, suspects)
    names = sorted(set(labels))
    if not judged or len(names) < 2:
        return []
    place = {name: i for i, name in enumerate(names)}
    given_n = np.array([place[label] for label in labels])
    probability_nc = _out_of_fold(texts, given_n, len(names), seed)
    return _contradicted(probability_nc, given_n, judged)


def _judged(labels: Sequence[str], suspects: Sequence[int]) -> list[int]:
    among = set(suspects)
    known = Counter(label for i, label in enumerate(labels) if i not in among)
    return [i for i in sorted(among) if known[labels[i]] >= MIN_ROWS]


def _contradicted(probability_nc: Floats, given_n: Numbers, judged: Sequence[int]) -> list[int]:
    import numpy as np

    rows, classes = probability_nc.shape
    own_n = probability_nc[np.arange(rows), given_n]
    sums_c = np.bincount(given_n, weights=own_n, minlength=classes)
    threshold_c = sums_c / np.maximum(np.bincount(given_n, minlength=classes), 1)
    reaches_nc = probability_nc >= threshold_c
    reaches_nc[np.arange(rows), given_n] = False
    wrong_n = reaches_nc.any(axis=1) & (own_n < threshold_c[given_n])
    return [i for i in judged if wrong_n[i]]


def _out_of_fold(texts: Sequence[str], given_n: Numbers, classes: int, seed: int) -> Floats:
    """Return probabilities of each row by a model that has not seen it, shape (N, C)."""
    if find_spec("sklearn") is None:
        raise MissingPackageError("scikit-learn", extra="train", needed_for="data.review_doubtful")
    import numpy as np
    from sklearn.feature_extraction.text import HashingVectorizer, TfidfTransformer

    counts = HashingVectorizer(
        analyzer=features, n_features=1 << 17, norm=None, alternate_sign=False
    )
    vectors = TfidfTransformer(sublinear_tf=True).fit_transform(counts.transform(texts))
    fold_n = np.random.default_rng(seed).permutation(len(texts)) % FOLDS
    probability_nc = np.zeros((len(texts), classes))
    for fold in range(FOLDS):
        inside = fold_n != fold
        probability_nc[~inside] = _predicted(
            vectors[inside], given_n[inside], vectors[~inside], classes
        )
    return probability_nc


def _predicted(train: Any, given_n: Numbers, asked: Any, classes: int) -> Floats:
    import numpy as np
    from sklearn.linear_model import RidgeClassifier

    one_nc = np.zeros((asked.shape[0], classes))
    known = np.unique(given_n)
    if len(known) == 1:
        one_nc[:, known[0]] = 1.0
        return one_nc
    model = RidgeClassifier(alpha=1.0, solver="sparse_cg").fit(train, given_n)
    scores = model.decision_function(asked)
    if len(known) == 2:
        scores = np.stack([-scores, scores], axis=1)
    raised = np.exp(4.0 * (scores - scores.max(axis=1, keepdims=True)))
    one_nc[:, known] = raised / raised.sum(axis=1, keepdims=True)
    return one_nc
