"""The records of a WARC file (ISO 28500), each by its offset; damage costs one, not all.

Enter a path and an offset, leaves each record's bytes with the offset of the next one:

    for found in found_records(Path("a.warc.gz")):
        captured = capture(found.data, max_bytes=1 << 22)

In a `.warc.gz` each record is a gzip member of its own, as in Common Crawl's files. Records are
taken apart by warcio; we find them ourselves, since it ends at the first damaged one.
"""

from __future__ import annotations

import base64
import hashlib
import io
import re
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any, BinaryIO

from chainring.contracts.errors import InputError, MissingPackageError
from chainring.contracts.said import Said
from chainring.data.sources.web.body import unpacked

CUT = "records cut off"
DAMAGED = "records damaged"
LONG = "records too long"
SEVERAL = "gzip members with several records: `warcio recompress` makes them readable"
_CHUNK = 1 << 16
_MAGIC = b"\x1f\x8b\x08"
_START = re.compile(rb"(?:^|\n)(WARC/1\.\d)")
_LENGTH = re.compile(rb"\ncontent-length\s*:\s*(\d+)", re.I)
_NO_PAGE = ("warcinfo", "request", "metadata", "resource", "conversion", "continuation")
_MAX_HEAD = 1 << 16
_MAX_DIGITS = 18
"""Of a length: no file is longer than such a number tells."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """One record as it lies in its file, or the fault for which it is passed over."""

    offset: int
    next_offset: int
    data: bytes = b""
    fault: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Capture:
    """One page as it was captured: what the server said, and when."""

    id: str
    url: str
    at: str
    headers: tuple[tuple[str, str], ...]
    body: bytes

    @property
    def content_type(self) -> str:
        """The type of the body, without its parameters."""
        found = next((value for name, value in self.headers if name == "content-type"), "")
        return found.partition(";")[0].strip().lower()


def found_records(path: Path, *, offset: int = 0, max_bytes: int) -> Iterator[Found]:
    """Yield the records of a file from an offset on, in order; none grows beyond `max_bytes`."""
    with path.open("rb") as file:
        packed = file.read(3) == _MAGIC or path.name.endswith(".gz")
        size = file.seek(0, io.SEEK_END)
        while offset < size:
            found = _member(file, offset, max_bytes) if packed else _plain(file, offset, max_bytes)
            if found.data or found.fault:
                yield found
            offset = found.next_offset


def _member(file: BinaryIO, offset: int, max_bytes: int) -> Found:
    """Unpack the gzip member at an offset; what is over the limit is counted and not kept."""
    unzip: Any = zlib.decompressobj(16 + zlib.MAX_WBITS)
    kept, total, waiting = bytearray(), 0, b""
    file.seek(offset)
    try:
        while not unzip.eof:
            waiting = unzip.unconsumed_tail or file.read(_CHUNK)
            if not waiting:
                return _damaged(file, offset, CUT)
            piece = unzip.decompress(waiting, _CHUNK)
            total += len(piece)
            kept += piece[: max_bytes - len(kept)]
    except zlib.error:
        return _damaged(file, offset, DAMAGED)
    ends = file.tell() - len(unzip.unused_data)
    return Found(offset=offset, next_offset=ends, data=bytes(kept), fault=_faulty(kept, total))


def _faulty(kept: bytearray, total: int) -> str:
    head, length = _head(bytes(kept[:_MAX_HEAD]))
    if not head:
        return DAMAGED
    if total > head + length + 4:
        return SEVERAL
    if total > len(kept):
        return LONG
    return DAMAGED if total < head + length else ""


def _plain(file: BinaryIO, offset: int, max_bytes: int) -> Found:
    file.seek(offset)
    start = file.read(_MAX_HEAD)
    blank = len(start) - len(start.lstrip(b"\r\n"))
    head, length = _head(start[blank:])
    if not head:
        beyond = Found(offset=offset, next_offset=offset + max(blank, 1))
        return _damaged(file, offset + blank, DAMAGED) if blank < len(start) else beyond
    first, ends = offset + blank, offset + blank + head + length
    if file.seek(0, io.SEEK_END) < ends:
        return _damaged(file, first, CUT)
    file.seek(ends)
    after = file.read(4)
    if after and not after.startswith(b"\r\n"):
        return _damaged(file, first, DAMAGED)
    if head + length > max_bytes:
        return Found(offset=first, next_offset=ends, fault=LONG)
    file.seek(first)
    return Found(offset=first, next_offset=ends, data=file.read(head + length))


def _head(start: bytes) -> tuple[int, int]:
    """Return the length of a record's head and of its block; 0 when there is no such head."""
    ends = start.find(b"\r\n\r\n")
    length = _LENGTH.search(start[: ends + 2]) if ends > 0 else None
    if not start.startswith(b"WARC/1.") or length is None or len(length[1]) > _MAX_DIGITS:
        return 0, 0
    return ends + 4, int(length[1])


def _damaged(file: BinaryIO, offset: int, fault: str) -> Found:
    """Return a fault, and the next place in the file where a record seems to begin."""
    place = offset + 1
    file.seek(place)
    window = b""
    while piece := file.read(_CHUNK):
        window += piece
        found = min((at for at in (window.find(_MAGIC), _started(window)) if at >= 0), default=-1)
        if found >= 0:
            return Found(offset=offset, next_offset=place + found, fault=fault)
        place += len(window) - min(len(window), 16)
        window = window[-16:]
    return Found(offset=offset, next_offset=file.tell(), fault=fault)


def _started(window: bytes) -> int:
    found = _START.search(window)
    return found.start(1) if found else -1


def capture(data: bytes, *, max_bytes: int) -> Capture | str:
    """Take one record apart; return its page, why there is none, or an empty string.

    The empty string stands for records that hold no page by their nature: requests, metadata.
    """
    try:
        from warcio.exceptions import ArchiveLoadFailed
        from warcio.recordloader import ArcWarcRecordLoader
        from warcio.statusandheaders import StatusAndHeadersParserException
    except ImportError as error:
        raise MissingPackageError(
            "warcio", extra="data", needed_for=Said("WARC files", zh="读取 WARC 文件")
        ) from error
    try:
        record = ArcWarcRecordLoader().parse_record_stream(io.BytesIO(data))
        return _page(record, data, max_bytes)
    except (ArchiveLoadFailed, StatusAndHeadersParserException, EOFError, ValueError):
        return DAMAGED


def _page(record: Any, data: bytes, max_bytes: int) -> Capture | str:
    if record.rec_type == "revisit":
        return "captures that repeat an earlier one"
    if record.rec_type in _NO_PAGE:
        return ""
    if record.rec_type != "response" or record.http_headers is None:
        return DAMAGED
    if not _is_whole(record.rec_headers.get_header("WARC-Block-Digest") or "", data):
        return DAMAGED
    status = record.http_headers.get_statuscode()
    if status != "200":
        return f"status {status}"
    headers = tuple((name.lower(), value) for name, value in record.http_headers.headers)
    try:
        body = _body(record.raw_stream.read(), dict(headers), max_bytes)
    except InputError as error:
        return str(error)
    named = record.rec_headers.get_header("WARC-Record-ID") or ""
    return Capture(
        id=named.strip("<>").removeprefix("urn:uuid:") or f"sha1:{_sha1(data)}",
        url=(record.rec_headers.get_header("WARC-Target-URI") or "").strip("<>"),
        at=record.rec_headers.get_header("WARC-Date") or "",
        headers=headers,
        body=body,
    )


def _body(raw: bytes, headers: dict[str, str], max_bytes: int) -> bytes:
    from warcio.bufferedreaders import ChunkedDataReader

    chunked = headers.get("transfer-encoding", "").lower() == "chunked"
    found = ChunkedDataReader(io.BytesIO(raw)).read() if chunked else raw
    packing = headers.get("content-encoding", "")
    if packing and not found.startswith((b"\x1f\x8b", b"\x78")):
        packing = ""  # archives often keep the header and unpack the body
    return unpacked([found], packing, max_bytes=max_bytes)


def _is_whole(digest: str, data: bytes) -> bool:
    """Return whether a block is as it was written; True where that is not told."""
    kind, _, told = digest.partition(":")
    if kind.lower() != "sha1" or len(told) != 32:
        return True
    head, length = _head(data[:_MAX_HEAD])
    return _sha1(data[head : head + length]) == told.upper()


def _sha1(data: bytes) -> str:
    return base64.b32encode(hashlib.sha1(data, usedforsecurity=False).digest()).decode("ascii")
