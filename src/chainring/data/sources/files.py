"""Source files.v1: files at any fsspec url, read as the files of the data folder are.

Enters urls (`s3://bucket/help/*.jsonl`), leaves rows in a harvest. A file that did not change since
it was read is not read again; a file that is gone takes its rows along. A line that cannot be read
is passed over and counted: who reads from afar cannot mend it. Of a file that cannot be read to its
end (a damaged packing, a quote that is not closed) the rows that stood before stay.

    [[data.sources]]
    name = "bucket"
    use = "files.v1"
    path = "s3://shop/help/*.jsonl.zst"
    columns = { text = "body", label = "topic" }

Endings as in the data folder: JSONL, CSV, TSV, Parquet, text, HTML, each also with .gz or .zst. The
protocol's own package has to be installed (s3fs for s3://). http and https are refused unless the
recipe allows the beginning of the url, for a url may lead into one's own network.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from itertools import chain, islice

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chainring.contracts.errors import InputError
from chainring.contracts.parts import load_part
from chainring.data.columns import mapping_of
from chainring.data.harvest import Harvest
from chainring.data.read import ending_of, endings
from chainring.data.readers import Reader, Rows
from chainring.data.sources.columns import flat, roles_of, row_of
from chainring.data.sources.part import Say, SourcePart
from chainring.data.sources.reading import Reading
from chainring.data.sources.remote import RemoteFile, fault_of_url, local_copy
from chainring.data.sources.settings import Location, Name, RowRole, secret_in
from chainring.data.sources.told import Told, changed_files, split_told

_PEEK_ROWS = 100
_VERSIONS = {".jsonl": 2, ".ndjson": 2}  # 2: a key that begins late counts


class FilesSettings(BaseModel):
    """Source files.v1: files at any fsspec url."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    path: Location | tuple[Location, ...] = Field(
        description="urls or paths of files, folders or globs: one, or a list of them"
    )
    columns: dict[RowRole, Name] = Field(
        default_factory=dict, description='meaning → column in the files: {"text": "body"}'
    )
    allow: tuple[Name, ...] = Field(
        (), description="beginnings of http and https urls that may be read; none: no such url"
    )
    max_bytes_per_line: int = Field(
        16 << 20, ge=1 << 10, le=1 << 30, description="a longer line is passed over"
    )
    max_file_mib: int = Field(
        10_240, ge=1, description="a larger file is a fault and is not brought, MiB"
    )

    @model_validator(mode="after")
    def _urls_may_be_read(self) -> FilesSettings:
        for url in self.paths:
            if secret_in(url):
                raise ValueError(
                    "a url holds a password; give it by the variables of the protocol's package"
                )
            fault = fault_of_url(url, allow=self.allow)
            if fault:
                raise ValueError(fault)
        return self

    @property
    def paths(self) -> tuple[str, ...]:
        """All paths."""
        return (self.path,) if isinstance(self.path, str) else self.path


def bring(settings: FilesSettings, *, harvest: Harvest, say: Say) -> None:
    """Bring the rows of all files into the harvest."""
    readers = endings()
    keyed = settings.model_dump(include={"columns"})
    for file in changed_files(
        settings.paths, list(readers), harvest=harvest, keyed=keyed, say=say, versions=_VERSIONS
    ):
        _read(file, readers[ending_of(file.name)], settings, harvest, say)


def _read(file: RemoteFile, part: str, settings: FilesSettings, harvest: Harvest, say: Say) -> None:
    faults = Told()
    reader: Reader = load_part("reader", part)
    with (
        local_copy(file, harvest.copies, max_mib=settings.max_file_mib) as path,
        Reading(harvest, piece=file.name, fingerprint=file.fingerprint) as reading,
    ):
        read = partial(reader, path, max_bytes=settings.max_bytes_per_line)
        again = partial(read, report=Told())
        split = split_told(file)
        mapping = mapping_of(part, settings.columns)
        put_rows(read(report=faults), again, file.name, mapping, reading, split=split)
        faults.count_in(reading)
    faults.tell(file.name, say)


def put_rows(
    rows: Rows,
    again: Callable[[], Rows],
    name: str,
    mapping: Mapping[RowRole, str],
    reading: Reading,
    *,
    split: str = "",
) -> None:
    """Put the rows of a file, known by their `id` column, else by their text.

    `again` opens them anew, where a column that the recipe names is not among the first rows.
    """
    first = list(islice(rows, _PEEK_ROWS))
    if not first:
        return
    found = {column: None for _, row in first for column in flat(row)}
    try:
        columns = roles_of(found, mapping)
    except InputError:
        found |= {column: None for _, row in rows for column in flat(row)}
        columns = roles_of(found, mapping)
        first, rows = [], again()
    for place, plain in chain(first, rows):
        values = flat(plain)
        if not values.keys() <= found.keys():  # a key of JSON may stand only where it applies
            found |= dict.fromkeys(values)
            columns = roles_of(found, mapping)
        row = row_of(values, columns)
        if split:
            row.setdefault("split", split)
        row["locator"] = f"{name} {place}"
        if not row["text"].strip():
            reading.dropped["empty text"] += 1
        elif "id" not in row:
            reading.put_by_text(f"{name}:", row)
        elif not reading.put(f"{name}:{row['id']}", row):
            reading.dropped["a further row of the same id"] += 1


FILES = SourcePart(settings=FilesSettings, bring=bring)
