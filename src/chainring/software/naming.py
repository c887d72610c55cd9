"""A project with no labels starts here: groups of similar texts are shown, and a person names them.

Naming a group labels the texts that were shown, not the whole group: a person vouches for what a
person has read. The labels are facts; the next turn learns from them.
"""

from __future__ import annotations

import time
from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainring.contracts.access import record_facts
from chainring.contracts.errors import InputError
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label
from chainring.contracts.record import Record
from chainring.contracts.table import Table
from chainring.software import project as place
from chainring.software.auditing import looking
from chainring.software.fetching import freshen
from chainring.store.tables import read_table

if TYPE_CHECKING:
    from chainring.software.api import Project


@dataclass(frozen=True, slots=True, kw_only=True)
class NamedGroup:
    """A group of similar texts: the records to show (ten at most), its size and its keywords."""

    records: tuple[Record, ...]
    size: int
    keywords: str


def unlabelled_clusters(project: Project) -> list[NamedGroup]:
    """Return the groups among the project's texts that nobody has labelled yet."""
    from chainring.data.cluster import clusters

    named = {label.record for label in project.ring.ledger.facts("label", Label)}
    waiting = [r for r in records(project) if r.id not in named and not r.fields.get("label")]
    with looking(project, "review") as sight:
        found = [record for record in waiting if sight.may(record_facts(record))]
    if not found:
        raise InputError("no text waits for a label; put text into the data folder first")
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


def name_cluster(project: Project, group: NamedGroup, name: str, *, by: str) -> list[Label]:
    """Label the shown texts of a group; return the labels."""
    from chainring.feedback.label_names import label_fault

    fault = label_fault(name, project.labels(), new_labels=True)
    if fault is not None:
        raise InputError("the group was not named", faults=[f"name: {fault}"])
    labels = [
        Label(
            id=new_id("lab"),
            app=project.app,
            record=record.id,
            value=name,
            author=by,
            author_kind="person",
            guideline="named group",
            at=time.time(),
        )
        for record in group.records
    ]
    for label in labels:
        project.ring.ledger.add_fact("label", label.id, label, about=label.record)
    return labels


def enough_lines(project: Project) -> list[str]:
    """Return sentences that tell how many labels are enough, and what is missing."""
    from chainring.data.cluster import enough

    facts = project.ring.ledger.facts("label", Label)
    return enough(Counter(label.value for label in facts if label.state == "accepted"))
