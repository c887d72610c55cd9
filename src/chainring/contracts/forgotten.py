"""Forgotten: the act of forgetting a person's text, and the marks by which it is known again.

No text and no name is in it: ids, and digests keyed with the project key. A later turn that meets a
record with one of the marks leaves it out, although a file or a web page still holds it.

====================  ==================================================================
a mark                stands for
====================  ==================================================================
``subject:8c1f…``     every record about this person (column `subject`)
``source:77ab…``      every record of this source (`data/help.jsonl`, 客服记录)
``author:03de…``      every record that this person wrote (column `author`)
``record:rec_9a…:``   one record; behind the last colon its subject, where it has one
====================  ==================================================================
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass, field
from functools import lru_cache
from typing import Literal

from chainring.contracts.ids import keyed
from chainring.contracts.record import Record

ForgettingState = Literal["begun", "done"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Forgotten:
    """One act of forgetting. `begun` is its plan, written before anything goes; `done` follows.

    `counts` has what goes by store; `datasets` and `models` map addresses to rows that a data set
    holds and that a model learnt from; `champion` says whether one of the models served then.
    `places` are those of earlier versions: ids and names of files may be those of people, so that
    now they are told and not kept.
    """

    id: str
    app: str
    at: float
    by: str
    reason: str
    state: ForgettingState
    marks: tuple[str, ...] = ()
    records: tuple[str, ...] = ()
    predictions: tuple[str, ...] = ()
    feedback: tuple[str, ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    datasets: dict[str, int] = field(default_factory=dict)
    models: dict[str, int] = field(default_factory=dict)
    champion: bool = False
    places: tuple[tuple[str, str], ...] = ()
    backups: tuple[str, ...] = ()


def marks_of(record: Record, *, secret: bytes) -> frozenset[str]:
    """Return every mark that a record carries; one of them among the forgotten ones is enough."""
    found = {record_mark(record.id, record.subject), source_mark(record.source, secret)}
    if record.subject:
        found.add(f"subject:{record.subject}")
    if author := record.fields.get("author"):
        found.add(author_mark(author, secret))
    return frozenset(found)


def subject_mark(name: str, secret: bytes) -> str:
    """Return the mark of a person as the column `subject` names them."""
    return f"subject:{keyed(secret, 'subject', name)}"


def record_mark(record: str, subject: str | None) -> str:
    """Return the mark of one record.

    The subject is part of it: records without an `id` column are told apart by their order, and
    when a forgotten one is taken out of its file, the next person's must not inherit the mark.
    """
    return f"record:{record}:{subject or ''}"


@lru_cache(maxsize=4096)
def source_mark(source: str, secret: bytes) -> str:
    """Return the mark of a source by its name."""
    return f"source:{keyed(secret, 'forgotten source', source)}"


@lru_cache(maxsize=4096)
def author_mark(author: str, secret: bytes) -> str:
    """Return the mark of an author of records by their name as records carry it."""
    return f"author:{keyed(secret, 'forgotten author', author)}"


def is_forgotten(record: Record, forgotten: Collection[str], *, secret: bytes) -> bool:
    """Return whether a record carries one of the marks `forgotten`."""
    if not forgotten:
        return False
    return not marks_of(record, secret=secret).isdisjoint(forgotten)
