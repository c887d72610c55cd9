"""Step: the records that are worth learning from, by the profile of `[data.clean]`.

Enters a table of records, leaves another (tree of kind `cleaned`: `rows.jsonl`, `dropped.jsonl`).
Records of which something is said (a label, a written answer) were chosen by somebody: of them only
those go whose licence or consent is not allowed, that say what an earlier one says, or that overlap
with an evaluation text. Without a profile terms and evaluation texts are all that counts.

    table = cleaned(records, work=work, settings=CleanSettings(profile="messages"))
    table.counts                       # {'exact copy': 12, 'too short': 3}
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from chainring.contracts.errors import InputError
from chainring.contracts.record import Record
from chainring.contracts.table import Table
from chainring.contracts.work import Work
from chainring.data.clean import decontaminate
from chainring.data.clean.batch import Batch
from chainring.data.clean.first import Run
from chainring.data.clean.pipeline import DROPPED, clean
from chainring.data.clean.policy import policy
from chainring.data.clean.semantic import opened_embedder
from chainring.data.clean.settings import CleanSettings
from chainring.data.dropped import Dropped
from chainring.data.labels import said_of
from chainring.store.files import file_digest
from chainring.store.tables import read_table, write_table

_AT_ONCE = 512


def digests_of(evaluation: Sequence[str]) -> tuple[str, ...]:
    """Return the digests of the evaluation files; raises InputError with all that are not there."""
    faults = [f"{name}: not there" for name in evaluation if not Path(name).is_file()]
    if faults:
        raise InputError("evaluation texts of [data.clean] cannot be read", faults=faults)
    return tuple(file_digest(Path(name)) for name in evaluation)


def digest_of_embedder(settings: CleanSettings) -> str:
    """Return the digest of the vectors that tell texts of one meaning; empty without any."""
    embed = None if settings.profile == "none" else opened_embedder(settings)
    return "" if embed is None else embed.digest


def cleaned(
    records: Table[Record],
    *,
    work: Work,
    settings: CleanSettings,
    evaluation: tuple[str, ...] = (),
    embedder: str = "",
) -> Table[Record]:
    """Return the records that stay, in their order.

    Parameters
    ----------
    evaluation
        Digests of the evaluation files, so that other texts in them make the step run again.
    embedder
        The digest of the embedder's vectors, for the same reason.

    Raises
    ------
    InputError
        When none is left.
    """
    rows = list(read_table(Record, work.trees.open(records.address)))
    folder = work.folder("cleaned")
    reasons = _reasons(rows, work, settings)
    with Dropped(folder) as dropped:
        for row in rows:
            if row.id in reasons:
                said = {"record": row.id, "source": row.source, "locator": row.locator}
                dropped.add(reasons[row.id], **said)
    count = write_table(folder, (row for row in rows if row.id not in reasons))
    if not count:
        faults = [f"{reason}: {number}" for reason, number in dropped.counts.items()]
        raise InputError("cleaning left no record; loosen [data.clean]", faults=faults)
    address = work.trees.put(folder, kind="cleaned")
    return Table(address=address, rows=count, counts=records.counts | dropped.counts)


def _reasons(rows: list[Record], work: Work, settings: CleanSettings) -> dict[str, str]:
    """Return the id and the reason of every record that goes."""
    if settings.profile == "none":
        return dict(_of_labelled(rows, work.folder("labelled"), settings, copies=True))
    labelled = [row for row in rows if said_of(row)]
    found = dict(_of_labelled(labelled, work.folder("labelled"), settings))
    known = {row.id for row in labelled}
    others = [row for row in rows if row.id not in known]
    return found | _of_others(others, work, settings)


def _of_others(rows: list[Record], work: Work, settings: CleanSettings) -> dict[str, str]:
    if not rows:
        return {}
    given, out = work.scratch / "unlabelled.jsonl", work.scratch / "clean"
    with given.open("w", encoding="utf-8", newline="\n") as lines:
        lines.writelines(json.dumps(_plain(row), ensure_ascii=False) + "\n" for row in rows)
    try:
        clean([given], out=out, settings=settings, executor=work.executor, say=work.say)
    except InputError:
        if not (out / DROPPED).exists():
            raise
    with (out / DROPPED).open(encoding="utf-8") as lines:
        said = [json.loads(line) for line in lines]
    return {str(one["id"]): str(one["reason"]) for one in said}


def _plain(row: Record) -> dict[str, Any]:
    """Return what cleaning reads of a record: whose it is, it need not know."""
    names = ("id", "text", "language", "licence", "consent")
    return {name: getattr(row, name) for name in names}


def _of_labelled(
    rows: list[Record], folder: Path, settings: CleanSettings, *, copies: bool = False
) -> Iterator[tuple[str, str]]:
    if settings.evaluation:
        decontaminate.prepare(Run(folder=str(folder), settings=settings))
    seen: set[tuple[str, ...]] = set()
    for start in range(0, len(rows), _AT_ONCE):
        part = rows[start : start + _AT_ONCE]
        batch = Batch(
            rows=[_plain(row) for row in part],
            texts=[row.text for row in part],
            places=[0] * len(part),
            settings=settings,
            prepared=folder,
        )
        policy(batch)
        if settings.evaluation:
            decontaminate.decontaminate(batch)
        for row, reason in zip(part, batch.reasons, strict=True):
            said = (row.digest, said_of(row), row.fields.get("context", ""))
            if reason or (said in seen and not copies):
                yield row.id, reason or "exact copy"
            seen.add(said)
