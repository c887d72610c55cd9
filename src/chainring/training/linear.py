"""Candidate linear.v1: TF-IDF of words and characters, and a linear model on top.

Enter rows, leaves a folder with `vocabulary.json` and `linear.safetensors` (idf [F], weights
[F, C], bias [C], all float32). The features are those of `chainring.text.ngrams`, which the server
uses too. One label is told by multinomial logistic regression, several by one regression a label
against the rest, a number by ridge regression; a pair of texts by what both say and what one says
alone. It cannot tag, and cannot write.

    trained = linear(train, validation, unlabelled=(), labels=labels, work=work, settings=settings)

Axes: N rows, F features, C labels.

See Also
--------
chainring.training.encoder : better with few rows a label and with paraphrases, slower to train
    and to serve. Both are trained, and the validation rows decide.
"""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainring.contracts.dataset import Row, Task
from chainring.contracts.errors import MissingPackageError, RefusedError
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import Input, labels_in
from chainring.contracts.work import Work
from chainring.training.candidate import Trained, asked
from chainring.training.progress_sentences import progress
from chainring.training.sentences import say
from chainring.training.settings import LinearSettings, TrainingSettings

if TYPE_CHECKING:
    from chainring.training.candidate import Floats

MAX_ITERATIONS = 60
"""BANKING77 converges after 50; 42,000 Chinese reviews did not within minutes, and gain nothing
from it. A looser tolerance instead stops by chance: it cost half a point on BANKING77."""

CERTAIN = 10.0
RIDGE = 10.0
"""Penalty of ridge regression at `c` = 1: at its default of 10 it is 1, scikit-learn's own."""


def linear(
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    work: Work,
    settings: TrainingSettings,
    task: Task = "classification",
) -> Trained:
    """Train the linear candidate; validation and unlabelled rows are not used.

    Raises
    ------
    MissingPackageError
        scikit-learn or safetensors is not installed.
    RefusedError
        The task's answers are tags or texts.
    """
    _require_packages()
    form = TASKS[task].form
    if form not in _FITS:
        raise RefusedError(say("cannot do", task=task))
    started = time.process_time()
    vectorizer = _vectorizer(settings.linear, rows=len(train))
    vectors_nf = vectorizer.fit_transform([asked(row, task) for row in train])
    rows, features = vectors_nf.shape
    work.say(progress("features", rows=rows, features=features))
    weights_fc, bias_c = _FITS[form](vectors_nf, train, labels, settings)
    folder = work.folder("linear")
    _write(folder, vectorizer, weights_fc, bias_c)

    def logits(texts: Sequence[Input]) -> Floats:
        answered: Floats = vectorizer.transform(texts) @ weights_fc + bias_c
        return answered

    return Trained(folder=folder, kind="linear", logits=logits, cpu_s=time.process_time() - started)


def _require_packages() -> None:
    from importlib.util import find_spec

    for module, package in (("sklearn", "scikit-learn"), ("safetensors", "safetensors")):
        if find_spec(module) is None:
            raise MissingPackageError(
                package, extra="train", needed_for=say("candidate", part="linear.v1")
            )


def _vectorizer(settings: LinearSettings, *, rows: int) -> Any:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    from chainring.text.ngrams import features_of

    return TfidfVectorizer(
        analyzer=features_of,
        sublinear_tf=True,
        min_df=min(settings.min_df, max(1, rows // 20)),
        max_features=settings.max_features,
        dtype=np.float32,
    )


def _fit(
    vectors_nf: Any, train: Sequence[Row], labels: Sequence[str], settings: TrainingSettings
) -> tuple[Floats, Floats]:
    import numpy as np
    from sklearn.exceptions import ConvergenceWarning
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    place = {label: i for i, label in enumerate(labels)}
    truth_n = np.array([place[row.label] for row in train])
    weight_n = np.array([row.weight for row in train], dtype=np.float64)
    model = LogisticRegression(
        C=settings.linear.c, solver="lbfgs", max_iter=MAX_ITERATIONS, random_state=settings.seed
    )
    # With more threads BLAS adds in another order, and the weights differ in their last digits.
    with warnings.catch_warnings(), threadpool_limits(1, user_api="blas"):
        warnings.simplefilter("ignore", ConvergenceWarning)  # see MAX_ITERATIONS
        model.fit(vectors_nf, truth_n, sample_weight=weight_n)
    coefficients_cf, bias_c = model.coef_, model.intercept_
    if len(labels) == 2:  # one column that tells the second label from the first
        coefficients_cf = np.concatenate([-coefficients_cf, coefficients_cf]) / 2
        bias_c = np.concatenate([-bias_c, bias_c]) / 2
    weights_fc = np.ascontiguousarray(coefficients_cf.T, dtype=np.float32)
    return weights_fc, bias_c.astype(np.float32)


def _fit_each(
    vectors_nf: Any, train: Sequence[Row], labels: Sequence[str], settings: TrainingSettings
) -> tuple[Floats, Floats]:
    """Fit one label against the rest for each; one that every row has, or none, is a constant."""
    import numpy as np
    from sklearn.linear_model import LogisticRegression
    from threadpoolctl import threadpool_limits

    weights_fc = np.zeros((vectors_nf.shape[1], len(labels)), dtype=np.float32)
    bias_c = np.zeros(len(labels), dtype=np.float32)
    own = [set(labels_in("several", row.label)) for row in train]
    weight_n = np.array([row.weight for row in train], dtype=np.float64)
    with threadpool_limits(1, user_api="blas"):
        for c, label in enumerate(labels):
            truth_n = np.array([label in row for row in own])
            if truth_n.all() or not truth_n.any():
                bias_c[c] = CERTAIN if truth_n.all() else -CERTAIN
                continue
            model = LogisticRegression(
                C=settings.linear.c, solver="liblinear", random_state=settings.seed
            )
            model.fit(vectors_nf, truth_n, sample_weight=weight_n)
            weights_fc[:, c], bias_c[c] = model.coef_[0], model.intercept_[0]
    return weights_fc, bias_c


def _fit_number(
    vectors_nf: Any, train: Sequence[Row], labels: Sequence[str], settings: TrainingSettings
) -> tuple[Floats, Floats]:
    import numpy as np
    from sklearn.linear_model import Ridge
    from threadpoolctl import threadpool_limits

    target_n = np.array([float(row.target) for row in train])
    weight_n = np.array([row.weight for row in train], dtype=np.float64)
    model = Ridge(alpha=RIDGE / settings.linear.c, solver="sparse_cg", tol=1e-6)
    with threadpool_limits(1, user_api="blas"):
        model.fit(vectors_nf, target_n, sample_weight=weight_n)
    weights_fc = np.ascontiguousarray(model.coef_.reshape(-1, 1), dtype=np.float32)
    return weights_fc, np.array([model.intercept_], dtype=np.float32)


_FITS = {"one": _fit, "several": _fit_each, "number": _fit_number}


def _write(folder: Path, vectorizer: Any, weights_fc: Floats, bias_c: Floats) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    names = [str(name) for name in vectorizer.get_feature_names_out()]
    (folder / "vocabulary.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    arrays = {"idf": vectorizer.idf_.astype(np.float32), "weights": weights_fc, "bias": bias_c}
    save_file(arrays, str(folder / "linear.safetensors"))
