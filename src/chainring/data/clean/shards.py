"""Shards: files in pieces of whole lines; what cannot be read is set aside with its reason.

Enters files and folders of JSON lines (`.jsonl`, `.ndjson`, each also as `.gz` or `.zst`), leaves
shards: plain files are split by byte range, compressed ones are a shard each. A line belongs to the
range in which it begins.

    shards_of(["corpus"], size=16 << 20)     # corpus/a.jsonl from 0 to 16777216, ...
    for line in lines_of(shard, max_bytes=1 << 24): ...

A line that is too long is passed over a piece at a time and never held.
"""

from __future__ import annotations

import gzip
import io
import zlib
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO, cast

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.contracts.said import Said
from chainring.store.litter import files_below

ENDINGS = (".jsonl", ".ndjson", ".jsonl.gz", ".ndjson.gz", ".jsonl.zst", ".ndjson.zst")
_PIECE = 1 << 20


@dataclass(frozen=True, slots=True, kw_only=True)
class Shard:
    """The lines of a file that begin at `start` or later and before `stop`.

    `name` is what records carry of the file; `mark` (size and time) tells whether it changed.
    """

    number: int
    path: str
    name: str
    start: int
    stop: int
    mark: tuple[int, int]

    @property
    def is_packed(self) -> bool:
        """Whether the file is compressed, so that it is one shard."""
        return self.path.endswith((".gz", ".zst"))


@dataclass(frozen=True, slots=True)
class Line:
    """A line without its end, or the reason why there is none; `place` is its first byte."""

    place: int
    raw: bytes
    fault: str = ""


def shards_of(inputs: Sequence[str | Path], *, size: int) -> list[Shard]:
    """Return the shards of files and folders, in the order of their names.

    Raises
    ------
    InputError
        With every input that is not there or holds no file that can be read.
    """
    faults: list[str] = []
    files: dict[Path, str] = {}
    for given in inputs:
        found = list(_files(Path(given)))
        if not found:
            faults.append(f"{given}: {_why_none(Path(given))}")
        for path, name in found:
            files.setdefault(path.resolve(), name)
    if faults or not files:
        raise InputError(
            "nothing to clean: name files or folders of JSON lines, one object with `text` a line",
            faults=faults,
        )
    ranges = [(path, name, start) for path, name in files.items() for start in _starts(path, size)]
    return [
        _shard(number, path, name, start, size) for number, (path, name, start) in enumerate(ranges)
    ]


def _files(given: Path) -> Iterator[tuple[Path, str]]:
    if given.is_file():
        yield given, given.name
        return
    for path in files_below(given):
        if path.name.lower().endswith(ENDINGS):
            yield path, (given.name / path.relative_to(given)).as_posix()


def _why_none(given: Path) -> str:
    return f"no file ends in {', '.join(ENDINGS)}" if given.exists() else "not there"


def _starts(path: Path, size: int) -> range:
    total = max(path.stat().st_size, 1)
    is_packed = path.name.endswith((".gz", ".zst"))
    return range(0, total, total if is_packed else size)


def _shard(number: int, path: Path, name: str, start: int, size: int) -> Shard:
    stat = path.stat()
    mark = (stat.st_size, stat.st_mtime_ns)
    is_packed = name.endswith((".gz", ".zst"))
    stop = 1 << 62 if is_packed else min(start + size, stat.st_size)
    return Shard(number=number, path=str(path), name=name, start=start, stop=stop, mark=mark)


def lines_of(shard: Shard, *, max_bytes: int) -> Iterator[Line]:
    """Yield the lines of a shard; a damaged file ends with a line that says so."""
    place = shard.start
    try:
        with _opened(Path(shard.path)) as file:
            place = _first(file, shard)
            while place < shard.stop:
                raw = file.readline(max_bytes + 1)
                if not raw:
                    return
                size = len(raw)
                raw = raw if place else raw.removeprefix(b"\xef\xbb\xbf")
                if size > max_bytes and not raw.endswith(b"\n"):
                    size += _passed(file)
                    yield Line(place, b"", "line too long")
                elif not raw.isspace():
                    yield Line(place, raw)
                place += size
    except (EOFError, OSError, zlib.error) as error:
        yield Line(place, b"", f"damaged file: {type(error).__name__}")


def _opened(path: Path) -> BinaryIO:
    if path.name.endswith(".gz"):
        return cast(BinaryIO, gzip.open(path))
    if path.name.endswith(".zst"):
        return _unpacked(path)
    return path.open("rb", _PIECE)


def _unpacked(path: Path) -> BinaryIO:
    try:
        import zstandard
    except ImportError as error:
        raise MissingPackageError(
            "zstandard", extra="data", needed_for=Said(".zst files", zh="读取 .zst 文件")
        ) from error
    stream = zstandard.ZstdDecompressor().stream_reader(
        path.open("rb"), read_across_frames=True, closefd=True
    )
    return cast(BinaryIO, io.BufferedReader(_Told(stream), _PIECE))


class _Told(io.RawIOBase):
    """A zstd stream whose faults are those of a file."""

    def __init__(self, stream: Any) -> None:
        self._stream = stream

    def readable(self) -> bool:
        """Return true."""
        return True

    def readinto(self, buffer: object) -> int:
        """Read some bytes; a damaged frame is an OSError."""
        import zstandard

        try:
            return int(self._stream.readinto(buffer) or 0)
        except zstandard.ZstdError as error:
            raise OSError(str(error)) from error

    def close(self) -> None:
        """Close the file, too."""
        self._stream.close()
        super().close()


def _first(file: BinaryIO, shard: Shard) -> int:
    """Go to the first line that begins in the shard; return its place, or the end if none does."""
    if shard.start == 0:
        return 0
    place = shard.start - 1
    file.seek(place)
    while place < shard.stop:  # no further: a line may be as long as the file
        piece = file.readline(min(_PIECE, shard.stop - place))
        place += len(piece)
        if piece.endswith(b"\n"):
            return place
        if not piece:
            break
    return shard.stop


def _passed(file: BinaryIO) -> int:
    size = 0
    while piece := file.readline(_PIECE):
        size += len(piece)
        if piece.endswith(b"\n"):
            break
    return size
