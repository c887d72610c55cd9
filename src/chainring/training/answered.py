"""What a candidate answers to validation rows, and how its logits are read from then on.

Enter a trained candidate and the rows to choose by, leave the `Readout` (temperature, cut, margin),
the value it gives to each row and how sure it is.

    found = answered(trained, validation, labels, task="multi-label", spread=0.0)
    found.readout, found.given, found.sure_n

Axes: N validation rows, C classes.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple, TypeAlias

from chainring.contracts.dataset import Row, Task
from chainring.contracts.errors import RefusedError
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import labels_in, tags_of, written
from chainring.stats.grades import grade_of
from chainring.stats.readout import Readout, Said, classes_of
from chainring.training.candidate import Trained, asked

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from chainring.training.candidate import Floats

    Choose: TypeAlias = Callable[[Readout, Floats], Readout]

RIGHT_FROM = 0.5
"""A graded answer counts as right from here on, where only right and wrong are told apart."""

COVERED = 0.9
"""Share of validation errors that lie within the margin of a number."""

CHAINS = 500
"""At most so many rows tell the temperature of tags."""
TEMPERATURES = tuple(0.5 * 10 ** (step / 12) for step in range(13))
LEAST = 1e-6

_CUTS = tuple(step / 20 for step in range(2, 19))


class Answered(NamedTuple):
    """How logits are to be read, what each row is answered then, how surely, and if it is at all.

    `passed_n` marks the rows that go to a person however sure the answer is.
    """

    readout: Readout
    given: list[str]
    sure_n: Floats
    passed_n: NDArray[np.bool_]


def answered(
    trained: Trained,
    validation: Sequence[Row],
    labels: Sequence[str],
    *,
    task: Task,
    spread: float,
    choose: Choose | None = None,
) -> Answered:
    """Return how logits are to be read, and what each row is answered then.

    `choose` may read one label otherwise than as the likeliest one.
    """
    readout = Readout(task=task, labels=tuple(labels))
    if readout.form == "text":
        return _written(trained, validation, readout)
    if readout.form == "tags":
        return _tagged(trained, validation, readout)
    logits_nc = trained.logits([asked(row, task) for row in validation])
    _check_logits(logits_nc, (len(validation), readout.classes))
    truth = [value_of(row, task) for row in validation]
    if readout.form == "number":
        readout = _with_margin(readout, logits_nc, truth, spread)
    elif readout.form == "several":
        readout = _with_cut(readout, logits_nc, truth)
    else:
        readout = _warm(readout, logits_nc, truth)
        readout = choose(readout, readout.shares(logits_nc)) if choose else readout
    return told(readout, readout.said(readout.shares(logits_nc)))


def value_of(row: Row, task: Task) -> str:
    """Return what is true of a row, as a value of the task."""
    return row.label if TASKS[task].says == "label" else row.target


def label_counts(rows: Iterable[Row], task: Task) -> Counter[str]:
    """Return how many rows name each label, or kind of tag; a row may name several."""
    form = TASKS[task].form
    return Counter(name for row in rows for name in labels_in(form, value_of(row, task)))


def grades(
    truth: Sequence[str], given: Sequence[str], *, task: Task, spread: float
) -> tuple[float, ...]:
    """Return what each answer is worth."""
    return tuple(grade_of(task, t, g, spread=spread) for t, g in zip(truth, given, strict=True))


def _check_logits(logits: Floats, shape: tuple[int, int]) -> None:
    """Refuse logits of another shape or that are not finite: calibration would hide both."""
    import numpy as np

    if logits.shape != shape:
        raise RefusedError(f"logits of shape {shape} expected; found {logits.shape}")
    if not np.isfinite(logits).all():
        raise RefusedError("its logits are not finite")


def _check_count(found: int, rows: int) -> None:
    if found != rows:
        raise RefusedError(f"answers to {rows} rows expected; found {found}")


def told(readout: Readout, said: Sequence[Said]) -> Answered:
    """Return answers side by side."""
    import numpy as np

    return Answered(
        readout=readout,
        given=[one.value for one in said],
        sure_n=np.array([one.confidence for one in said], dtype=np.float32),
        passed_n=np.array([one.passed_on for one in said], dtype=bool),
    )


def _warm(readout: Readout, logits_nc: Floats, truth: Sequence[str]) -> Readout:
    place = {label: i for i, label in enumerate(readout.labels)}
    known = [i for i, label in enumerate(truth) if label in place]
    if not known:
        return readout
    return replace(
        readout, temperature=_temperature(logits_nc[known], [place[truth[i]] for i in known])
    )


def _temperature(logits_nc: Any, places: Any) -> float:
    from chainring.stats.calibration import temperature

    return temperature(logits_nc, places, doubt=True)


def _with_cut(readout: Readout, logits_nc: Floats, truth: Sequence[str]) -> Readout:
    """Choose the temperature by likelihood, then the cut that gives the best mean F1 of rows.

    A sigmoid of x is the softmax of (0, x), so the one way to find a temperature serves.
    """
    import numpy as np

    own = [set(labels_in("several", value)) for value in truth]
    true_nc = np.array([[label in row for label in readout.labels] for row in own])
    flat = logits_nc.reshape(-1)
    pairs = np.stack([np.zeros_like(flat), flat], axis=1)
    readout = replace(readout, temperature=_temperature(pairs, true_nc.reshape(-1).astype(int)))
    shares_nc = readout.shares(logits_nc)

    def mean_f1(cut: float) -> float:
        said_nc = shares_nc >= cut
        sizes_n = said_nc.sum(axis=1) + true_nc.sum(axis=1)
        common_n = 2.0 * (said_nc & true_nc).sum(axis=1)
        return float(np.where(sizes_n > 0, common_n / np.maximum(sizes_n, 1), 1.0).mean())

    best = max(_CUTS, key=lambda cut: (mean_f1(cut), -abs(cut - 0.5)))
    return replace(readout, cut=best)


def _with_margin(
    readout: Readout, numbers_n1: Floats, truth: Sequence[str], spread: float
) -> Readout:
    """Return the margin within which 90 % of errors lie: split conformal prediction.

    J. Lei and others 2018, "Distribution-free predictive inference for regression", section 2.2:
    the ⌈(n + 1) · 0.9⌉-th smallest error. Under nine rows there is none such, and no margin (0).
    """
    import numpy as np

    true_n = np.array([float(value) for value in truth])
    errors_n = np.sort(np.abs(numbers_n1[:, 0] - true_n))
    place = math.ceil((len(errors_n) + 1) * COVERED) - 1
    given = [written(float(number)) for number in numbers_n1[:, 0]]
    marks = grades(truth, given, task=readout.task, spread=spread)
    return replace(
        readout,
        margin=float(errors_n[place]) if place < len(errors_n) else 0.0,
        sureness=sum(mark >= RIGHT_FROM for mark in marks) / len(marks),
    )


def _tagged(trained: Trained, validation: Sequence[Row], readout: Readout) -> Answered:
    import numpy as np

    if trained.tokens is None:
        raise RefusedError("a candidate for tagging has to give the logits of tokens")
    found = trained.tokens([asked(row, readout.task) for row in validation])
    _check_count(len(found), len(validation))
    for logits_tc, where in found:
        _check_logits(logits_tc, (len(where), readout.classes))
    places = [
        classes_of(tags_of(row.target), where, readout.labels)
        for row, (_, where) in zip(validation, found, strict=True)
    ]
    flat = np.array([c for row in places for c in row])
    if trained.transitions:
        readout = replace(readout, transitions=trained.transitions)
        readout = _warm_chain(readout, [logits_tc for logits_tc, _ in found], places)
    elif (flat >= 0).any():
        logits = np.concatenate([logits_tc for logits_tc, _ in found])[flat >= 0]
        readout = replace(readout, temperature=_temperature(logits, flat[flat >= 0]))
    said = [readout.tagged(readout.shares(logits_tc), where) for logits_tc, where in found]
    return told(readout, said)


def _warm_chain(readout: Readout, found: Sequence[Floats], places: Sequence[list[int]]) -> Readout:
    """Choose the temperature by which the true classes of tokens are likeliest, all in all.

    It divides the sums of whole sequences, so that no row a token can tell it.
    """
    import numpy as np

    step = -(-len(found) // CHAINS)
    rows = [
        (logits_tc[inside], np.array(row)[inside])
        for logits_tc, row in list(zip(found, places, strict=True))[::step]
        if (inside := np.array(row) >= 0).any()
    ]

    def doubt(temperature: float) -> float:
        warm = replace(readout, temperature=temperature)
        told = ((warm.reckoned(warm.shares(logits_tc)), true_t) for logits_tc, true_t in rows)
        each = [shares_tc[np.arange(len(true_t)), true_t] for shares_tc, true_t in told]
        return float(-np.log(np.maximum(np.concatenate(each), LEAST)).mean())

    return replace(readout, temperature=min(TEMPERATURES, key=doubt)) if rows else readout


def _written(trained: Trained, validation: Sequence[Row], readout: Readout) -> Answered:
    if trained.answers is None:
        raise RefusedError(f"a candidate for {readout.task} has to give answers")
    answers = trained.answers(validation)
    _check_count(len(answers), len(validation))
    said = [Said(value=one.output, confidence=one.confidence) for one in answers]
    return told(readout, said)
