"""What a model promised: how it did, before it served, on the rows that it was judged on.

promised_accuracies(ring, model)           # {'all': 0.93, 'zh': 0.9, 'label refund': 0.8}
promised_costs(ring, model, measure)       # the same by what answers cost, and what a point is
costs_of(rows_of(ring, promoted(ring, model), *POOLED), measure)      # for who has the evaluation
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from chainring.contracts.codec import decode
from chainring.contracts.evaluation import Evaluation, Outcome, Share
from chainring.contracts.measure import Measure
from chainring.contracts.worth import Worth
from chainring.ring.built import Ring
from chainring.ring.gate.pairs import POOLED
from chainring.stats.units import Units
from chainring.stats.unseen import most_due
from chainring.stats.worth import label_shares
from chainring.store.tables import read_table


def promised_accuracies(ring: Ring, model: str) -> dict[str, float]:
    """Return the accuracy that a model was judged at: of all, by language, by true label.

    Of a slice it is the low end of its interval: a few rows that went well are no promise.
    """
    found = promoted(ring, model)
    return {} if found is None else accuracies_of(found)


def accuracies_of(found: Evaluation) -> dict[str, float]:
    """Return what a model promised that was judged so."""
    promised = {"all": _suite(found).estimate}
    for name, share in found.slices.items():
        kind, _, value = name.partition(":")
        if kind in ("language", "label") and value:
            promised[value if kind == "language" else f"label {value}"] = share.low
    return promised


def promoted(ring: Ring, model: str) -> Evaluation | None:
    """Return the first evaluation of a model: later ones hold what it answered as champion."""
    for row in ring.ledger.all_lineage(step="evaluation"):
        evaluation = decode(Evaluation, row.result)
        if evaluation.model == model:
            return evaluation
    return None


def _suite(evaluation: Evaluation) -> Share:
    return evaluation.slices.get("part:suite", evaluation.accuracy)


def promised_costs(ring: Ring, model: str, measure: Measure) -> tuple[dict[str, float], float]:
    """Return the most that answers were judged to cost, by slice, and what a hundred points are.

    Of all, too, it is the high end of an interval: where a dear mistake is rare, the mean of the
    rows that it was judged on may hold none.
    """
    return costs_of(judged_rows(ring, model, *POOLED), measure)


def costs_of(rows: Sequence[Outcome], measure: Measure) -> tuple[dict[str, float], float]:
    """Return what a model promised that was judged on these rows."""
    suite = [row for row in rows if row.part == "suite"] or rows
    if not suite:
        return {}, 1.0
    worth = Worth(measure=measure, shares=label_shares(row.truth for row in suite))
    slices: dict[str, list[Outcome]] = {"all": list(suite)}
    for row in rows:
        for name in _slices_of(row):
            slices.setdefault(name, []).append(row)
    return {
        name: most_lost(lost_of(worth, own), worth) for name, own in slices.items()
    }, worth.points


def most_lost(lost: Sequence[float], worth: Worth) -> float:
    """Return the high end of a 95 % interval of what a row loses, never above `worth.most`.

    One more of the greatest losses is reckoned with: few rows hold no dear mistake by chance.
    """
    return min(most_due(lost, unseen=worth.most), worth.most)


def lost_of(worth: Worth, rows: Sequence[Outcome]) -> list[float]:
    """Return what the answers to judged rows lost."""
    return [
        worth.lost(row.truth, row.label, passed_on=row.passed_on, right=row.right) for row in rows
    ]


def judged_rows(ring: Ring, model: str, *parts: str) -> list[Outcome]:
    """Return the rows that a model was first judged on, one of each unit (see `Units`)."""
    found = promoted(ring, model)
    if found is None or not ring.runner.trees.has(found.address):
        return []
    return rows_of(ring, found, *parts)


def rows_of(ring: Ring, found: Evaluation, *parts: str) -> list[Outcome]:
    """Return the rows of an evaluation whose tree is there, one of each unit."""
    outcomes = read_table(Outcome, ring.runner.trees.open(found.address))
    rows = [row for row in outcomes if row.part in parts]
    first: dict[int, Outcome] = {}
    for row, unit in zip(rows, Units.of(rows).numbers, strict=True):
        first.setdefault(unit, row)
    return list(first.values())


def _slices_of(row: Outcome) -> Iterator[str]:
    yield row.language
    yield f"label {row.truth}"
