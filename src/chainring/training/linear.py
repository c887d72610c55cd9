"""Candidate linear.v1: TF-IDF of words and characters, multinomial logistic regression.

Enter rows, leaves a folder with `vocabulary.json` and `linear.safetensors` (idf [F], weights
[F, C], bias [C], all float32). The features are those of `chainring.text.ngrams`, which the server
uses too.

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

from chainring.contracts.dataset import Row
from chainring.contracts.errors import MissingPackageError
from chainring.contracts.work import Work
from chainring.training.candidate import Trained
from chainring.training.settings import LinearSettings, TrainingSettings

if TYPE_CHECKING:
    from chainring.training.candidate import Floats

MAX_ITERATIONS = 60
"""BANKING77 converges after 50; 42,000 Chinese reviews did not within minutes, and gain nothing
from it. A looser tolerance instead stops by chance: it cost half a point on BANKING77."""


def linear(
    train: Sequence[Row],
    validation: Sequence[Row],
    *,
    unlabelled: Sequence[Row],
    labels: Sequence[str],
    work: Work,
    settings: TrainingSettings,
) -> Trained:
    """Train the linear candidate; validation and unlabelled rows are not used.

    Raises
    ------
    MissingPackageError
        scikit-learn or safetensors is not installed.
    """
    _require_packages()
    started = time.process_time()
    vectorizer = _vectorizer(settings.linear, rows=len(train))
    vectors_nf = vectorizer.fit_transform([row.text for row in train])
    work.say(f"linear: {vectors_nf.shape[0]} rows, {vectors_nf.shape[1]} features")
    weights_fc, bias_c = _fit(vectors_nf, train, labels, settings)
    folder = work.folder("linear")
    _write(folder, vectorizer, weights_fc, bias_c)

    def logits(texts: Sequence[str]) -> Floats:
        answered: Floats = vectorizer.transform(texts) @ weights_fc + bias_c
        return answered

    return Trained(folder=folder, kind="linear", logits=logits, cpu_s=time.process_time() - started)


def _require_packages() -> None:
    from importlib.util import find_spec

    for module, package in (("sklearn", "scikit-learn"), ("safetensors", "safetensors")):
        if find_spec(module) is None:
            raise MissingPackageError(package, extra="train", needed_for="candidate linear.v1")


def _vectorizer(settings: LinearSettings, *, rows: int) -> Any:
    import numpy as np
    from sklearn.feature_extraction.text import TfidfVectorizer

    from chainring.text.ngrams import features

    return TfidfVectorizer(
        analyzer=features,
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


def _write(folder: Path, vectorizer: Any, weights_fc: Floats, bias_c: Floats) -> None:
    import numpy as np
    from safetensors.numpy import save_file

    names = [str(name) for name in vectorizer.get_feature_names_out()]
    (folder / "vocabulary.json").write_text(json.dumps(names, ensure_ascii=False), encoding="utf-8")
    arrays = {"idf": vectorizer.idf_.astype(np.float32), "weights": weights_fc, "bias": bias_c}
    save_file(arrays, str(folder / "linear.safetensors"))
