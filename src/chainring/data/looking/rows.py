"""The rows of a data set in batches, whole or filtered: a million rows need no more memory.

Enters the folder of a data set's tree, leaves Arrow batches, or rows as plain dicts.

    for batch in batches(folder, ("label", "text")): ...
    found = list(islice(chosen(folder, Filter(split="train", search="parcel")), 20))

==========  ====================================  ============================
column      English example                       Chinese example
==========  ====================================  ============================
text        Where is my parcel?                   我的包裹到哪了？
label       track_order                           track_order
==========  ====================================  ============================
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeAlias

from chainring.contracts.access import FACTS, Facts
from chainring.contracts.dataset import Row
from chainring.contracts.errors import DamagedError, UnknownNameError
from chainring.store.tables import ROWS_FILE
from chainring.text.normalise import CLEAN

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Keys: TypeAlias = NDArray[np.uint64]

Allows: TypeAlias = Callable[[Mapping[str, Any]], bool]
"""Whether the text of a row may be read, by the row's columns."""

BATCH_ROWS = 8192
EXACT = ("split", "label", "language", "source")
LISTS = ("records", "labels", "feedback")


@dataclass(frozen=True, slots=True, kw_only=True)
class Filter:
    """Which rows are wanted; an empty string means any. `search` is found in any case."""

    split: str = ""
    label: str = ""
    language: str = ""
    source: str = ""
    search: str = ""


def batches(folder: Path, columns: Sequence[str] | None = None) -> Iterator[Any]:
    """Yield the rows of `rows.parquet` as Arrow record batches of at most 8,192 rows.

    Raises
    ------
    DamagedError
        When the file cannot be read.
    """
    import pyarrow as pa
    import pyarrow.parquet as pq

    path = folder / ROWS_FILE
    try:
        with pq.ParquetFile(path) as file:
            names = None if columns is None else list(columns)
            yield from file.iter_batches(batch_size=BATCH_ROWS, columns=names)
    except (pa.ArrowInvalid, OSError) as error:
        raise DamagedError(f"{path} cannot be read: {error}") from error


def chosen(folder: Path, wanted: Filter) -> Iterator[dict[str, Any]]:
    """Yield the rows that a filter lets pass, as dicts by column, in the order they stand.

    Raises
    ------
    UnknownNameError
        When no row passes because no row at all has the split, label, language or source named.
    """
    there: dict[str, set[str]] = {name: set() for name in EXACT if getattr(wanted, name)}
    found = 0
    for batch in batches(folder):
        for name, values in there.items():
            if not found:
                values.update(batch.column(name).unique().to_pylist())
        kept = batch.filter(_mask(batch, wanted))
        found += kept.num_rows
        yield from kept.to_pylist()
    if not found:
        for name, values in there.items():
            if getattr(wanted, name) not in values:
                raise UnknownNameError(name, getattr(wanted, name), sorted(values - {""}))


def rows_naming(folder: Path, identifiers: Sequence[str]) -> Iterator[Row]:
    """Yield the rows that any of the ids made: of a record, a label or a feedback, or its own."""
    import pyarrow as pa
    import pyarrow.compute as pc

    wanted = pa.array(list(identifiers), type=pa.string())
    for batch in batches(folder):
        mask = pc.is_in(batch.column("id"), value_set=wanted)
        for name in LISTS:
            mask = pc.or_(mask, _any_in(batch.column(name), wanted))
        for row in batch.filter(mask).to_pylist():
            yield row_of(row)


def row_of(columns: Mapping[str, Any]) -> Row:
    """Return the row of a dict by column."""
    return Row(**{**columns, **{name: tuple(columns[name] or ()) for name in LISTS}})


def facts_of(row: Mapping[str, Any]) -> Facts:
    """Return the facts of a row given as a dict; an older data set knows no consent."""
    return Facts(
        **{name: row.get(name) for name in FACTS} | {"consent": row.get("consent") or None}
    )


def readable(batch: Any, allows: Allows | None) -> list[str]:
    """Return the texts of a batch that may be read; with None all of them."""
    if allows is None:
        found: list[str] = batch.column("text").to_pylist()
        return found
    return [row["text"] for row in batch.to_pylist() if allows(row)]


def keys(values: Sequence[str]) -> Keys:
    """Return a 64-bit key for each value, shape (n,): eight bytes a row instead of an id."""
    import numpy as np

    digests = (hashlib.blake2b(one.encode(), digest_size=8).digest() for one in values)
    return np.fromiter(
        (int.from_bytes(one, "big") for one in digests), dtype=np.uint64, count=len(values)
    )


def _mask(batch: Any, wanted: Filter) -> Any:
    import pyarrow as pa
    import pyarrow.compute as pc

    mask = pa.array([True] * batch.num_rows)
    for name in EXACT:
        if value := getattr(wanted, name):
            mask = pc.and_(mask, pc.equal(batch.column(name), value))
    if wanted.search:
        text, searched = batch.column("text"), wanted.search.translate(CLEAN)  # as texts are kept
        mask = pc.and_(mask, pc.match_substring(text, searched, ignore_case=True))
    return mask


def _any_in(lists: Any, wanted: Any) -> Any:
    """Return for each list whether it holds any of the wanted values."""
    import numpy as np
    import pyarrow as pa
    import pyarrow.compute as pc

    hits = pc.is_in(pc.list_flatten(lists), value_set=wanted)
    rows = pc.list_parent_indices(lists).filter(hits).to_numpy(zero_copy_only=False)
    mask = np.zeros(len(lists), dtype=bool)
    mask[rows] = True
    return pa.array(mask)
