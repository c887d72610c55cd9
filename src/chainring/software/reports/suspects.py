"""Labels that a study suspects, as items that a person reviews like any other.

Enter an opened project and what the caller may be shown; leave review items. To accept one says
that the label the data gives is right. What the decision says then holds for every record of the
row: copies of one text have one truth.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from typing import TYPE_CHECKING

from chainring.contracts.access import Facts, row_facts
from chainring.contracts.codec import decode
from chainring.contracts.dataset import Dataset, Row
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label, review_guideline
from chainring.contracts.study import Study, SuspectLabel
from chainring.data.looking.rows import rows_naming
from chainring.feedback.queue import ReviewItem
from chainring.ring.sight import Sight
from chainring.software.reports.studying import KIND, open_suspects, standing

if TYPE_CHECKING:
    from chainring.software.api import Project


def suspect_items(project: Project, *, sight: Sight | None) -> Iterator[ReviewItem]:
    """Yield those that nobody decided on yet and whose text may be shown, the surest first.

    Without a sight they are counted only: nothing of them is given out.
    """
    studied = standing(project)
    for one, row in open_suspects(project, studied) if studied is not None else ():
        if row.text and (sight is None or sight.text(row.text, row_facts(row)) is not None):
            yield _item(project, one, row)


def suspect_named(project: Project, record: str) -> ReviewItem | None:
    """Return the item of a suspected row by its first record, decided on or not."""
    found = _found(project, record)
    return None if found is None else _item(project, *found)


def suspect_facts(project: Project, record: str) -> list[Facts]:
    """Return the facts of a suspected row by its first record; none where it is none."""
    found = _found(project, record)
    return [] if found is None else [row_facts(found[1])]


def decisions(project: Project, label: Label) -> Iterator[Label]:
    """Yield a decision, and the same on the other records of a suspected row."""
    yield label
    found = _found(project, label.record)
    for record in found[0].records[1:] if found is not None else ():
        yield replace(label, id=new_id("lab", now=label.at), record=record, parents=(record,))


def _found(project: Project, record: str) -> tuple[SuspectLabel, Row] | None:
    studied = standing(project)
    if studied is not None and studied.study is not None:
        one = _suspected(studied.study, record)
        if one is not None and one.row in studied.rows:
            return one, studied.rows[one.row]
    return _decided_before(project, record)


def _suspected(study: Study, record: str) -> SuspectLabel | None:
    return next((one for one in study.suspects if one.records[:1] == (record,)), None)


def _decided_before(project: Project, record: str) -> tuple[SuspectLabel, Row] | None:
    """Return what an earlier study suspected and a person decided on, as the data has it now."""
    ledger = project.ring.ledger
    said = ledger.facts("label", Label, about=record)
    if not any(one.guideline == review_guideline("suspect") for one in said):
        return None
    for study in reversed(ledger.facts(KIND, Study)):
        one = _suspected(study, record)
        row = None if one is None else _row_of(project, record, study)
        if one is not None and row is not None:
            records = (record, *(name for name in row.records if name != record))
            return replace(one, label=row.label or row.target, records=records), row
    return None


def _row_of(project: Project, record: str, study: Study) -> Row | None:
    """Return the row that a record made: one that was rejected stands in older data alone."""
    trees = project.ring.runner.trees
    made = project.ring.ledger.all_lineage(step="dataset")[-1:]
    newest = [decode(Dataset, row.result).address for row in made]
    for address in filter(trees.has, dict.fromkeys((*newest, study.dataset))):
        for row in rows_naming(trees.open(address), [record]):
            if row.text:
                return row
    return None


def _item(project: Project, one: SuspectLabel, row: Row) -> ReviewItem:
    return ReviewItem(
        id=one.records[0],
        app=project.app,
        kind="suspect",
        prediction="",
        text=f"{row.text}\n{row.pair}" if row.pair else row.text,
        answer=one.likely,
        proposed=one.label,
        why=f"models that had not seen it are surer of {one.likely}, by {one.margin:.0%}",
        language=row.language,
    )
