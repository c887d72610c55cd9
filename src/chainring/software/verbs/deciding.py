"""Decisions of a person on what waits, and the close of a case: a fact each, and an act.

decide(project, "pred_01kb", decision="change", value="refund", must=False, by="ann")
"""

from __future__ import annotations

import time
from typing import TYPE_CHECKING

from chainring.contracts.access import Who
from chainring.contracts.case import Case
from chainring.contracts.codec import decode
from chainring.contracts.dataset import Dataset
from chainring.contracts.errors import UnknownNameError
from chainring.contracts.feedback import Feedback
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction
from chainring.contracts.values import labels_in
from chainring.feedback import queue
from chainring.feedback.cases import close, truth_of
from chainring.feedback.holdout import decides, share_to_decide
from chainring.feedback.queue import ItemKind, ReviewItem
from chainring.feedback.statement import reason_of, refuses
from chainring.feedback.value_rules import ValueRules
from chainring.ring.asked import said_by_people, was_asked
from chainring.ring.release.course import running
from chainring.software.reports.suspects import decisions, suspect_named
from chainring.software.verbs import auditing

if TYPE_CHECKING:
    from chainring.software.api import Project
    from chainring.store.traffic import Traffic


def decide(
    project: Project,
    item: str,
    *,
    decision: str,
    value: str,
    must: bool,
    by: str,
    who: Who | None = None,
) -> Label:
    """Store a person's decision on an item of the queue; `who` is kept in the audit."""
    found = item_named(project, item)
    label = queue.decide(
        found,
        decision,
        value=value,
        by=by,
        must=must,
        labels=_known(project),
        now=time.time(),
        new_labels=project.ring.recipe.feedback.new_labels,
        task=project.ring.recipe.data.task,
    )
    for one in decisions(project, label):
        project.ring.ledger.add_fact("label", one.id, one, about=one.record)
    auditing.record(project, "decide", who=who, because=decision, about=item)
    return label


def new_names(project: Project, item: ReviewItem, value: str) -> list[str]:
    """Return the labels of a value that the project does not know; none of one that has a fault."""
    recipe = project.ring.recipe
    rules = ValueRules(
        task=recipe.data.task,
        labels=_known(project),
        new_labels=recipe.feedback.new_labels,
        text=item.text,
    )
    if rules.fault(value) is not None:
        return []
    beside = [name for one in (item.answer, item.proposed) for name in labels_in(rules.form, one)]
    return [name for name in rules.new_names(value) if name not in beside]


def _known(project: Project) -> tuple[str, ...]:
    """Return the labels of the project and of its newest data, which no model may serve yet."""
    made = project.ring.ledger.all_lineage(step="dataset")[-1:]
    ours = (decode(Dataset, row.result).labels for row in made)
    return tuple(sorted({*project.labels()}.union(*ours)))


def close_case(
    project: Project,
    case: str,
    *,
    outcome: str,
    told: str,
    truth: str,
    must: bool,
    by: str,
    who: Who | None = None,
) -> Case:
    """Close a case; the truth found, if any, becomes a label. See `Project.close_case`."""
    ledger, task = project.ring.ledger, project.ring.recipe.data.task
    labels = project.labels()
    with ledger.changing("case", case, Case) as (found, add):
        if found is None:
            raise UnknownNameError("case", case, [one.id for one in project.cases()])
        closed = close(
            found,
            at=time.time(),
            outcome=outcome,
            told=told,
            owner=by,
            truth=truth,
            must=must,
            labels=labels,
            task=task,
            text=project.ring.traffic.text(found.prediction) or "",
        )
        add("case", case, closed, about=closed.opened_by)
        label = truth_of(closed, now=time.time(), task=task)
        if label is not None:
            add("label", label.id, label, about=label.record)
    auditing.record(project, "close_case", who=who, about=case)
    return closed


def _kind_of(project: Project, prediction: Prediction) -> ItemKind:
    """What a decision on an answer is: one that a verdict asked about is no random sample."""
    if not prediction.holdout:
        return "unsure"
    earlier = said_by_people(project.ring, about=prediction.id)
    if any(one.decides for one in earlier) or was_asked(project.ring, prediction.id):
        return "deciding"
    _, release = running(project.ring)
    recipe = project.ring.recipe
    share = share_to_decide(recipe.feedback, recipe.data.task) if release is None else 0.0
    is_kept = decides(prediction, secret=project.secret, share=share)
    return "deciding" if is_kept and not earlier else "holdout"


def item_named(project: Project, item: str) -> ReviewItem:
    """Return the item by its id from the rows themselves: a decision may also change an old one."""
    traffic = project.ring.traffic
    prediction = traffic.prediction(item)
    if prediction is not None:
        return ReviewItem(
            id=item,
            app=project.app,
            kind=_kind_of(project, prediction),
            prediction=item,
            text=traffic.text(item) or "",
            answer=prediction.value,
            pair=prediction.pair,
            author=prediction.author,
            language=prediction.language,
            at=prediction.at,
        )
    row = next(iter(traffic.feedback_named(item)), None)
    if row is not None:
        return ReviewItem(
            id=item,
            app=project.app,
            kind="flag" if row.kind == "flag" else "correction",
            prediction=row.prediction,
            text=row.text,
            answer=row.answer,
            proposed=_proposed(traffic, row),
            refused=refuses(row),
            why=reason_of(row),
            author=row.author,
            at=row.at,
            pair=row.pair,
        )
    suspect = suspect_named(project, item)
    if suspect is not None:
        return suspect
    raise UnknownNameError("item", item, [])


def _proposed(traffic: Traffic, row: Feedback) -> str:
    """Return what a reaction says would have been right."""
    if row.kind == "preference":
        liked = traffic.prediction(row.value)
        return "" if liked is None else liked.value
    return row.value if row.kind == "correction" else ""
