"""Source huggingface.v1: a data set of the Hugging Face hub, or a local folder in that form.

Enters an id or a folder, leaves rows in a harvest, read in a stream by the library `datasets`; no
code of a data set is run. The licence is the one in the header of its card (README.md); a column of
class numbers becomes their names.

    [[data.sources]]
    name = "banking"
    use = "huggingface.v1"
    id = "mteb/banking77"        # or a folder: "downloads/banking77"
    columns = { label = "label_text" }

What lies inside of a column is named with a dot: `text = "translation.en"`. A version that was read
whole is not read again: of the hub its commit tells, of a folder its files.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from pydantic import BaseModel, ConfigDict, Field, ValidationInfo, field_validator

from chainring.contracts.codec import digest
from chainring.contracts.errors import InputError, MissingPackageError, UnreachableError
from chainring.contracts.said import Said
from chainring.data.harvest import Harvest
from chainring.data.rows import SPLIT_WORDS
from chainring.data.sentences import progress
from chainring.data.sources.columns import flat, roles_of, row_of
from chainring.data.sources.part import Say, SourcePart
from chainring.data.sources.reading import Reading, drop_other_pieces, fingerprint_of
from chainring.data.sources.settings import Name, RowRole
from chainring.store.litter import files_below

_ID = re.compile(r"[\w.-]+(/[\w.-]+)?")
_CARD = re.compile(r"\A---\n(.*?)\n---", re.DOTALL)
_SAVED = ("dataset_dict.json", "state.json")
"""Files that `save_to_disk` leaves."""


class HuggingFaceSettings(BaseModel):
    """Source huggingface.v1: a data set of the hub, or a local folder in that form."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    id: Name = Field(description="id on the hub (owner/name), or a folder")
    subset: str | None = Field(None, description="configuration of it; none: its only one")
    splits: tuple[Name, ...] = Field((), description="splits that are read; none named: all")
    revision: str | None = Field(None, description="commit, tag or branch on the hub; none: newest")
    columns: dict[RowRole, Name] = Field(
        default_factory=dict, description='meaning → column: {"text": "sentence"}'
    )

    @field_validator("id")
    @classmethod
    def _placed(cls, value: str, info: ValidationInfo) -> str:
        root = (info.context or {}).get("root")
        if root is not None and (Path(root) / value).is_dir():
            return str(Path(root) / value)
        if root is not None and not _ID.fullmatch(value):
            raise ValueError(f"{value!r} is no folder here and no id of the hub (owner/name)")
        return value


def bring(settings: HuggingFaceSettings, *, harvest: Harvest, say: Say) -> None:
    """Bring the rows of a data set into the harvest."""
    folder = Path(settings.id)
    version = _folder_version(folder) if folder.is_dir() else _hub_version(settings)
    told = digest([version, settings.model_dump(exclude={"id"})])
    if fingerprint_of(harvest, settings.id) != told:
        splits = _loaded(settings)
        licence = licence_of(_card(settings))
        with Reading(harvest, piece=settings.id, fingerprint=told) as reading:
            for name, rows in splits.items():
                _put(name, rows, settings, reading, licence)
        named, terms = ", ".join(splits), licence or progress("not stated")
        say(progress("hub rows", rows=reading.rows, splits=named, licence=terms))
    drop_other_pieces(harvest, {settings.id})


def _library() -> Any:
    try:
        import datasets
    except ImportError as error:
        raise MissingPackageError(
            "datasets",
            extra="huggingface",
            needed_for=Said("source huggingface.v1", zh="来源 huggingface.v1"),
        ) from error
    return datasets


def _folder_version(folder: Path) -> str:
    marks = [(str(path.relative_to(folder)), path.stat()) for path in files_below(folder)]
    return digest([(name, one.st_size, one.st_mtime_ns) for name, one in marks])


def _hub_version(settings: HuggingFaceSettings) -> str:
    _library()
    from huggingface_hub import HfApi

    with _Told(settings.id):
        return str(HfApi().dataset_info(settings.id, revision=settings.revision).sha)


class _Told:
    """Says in our words what the library met."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __enter__(self) -> None:
        """Do nothing."""

    def __exit__(self, _: object, error: BaseException | None, trace: object) -> None:
        """Raise what may pass as unreachable, what is wrong with the data set as an input."""
        if not isinstance(error, Exception) or isinstance(error, InputError):
            return
        words = f"{type(error).__name__}: {error}".splitlines()[0]
        if isinstance(error, ConnectionError | TimeoutError) or _is_of_the_net(error):
            raise UnreachableError(f"{self._name} does not answer: {words}") from error
        if isinstance(error, OSError | ValueError | RuntimeError | LookupError | TypeError):
            raise InputError(f"{self._name} cannot be read: {words}") from error


def _is_of_the_net(error: Exception) -> bool:
    names = {kind.__name__ for kind in type(error).__mro__}
    return bool(names & {"HfHubHTTPError", "OfflineModeIsEnabled", "HTTPError", "TransportError"})


def _loaded(settings: HuggingFaceSettings) -> dict[str, Any]:
    """Return split → rows, opened as streams."""
    library = _library()
    folder = Path(settings.id)
    with _Told(settings.id):
        if any((folder / name).is_file() for name in _SAVED):
            found = library.load_from_disk(settings.id)
        else:
            revision = None if folder.is_dir() else settings.revision
            found = library.load_dataset(
                settings.id, settings.subset, revision=revision, streaming=True
            )
    splits = dict(found) if isinstance(found, dict) else {"": found}
    missing = [name for name in settings.splits if name not in splits]
    if missing:
        raise InputError(
            f"{settings.id} has no split {', '.join(missing)}; it has {', '.join(splits)}"
        )
    return {name: splits[name] for name in settings.splits or splits}


def _put(
    split: str, rows: Any, settings: HuggingFaceSettings, reading: Reading, licence: str
) -> None:
    with _Told(settings.id):
        names = _class_names(rows.features)
        columns = None
        for number, values in enumerate(map(flat, _named(rows, names))):
            columns = columns or roles_of(list(values), settings.columns)
            row = row_of(values, columns)
            row["locator"] = f"{Path(settings.id).name} {split} row {number}"
            if split in SPLIT_WORDS:
                row.setdefault("split", split)
            if licence:
                row.setdefault("licence", licence)
            _kept(row, split, reading)


def _kept(row: dict[str, str], split: str, reading: Reading) -> None:
    if not row["text"].strip():
        reading.dropped["empty text"] += 1
    elif "id" not in row:
        reading.put_by_text(f"{split}:", row)
    elif not reading.put(f"{split}:{row['id']}", row):
        reading.dropped["a further row of the same id"] += 1


def _class_names(features: Any) -> dict[str, list[str]]:
    """Return column → names, of columns that hold class numbers."""
    found = {} if features is None else dict(features)
    return {column: one.names for column, one in found.items() if getattr(one, "names", None)}


def _named(rows: Any, names: dict[str, list[str]]) -> Iterator[dict[str, Any]]:
    for values in rows:
        for column, known in names.items():
            number = values.get(column)
            if isinstance(number, int):
                values[column] = known[number] if 0 <= number < len(known) else None  # -1: hidden
        yield values


def _card(settings: HuggingFaceSettings) -> str:
    folder = Path(settings.id)
    if folder.is_dir():
        path = folder / "README.md"
        return path.read_text(encoding="utf-8", errors="replace") if path.is_file() else ""
    from huggingface_hub import hf_hub_download
    from huggingface_hub.errors import EntryNotFoundError

    with _Told(settings.id):
        try:
            path = Path(
                hf_hub_download(
                    settings.id, "README.md", repo_type="dataset", revision=settings.revision
                )
            )
        except EntryNotFoundError:
            return ""
        return path.read_text(encoding="utf-8", errors="replace")


def licence_of(card: str) -> str:
    """Return the licence that the header of a card states, or an empty string.

    >>> licence_of(chr(10).join(["---", "license: cc-by-4.0", "---", "# Banking"]))
    'cc-by-4.0'
    """
    header = _CARD.match(card.replace("\r\n", "\n"))
    if header is None:
        return ""
    import yaml

    try:
        found = yaml.safe_load(header[1])
    except yaml.YAMLError:
        return ""
    stated = found.get("license") if isinstance(found, dict) else None
    if isinstance(stated, list):
        return ", ".join(one for one in stated if isinstance(one, str))
    return stated if isinstance(stated, str) else ""


HUGGINGFACE = SourcePart(settings=HuggingFaceSettings, bring=bring)
