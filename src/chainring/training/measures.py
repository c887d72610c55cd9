"""The figures of a task, each with its interval, from rows and the answers to them.

    measures("tagging", [(row, answer), ...], level=0.95)["entity_f1"]

================  ==================================================================================
form              figures
================  ==================================================================================
one, classified   none besides accuracy, which every evaluation has
one, of pairs     macro F1 (bootstrap over rows); of a model that embeds recall@1, @10 and nDCG@10
several           micro F1, macro F1, the share of rows with exactly the right labels
number            mean absolute error, root mean squared error, Pearson's and Spearman's correlation
tags              F1, precision and recall of tags, and F1 of each kind
text              those of `chainring.training.written_figures`
================  ==================================================================================
"""

from __future__ import annotations

import random
from collections import Counter, defaultdict
from collections.abc import Sequence
from statistics import median
from typing import Any

from chainring.contracts.dataset import Row, Task
from chainring.contracts.evaluation import Share
from chainring.contracts.prediction import Answer
from chainring.contracts.predictor import Predictor
from chainring.contracts.tasks import TASKS, Grade
from chainring.contracts.values import joined, labels_in, tags_of, written
from chainring.stats.classification import macro_f1
from chainring.stats.grades import labels_worth_most, worth_most
from chainring.stats.intervals import Drawn, Interval, bootstrap_mean, mean_grade, no_narrower
from chainring.stats.resampling import (
    correlated,
    pearson,
    ratio,
    resampled,
    root_mean_square,
    spearman,
)
from chainring.stats.retrieval import ndcg_at, recall_at
from chainring.stats.units import Units
from chainring.training.answered import value_of
from chainring.training.written_figures import FIGURES, preferring

Judged = Sequence[tuple[Row, Answer]]
Figures = dict[str, Share]
MAX_KINDS = 50
MIN_QUERIES = 10
RETRIEVED = (1, 10)
COMPARED, BEGINNING = 64, 300
"""Texts among which the likest is looked for, and the characters of each that are compared."""


def measures(task: Task, judged: Judged, *, level: float) -> Figures:
    """Return the figures of a task by name."""
    if not judged:
        return {}
    form = TASKS[task].form
    truth = [value_of(row, task) for row, _ in judged]
    said = [answer.value for _, answer in judged]
    how = drawn([row for row, _ in judged], level=level)
    if form == "text":
        return FIGURES[task](judged, how)
    if form == "one":
        return _of_pairs(truth, said, how) if TASKS[task].pairs else {}
    return {"several": _of_labels, "number": _of_numbers, "tags": _of_tags}[form](truth, said, how)


def drawn(rows: Sequence[Row], *, level: float) -> Drawn:
    """Return how intervals over rows are made: those that belong together are one unit."""
    units = Units.of(rows)
    return {"level": level, "units": None if units.kind == "row" else units.numbers}


def constant_answer(task: Task, values: Sequence[str]) -> str:
    """Return the answer that is worth most when it never changes, as far as that is known.

    Of several labels the best set by their grade, of numbers the median, of tags none at all, of
    texts the one that is likest to the others (of a sample, by how they begin), else the commonest
    value.
    """
    form = TASKS[task].form
    if form == "text":
        return _likest(TASKS[task].grade, [value for value in values if value])
    if not values or form == "tags":
        return "[]" if form == "tags" else ""
    if form == "number":
        return written(median(float(value) for value in values))
    if form == "several":
        return joined(labels_worth_most([labels_in(form, value) for value in values]))
    counts = Counter(values)
    return min(counts, key=lambda value: (-counts[value], value))


def _likest(grade: Grade, texts: Sequence[str]) -> str:
    if not texts:
        return ""
    drawn = random.Random(0).sample(texts, min(len(texts), COMPARED))
    begun = {text[:BEGINNING]: text for text in reversed(drawn)}
    return begun[worth_most(grade, [text[:BEGINNING] for text in drawn], list(begun))]


def searched(predictor: Predictor, rows: Sequence[Row], task: Task, *, level: float) -> Figures:
    """Return what only the predictor itself can tell: how well it finds, or which text it prefers.

    Recall and nDCG are of finding the second text of pairs that go together.

    Every text of the rows may be found. Which label says that a pair goes together is told by the
    embeddings themselves: it is that of the likest pairs.
    """
    if task == "preference":
        return preferring(predictor, rows, level=level)
    if task != "matching" or "embed" not in predictor.capabilities:
        return {}
    from chainring.stats.likeness import unit

    embed: Any = predictor.embed  # type: ignore[attr-defined]
    documents = list(dict.fromkeys(row.pair for row in rows))
    place = {text: i for i, text in enumerate(documents)}
    queries = list(dict.fromkeys(row.text for row in rows))
    if len(documents) < MIN_QUERIES:
        return {}
    table_qd = unit(embed(queries)) @ unit(embed(documents)).T
    at = {text: i for i, text in enumerate(queries)}
    likeness: dict[str, list[float]] = defaultdict(list)
    for row in rows:
        likeness[row.label].append(float(table_qd[at[row.text], place[row.pair]]))
    match = max(likeness, key=lambda label: sum(likeness[label]) / len(likeness[label]))
    wanted: dict[str, set[int]] = defaultdict(set)
    first: dict[str, Row] = {}
    for row in rows:
        if row.label == match:
            wanted[row.text].add(place[row.pair])
            first.setdefault(row.text, row)
    if len(wanted) < MIN_QUERIES:
        return {}
    found = {
        f"recall@{k}": [recall_at(table_qd[at[q]], wanted[q], k=k) for q in wanted]
        for k in RETRIEVED
    }
    found["ndcg@10"] = [ndcg_at(table_qd[at[q]], wanted[q], k=10) for q in wanted]
    how = drawn([first[query] for query in wanted], level=level)
    return {name: _share(mean_grade(values, **how)) for name, values in found.items()}


def _of_pairs(truth: Sequence[str], said: Sequence[str], how: Drawn) -> Figures:
    names = {label: i for i, label in enumerate(sorted({*truth, *said}))}

    def figure(true: Any, told: Any) -> float:
        return macro_f1([str(t) for t in true], [str(t) for t in told])

    columns = [[names[label] for label in column] for column in (truth, said)]
    found = resampled(figure, *columns, **how, draws=400)
    return {"macro_f1": _share(_as_wide(found, how))}


def _of_labels(truth: Sequence[str], said: Sequence[str], how: Drawn) -> Figures:
    rows = [
        (set(labels_in("several", t)), set(labels_in("several", s)))
        for t, s in zip(truth, said, strict=True)
    ]
    exact = mean_grade([float(true == told) for true, told in rows], **how)
    return {
        "micro_f1": _f1(rows, how),
        "macro_f1": _share(_mean_f1(rows, how)),
        "exact_match": _share(exact),
    }


def _mean_f1(rows: Sequence[tuple[set[str], set[str]]], how: Drawn) -> Interval:
    """Return the mean F1 of the labels that are true or told, of the same rows for all of them.

    Axes: N rows, L labels.
    """
    import numpy as np

    names = sorted({label for true, told in rows for label in (*true, *told)})
    true_nl, told_nl = (
        np.array([[float(name in row[side]) for name in names] for row in rows]) for side in (0, 1)
    )
    common_nl, either_nl = true_nl * told_nl, true_nl + told_nl

    def figure(drawn: Any) -> float:
        times_n = np.bincount(drawn.astype(int), minlength=len(rows))
        common_l, either_l = times_n @ common_nl, times_n @ either_nl
        found = either_l > 0
        return float((2 * common_l[found] / either_l[found]).mean()) if found.any() else 0.0

    return _as_wide(resampled(figure, range(len(rows)), **how), how)


def _of_numbers(truth: Sequence[str], said: Sequence[str], how: Drawn) -> Figures:
    true, told = [float(value) for value in truth], [float(value or "nan") for value in said]
    errors = [a - b for a, b in zip(told, true, strict=True)]
    absolute = bootstrap_mean([abs(error) for error in errors], **how, seed=0)
    return {
        "mean_absolute_error": _share(absolute),
        "root_mean_squared_error": _share(resampled(root_mean_square, errors, **how)),
        "pearson": _share(correlated(pearson, true, told, **how)),
        "spearman": _share(correlated(spearman, true, told, **how)),
    }


def _of_tags(truth: Sequence[str], said: Sequence[str], how: Drawn) -> Figures:
    """Return what conlleval counts (Tjong Kim Sang 2000): a tag is right with place and kind."""
    rows = [(set(tags_of(t)), set(tags_of(s))) for t, s in zip(truth, said, strict=True)]
    common = [float(len(true & told)) for true, told in rows]
    figures = {
        "entity_f1": _f1(rows, how),
        "precision": _share(ratio(common, [len(told) for _, told in rows], **how)),
        "recall": _share(ratio(common, [len(true) for true, _ in rows], **how)),
    }
    kinds = sorted({kind for true, _ in rows for _, _, kind in true})
    for kind in kinds[:MAX_KINDS]:
        own = [
            ({t for t in true if t[2] == kind}, {t for t in told if t[2] == kind})
            for true, told in rows
        ]
        figures[f"f1:{kind}"] = _f1(own, how)
    return figures


def _f1(rows: Sequence[tuple[set[Any], set[Any]]], how: Drawn) -> Share:
    """Return the F1 over all rows: twice what is common, over what either has."""
    tops = [2.0 * len(true & told) for true, told in rows]
    bottoms = [float(len(true) + len(told)) for true, told in rows]
    return _share(ratio(tops, bottoms, **how))


def _as_wide(found: Interval, how: Drawn) -> Interval:
    """Return the interval of a share, as wide as its units allow."""
    count = None if how["units"] is None else len(set(how["units"]))
    return no_narrower(found, level=how["level"], n=count)


def _share(found: Interval) -> Share:
    return Share(estimate=found.estimate, low=found.low, high=found.high, rows=found.n)
