"""Show: rows of a data set by filter, each text as far as the caller may read it.

Enters a filter, leaves rows as dicts by column. A thousand rows at a time are decided, and kept as
one act, before any of them is given out.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from typing import TYPE_CHECKING, Any

from chainring.contracts.codec import decode
from chainring.contracts.dataset import Dataset
from chainring.data.looking.rows import Filter, chosen, facts_of
from chainring.software.reports.data_look import dataset_named, reading, tree_of
from chainring.software.verbs.auditing import looking, sight_of

if TYPE_CHECKING:
    from chainring.software.api import Project

AT_ONCE = 1000


def shown_rows(
    project: Project, wanted: Filter, *, dataset: str = "", limit: int = 0
) -> Iterator[dict[str, Any]]:
    """Return the rows that fit, at most `limit` (0: all); a text that is kept back is None.

    With a search, rows that may not be read are passed over: to find a word in a text is to read
    it.
    """
    made = dataset_named(project.ring, dataset)
    rows = chosen(tree_of(project.ring, made), wanted)
    allows = reading(project, sight_of(project, "data show")) if wanted.search else None
    if allows is not None:
        rows = filter(allows, rows)
    address = decode(Dataset, made.result).address
    return _shown(project, islice(rows, limit or None), about=address)


def _shown(
    project: Project, rows: Iterator[dict[str, Any]], *, about: str
) -> Iterator[dict[str, Any]]:
    while chunk := list(islice(rows, AT_ONCE)):
        with looking(project, "data show", about=about) as sight:
            seen = [_seen(row, sight.text(row["text"], facts_of(row))) for row in chunk]
        yield from seen


def _seen(row: dict[str, Any], text: str | None) -> dict[str, Any]:
    """Return the row as it may be seen: where its text is withheld, all that people wrote is."""
    written = ("pair", "target", "rejected") if text is None else ()
    return row | {"text": text} | {name: None for name in written if row.get(name)}
