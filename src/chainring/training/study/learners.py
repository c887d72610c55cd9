"""Cheap learners that stand for a model where it would have to be trained dozens of times.

Enter texts once, and then places of rows that teach and rows that are told; leave probabilities of
shape (told, C). `TermLearner` is candidate linear.v1 itself, its vocabulary taken from the teaching
rows alone; `VectorLearner` is a logistic regression on what a frozen encoder makes of the texts.

    learner = TermLearner(texts, settings=LinearSettings())
    learner(teaching, told, truth, labels=20)

Axes: N texts, F features, H width of the encoder, C labels.
"""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, Protocol

from chainring.training.settings import LinearSettings

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from chainring.training.candidate import Floats

MAX_ITERATIONS = 40
PROBE_C = 0.1
"""As in fine-tuning, on standardised features."""


class Learner(Protocol):
    """Teaches a fresh model on some rows and returns what it says of others."""

    name: str

    def __call__(
        self, teaching: Sequence[int], told: Sequence[int], truth: Sequence[int], *, labels: int
    ) -> Floats:
        """Return float32 probabilities of shape (told, labels); `truth` is of all rows."""
        ...


class TermLearner:
    """TF-IDF of words and characters and logistic regression, as candidate linear.v1."""

    name = "linear.v1"

    def __init__(self, texts: Sequence[str], *, settings: LinearSettings) -> None:
        import numpy as np
        from sklearn.feature_extraction.text import CountVectorizer

        from chainring.text.ngrams import features

        vectorizer = CountVectorizer(analyzer=features, dtype=np.float32)
        try:
            self._counts_nf = vectorizer.fit_transform(texts).tocsr()
        except ValueError:  # not one feature in all the texts
            from scipy.sparse import csr_matrix

            self._counts_nf = csr_matrix((len(texts), 1), dtype=np.float32)
        self._counts_nf.data = 1.0 + np.log(self._counts_nf.data)
        self._settings = settings

    def __call__(
        self, teaching: Sequence[int], told: Sequence[int], truth: Sequence[int], *, labels: int
    ) -> Floats:
        """Return float32 probabilities of shape (told, labels)."""
        import numpy as np
        from sklearn.preprocessing import normalize

        taught_nf = self._counts_nf[list(teaching)]
        rows_f = np.asarray((taught_nf > 0).sum(axis=0)).ravel()
        least = min(self._settings.min_df, max(1, len(teaching) // 20))
        kept = np.flatnonzero(rows_f >= least)
        if not len(kept):  # rows without a common feature are told by the shares of the labels
            kept = np.array([0])
        if len(kept) > self._settings.max_features:
            most = np.argsort(-rows_f[kept], kind="stable")[: self._settings.max_features]
            kept = np.sort(kept[most])
        idf_f = np.log((1 + len(teaching)) / (1 + rows_f[kept])) + 1

        def weighed(counts_nf: Any) -> Any:
            return normalize(counts_nf[:, kept].multiply(idf_f).tocsr().astype(np.float32))

        return _regressed(
            weighed(taught_nf),
            weighed(self._counts_nf[list(told)]),
            [truth[i] for i in teaching],
            labels=labels,
            c=self._settings.c,
        )


class VectorLearner:
    """Logistic regression on vectors that no label has touched."""

    def __init__(self, vectors_nh: Floats, *, name: str) -> None:
        scale = float(vectors_nh.std()) or 1.0
        self._vectors_nh = (vectors_nh - vectors_nh.mean(axis=0)) / scale
        self.name = name

    def __call__(
        self, teaching: Sequence[int], told: Sequence[int], truth: Sequence[int], *, labels: int
    ) -> Floats:
        """Return float32 probabilities of shape (told, labels)."""
        return _regressed(
            self._vectors_nh[list(teaching)],
            self._vectors_nh[list(told)],
            [truth[i] for i in teaching],
            labels=labels,
            c=PROBE_C,
        )


def _regressed(
    taught_nf: Any, told_nf: Any, truth: Sequence[int], *, labels: int, c: float
) -> Floats:
    """Return what a logistic regression on the taught rows says of the told ones.

    A label that no taught row carries has probability 0.
    """
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    told_nc: NDArray[np.float32] = np.zeros((told_nf.shape[0], labels), dtype=np.float32)
    known = sorted(set(truth))
    if len(known) == 1:
        told_nc[:, known] = 1.0
        return told_nc
    model = LogisticRegression(C=c, max_iter=MAX_ITERATIONS)
    # With more threads BLAS adds in another order, and the last digits differ.
    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)
        warnings.filterwarnings("ignore", "The number of unique classes")  # few rows, many labels
        model.fit(taught_nf, np.asarray(truth))
        told_nc[:, known] = model.predict_proba(told_nf)
    return told_nc
