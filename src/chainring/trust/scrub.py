"""Scrubbing: the files of stored trees without the texts and names of what is forgotten.

Enters a file of a tree and what was chosen, leaves the same file with those rows blank, or nothing
when no row is concerned. Ids, labels, licences and sources stay, so that lineage and `why` go on
working; of labels all but what a user gave, which may be any word. A row that several records were
merged into keeps the words of those who stay.

===================  =======================================================================
a file               what becomes of a row that is concerned
===================  =======================================================================
``rows.jsonl`` …     texts, comments, names and further fields are emptied
``rows.parquet``     texts and names are emptied; a shared row takes the text of one who stays, a
                     row of two texts, or with a target, goes as a whole
``golden.jsonl``     the line goes: a blank one would be a wrong yardstick
``dropped.jsonl`` …  as rows; a text that stands without ids goes when nobody else wrote it
===================  =======================================================================
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from chainring.contracts.feedback import OWN_WORDS
from chainring.store.tables import ROWS_FILE, TABLE_FILE

GOLDEN_FILE = "golden.jsonl"
_ID = re.compile(r"(?:rec|pred|fb)_[0-9a-z]+")
_NAMED = re.compile(r"^label .+ (has \d+ rows?;|fell to )")
_ABOUT = ("id", "record", "row", "prediction", "parents", "feedback")
_EMPTY: dict[str, Any] = {
    "text": "", "comment": "", "author": "", "protected": "", "episode": "", "key": "",
    "subject": None, "answer": "", "context": "", "pair": "", "output": "",
}  # fmt: skip
_KEPT_FIELDS = ("label", "split", "part", "state", "reaction", "author_kind", "must")
_COLUMNS = ("text", "author", "protected", "pair", "target", "rejected", "episode")
_BESIDE = ("pair", "target", "rejected")
_LEARNT = ("target", "rejected")


@dataclass(frozen=True, slots=True, kw_only=True)
class Chosen:
    """What is forgotten: ids of records, of answers and reactions; texts that nobody else wrote.

    `quotes` are answers that stay, and reactions that say the same, with what they quote of a
    record that goes: it goes from them and from all that was made of them. `stand_ins` has the text
    of a record that stays, for rows that it shares with one that goes.
    """

    records: Collection[str]
    answers: Collection[str]
    texts: Collection[str] = ()
    quotes: Mapping[str, str] = field(default_factory=dict)
    stand_ins: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_empty(self) -> bool:
        """Whether nothing is to be forgotten."""
        return not (self.records or self.answers)

    def has(self, identifier: str) -> bool:
        """Whether a record, an answer or a reaction is among it."""
        return identifier in self.records or identifier in self.answers

    def quoted(self, identifiers: Iterable[str]) -> set[str]:
        """Return what those of the answers quote of records that go."""
        return {self.quotes[one] for one in identifiers if self.quotes.get(one)}


def scrub(source: Path, target: Path, chosen: Chosen) -> int:
    """Write `source` without what was chosen to `target`; return how many rows are concerned.

    When none is, `target` is not written. Files that are no tables (weights, cards) have no rows.
    """
    if source.name == ROWS_FILE:
        return _scrub_parquet(source, target, chosen)
    if source.suffix != ".jsonl":
        return 0
    clean = _cleaner(source)
    count = concerned(source, chosen)
    if count:
        with (
            source.open(encoding="utf-8") as lines,
            target.open("w", encoding="utf-8", newline="\n") as out,
        ):
            for line in lines:
                after = clean(line, chosen)
                out.write(line if after is None else after)
    return count


def concerned(source: Path, chosen: Chosen) -> int:
    """Return how many rows of a file `scrub` would change or take out."""
    if source.name == ROWS_FILE:
        changed, _ = _changed_columns(source, chosen)
        return changed
    if source.suffix != ".jsonl":
        return 0
    clean = _cleaner(source)
    with source.open(encoding="utf-8") as lines:
        return sum(clean(line, chosen) is not None for line in lines)


def _cleaner(source: Path) -> Callable[[str, Chosen], str | None]:
    if source.name == GOLDEN_FILE:
        return _golden
    return _blanked if source.name == TABLE_FILE else _blanked_by_text


def rows_of(lines: Iterable[str], chosen: Chosen) -> Iterator[dict[str, Any]]:
    """Yield the rows of JSON lines that are about what was chosen."""
    for line in lines:
        if any(chosen.has(found) for found in _ID.findall(line)):
            row = json.loads(line)
            if any(chosen.has(name) for name in _about(row)):
                yield row


def _about(row: Mapping[str, Any]) -> Iterator[str]:
    for name in _ABOUT:
        value = row.get(name)
        yield from [value] if isinstance(value, str) else value or ()


def _blanked(line: str, chosen: Chosen) -> str | None:
    """Return the line emptied of texts and names, or None where that changes nothing."""
    row = next(rows_of([line], chosen), None)
    if row is None:
        return _unquoted(line, chosen)
    blank = row | {name: empty for name, empty in _EMPTY.items() if name in row}
    is_users = row.get("author_kind") == "user"
    if (row.get("kind") in OWN_WORDS or row.get("private") or is_users) and "value" in row:
        blank["value"] = ""
    if is_users and "state" in row:
        blank["state"] = "rejected"  # what is empty is accepted no more
    if isinstance(row.get("fields"), dict):
        own = ("label",) if row.get("source") == "feedback" else ()
        kept = [name for name in _KEPT_FIELDS if name not in own]
        blank["fields"] = {n: v for n, v in row["fields"].items() if n in kept}
    if row.get("source") == "feedback" and "reason" in row:
        blank["reason"] = _NAMED.sub(r"a label \1", row["reason"])
    if blank == row:
        return None
    return _line(blank)


def _unquoted(line: str, chosen: Chosen) -> str | None:
    """Return a line about an answer without what that quotes of a record that goes; else None."""
    if not chosen.quotes or not any(one in chosen.quotes for one in _ID.findall(line)):
        return None
    row = json.loads(line)
    quoted, blank = chosen.quoted(_about(row)), dict(row)
    if row.get("prediction") in chosen.quotes and row.get("looked_up"):
        blank |= {"pair": "", "answer": ""}
    if isinstance(row.get("fields"), dict):
        learnt = {name: row["fields"].get(name) for name in _LEARNT}
        gone = [name for name, value in learnt.items() if value in quoted]
        blank["fields"] = {n: v for n, v in row["fields"].items() if n not in gone}
    if row.get("private") and row.get("value") in quoted:
        blank |= {"value": ""} | ({"state": "rejected"} if "state" in row else {})
    return None if blank == row else _line(blank)


def _line(row: Mapping[str, Any]) -> str:
    return json.dumps(row, sort_keys=True, ensure_ascii=False, separators=(",", ":")) + "\n"


def _blanked_by_text(line: str, chosen: Chosen) -> str | None:
    """Return the line as `_blanked` does; beside the tables a text may stand without an id."""
    after = _blanked(line, chosen)
    if after is None and '"text":' in line:
        row = json.loads(line)
        if row.get("text") and row["text"] in chosen.texts:
            return json.dumps(row | {"text": ""}, ensure_ascii=False) + "\n"
    return after


def _golden(line: str, chosen: Chosen) -> str | None:
    """Return nothing in place of a golden line whose text goes, or None where it stays."""
    row = json.loads(line)
    goes = any(row.get(name) in chosen.texts for name in ("text", "pair"))
    return "" if goes else None


def _scrub_parquet(source: Path, target: Path, chosen: Chosen) -> int:
    import pyarrow as pa
    import pyarrow.parquet as pq

    count, columns = _changed_columns(source, chosen)
    if count:
        table = pq.read_table(source)
        for name, values in columns.items():
            at = table.schema.get_field_index(name)
            table = table.set_column(at, table.schema.field(name), pa.array(values, pa.string()))
        pq.write_table(table, target, compression="zstd")
    return count


def _changed_columns(source: Path, chosen: Chosen) -> tuple[int, dict[str, list[str]]]:
    """Return how many rows of a data set change, and the columns as they are then."""
    import pyarrow.parquet as pq

    known = [name for name in _COLUMNS if name in pq.read_schema(source).names]
    table = pq.read_table(source, columns=["records", "feedback", *known])
    columns = {name: table.column(name).to_pylist() for name in known}
    made_of = zip(
        *(table.column(name).to_pylist() for name in ("records", "feedback")), strict=True
    )
    count = 0
    for place, (records, feedback) in enumerate(made_of):
        row = {name: columns[name][place] or "" for name in known}
        if records and records[0] in chosen.records:
            after = dict.fromkeys(known, "")
            if not any(row.get(name) for name in _BESIDE):
                after["text"] = _words(records, chosen)
        else:
            after = _row_unquoted(row, chosen.quoted(feedback or ()))
        if after != row:
            count += 1
            for name, value in after.items():
                columns[name][place] = value
    return count, columns


def _row_unquoted(row: dict[str, str], quoted: Collection[str]) -> dict[str, str]:
    """Return a row of a data set without what is quoted; empty where it says nothing any more."""
    gone = [name for name in _LEARNT if row.get(name) and row[name] in quoted]
    if gone and all(name in gone for name in _LEARNT if row.get(name)):
        return dict.fromkeys(row, "")
    return row | dict.fromkeys(gone, "")


def _words(records: list[str], chosen: Chosen) -> str:
    """Return the words of a row whose first record goes: those of one who stays, or none."""
    stays = next((one for one in records if one not in chosen.records), "")
    return chosen.stand_ins.get(stays, "")


def rows_by_split(source: Path, chosen: Chosen) -> Counter[str]:
    """Return how many rows of a data set all of whose records go, by split; scrubbed ones, too."""
    import pyarrow.parquet as pq

    table = pq.read_table(source, columns=["split", "records"])
    pairs = zip(table.column("split").to_pylist(), table.column("records").to_pylist(), strict=True)
    return Counter(
        split
        for split, records in pairs
        if records and all(one in chosen.records for one in records)
    )


def partners(source: Path, chosen: Chosen) -> set[str]:
    """Return the records that stay in rows whose first record goes."""
    import pyarrow.parquet as pq

    rows = pq.read_table(source, columns=["records"]).column("records").to_pylist()
    stay = (
        next((one for one in records if one not in chosen.records), "")
        for records in rows
        if records and records[0] in chosen.records
    )
    return {one for one in stay if one}
