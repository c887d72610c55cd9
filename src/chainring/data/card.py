"""The card of a data set: what is in it, on which terms, and what was left out, on one page.

Enters the facts and rows of a data set, leaves Markdown.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence

from chainring.contracts.dataset import Dataset, Row, licences_in
from chainring.contracts.tasks import Form, facts
from chainring.contracts.values import labels_in

_FEW = 10
_JUDGES = ("test", "holdout")


def card(data: Dataset, rows: Sequence[Row]) -> str:
    """Return the card as Markdown text."""
    labelled = [row for row in rows if row.label or row.target]
    form = facts(data.task).form
    sections = (
        ("Rows by split", data.splits),
        ("Rows by language", _counted(row.language for row in rows)),
        ("Rows by licence", _counted(one for row in rows for one in licences_in(row.licence))),
        ("Rows by source", _counted(row.source for row in rows)),
        ("Labelled rows by label", _counted(one for row in labelled for one in _labels(row, form))),
        ("Left out, by reason", data.counts),
    )
    tables = [f"## {title}\n\n{_table(counts)}" for title, counts in sections]
    intro = f"# Data set of {data.app}\n\n{len(rows)} rows, {len(data.labels)} labels to learn."
    if data.task != "classification":
        intro = f"# Data set of {data.app}\n\n{len(rows)} rows for {data.task}."
    return "\n\n".join([intro, *_warnings(labelled, form), *tables]) + "\n"


def _labels(row: Row, form: Form) -> tuple[str, ...]:
    return labels_in(form, row.label or row.target)


def _counted(values: object) -> Mapping[str, int]:
    return dict(sorted(Counter(values).items()))  # type: ignore[call-overload]


def _table(counts: Mapping[str, int]) -> str:
    lines = [
        f"| {name.replace('|', '/')} | {number} |" for name, number in counts.items() if number
    ]
    return "\n".join(["| what | rows |", "|---|---:|", *lines]) if lines else "nothing"


def _warnings(labelled: Sequence[Row], form: Form) -> list[str]:
    learnt = Counter(
        label for row in labelled if row.split == "train" for label in _labels(row, form)
    )
    few = [f"{label} ({number})" for label, number in sorted(learnt.items()) if number < _FEW]
    judging = {label for row in labelled if row.split in _JUDGES for label in _labels(row, form)}
    unknown = sorted(judging - set(learnt))
    found = []
    if few:
        found.append(f"Labels with fewer than {_FEW} rows to train on: {', '.join(few)}.")
    if unknown:
        found.append(f"Labels that are judged and never learnt: {', '.join(unknown)}.")
    return found
