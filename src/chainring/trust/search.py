"""Search: which files below a folder still hold one of some texts, whatever they are packed in.

Enters a folder and texts, leaves the paths of the files that hold one: plain, as JSON, HTML or CSV
escape it, in UTF-8, GB18030 or UTF-16, inside gzip, bzip2, xz, zstd or zip (a workbook, a wheel),
or in a column of a Parquet file. It knows nothing else of what the files are; archives that it
cannot look into are named.

    search(Path("shop"), ["我的号码是…"]).holding        # ('data/help.jsonl',)
"""

from __future__ import annotations

import bz2
import gzip
import html
import json
import lzma
import zipfile
import zlib
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import IO, Any

_CHUNK = 1 << 22
_ENCODINGS = (("utf-8", "surrogatepass"), ("gb18030", "replace"), ("utf-16-le", "surrogatepass"))
_PACKED: dict[bytes, Callable[[Path], IO[bytes] | Any]] = {
    b"\x1f\x8b": gzip.open,
    b"BZh": bz2.open,
    b"\xfd7zXZ\x00": lzma.open,
}
_CLOSED = (b"7z\xbc\xaf\x27\x1c", b"Rar!\x1a\x07", b"%PDF-")
"""How files begin that pack texts in a way that nothing here opens."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Searched:
    """How many files there are, those that hold a text, and those that nobody could read.

    Paths are told from the folder.
    """

    files: int
    holding: tuple[str, ...]
    unread: tuple[str, ...] = ()


def search(folder: Path, texts: Collection[str]) -> Searched:
    """Return which files below a folder hold one of the texts."""
    needles = _needles(texts)
    files = sorted(path for path in folder.rglob("*") if path.is_file() and not path.is_symlink())
    found: dict[bool | None, list[str]] = {True: [], False: [], None: []}
    for path in files:
        found[_holds(path, needles)].append(path.relative_to(folder).as_posix())
    return Searched(files=len(files), holding=tuple(found[True]), unread=tuple(found[None]))


def _needles(texts: Collection[str]) -> list[bytes]:
    """Return each text as it may stand in a file, in every form and encoding."""
    forms = {form for text in texts for form in _forms(text) if form}
    return sorted({form.encode(*encoding) for form in forms for encoding in _ENCODINGS})


def _forms(text: str) -> Iterator[str]:
    """Yield a text plain, and as JSON, pages and tables escape it."""
    yield text
    yield from (json.dumps(text, ensure_ascii=only)[1:-1] for only in (True, False))
    yield from (html.escape(text, quote=quote) for quote in (True, False))
    yield text.replace('"', '""')


def _holds(path: Path, needles: Sequence[bytes]) -> bool | None:
    """Return whether a file holds a needle; None when nobody can read it."""
    try:
        return any(_in_stream(stream, needles) for stream in _streams(path) if needles)
    except FileNotFoundError:  # gone meanwhile: a log of a database, an open folder
        return False
    except _faults():
        return None


def _faults() -> tuple[type[Exception], ...]:
    """Return what a damaged file raises: pyarrow's errors are of these kinds, too."""
    known = (
        OSError, EOFError, ValueError, zlib.error, lzma.LZMAError, zipfile.BadZipFile,
        RuntimeError,  # a zip with a password, or packed in a way that this Python lacks
    )  # fmt: skip
    if find_spec("zstandard") is None:
        return known
    import zstandard

    return (*known, zstandard.ZstdError)


def _in_stream(stream: Iterator[bytes], needles: Sequence[bytes]) -> bool:
    """Whether a needle is in the chunks; one that lies across two of them is found, too."""
    overlap, before = max(map(len, needles)), b""
    for chunk in stream:
        window = before + chunk
        if any(needle in window for needle in needles):
            return True
        before = window[-overlap:]
    return False


def _streams(path: Path) -> Iterator[Iterator[bytes]]:
    with path.open("rb") as file:
        head = file.read(8)
    with path.open("rb") as file:
        yield _chunks(file)
    unpacking = next((way for magic, way in _PACKED.items() if head.startswith(magic)), None)
    if unpacking is not None:
        with unpacking(path) as unpacked:
            yield _chunks(unpacked)
    elif head.startswith(b"PK\x03\x04"):
        yield from _members(path)
    elif head.startswith(_CLOSED):
        raise ValueError(f"{path} is packed in a way that cannot be read")
    elif head.startswith(b"\x28\xb5\x2f\xfd") and find_spec("zstandard") is not None:
        import zstandard

        with path.open("rb") as file, zstandard.ZstdDecompressor().stream_reader(file) as inside:
            yield _chunks(inside)
    elif head.startswith(b"PAR1"):
        yield _columns(path)


def _chunks(file: IO[bytes] | Any) -> Iterator[bytes]:
    while chunk := file.read(_CHUNK):
        yield chunk


def _members(path: Path) -> Iterator[Iterator[bytes]]:
    with zipfile.ZipFile(path) as archive:
        for member in archive.infolist():
            with archive.open(member) as inside:
                yield _chunks(inside)


def _columns(path: Path) -> Iterator[bytes]:
    import pyarrow.parquet as pq

    for batch in pq.ParquetFile(path).iter_batches():
        for row in batch.to_pylist():
            yield json.dumps(row, ensure_ascii=False, default=str).encode() + b"\n"
