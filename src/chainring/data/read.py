"""Files become rows: names found, readers chosen, columns mapped, splits told by file names.

Enters paths, and folders of harvests; leave a `Source` (what stood there, by digest) and its rows
in a stream.

    source = source_of("data", app="support", digests=store.digests)
    for row in rows_of(source, settings=settings, faults=faults): ...

===========================  ======================================================
a file                       is of split
===========================  ======================================================
``data/train.jsonl``          train
``data/zh/test-00001.csv``    test
``data/dev/help.parquet``     validation (its folder says so)
``data/客服测试集.csv``         test
``data/help.csv``             none: a keyed hash decides; a `split` column always wins
===========================  ======================================================

A key that begins late in a file of JSON lines counts from its first row on.
"""

from __future__ import annotations

import glob
import json
import math
import re
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from fnmatch import fnmatch
from functools import partial
from itertools import chain, islice
from pathlib import Path
from typing import Any, Protocol, TypeVar

from chainring.contracts.codec import digest
from chainring.contracts.errors import InputError, did_you_mean, nearest
from chainring.contracts.parts import load_part, part_names
from chainring.contracts.source import Source
from chainring.contracts.tasks import TaskFacts
from chainring.contracts.values import joined
from chainring.data.columns import columns_of, fault_of, mapping_of
from chainring.data.faults import Faults
from chainring.data.harvested import harvest_digest, harvest_rows
from chainring.data.readers import Reader
from chainring.data.rows import CHINESE_SPLITS, ENGLISH_SPLITS, SPLIT_WORDS, RawRow
from chainring.data.settings import DataSettings, Role
from chainring.data.sources.settings import SourceSettings
from chainring.store.litter import files_below, is_litter
from chainring.text.characters import HAN

R = TypeVar("R", bound=str)
_OTHER_ENDINGS = {".txt": "text", ".ndjson": "jsonl", ".htm": "html", ".xhtml": "html"}
_PAPERS = {
    "readme", "license", "licence", "notice", "changelog", "copying",
    "自述", "自述文件", "读我", "许可", "许可证",
}  # fmt: skip
_PAPER_ENDINGS = {"", ".txt", ".text", ".md", ".rst", ".pdf", ".htm", ".html", ".xhtml"}
_SPREADSHEETS = {".xlsx", ".xls", ".xlsm", ".ods", ".et", ".numbers"}
_PEEK_ROWS, _NAMED = 100, 5
_SETS = re.compile("(?:" + "|".join(one for one in CHINESE_SPLITS if one[-1] == "集") + ")(?!成)")
"""Sets named within a longer word, 客服测试集; 测试集成 is none."""


class Digests(Protocol):
    """What is asked of the store's digest cache."""

    def digest(self, path: Path) -> str:
        """Return the digest of a file."""
        ...

    def save(self) -> None:
        """Keep what was learnt."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class DataFile:
    """One file: where it lies, and its name as records carry it (`data/help.csv`)."""

    path: Path
    name: str


def source_of(
    paths: str | Path | Sequence[str | Path],
    *,
    app: str,
    role: str = "data",
    digests: Digests,
    root: Path | None = None,
    harvests: Sequence[tuple[Path, SourceSettings]] = (),
) -> Source:
    """Return what stands at `paths` (folders, files or globs, from folder `root`), by digest.

    An unchanged file is not read again. `harvests` are the folders of what came from elsewhere,
    each with what the recipe says of it: its licence and consent are part of the digest. Raises
    InputError when a path is not there or holds no file; all such paths are named at once.
    """
    base = root or Path.cwd()
    listed = [paths] if isinstance(paths, str | Path) else list(paths)
    path = "\n".join(str(base / one) for one in listed)
    files = files_of(path) if listed or not harvests else []
    found: list[Any] = [(file.name, digests.digest(file.path)) for file in files]
    digests.save()
    if harvests:
        found = [found, [harvest_digest(folder, one) for folder, one in harvests]]
    return Source(
        app=app,
        path=path,
        digest=digest(found, size=32),
        role=role,
        harvests=tuple(str(folder) for folder, _ in harvests),
    )


def files_of(paths: str) -> list[DataFile]:
    """Return the files below `paths` (one a line), sorted by name; hidden ones are passed over."""
    faults: list[str] = []
    files: dict[Path, DataFile] = {}
    for pattern in paths.split("\n"):
        found = list(_below(pattern, faults))
        for file in sorted(found, key=lambda one: one.name):
            files.setdefault(file.path.resolve(), file)
    if faults:
        raise InputError(
            "no data: name the folders or files that hold your text under data.path (or "
            "data.unlabelled) in chainring.toml",
            faults=faults,
        )
    return list(files.values())


def _below(pattern: str, faults: list[str]) -> Iterator[DataFile]:
    roots = [Path(pattern)]
    if glob.has_magic(pattern) and not roots[0].exists():
        matched = map(Path, sorted(glob.glob(pattern, recursive=True)))
        roots = [path for path in matched if not is_litter(path.name)]
    count = 0
    for root in roots:
        for path in [root] if root.is_file() else files_below(root):
            count += 1
            yield DataFile(path=path, name=(root.name / path.relative_to(root)).as_posix())
    if not count:
        faults.append(f"{pattern}: {_why_none(Path(pattern))}")


def _why_none(path: Path) -> str:
    if path.is_dir():
        return "an empty folder; put files in it that end in " + ", ".join(sorted(endings()))
    beside = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
    return "not there" + (did_you_mean(path.name, beside) if beside else "")


def endings() -> dict[str, str]:
    """Return file ending → reader part; of several versions the newest."""
    versions: dict[str, str] = {}
    for name in sorted(part_names("reader"), key=lambda one: int(one.rpartition(".v")[2])):
        versions[name.rpartition(".v")[0]] = name
    own = {f".{stem}": name for stem, name in versions.items() if stem != "text"}
    more = {ending: versions[stem] for ending, stem in _OTHER_ENDINGS.items() if stem in versions}
    return own | more


def rows_of(
    source: Source, *, settings: DataSettings, faults: Faults, skipped: Counter[str] | None = None
) -> Iterator[RawRow]:
    """Yield the rows of every file and harvest of a source; faults are gathered."""
    counts = Counter[str]() if skipped is None else skipped
    if source.path or not source.harvests:
        yield from _rows_of_files(source, settings=settings, faults=faults, skipped=counts)
    for folder in source.harvests:
        yield from harvest_rows(Path(folder), settings=settings, skipped=counts)


def _rows_of_files(
    source: Source, *, settings: DataSettings, faults: Faults, skipped: Counter[str]
) -> Iterator[RawRow]:
    readers = endings()
    unseen = dict(settings.columns)
    files = files_of(source.path)
    passed_over: list[str] = []
    for file in files:
        ending = ending_of(file.name)
        if ending not in readers or is_paper(file.name):
            skipped[f"file not read: {ending or 'no ending'}"] += 1
            passed_over.append(file.name)
            continue
        yield from _file_rows(file, readers[ending], settings, faults, unseen)
    if len(passed_over) == len(files):
        cause = f"no file ends in {', '.join(sorted(readers))} (or with .gz, .zst)"
        faults.add(source.path, cause + _why_passed_over(passed_over))
    for role, column in unseen.items():
        faults.add("data.columns", f"{role} = {column!r}: no file has that column")


def _why_passed_over(names: Sequence[str]) -> str:
    papers = ", ".join(name for name in names if is_paper(name))
    others = [name for name in names if not is_paper(name)]
    is_table = any(ending_of(name) in _SPREADSHEETS for name in others)
    more = f" and {len(others) - _NAMED} more" if len(others) > _NAMED else ""
    listed = ", ".join(others[:_NAMED]) + more
    return (
        (f"; passed over by its ending: {listed}" if others else "")
        + ("; save a spreadsheet as CSV UTF-8" if is_table else "")
        + (f"; passed over by its name, as about the data: {papers}" if papers else "")
    )


def _file_rows(
    file: DataFile, part: str, settings: DataSettings, faults: Faults, unseen: dict[Role, str]
) -> Iterator[RawRow]:
    reader: Reader = load_part("reader", part)
    report = partial(_report, faults, file.name)
    read = partial(reader, file.path, max_bytes=settings.max_bytes_per_line)
    rows = read(report=report)
    first = list(islice(rows, _PEEK_ROWS))
    if not first:
        if not faults.of(file.name):
            faults.add(file.name, "an empty file; fill it or take it away")
        unseen.clear()  # what cannot be read may have any column
        return
    unlabelled = part.startswith("text.") or _is_unlabelled(file, settings)
    mapping, task = mapping_of(part, settings.columns), settings.task
    meant = partial(columns_of, mapping=mapping, unlabelled=unlabelled, task=task)
    wrong = partial(fault_of, mapping=mapping, unlabelled=unlabelled, task=task)
    found = {name: None for _, row in first for name in row}
    if wrong(found):
        found |= {name: None for _, row in rows for name in row}  # what is missing may begin later
        first, rows = [], read(report=_unreported)
    if not wrong(found):
        split = "" if unlabelled else split_of(file.name)
        columns = meant(found)
        for locator, row in chain(first, rows):
            if not row.keys() <= found.keys():  # a key of JSON may stand only where it applies
                found |= dict.fromkeys(row)
                columns = meant(found) | columns
            yield _mapped(file.name, locator, row, columns, split, report, settings.facts)
    fault = wrong(found)
    if fault is not None:
        faults.add(file.name, fault)
    for role in [role for role, column in unseen.items() if column in found]:
        del unseen[role]


def unread(paths: str) -> list[str]:
    """Return the names of the files below `paths` that nothing here reads, papers left aside."""
    readers = endings()
    names = (file.name for file in files_of(paths))
    return [one for one in names if ending_of(one) not in readers and not is_paper(one)]


def ending_of(name: str) -> str:
    """Return the ending that tells a file's reader, in small letters, the packing left aside.

    >>> ending_of("data/Help.CSV.gz"), ending_of("notes")
    ('.csv', '')
    """
    return Path(name.removesuffix(".gz").removesuffix(".zst")).suffix.lower()


def is_paper(name: str) -> bool:
    """Return whether a file is about the data (a README, a licence) and not of it.

    >>> is_paper("data/NOTICE.txt"), is_paper("data/notice.csv")
    (True, False)
    """
    stem = Path(name).name.split(".")[0].lower()
    return stem in _PAPERS and ending_of(name) in _PAPER_ENDINGS


def _report(faults: Faults, name: str, locator: str, cause: str) -> None:
    faults.add(name, cause, at=locator)


def _unreported(locator: str, cause: str) -> None:
    """Say nothing: what is read a second time was reported the first."""


def _is_unlabelled(file: DataFile, settings: DataSettings) -> bool:
    path = file.path.absolute().as_posix()
    patterns = [re.sub(r"^(\.{0,2}/)+", "", one).rstrip("/") for one in settings.unlabelled]
    return any(fnmatch(path, f"*/{one}") or fnmatch(path, f"*/{one}/*") for one in patterns)


def split_of(name: str) -> str:
    """Return the split that a file's name tells, else its folders', or an empty string.

    >>> split_of("data/train-00000-of-00001.parquet"), split_of("bank/dev/a.csv"), split_of("a.csv")
    ('train', 'validation', '')
    """
    *folders, last = name.lower().split("/")
    stem = last.split(".")[0]
    words = re.findall(rf"[a-z]+|[{HAN}]+", stem) + _SETS.findall(stem)
    told = {SPLIT_WORDS[word] for word in words if word in SPLIT_WORDS}
    if len(told) == 1:
        return told.pop()
    return next((SPLIT_WORDS[one] for one in reversed(folders) if one in SPLIT_WORDS), "")


def _mapped(
    name: str,
    locator: str,
    row: dict[str, Any],
    columns: dict[Role, str],
    split: str,
    report: Any,
    facts: TaskFacts,
) -> RawRow:
    values: dict[str, str] = {}
    for role, column in columns.items():
        value = _listed(row.get(column), role, facts)
        if isinstance(value, list | dict | bytes):
            kind = type(value).__name__
            report(locator, f"column `{column}` holds a {kind}; one {role} a row is expected")
        elif not _is_gap(value):
            values[role] = _text(value)
    told = values.pop("split", "").strip().lower()
    if told and told not in SPLIT_WORDS:
        near = nearest(told, SPLIT_WORDS)
        offer = f"; did you mean {near!r}?" if near else ""
        allowed = ", ".join([*sorted(ENGLISH_SPLITS), "训练", "验证", "测试", "未标注"])
        report(locator, f"split {told!r} is none of {allowed}{offer}")
    return RawRow(source=name, locator=locator, split=SPLIT_WORDS.get(told, split), values=values)


def _listed(value: Any, role: Role, facts: TaskFacts) -> Any:
    """Return a list as the text of a value, where the task's values or texts are lists."""
    if not isinstance(value, list):
        return value
    if role == facts.says and facts.form == "several":
        return joined(_text(one) for one in value if not _is_gap(one))
    is_tags = role == facts.says and facts.form == "tags"
    if is_tags or (role == "text" and facts.form == "text"):
        return json.dumps(value, ensure_ascii=False)
    return value


def _is_gap(value: object) -> bool:
    """Whether nothing stands there: a gap of a table of numbers is written NaN."""
    return value is None or (isinstance(value, float) and math.isnan(value))


def _text(value: object) -> str:
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, float) and value.is_integer():
        return str(int(value))  # a column of numbers with gaps is read as 1.0, 2.0
    return str(value)
