"""The tables of labels in a card, and how many labels and groups they leave out.

tables, left = label_tables(outcomes, "one", WORDS["en"])
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chainring.contracts.evaluation import Outcome, Share
from chainring.contracts.tasks import Form
from chainring.software.reports.label_figures import by_group, by_label
from chainring.text.characters import in_cell

MOST_SLICES = 40
MIN_SLICE_ROWS = 10


def label_tables(
    outcomes: Sequence[Outcome], form: Form, say: Mapping[str, str]
) -> tuple[list[str], int]:
    """Return the tables of labels and of labels by group, and how many lines they leave out.

    Shown are labels with at least 10 rows, 40 lines a table.
    """
    labels, groups = by_label(outcomes, form), list(by_group(outcomes, form, min_rows=1))
    label_lines = [
        f"| {in_cell(one.label)} | {_told(one.found)} | {_told(one.precise)} "
        f"| {100 * one.passed_on.estimate:.1f}% | {one.found.rows:,} |"
        for one in labels
        if one.found.rows >= MIN_SLICE_ROWS
    ][:MOST_SLICES]
    group_lines = [
        f"| {in_cell(label)} | {in_cell(group)} | {_told(share)} | {share.rows:,} |"
        for label, group, share in by_group(outcomes, form, min_rows=MIN_SLICE_ROWS)
    ][:MOST_SLICES]
    tables = []
    if label_lines:
        head = [say[key] for key in ("slice label", "found", "precise", "label passed", "rows")]
        tables.append("\n".join([_head(head), *label_lines]))
    if group_lines:
        head = [say[key] for key in ("slice label", "slice protected", "found", "rows")]
        tables.append(say["mix"] + "\n\n" + "\n".join([_head(head), *group_lines]))
    return tables, len(labels) + len(groups) - len(label_lines) - len(group_lines)


def percent(estimate: float, low: float, high: float) -> str:
    """Return a share with its interval as a card writes it: `81.2% (79.0–83.2)`."""
    return f"{100 * estimate:.1f}% ({100 * low:.1f}–{100 * high:.1f})"


def _head(names: Sequence[str]) -> str:
    return f"| {' | '.join(names)} |\n|{' --- |' * (len(names) - 1)} ---: |"


def _told(share: Share | None) -> str:
    return "–" if share is None else percent(share.estimate, share.low, share.high)
