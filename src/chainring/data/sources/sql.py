"""Source sql.v1: the rows of a query, from any database that SQLAlchemy speaks to.

Enters a url and a query, leaves rows in a harvest. With a `key` column that only grows (a number,
a time of change) a later turn reads what is new; without one, or with `full = true`, it reads the
whole, and rows that are gone go.

    [[data.sources]]
    name = "tickets"
    use = "sql.v1"
    url = "env:SHOP_DB"                 # postgresql://reader:…@db/shop, in the environment
    query = "SELECT id, body, topic, changed FROM tickets"
    key = "changed"
    columns = { text = "body", label = "topic", at = "changed" }

=======  =========================  ==========
id       body                       topic
=======  =========================  ==========
17       Where is my parcel?        track
18       我的包裹到哪了？           track
=======  =========================  ==========

Rows are read inside a transaction that may only read, where the database knows such.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from contextlib import closing
from typing import Annotated, Any

from pydantic import AfterValidator, BaseModel, ConfigDict, Field, ValidationInfo

from chainring.contracts.errors import InputError, UnreachableError
from chainring.data.harvest import Harvest
from chainring.data.sentences import progress
from chainring.data.sources.columns import Columns, flat, roles_of, row_of
from chainring.data.sources.cursors import decoded, encoded, reach_back
from chainring.data.sources.part import Say, SourcePart
from chainring.data.sources.reading import Reading, is_new
from chainring.data.sources.settings import Name, RowRole, secret_in
from chainring.text.errors import in_both

_DUE, _CURSOR = "full pass due", "cursor"
_SQLITE = re.compile(r"sqlite:///(?!/|:memory:)")


def _url(url: str, info: ValidationInfo) -> str:
    if secret_in(url):
        raise ValueError(
            "the url holds a password, which would stand in the recipe; put the whole url into an "
            'environment variable and write url = "env:NAME_OF_IT"'
        )
    if not re.match(r"env:\w+$|[\w+]+://", url):
        raise ValueError("expected a url of SQLAlchemy, or env:NAME; found neither")
    root = (info.context or {}).get("root")
    return url if root is None else _SQLITE.sub(lambda _: f"sqlite:///{root}/", url)


class SqlSettings(BaseModel):
    """Source sql.v1: the rows of a query, from a database."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    url: Annotated[str, AfterValidator(_url)] = Field(
        description="url of the database without a password, or env:NAME of a variable that has it"
    )
    query: str = Field(
        pattern=r"(?is)^\s*(select|with)\b", description="SELECT …; its columns become the rows"
    )
    key: str = Field("", description="column that only grows; later turns read on from there")
    overlap: float | None = Field(
        None, ge=0, description="how far below the last key is read again; none: by its kind"
    )
    full: bool = Field(False, description="read the whole each time, and drop what is gone")
    columns: dict[RowRole, Name] = Field(
        default_factory=dict, description='meaning → column of the query: {"text": "body"}'
    )


def bring(settings: SqlSettings, *, harvest: Harvest, say: Say) -> None:
    """Bring the rows of the query into the harvest."""
    from chainring.data.sources.database import opened

    if is_new(harvest, "settings", settings.model_dump(exclude={"full", "overlap"})):
        harvest.set_state(_CURSOR, "")
        harvest.set_state(_DUE, "yes")
        harvest.commit()
    begun = harvest.state(_CURSOR) if settings.key and not settings.full else ""
    is_due = harvest.state(_DUE) == "yes"
    start = reach_back(decoded(begun), settings.overlap) if begun else None
    with (
        opened(_resolved(settings.url)) as database,
        Reading(
            harvest,
            piece="rows",
            is_whole=is_due or not begun,
            continues=is_due and bool(begun),
        ) as reading,
    ):
        with closing(database.rows(settings.query, key=settings.key, since=start)) as rows:
            _read(rows, settings, reading)
        harvest.set_state(_DUE, "")
    for reason, count in (+reading.dropped).items():
        say(progress("reason", count=count, reason=in_both(reason)))


def _resolved(url: str) -> str:
    if not url.startswith("env:"):
        return url
    name = url.removeprefix("env:")
    found = os.environ.get(name, "")
    if not found:
        raise UnreachableError(
            f"the environment variable {name} is not set; it should hold the url of the database"
        )
    return found


def _read(rows: Iterator[dict[str, Any]], settings: SqlSettings, reading: Reading) -> None:
    columns: Columns = {}
    for number, values in enumerate(map(flat, rows), 1):
        if not columns:
            columns = roles_of(list(values), settings.columns)
            _require_id(columns, settings)
        _put(values, columns, reading, number)
        key = values.get(settings.key)
        if key is not None:
            reading.harvest.set_state(_CURSOR, encoded(key))
        elif settings.key:
            reading.dropped["no key: later turns do not see it change"] += 1


def _require_id(columns: Columns, settings: SqlSettings) -> None:
    if settings.key and "id" not in columns:
        raise InputError(
            "with a key, rows need an id, by which a changed row replaces itself; select one and "
            f'name its column: columns = {{ id = "{settings.key}" }}, if the key is one'
        )


def _put(values: dict[str, Any], columns: Columns, reading: Reading, number: int) -> None:
    row = row_of(values, columns)
    identifier = row.get("id")
    if not row["text"].strip():
        reading.dropped["empty text"] += 1
        if identifier is not None:
            reading.harvest.drop(identifier)
    elif identifier is None:
        reading.put_by_text("", row | {"locator": f"row {number}"})
    elif not reading.put(identifier, row | {"locator": f"{columns['id']} {identifier}"}):
        reading.dropped["a further row of the same id"] += not reading.continues


SQL = SourcePart(settings=SqlSettings, bring=bring)
