"""A study: what twice the labels would bring and where, which labels are wrong, the worst mistakes.

Enters the rows to learn from, the validation rows with what the served form answered, and what the
model came from; leaves a `Study` of ids and numbers. The rows that judge at the gate are not looked
at: whoever mends what they saw there has trained on it.

    found = study(facts, train, validation, answers, settings=settings, seed=0)

==============  ===================================================================
part            how
==============  ===================================================================
curve           a stand-in learns from 1/8 to all of two thirds of the rows and
                tells the others, three times; an inverse power law foretells
wanted          labels by the share of their rows told wrong, shrunk to the mean
suspects        confident learning over the same out-of-fold probabilities
mistakes        the validation rows that the served form told wrong, surest first,
                or of the lowest grade; those that it passed on are counted
==============  ===================================================================

Rows without a single label have mistakes alone: whether more rows help, and which are wrong, is
told by models that learn labels.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from chainring.contracts.dataset import Row, Task
from chainring.contracts.evaluation import Share
from chainring.contracts.prediction import Answer
from chainring.contracts.study import Study, SuspectLabel, Wanted
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import both
from chainring.stats.intervals import wilson
from chainring.stats.learning_curve import MIN_SIZES, CurvePoint, learning_curve
from chainring.stats.wrong_labels import suspects
from chainring.training.sentences import say as said
from chainring.training.settings import TrainingSettings
from chainring.training.study.crossed import FOLDS, Crossed, crossed, units_of
from chainring.training.study.learners import Learner, TermLearner, VectorLearner
from chainring.training.study.mistakes import mistakes

MIN_ROWS = 40
MAX_ROWS = 20_000
"""Of more rows a sample is studied; what it foretells is of all of them."""

MAX_FEATURES = 20_000
"""Of linear.v1's features the most frequent: 20,000 tell TREC's 50 kinds of question as well as all
34,000 do, in a third of the time."""

MAX_SUSPECTS = 200
MIN_LABEL_ROWS = 5
"""A label of which fewer rows teach has no suspects: what is rare always looks wrong, and so does
what stands in one conversation, which is told by none of it."""

SHRINKING = 5.0
"""Rows' worth of the mean that a label's share of mistakes is drawn to."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the study is about. `base` is what the model's encoder came from, '' where none did.

    `home` is the project's folder, which a relative base is looked for in; `spread` is that of the
    training targets, by which numbers are graded.
    """

    app: str
    task: Task
    dataset: str
    form: str
    base: str = ""
    home: Path = Path()
    spread: float = 1.0


def study(
    facts: Facts,
    train: Sequence[Row],
    validation: Sequence[Row],
    answers: Sequence[Answer],
    *,
    settings: TrainingSettings,
    seed: int = 0,
    say: Callable[[str], None] = lambda _: None,
) -> Study:
    """Return the study; a part that these rows do not allow is skipped with its reason.

    Parameters
    ----------
    answers
        What the served form said of each validation row.
    """
    started = time.process_time()
    empty = Study(
        app=facts.app, dataset=facts.dataset, form=facts.form, learner="", rows=len(train)
    )
    rows = _sampled(train, seed)
    found = replace(empty, **mistakes(facts.task, rows, validation, answers, spread=facts.spread))
    reason = _unfit(facts, rows)
    if reason:
        return replace(found, skipped=dict.fromkeys(("curve", "suspects"), reason))
    learner = stand_in(rows, base=facts.base, settings=settings, home=facts.home)
    told = crossed(rows, learner, seed=seed, say=say)
    return replace(
        found,
        learner=learner.name,
        **_curve(rows, told, whole=len(train), seed=seed),
        wanted=wanted(told),
        **_suspects(rows, told),
        cpu_s=time.process_time() - started,
    )


def _unfit(facts: Facts, rows: Sequence[Row]) -> str:
    if TASKS[facts.task].form != "one":
        return said("no single label", task=facts.task)
    if len({row.label for row in rows}) < 2:
        return said("two labels")
    if len(rows) < MIN_ROWS:
        return said("few rows", rows=len(rows), least=MIN_ROWS)
    units = len(set(units_of(rows)))
    if units < FOLDS:
        return said("few units", rows=len(rows), units=units, least=FOLDS)
    return ""


def _sampled(train: Sequence[Row], seed: int) -> list[Row]:
    rows = sorted(train, key=lambda row: row.id)
    if len(rows) > MAX_ROWS:
        rows = random.Random(seed).sample(rows, MAX_ROWS)
    return rows


def stand_in(
    rows: Sequence[Row], *, base: str, settings: TrainingSettings, home: Path = Path()
) -> Learner:
    """Return the learner that stands for the model: its frozen base where it can read the rows.

    Else candidate linear.v1. Two texts of a row enter a base as both vectors, their distance and
    their product.
    """
    import numpy as np

    if base:
        from chainring.training.embedding import encoder_embedder

        embed = encoder_embedder(base, home=home)
        vectors_nh = embed([row.text for row in rows])
        if any(row.pair for row in rows):
            other_nh = embed([row.pair for row in rows])
            parts = (vectors_nh, other_nh, abs(vectors_nh - other_nh), vectors_nh * other_nh)
            vectors_nh = np.concatenate(parts, axis=1)
        if (np.abs(vectors_nh).sum(axis=1) > 0).mean() > 0.9:
            return VectorLearner(vectors_nh, name=f"a linear layer on the frozen {base}")
    cap = min(MAX_FEATURES, settings.linear.max_features)
    options = settings.linear.model_copy(update={"max_features": cap})
    return TermLearner([both(row.text, row.pair) for row in rows], settings=options)


def fitted(told: Crossed) -> list[int]:
    """Return the places of the sizes that the law is fitted to: the largest, three at least.

    Of equal sizes, which few rows a label have, one counts; so there may be under three.

    With under five rows a label accuracy rises ever faster with each doubling, which no power law
    does: on the built-in texts, a fit to 44, 82, 164 and 333 rows of 25 labels foretold 6 points
    where 13 came.
    """
    places = list({size: place for place, size in enumerate(told.sizes)}.values())
    enough = [p for p in places if told.sizes[p] >= MIN_LABEL_ROWS * len(told.labels)]
    return places[-max(MIN_SIZES, len(enough)) :]


def _curve(rows: Sequence[Row], told: Crossed, *, whole: int, seed: int) -> dict[str, Any]:
    """Return the curve over the rows studied, and what it foretells of the whole and twice it."""
    places = fitted(told)
    if len(places) < MIN_SIZES:
        reason = said(
            "few sizes",
            sizes=len(places),
            least=MIN_SIZES,
            rows=len(rows),
            labels=len(told.labels),
        )
        return {"skipped": {"curve": reason}}
    found = learning_curve(
        told.right_ns[:, places],
        [told.sizes[place] for place in places],
        at=(whole, 2 * whole),
        groups=units_of(rows),
        seed=seed,
    )
    return {
        "curve": tuple(_share(point) for point in found.points),
        "forecast": tuple(_share(point) for point in found.forecasts),
        "gain": _share(found.gain),
    }


def _share(point: CurvePoint) -> Share:
    return Share(estimate=point.accuracy, low=point.low, high=point.high, rows=point.rows)


def wanted(told: Crossed) -> tuple[Wanted, ...]:
    """Return the labels, those first whose rows are most often told wrong."""
    import numpy as np

    count = len(told.labels)
    rows_c = np.bincount(told.truth_n, minlength=count)
    right_c = np.bincount(told.truth_n, weights=told.right_ns[:, -1], minlength=count)
    before_c = np.bincount(told.truth_n, weights=told.right_ns[:, -2], minlength=count)
    answer_n = told.probability_nc.argmax(axis=1)
    taken_c = np.bincount(answer_n[answer_n != told.truth_n], minlength=count)
    mean = float(1.0 - told.right_ns[:, -1].mean())
    wrong_c = (rows_c - right_c + SHRINKING * mean) / (rows_c + SHRINKING)
    found = []
    for c in np.argsort(-wrong_c, kind="stable"):
        interval = wilson(int(right_c[c]), int(rows_c[c]))
        share = Share(
            estimate=interval.estimate, low=interval.low, high=interval.high, rows=interval.n
        )
        found.append(
            Wanted(
                label=told.labels[c],
                found=share,
                gained=float((right_c[c] - before_c[c]) / rows_c[c]),
                taken=int(taken_c[c]),
            )
        )
    return tuple(found)


def _suspects(rows: Sequence[Row], told: Crossed) -> dict[str, Any]:
    found = [
        one
        for one in suspects(told.probability_nc, told.truth_n)
        if told.taught_c[one.given] >= MIN_LABEL_ROWS and not rows[one.row].must
    ]
    kept = tuple(
        SuspectLabel(
            row=rows[one.row].id,
            records=rows[one.row].records,
            label=told.labels[one.given],
            likely=told.labels[one.likely],
            margin=round(one.margin, 4),
        )
        for one in found[:MAX_SUSPECTS]
    )
    return {"suspects": kept, "suspected": len(found)}
