"""The confidence below which a text is passed on to a person.

Enters what a candidate answered to the validation rows, leaves the threshold and the reason.

    threshold(truth, given, confidence_n)

With rows out of scope: the threshold that best separates them (Youden 1950, "Index for rating
diagnostic tests": the share of them passed on, less the share of rows in scope passed on), among
those that pass on at most 5 % of the right answers. Without: the highest that passes on at most 2 %
of the right answers.

Axes: N validation rows.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.training.sentences import say

if TYPE_CHECKING:
    from collections.abc import Sequence

    import numpy as np
    from numpy.typing import NDArray

MAX_RIGHT_PASSED_ON = 0.05
MAX_RIGHT_PASSED_ON_UNSEEN = 0.02


@dataclass(frozen=True, slots=True, kw_only=True)
class Threshold:
    """An answer with less confidence is passed on."""

    value: float
    because: str


MIN_WELL = 20
"""Well written answers from which it can be told how sure they are: the least sure of three is luck
and would pass on nearly all."""
NONE = Threshold(value=0.0, because=say("few well", least=MIN_WELL))


def threshold(
    truth: Sequence[str], given: Sequence[str], confidence_n: NDArray[np.float32]
) -> Threshold:
    """Return the threshold chosen on validation rows.

    Parameters
    ----------
    truth, given
        The true and the given label of each row.
    confidence_n
        The calibrated probability of the given label, shape (N,).
    """
    import numpy as np

    outside_n = np.array([label == OUT_OF_SCOPE for label in truth], dtype=bool)
    given_outside_n = np.array([label == OUT_OF_SCOPE for label in given], dtype=bool)
    right_n = np.array([t == g for t, g in zip(truth, given, strict=True)], dtype=bool)
    right_n &= ~outside_n
    if outside_n.any() and not outside_n.all():
        values = _allowed(confidence_n, right_n, share=MAX_RIGHT_PASSED_ON)
        return _separating(values, outside_n, given_outside_n, confidence_n)
    return _keeping(_allowed(confidence_n, right_n, share=MAX_RIGHT_PASSED_ON_UNSEEN))


def _allowed(
    confidence_n: NDArray[np.float32], right_n: NDArray[np.bool_], *, share: float
) -> list[float]:
    """Return 0 and the thresholds that pass on at most `share` of the right answers, rising.

    They lie halfway between neighbouring confidences: another form of the model, whose numbers
    differ in the last digits, then passes on the same rows.
    """
    import numpy as np

    sure_n = np.sort(confidence_n[right_n].astype(np.float64))
    limit = float(sure_n[int(share * len(sure_n))]) if len(sure_n) else np.inf
    steps = np.unique(confidence_n.astype(np.float64))
    between = (steps[:-1] + steps[1:]) / 2
    return [0.0, *(float(value) for value in between[between <= limit])]


def _separating(
    values: Sequence[float],
    outside_n: NDArray[np.bool_],
    given_outside_n: NDArray[np.bool_],
    confidence_n: NDArray[np.float32],
) -> Threshold:
    def gain(value: float) -> float:
        passed_n = given_outside_n | (confidence_n < value)
        return float(passed_n[outside_n].mean() - passed_n[~outside_n].mean())

    best = max(values, key=gain)  # the lowest of equals
    return Threshold(
        value=best,
        because=say("separates", rows=int(outside_n.sum()), index=f"{gain(best):.2f}"),
    )


def _keeping(values: Sequence[float]) -> Threshold:
    return Threshold(
        value=values[-1],
        because=say("keeps", share=f"{MAX_RIGHT_PASSED_ON_UNSEEN:.0%}"),
    )
