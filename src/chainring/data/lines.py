"""Lines of a text file: decoded one by one, numbered, and never longer than a bound in memory.

Enters a path (plain, `.gz` or `.zst`), leaves `(number, line)`; what cannot be read is reported by
line and the next line follows.
"""

from __future__ import annotations

import gzip
import zlib
from collections.abc import Callable, Iterator
from pathlib import Path
from shlex import quote
from typing import BinaryIO, cast

from chainring.data.zst import open_zst

Report = Callable[[str, str], None]
"""`report(locator, cause)`: how a reader says a fault and goes on."""


class CutShort(str):
    """A cause after which nothing more of the file was read."""

    __slots__ = ()


_SKIP_BYTES = 1 << 16
_BOM = b"\xef\xbb\xbf"


def lines(path: Path, *, report: Report, max_bytes: int) -> Iterator[tuple[int, str]]:
    """Yield the lines of a UTF-8 file with their numbers from 1, ends of line included."""
    number, broken = 0, False
    try:
        with opened(path) as file:
            while raw := file.readline(max_bytes + 1):
                number += 1
                if number == 1:
                    raw = raw.removeprefix(_BOM)
                if len(raw) > max_bytes and not raw.endswith(b"\n"):
                    report(f"line {number}", _too_long(len(raw) + _skipped(file), max_bytes))
                    continue
                try:
                    text = raw.decode()
                except UnicodeDecodeError as error:
                    report(f"line {number}", "broken, too" if broken else _advice(error, path))
                    broken = True
                    continue
                yield number, text
    except (EOFError, zlib.error, gzip.BadGzipFile) as error:
        kind = "Zstandard" if path.suffix == ".zst" else "gzip"
        cause = f"damaged {kind} file ({error}); copy it again"
        report(f"after line {number}", CutShort(cause))
    except OSError as error:
        report(f"after line {number}", CutShort(f"cannot be read: {error.strerror or error}"))


def opened(path: Path) -> BinaryIO:
    """Open a file as its plain bytes, whatever it is packed with."""
    if path.suffix == ".zst":
        return open_zst(path)
    return cast(BinaryIO, gzip.open(path)) if path.suffix == ".gz" else path.open("rb", _SKIP_BYTES)


def _too_long(size: int, max_bytes: int) -> str:
    return (
        f"{size} bytes, more than the {max_bytes} allowed; is a line end missing? "
        "Split it, or raise data.max_bytes_per_line"
    )


def _skipped(file: BinaryIO) -> int:
    """Pass over the rest of a line, a piece at a time, and return its bytes."""
    size = 0
    while piece := file.readline(_SKIP_BYTES):
        size += len(piece)
        if piece.endswith(b"\n"):
            break
    return size


def _advice(error: UnicodeDecodeError, path: Path) -> str:
    """Return what is wrong with a line, and the whole command that mends its file."""
    raw = bytes(error.object)
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        return f"UTF-16, expected UTF-8; convert it: {rewritten(path, 'iconv -f utf-16 -t utf-8')}"
    return (
        f"broken UTF-8 at byte {error.start + 1} of the line (0x{raw[error.start]:02x}); "
        f"mend it, or convert the file: {rewritten(path, 'iconv -f gb18030 -t utf-8')} (from "
        "Chinese; from Western Windows with -f windows-1252)"
    )


def rewritten(path: Path, command: str) -> str:
    """Return the line of a shell that puts what `command` makes of a file in its place.

    Files below the working folder are named from there.

    >>> rewritten(Path("data/help.csv"), "iconv -f gb18030 -t utf-8")
    'iconv -f gb18030 -t utf-8 data/help.csv > new && mv new data/help.csv'
    >>> rewritten(Path("data/help.csv.gz"), "iconv -f gb18030 -t utf-8")
    'gzip -dc data/help.csv.gz | iconv -f gb18030 -t utf-8 > data/help.csv && rm data/help.csv.gz'
    """
    here = path.relative_to(Path.cwd()) if path.is_relative_to(Path.cwd()) else path
    name, plain = quote(str(here)), quote(str(here.with_suffix("")))
    unpack = {".gz": "gzip -dc", ".zst": "zstd -dc"}.get(path.suffix)
    if unpack is None:
        return f"{command} {name} > new && mv new {name}"
    return f"{unpack} {name} | {command} > {plain} && rm {name}"
