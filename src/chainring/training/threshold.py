"""The confidence below which a text is passed on to a person.

Enters what a candidate answered to the validation rows, leaves the threshold and the reason.

    threshold(truth, given, confidence_n)

With rows out of scope: the threshold that best separates them (Youden 1950, "Index for rating
diagnostic tests": the share of them passed on, less the share of rows in scope passed on), among
those that pass on at most 5 % of the right answers. Without: the highest that passes on at most 2 %
of the right answers. In both cases it passes on at most half of what is right of any label that has
five right answers: a rare label is seldom sure, so that all of its answers fit within 2 % of all.

Where mistakes and passing on have their price, it is the one that costs least instead. If that is
to pass on none of these rows, though a mistake may be dearer than passing on, it lies just under
the least sure of them: what is less sure than anything seen is for a person. Where answers
themselves are chosen by those prices, with passing on among them, there is none, unless the best of
all saves on these rows what chance cannot explain (texts out of scope, of which shares know
nothing).

Axes: N validation rows.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.measure import ACCURACY, Measure
from chainring.contracts.said import Said, joined
from chainring.training.cheapest import ALPHA, cheapest, is_dearer, luck
from chainring.training.sentences import say

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    import numpy as np
    from numpy.typing import NDArray

MAX_RIGHT_PASSED_ON = 0.05
MAX_RIGHT_PASSED_ON_UNSEEN = 0.02
MAX_RIGHT_PASSED_ON_OF_A_LABEL = 0.5
MIN_RIGHT_OF_A_LABEL = 5
"""Five answers that are as likely above as below all lie below in one case of 32."""
LABELS_TOLD = 5
JUST_UNDER = 0.99
"""Of the least confidence: another form of the model differs by less."""


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
    truth: Sequence[str],
    given: Sequence[str],
    confidence_n: NDArray[np.float32],
    *,
    passed_n: NDArray[np.bool_] | None = None,
    names: Sequence[Sequence[str]] | None = None,
    fixed: float | None = None,
    measure: Measure = ACCURACY,
    priced: bool = False,
    units: Sequence[int] | None = None,
) -> Threshold:
    """Return the threshold chosen on validation rows, or the `fixed` one with what it does there.

    Parameters
    ----------
    truth, given
        The true and the given label of each row.
    confidence_n
        The calibrated probability of the given label, shape (N,).
    passed_n
        Rows that are passed on whatever their confidence, shape (N,); none given: no row.
    names
        The labels that each row counts for; none given: its true one.
    measure
        What the model will be judged by; only costs say anything of passing on.
    priced
        Whether the answers are those of least cost, and `passed_n` what is passed on for its price.
    units
        Rows of the same number are one piece of evidence; none given: each row is one.
    """
    import numpy as np

    outside_n = np.array([label == OUT_OF_SCOPE for label in truth], dtype=bool)
    given_outside_n = np.array([label == OUT_OF_SCOPE for label in given], dtype=bool)
    right_n = np.array([t == g for t, g in zip(truth, given, strict=True)], dtype=bool)
    right_n &= ~outside_n
    labels = _by_label([(label,) for label in truth] if names is None else names, right_n)
    separable = bool(outside_n.any()) and not outside_n.all()

    def best(limit: float) -> Threshold:
        values = _allowed(confidence_n, limit)
        if separable:
            return _separating(values, outside_n, given_outside_n, confidence_n)
        return _keeping(values)

    sure = {label: confidence_n[rows] for label, rows in labels.items()}
    on = {} if passed_n is None else {label: passed_n[rows] for label, rows in labels.items()}
    if fixed is not None:
        chosen = Threshold(value=fixed, because=say("fixed"))
    elif measure.name == "cost":
        passed = given if passed_n is None else _passed(given, passed_n)
        chosen = (
            _saving(truth, passed, confidence_n, measure, units)
            if priced
            else _cheapest(truth, passed, confidence_n, measure)
        )
    else:
        share = MAX_RIGHT_PASSED_ON if separable else MAX_RIGHT_PASSED_ON_UNSEEN
        chosen = _held_down(best, limit=_reach(confidence_n[right_n], share), sure=sure)
    told = _told(sure, chosen.value, on)
    return replace(chosen, because=joined([chosen.because, told])) if told else chosen


def _passed(given: Sequence[str], passed_n: NDArray[np.bool_]) -> list[str]:
    """Return the labels, out of scope where a row is passed on: both cost alike."""
    return [OUT_OF_SCOPE if on else label for label, on in zip(given, passed_n, strict=True)]


def _cheapest(
    truth: Sequence[str], given: Sequence[str], confidence_n: NDArray[np.float32], measure: Measure
) -> Threshold:
    import numpy as np

    found = cheapest(truth, given, confidence_n, _allowed(confidence_n, np.inf), measure)
    figures = {"cost": f"{found.cost:.3g}", "without": f"{found.without:.3g}"}
    because = say("cheapest", **figures, rows=len(truth))
    if found.value > 0.0 or not _may_pay({*truth, *measure.named}, measure):
        return Threshold(value=found.value, because=because)
    value = JUST_UNDER * float(confidence_n.min())
    return Threshold(value=value, because=joined([because, say("least sure")]))


def _saving(
    truth: Sequence[str],
    given: Sequence[str],
    confidence_n: NDArray[np.float32],
    measure: Measure,
    units: Sequence[int] | None,
) -> Threshold:
    """Return the cheapest threshold where it saves what chance cannot explain, else none (0)."""
    import numpy as np

    found = cheapest(truth, given, confidence_n, _allowed(confidence_n, np.inf), measure)
    answers = list(zip(truth, given, strict=True))
    none, on = (
        np.array([measure.cost(t, g, passed_on=is_on) for t, g in answers])
        for is_on in (False, True)
    )
    with_it = np.where(confidence_n < found.value, on, none)
    most = [measure.pass_on] * len(answers)  # all that a row can lose by it
    if (
        found.value > 0.0
        and is_dearer(none.tolist(), with_it.tolist(), most=most, units=units)
        and luck(none - on, confidence_n, found.value, units=units) <= ALPHA
    ):
        figures = {"cost": f"{found.cost:.3g}", "without": f"{found.without:.3g}"}
        return Threshold(value=found.value, because=say("cheapest", **figures, rows=len(truth)))
    because = say("costs", cost=f"{found.without:.3g}", rows=len(truth))
    return Threshold(value=0.0, because=because)


def _may_pay(labels: Iterable[str], measure: Measure) -> bool:
    """Whether some mistake costs more than that a person looks."""
    return any(measure.worst(label) > measure.pass_on for label in labels)


def _by_label(names: Sequence[Sequence[str]], right_n: NDArray[np.bool_]) -> dict[str, list[int]]:
    """Return the rows that are answered right, by the labels that they count for."""
    found: defaultdict[str, list[int]] = defaultdict(list)
    for row, labels in enumerate(names):
        if right_n[row]:
            for label in labels:
                found[label].append(row)
    return dict(sorted(found.items()))


def _told(
    sure: Mapping[str, NDArray[np.float32]], value: float, on: Mapping[str, NDArray[np.bool_]]
) -> str:
    """Say how many right answers of each label are passed on, the worst labels first; or ''.

    `on` marks those that are passed on whatever their confidence.
    """
    counts = {
        label: (int(((own < value) | on.get(label, False)).sum()), len(own))
        for label, own in sure.items()
    }
    worst = sorted(
        (label for label, (passed, _) in counts.items() if passed),
        key=lambda label: (-counts[label][0] / counts[label][1], label),
    )
    if not worst:
        return ""
    parts = [
        Said(f"{label} {passed} of {right}", zh=f"{label} {passed}/{right}")
        for label in worst[:LABELS_TOLD]
        for passed, right in [counts[label]]
    ]
    if len(worst) > LABELS_TOLD:
        parts.append(say("further labels", count=len(worst) - LABELS_TOLD))
    return say("by label", labels=joined(parts, en=", ", zh="、"))


def _held_down(
    best: Callable[[float], Threshold], *, limit: float, sure: Mapping[str, NDArray[np.float32]]
) -> Threshold:
    """Return the best threshold up to `limit` that leaves each label half of its right answers."""
    caps = {
        label: _reach(own, MAX_RIGHT_PASSED_ON_OF_A_LABEL)
        for label, own in sure.items()
        if len(own) >= MIN_RIGHT_OF_A_LABEL
    }
    free = best(limit)
    label = min(caps, key=lambda one: caps[one], default="")
    if not label or caps[label] >= limit:
        return free
    chosen = best(caps[label])
    if chosen.value == free.value:
        return chosen
    held = say("held down", label=label, without=f"{free.value:.3f}")
    return replace(chosen, because=joined([chosen.because, held]))


def _allowed(confidence_n: NDArray[np.float32], limit: float) -> list[float]:
    """Return 0 and the thresholds up to `limit`, rising.

    They lie halfway between neighbouring confidences: another form of the model, whose numbers
    differ in the last digits, then passes on the same rows.
    """
    import numpy as np

    steps = np.unique(confidence_n.astype(np.float64))
    between = (steps[:-1] + steps[1:]) / 2
    return [0.0, *(float(value) for value in between[between <= limit])]


def _reach(sure: NDArray[np.float32], share: float) -> float:
    """Return the highest threshold that passes on at most `share` of these."""
    import numpy as np

    return float(np.sort(sure)[int(share * len(sure))]) if len(sure) else np.inf


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
