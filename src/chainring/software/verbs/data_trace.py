"""Trace: from a training row back to its page, database row or file line, and on to its models.

Enters the id of a row (or of a record, a prediction, a feedback, or `SOURCE LOCATOR`), leaves a
dict for people and programs alike: where it stood, on which terms, every step that touched it, who
labelled and reviewed it, what users said, and the data sets and models that it entered.

    project.data.trace("rec_4f…")["records"][0]["locator"]        # 'line 12'
    project.data.trace("data/help.csv line 12")["row"]["split"]   # 'train'
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice
from pathlib import Path
from typing import TYPE_CHECKING, Any

from chainring.contracts.access import record_facts, row_facts
from chainring.contracts.codec import decode
from chainring.contracts.dataset import Dataset, Row
from chainring.contracts.errors import InputError
from chainring.contracts.feedback import is_in_words
from chainring.contracts.label import Label
from chainring.contracts.lineage import Lineage
from chainring.contracts.record import Record
from chainring.data.looking.card import moment
from chainring.data.looking.drops import dropped_lines, place_of
from chainring.data.looking.numbers import LEARNT
from chainring.data.looking.records import mentioning, named
from chainring.data.looking.rows import rows_naming
from chainring.ring.built import Ring
from chainring.ring.sight import Sight
from chainring.software import project as place_of_project
from chainring.software.reports.data_look import (
    chain_of,
    dataset_named,
    datasets,
    models_of,
    table,
    tree,
    tree_of,
)

if TYPE_CHECKING:
    from chainring.software.api import Project

RECORD_STEPS = ("records", "cleaned", "corrections")
_MOST = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Traced:
    """What a name stands for: the row, and the ids of the records behind it."""

    row: Row | None
    ids: tuple[str, ...]


def trace(project: Project, name: str, *, sight: Sight, dataset: str = "") -> dict[str, Any]:
    """Return where a row came from and what it became.

    Parameters
    ----------
    name
        Id of a row, record, label, prediction or feedback; or a place: `data/help.csv line 12`.
    dataset
        Address of a data set, or its first 12 digits; empty: the newest.
    sight
        What the caller may be shown; of other texts ids, places and licences only are told.

    Raises
    ------
    InputError
        When nothing of that name entered the data set or was dropped on the way to it; or when the
        name fits several rows, which are named.
    """
    ring = project.ring
    made = dataset_named(ring, dataset)
    chain = chain_of(ring, made)
    found = _found(ring, chain, made, name)
    if found is None:
        return _dropped_place(ring, chain, name)
    row, ids = found.row, found.ids
    about = {*ids, *(row.feedback if row is not None else ())}
    told = None if row is None else _row(row, sight)
    records = [_record(project, r, sight) for r in _records(ring, chain, ids, RECORD_STEPS)]
    words = all("text" in one for one in (told, *records) if one is not None)
    return {
        "name": name,
        "row": told,
        "records": records,
        "steps": list(_steps(ring, chain, ids)),
        "labels": [_label(one, words=words) for one in _labels(ring, chain, ids)],
        "reviews": [
            _label(one, words=words)
            for one in ring.ledger.facts("label", Label)
            if one.record in about or about & set(one.parents)
        ],
        "feedback": list(_feedback(ring, row)),
        "datasets": list(_datasets(ring, ids, words=words)),
    }


def _found(ring: Ring, chain: Sequence[Lineage], made: Lineage, name: str) -> Traced | None:
    folder = tree_of(ring, made)
    rows = list(islice(rows_naming(folder, [name]), _MOST + 1))
    records: list[Record] = []
    if not rows:
        records = [r for one in _tables(ring, chain) for r in named(one, name)]
        rows = list(islice(rows_naming(folder, [r.id for r in records]), _MOST + 1))
    if len({row.id for row in rows}) > 1:
        several = [f"{row.id}  {row.split}  {row.label}" for row in rows[:_MOST]]
        raise InputError(f"{name!r} fits several rows; name one of them", faults=several)
    if rows:
        return Traced(row=rows[0], ids=tuple(dict.fromkeys((rows[0].id, *rows[0].records))))
    return Traced(row=None, ids=tuple(dict.fromkeys(r.id for r in records))) if records else None


def _tables(ring: Ring, chain: Sequence[Lineage]) -> list[Path]:
    found = (table(ring, chain, step) for step in RECORD_STEPS)
    return [one for one in found if one is not None]


def _records(
    ring: Ring, chain: Sequence[Lineage], ids: Sequence[str], steps: Sequence[str]
) -> Iterator[Record]:
    """Yield the records, each once, as the first step has them."""
    wanted = set(ids)
    for step in steps:
        folder = table(ring, chain, step)
        for identifier in sorted(wanted) if folder is not None else ():
            assert folder is not None
            for record in mentioning(Record, folder, identifier):
                if record.id == identifier:
                    wanted.discard(identifier)
                    yield record
                    break


def _dropped_place(ring: Ring, chain: Sequence[Lineage], name: str) -> dict[str, Any]:
    """Return the trace of a place whose row never became a record."""
    for one in chain:
        folder = tree(ring, one)
        for line in dropped_lines(folder) if folder is not None else ():
            place = place_of(line)
            if name in (place.record, place.locator, f"{place.source} {place.locator}"):
                steps = [_step(one) | {"outcome": f"dropped: {line['reason']}"}]
                origin = {"source": place.source, "locator": place.locator}
                empty: dict[str, Any] = {key: [] for key in ("labels", "reviews", "feedback")}
                return {"name": name, "row": None, "records": [origin], "steps": steps,
                        **empty, "datasets": []}  # fmt: skip
    raise InputError(
        f"nothing named {name!r} entered this data set or was dropped on the way to it; `chainring "
        "data show` tells the ids of rows, and a place is written as 'data/help.csv line 12', "
        "where rows have an id as 'data/help.csv id 4711'"
    )


def _row(row: Row, sight: Sight) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": row.id,
        "split": row.split,
        "label": row.label,
        "has_value": _has_value(row),
        "language": row.language,
        "weight": row.weight,
        "must": row.must,
        "group": row.group,
    }
    text = sight.text(row.text, row_facts(row))
    if text is None:
        return shown
    beside = {"pair": row.pair, "target": row.target, "rejected": row.rejected}
    return shown | {"text": text} | {name: value for name, value in beside.items() if value}


def _has_value(row: Row) -> bool:
    return bool(row.label or row.target)


def _record(project: Project, record: Record, sight: Sight) -> dict[str, Any]:
    shown: dict[str, Any] = {
        "id": record.id,
        "source": record.source,
        "locator": record.locator,
        "file": _file(project, record.source),
        "licence": record.licence,
        "consent": record.consent,
        "language": record.language,
        "subject": record.subject,
        "at": None if record.at is None else moment(record.at),
        "parents": list(record.parents),
    }
    text = sight.text(record.text, record_facts(record))
    return shown | ({} if text is None else {"text": text})


def _file(project: Project, source: str) -> str | None:
    """Return the file of a source as it stands now, or None where it is no file of ours."""
    from chainring.data.read import files_of

    try:
        files = files_of(place_of_project.source(project.ring, project.folder).path)
    except InputError:
        return None
    return next((str(one.path) for one in files if one.name == source), None)


def _steps(ring: Ring, chain: Sequence[Lineage], ids: Collection[str]) -> Iterator[dict[str, Any]]:
    """Yield every execution that touched the records, in the order of the ring."""
    for one in chain:
        folder = tree(ring, one)
        outcome = None if folder is None else _outcome(one, folder, ids)
        if outcome is not None:
            yield _step(one) | {"outcome": outcome}


def _outcome(one: Lineage, folder: Path, ids: Collection[str]) -> str | None:
    if one.step == "dataset":
        row = next(rows_naming(folder, list(ids)), None)
        if row is not None:
            return f"row of split {row.split}"
    for line in dropped_lines(folder):
        if place_of(line).record in ids:
            return f"dropped: {line['reason']}"
    if one.step in RECORD_STEPS:
        kept = any(r.id in ids for name in ids for r in mentioning(Record, folder, name))
        return "kept" if kept else None
    if one.step == "labels":
        said = sum(x.record in ids for name in ids for x in mentioning(Label, folder, name))
        return f"{said} labels" if said != 1 else "1 label"
    return None


def _step(one: Lineage) -> dict[str, Any]:
    return {
        "step": one.step,
        "execution": one.id,
        "at": moment(one.started),
        "turn": one.turn,
        "version": one.versions.get("chainring", ""),
    }


def _labels(ring: Ring, chain: Sequence[Lineage], ids: Sequence[str]) -> Iterator[Label]:
    folder = table(ring, chain, "labels")
    for name in ids if folder is not None else ():
        assert folder is not None
        yield from (one for one in mentioning(Label, folder, name) if one.record == name)


def _label(one: Label, *, words: bool) -> dict[str, Any]:
    """Return a label; without `words` a value that somebody wrote is left out."""
    return {
        "id": one.id,
        "value": one.value if words or not one.private else "",
        "by": one.author,
        "kind": one.author_kind,
        "state": one.state,
        "guideline": one.guideline,
        "at": None if one.at is None else moment(one.at),
    }


def _feedback(ring: Ring, row: Row | None) -> Iterator[dict[str, Any]]:
    for name in () if row is None else row.feedback:
        for said in ring.traffic.feedback_on(name):
            yield {
                "id": said.id,
                "prediction": said.prediction,
                "kind": said.kind,
                "value": "" if said.private or is_in_words(said.kind, said.value) else said.value,
                "by": said.author,
                "at": moment(said.at),
            }


def _datasets(ring: Ring, ids: Sequence[str], *, words: bool) -> Iterator[dict[str, Any]]:
    """Yield every data set that holds the records, with the models it taught or judged."""
    seen: set[str] = set()
    for made in datasets(ring):
        data = decode(Dataset, made.result)
        folder = tree(ring, made)
        if data.address in seen or folder is None:
            continue
        seen.add(data.address)
        row = next(rows_naming(folder, ids), None)
        if row is not None:
            verb = "taught" if row.split in LEARNT else "judged" if _has_value(row) else "read by"
            yield {
                "address": data.address,
                "at": moment(made.started),
                "split": row.split,
                "label": row.label,
                **({"target": row.target} if row.target and words else {}),
                "has_value": _has_value(row),
                "models": [
                    {"address": m.address, "part": m.part, "verb": verb, "served": served}
                    for m, served in models_of(ring, data.address)
                ],
            }
