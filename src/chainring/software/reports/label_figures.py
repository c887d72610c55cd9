"""Figures of each label, and of each label in each declared group, counted from the outcomes.

Enter the outcomes that count, leaves shares with their intervals. Where several labels may be true
each is counted by itself.

    for one in by_label(outcomes, "one"):
        one.label, one.found, one.precise     # 0.92 of its rows told it, 0.71 of its answers right
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.evaluation import Outcome, Share
from chainring.contracts.tasks import Form
from chainring.contracts.values import labels_in
from chainring.stats.intervals import wilson

LABELLED: tuple[Form, ...] = ("one", "several")
"""Forms of answers that have figures of each label."""


@dataclass(frozen=True, slots=True, kw_only=True)
class LabelFigures:
    """One label: `found` of the rows that have it, `precise` of the answers that say it.

    An answer that was passed on to a person says that the text is out of scope, and no label;
    `passed_on` is its share of the rows.
    `precise` is None where no answer says the label.
    """

    label: str
    found: Share
    precise: Share | None
    passed_on: Share


def by_label(outcomes: Sequence[Outcome], form: Form) -> list[LabelFigures]:
    """Return the figures of each label that is true of a row, the least found first."""
    told = [(one, _said(one, form)) for one in outcomes]
    labels = sorted({label for one in outcomes for label in labels_in(form, one.truth)})
    figures = [
        LabelFigures(
            label=label,
            found=_found(rows, label, form),
            precise=_precise([one for one, said in told if label in said], label, form),
            passed_on=_share([one.passed_on for one in rows]),
        )
        for label in labels
        if (rows := _with(outcomes, label, form))
    ]
    return sorted(figures, key=lambda one: (one.found.estimate, one.label))


def by_group(
    outcomes: Sequence[Outcome], form: Form, *, min_rows: int
) -> Iterator[tuple[str, str, Share]]:
    """Yield label, group and the share of its rows told right, for labels with enough rows."""
    grouped = [one for one in outcomes if one.protected]
    groups = sorted({one.protected for one in grouped})
    for label in sorted({label for one in grouped for label in labels_in(form, one.truth)}):
        rows = _with(grouped, label, form)
        if len(rows) < min_rows:
            continue
        for group in groups:
            if own := [one for one in rows if one.protected == group]:
                yield label, group, _found(own, label, form)


def _with(outcomes: Sequence[Outcome], label: str, form: Form) -> list[Outcome]:
    return [one for one in outcomes if label in labels_in(form, one.truth)]


def _found(rows: Sequence[Outcome], label: str, form: Form) -> Share:
    tells: Callable[[Outcome], bool] = (
        (lambda one: one.right >= 1.0)
        if form == "one"
        else (lambda one: label in labels_in(form, one.label))
    )
    return _share([tells(one) for one in rows])


def _said(one: Outcome, form: Form) -> set[str]:
    """Return the labels that an answer says: passing on says out of scope, and nothing else."""
    return {OUT_OF_SCOPE} if one.passed_on else set(labels_in(form, one.label))


def _precise(said: Sequence[Outcome], label: str, form: Form) -> Share | None:
    """Return the share of the answers that say a label rightly; None where no answer says it."""
    return _share([label in labels_in(form, one.truth) for one in said]) if said else None


def _share(values: Sequence[bool]) -> Share:
    found = wilson(sum(values), len(values))
    return Share(estimate=found.estimate, low=found.low, high=found.high, rows=found.n)
