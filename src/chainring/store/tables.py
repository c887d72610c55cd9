"""Rows of nouns in a folder: JSON lines for tables, Parquet for the rows of a data set.

Enters an iterable of nouns, leaves `rows.jsonl` or `rows.parquet` with the same bytes every time.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TypeVar

from chainring.contracts.codec import decode, encode, plain
from chainring.contracts.dataset import Row
from chainring.contracts.errors import DamagedError, InputError

N = TypeVar("N")

TABLE_FILE = "rows.jsonl"
ROWS_FILE = "rows.parquet"
_LISTS = ("records", "labels", "feedback")


def write_table(folder: Path, nouns: Iterable[object]) -> int:
    """Write nouns as `rows.jsonl`; return their number."""
    count = 0
    with (folder / TABLE_FILE).open("w", encoding="utf-8", newline="\n") as out:
        for count, noun in enumerate(nouns, 1):  # noqa: B007 - the count is the result
            out.write(encode(noun) + "\n")
    return count


def read_table(kind: type[N], folder: Path) -> Iterator[N]:
    """Yield the nouns of class `kind` that `write_table` put into `folder`."""
    with (folder / TABLE_FILE).open(encoding="utf-8") as lines:
        for line in lines:
            yield decode(kind, line)


def write_rows(folder: Path, rows: Iterable[Row]) -> int:
    """Write data-set rows as `rows.parquet` (zstd); return their number."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    fields = [(name, pa.list_(pa.string())) for name in _LISTS]
    kinds = {"weight": pa.float64(), "must": pa.bool_(), **dict(fields)}
    schema = pa.schema([(name, kinds.get(name, pa.string())) for name in Row.__slots__])
    table = pa.Table.from_pylist([plain(row) for row in rows], schema=schema)
    pq.write_table(table, folder / ROWS_FILE, compression="zstd")
    return int(table.num_rows)


def read_rows(
    folder: Path, *splits: str, names: Collection[str] = (), forgotten: bool = False
) -> list[Row]:
    """Return the rows of `rows.parquet`, of the named splits and ids only when any is named.

    A row whose text was forgotten (it is empty then) is left out unless `forgotten` asks for it.
    """
    asked = (("split", set(splits)), ("id", set(names)))
    filters = [(column, "in", wanted) for column, wanted in asked if wanted] or None
    found = _columns(folder, filters=filters)
    _require_known(folder / ROWS_FILE, found.column_names)
    return [
        Row(**{**row, **{name: tuple(row[name] or ()) for name in _LISTS}})
        for row in found.to_pylist()
        if forgotten or row["text"]
    ]


def _require_known(path: Path, columns: Iterable[str]) -> None:
    strange = [f"Row.{name}" for name in sorted(set(columns).difference(Row.__slots__))]
    if strange:
        raise InputError(
            f"{path} cannot be read; a newer chainring may have written it: install that one",
            faults=[f"{name}: unknown key" for name in strange],
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class MadeRow:
    """What an answer or a reaction became in a data set; fields as in `Row`."""

    id: str
    split: str
    label: str
    feedback: tuple[str, ...]
    target: str = ""


def rows_from(folder: Path, identifiers: Collection[str]) -> list[MadeRow]:
    """Return the rows of `rows.parquet` that answers or reactions made, forgotten ones too.

    Only the columns that tell are read: `why` asks this of every later data set.
    """
    import pyarrow as pa
    import pyarrow.compute as pc

    made_of = _columns(folder, ["feedback"]).column("feedback").combine_chunks()
    wanted = pa.array(identifiers, pa.string())
    is_named = pc.is_in(pc.list_flatten(made_of), value_set=wanted)
    places = pc.list_parent_indices(made_of).filter(is_named).unique()
    if not places:
        return []
    asked = set(MadeRow.__slots__) & {*_named(folder)}  # `target` is younger than some data sets
    rows = _columns(folder, sorted(asked)).take(places).to_pylist()
    return [MadeRow(**{**row, "feedback": tuple(row["feedback"])}) for row in rows]


def _named(folder: Path) -> list[str]:
    """Return the names of the columns that are there."""
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        names: list[str] = pq.read_schema(folder / ROWS_FILE).names
    except (pa.ArrowInvalid, OSError) as error:
        raise DamagedError(f"{folder / ROWS_FILE} cannot be read: {error}") from error
    return names


def _columns(folder: Path, names: list[str] | None = None, *, filters: Any = None) -> Any:
    import pyarrow as pa
    import pyarrow.parquet as pq

    try:
        return pq.read_table(folder / ROWS_FILE, columns=names, filters=filters)
    except (pa.ArrowInvalid, OSError) as error:
        raise DamagedError(f"{folder / ROWS_FILE} cannot be read: {error}") from error
