"""Whether a confidence of 0.8 means right eight times in ten.

Enters: the confidence of every answer and whether it was right; or logits and true labels.
Leaves: errors, bins for a chart, and the temperature that repairs over-confidence.

Axes: N rows, C classes.

    expected_calibration_error([0.9, 0.8, 0.7], [True, True, False])
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainring.stats.inputs import at_least, at_most, numbers, require, same_length

if TYPE_CHECKING:
    from collections.abc import Sequence

    from numpy.typing import ArrayLike

    from chainring.stats.inputs import Floats

COLDEST, HOTTEST = 0.05, 20.0


@dataclass(frozen=True, slots=True, kw_only=True)
class ReliabilityBin:
    """The answers whose confidence lies in (low, high]: how many, how sure, how often right."""

    low: float
    high: float
    count: int
    confidence: float
    accuracy: float


def reliability(
    confidence: ArrayLike, right: ArrayLike, *, bins: int = 15
) -> tuple[ReliabilityBin, ...]:
    """Return the bins of equal width that hold at least one answer, from unsure to sure.

    Parameters
    ----------
    confidence
        Probability of the given answer, 0 to 1, shape (N,).
    right
        Whether the answer was right, shape (N,).
    bins
        Bins between 0 and 1, at least 1.
    """
    import numpy as np

    sure_n, right_n = _outcomes(confidence, right)
    require("no reliability", at_least("bins", bins, 1))
    bin_n = np.clip(np.ceil(sure_n * bins).astype(int) - 1, 0, bins - 1)
    return tuple(
        ReliabilityBin(
            low=i / bins,
            high=(i + 1) / bins,
            count=int((bin_n == i).sum()),
            confidence=float(sure_n[bin_n == i].mean()),
            accuracy=float(right_n[bin_n == i].mean()),
        )
        for i in np.unique(bin_n).tolist()
    )


def expected_calibration_error(confidence: ArrayLike, right: ArrayLike, *, bins: int = 15) -> float:
    """Return the mean gap between confidence and accuracy, bins weighted by their rows.

    C. Guo, G. Pleiss, Y. Sun, K. Weinberger 2017, "On calibration of modern neural networks",
    equation 3.
    """
    found = reliability(confidence, right, bins=bins)
    rows = sum(b.count for b in found)
    return sum(b.count * abs(b.confidence - b.accuracy) for b in found) / rows


def error_of_calibrated(
    confidence: ArrayLike, *, bins: int = 15, draws: int = 200, seed: int = 0
) -> float:
    """Return the mean error of a model that is right exactly as often as it is sure.

    Few rows lie beside their confidence by chance: of 35 answers the error is 17 points on average
    though nothing is wrong. A figure that is no larger shows nothing.

    >>> error_of_calibrated([1.0, 1.0])
    0.0
    """
    import numpy as np

    sure_n = numbers("confidence", confidence)
    generator = np.random.default_rng(seed)
    drawn = (generator.random(len(sure_n)) < sure_n for _ in range(draws))
    errors = [expected_calibration_error(sure_n, right_n, bins=bins) for right_n in drawn]
    return sum(errors) / draws


def temperature(
    logits_nc: ArrayLike, labels_n: Sequence[int] | Floats, *, doubt: bool = False
) -> float:
    """Return the T that makes softmax(logits / T) most likely to give the true labels.

    Guo and others 2017, section 4.2. The negative log likelihood is convex in 1 / T, so the place
    where its slope changes sign is found by bisection. Answers lie in 0.05 to 20: labels that the
    logits tell apart without an error would ask for T = 0, logits worse than chance for infinity.

    With `doubt` no number of rows shows that a model is never wrong: half a row more is imagined
    right, and half a row wrong, as H. Jeffreys 1946 has it of a share; J. C. Platt 1999,
    "Probabilistic outputs for support vector machines", section 2.2, imagines a whole row each,
    which told ten right answers of ten to be less sure than they are. Of every row the class that
    is likest beside the true one gets that share of it. Of n rows told apart by a margin of m, T is
    m / log(2 n + 1).

    Parameters
    ----------
    logits_nc
        Scores before softmax, shape (N, C).
    labels_n
        True class of each row, 0 to C - 1, shape (N,).
    doubt
        Whether rows may be wrong though none of these is.
    """
    import numpy as np

    scores_nc, true_n = np.asarray(logits_nc, dtype=np.float64), np.asarray(labels_n)
    _require_logits(scores_nc, true_n)
    scores_nc = scores_nc - scores_nc.max(axis=1, keepdims=True)
    given_n = scores_nc[np.arange(len(true_n)), true_n]
    if doubt and scores_nc.shape[1] > 1:
        others_nc = scores_nc.copy()
        others_nc[np.arange(len(true_n)), true_n] = -np.inf
        share = 0.5 / (len(true_n) + 1)
        given_n = (1.0 - share) * given_n + share * others_nc.max(axis=1)

    def slope(inverse: float) -> float:
        weight_nc = np.exp(inverse * scores_nc)
        mean_n = (weight_nc * scores_nc).sum(axis=1) / weight_nc.sum(axis=1)
        return float((mean_n - given_n).mean())

    cold, hot = COLDEST, HOTTEST
    while hot / cold > 1.0 + 1e-9:
        middle = (cold * hot) ** 0.5
        cold, hot = (middle, hot) if slope(1.0 / middle) > 0.0 else (cold, middle)
    return hot


def _outcomes(confidence: ArrayLike, right: ArrayLike) -> tuple[Floats, Floats]:
    sure_n, right_n = numbers("confidence", confidence), numbers("right", right)
    require(
        "calibration cannot be computed",
        same_length(confidence=sure_n, right=right_n),
        at_least("smallest confidence", float(sure_n.min()), 0.0),
        at_most("largest confidence", float(sure_n.max()), 1.0),
        None if set(right_n.tolist()) <= {0.0, 1.0} else "right: only true and false expected",
    )
    return sure_n, right_n


def _require_logits(scores_nc: Floats, true_n: Floats) -> None:
    import numpy as np

    if scores_nc.ndim != 2 or true_n.ndim != 1 or not scores_nc.size:
        require(
            "no temperature",
            f"logits (N, C) and labels (N,) expected; found {scores_nc.shape} and {true_n.shape}",
        )
    classes = scores_nc.shape[1]
    require(
        "no temperature",
        same_length(logits=scores_nc, labels=true_n),
        None if np.isfinite(scores_nc).all() else "logits: finite numbers expected",
        None if np.issubdtype(true_n.dtype, np.integer) else "labels: whole numbers expected",
        at_least("smallest label", int(true_n.min()), 0),
        at_most("largest label", int(true_n.max()), classes - 1),
    )
