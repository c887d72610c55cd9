"""A project with no labels starts here: groups of similar texts are shown, and a person names them.

Naming a group labels the texts that were shown, not the whole group: a person vouches for what a
person has read. The labels are facts; the next turn learns from them. A group that a page shows is
kept by the ids of its texts, so that it is the same group when its name comes back.
"""

from __future__ import annotations

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainring.contracts.access import Who, record_facts
from chainring.contracts.codec import digest
from chainring.contracts.errors import InputError, UnknownNameError
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label
from chainring.contracts.record import Record
from chainring.contracts.table import Table
from chainring.software import project as place
from chainring.software.verbs.auditing import looking, record
from chainring.software.verbs.fetching import freshen
from chainring.store.tables import read_table

if TYPE_CHECKING:
    from chainring.software.api import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGroup:
    """A group of similar texts: the records to show (ten at most), its size and its keywords."""

    records: tuple[Record, ...]
    size: int
    keywords: str


SHOWN = "group"
"""Kind of the facts that keep shown groups, and the beginning of their ids."""

MOST = 5_000
"""Texts that a page groups at once: a minute is too long for one who waits for an answer."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownGroup:
    """A group as it is kept: the ids of the records that were shown, no word of anybody."""

    id: str
    app: str
    records: tuple[str, ...]


def unlabelled_clusters(project: Project, *, who: Who | None = None) -> list[NamedGroup]:
    """Return the groups among the project's texts that nobody has labelled yet."""
    found = _unlabelled(project, who)
    if not found:
        raise InputError("no text waits for a label; put text into the data folder first")
    return _groups(project, found)


def _unlabelled(project: Project, who: Who | None) -> list[Record]:
    named = {label.record for label in project.ring.ledger.facts("label", Label)}
    waiting = [r for r in records(project) if r.id not in named and not r.fields.get("label")]
    with looking(project, "review", who=who) as sight:
        return [record for record in waiting if sight.may(record_facts(record))]


def _groups(project: Project, found: Sequence[Record]) -> list[NamedGroup]:
    from chainring.data.cluster import clusters

    seed = project.ring.recipe.training.seed
    return [
        NamedGroup(
            records=tuple(found[index] for index in cluster.nearest),
            size=cluster.size,
            keywords=", ".join(cluster.keywords),
        )
        for cluster in clusters([record.text for record in found], seed=seed)
    ]


def records(project: Project) -> list[Record]:
    """Return the project's records, from the ledger or made now."""
    from chainring.hardware.machine import machine
    from chainring.ring.turn import prepare

    freshen(project)
    ring = project.ring
    made: Table[Record] = prepare(
        ring,
        machine=machine(folder=project.folder),
        policy=ring.recipe.privacy.policy(),
        source=place.source(ring, project.folder),
    ).noun
    return list(read_table(Record, ring.runner.trees.open(made.address)))


def shown_groups(
    project: Project, *, limit: int, who: Who | None = None
) -> list[tuple[str, NamedGroup]]:
    """Return groups to name with the ids by which `name_shown` finds them again."""
    ledger, found = project.ring.ledger, []
    waiting = sorted(_unlabelled(project, who), key=lambda record: record.id)  # in keyed order
    for group in _groups(project, waiting[:MOST])[:limit]:
        records = tuple(record.id for record in group.records)
        shown = ShownGroup(
            id=f"{SHOWN}_{digest(list(records)).partition(':')[2][:24]}",
            app=project.app,
            records=records,
        )
        if ledger.fact(SHOWN, shown.id, ShownGroup) is None:
            ledger.add_fact(SHOWN, shown.id, shown)
        found.append((shown.id, group))
    return found


def name_shown(
    project: Project, group: str, name: str, *, by: str, who: Who | None = None
) -> list[Label]:
    """Label the texts of a group that was shown; return the labels. `who` is kept in the audit.

    Raises
    ------
    InputError
        When the name cannot be a label.
    UnknownNameError
        When no such group was shown.
    """
    if not name:
        raise InputError("a group gets a name or is left alone: `change` with the name in `value`")
    kept = project.ring.ledger.fact(SHOWN, group, ShownGroup)
    if kept is None:
        raise UnknownNameError("review item", group, [])
    return _named(project, kept.records, name, by=by, who=who, about=group)


def name_cluster(project: Project, group: NamedGroup, name: str, *, by: str) -> list[Label]:
    """Label the shown texts of a group; return the labels."""
    return _named(project, [record.id for record in group.records], name, by=by)


def _named(
    project: Project,
    records: Sequence[str],
    name: str,
    *,
    by: str,
    who: Who | None = None,
    about: str = "",
) -> list[Label]:
    from chainring.feedback.label_names import label_fault

    fault = label_fault(name, project.labels(), new_labels=True)
    if fault is not None:
        raise InputError("the group was not named", faults=[f"name: {fault}"])
    labels = [
        Label(
            id=new_id("lab"),
            app=project.app,
            record=record,
            value=name,
            author=by,
            author_kind="person",
            guideline="named group",
            at=time.time(),
        )
        for record in records
    ]
    for label in labels:
        project.ring.ledger.add_fact("label", label.id, label, about=label.record)
    record(project, "decide", who=who, because="change", about=about)
    return labels


def enough_lines(project: Project) -> list[str]:
    """Return sentences that tell how many labels are enough, and what is missing."""
    from chainring.data.cluster import enough

    facts = project.ring.ledger.facts("label", Label)
    return enough(Counter(label.value for label in facts if label.state == "accepted"))
