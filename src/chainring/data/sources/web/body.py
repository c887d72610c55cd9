"""Bodies in pieces: unpacked as they come, stopped when they grow too long or too fast.

Enters the pieces of a body and what it was packed with, leave the unpacked bytes. A gzip of zeros
grows a thousandfold, one within another three hundred thousandfold; here neither passes the limit
by more than one piece.

>>> import gzip
>>> unpacked([gzip.compress("退货 returns".encode())], "gzip", max_bytes=100).decode()
'退货 returns'
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator
from typing import Any

from chainring.contracts.errors import InputError

PACKINGS = ("", "identity", "gzip", "x-gzip", "deflate")
MAX_RATIO = 200
_FREE = 1 << 20  # a short text may be as repetitive as it likes
_PIECE = 1 << 16


class CutShortError(InputError, EOFError):
    """A body that ends in the middle: a later try may bring it whole."""


def unpacked(pieces: Iterable[bytes], packing: str, *, max_bytes: int) -> bytes:
    """Return the unpacked body.

    Raises
    ------
    InputError
        When it is longer than `max_bytes`, grows more than two-hundredfold, is damaged, ends
        before its time, or was packed in a way that was not asked for.
    """
    name = packing.strip().lower()
    if name not in PACKINGS:
        raise InputError(f"packed as {packing!r}, which was not asked for")
    kept = bytearray()
    for piece in pieces if name in ("", "identity") else _unzipped(pieces, name):
        kept += piece
        if len(kept) > max_bytes:
            raise InputError(f"longer than {max_bytes} bytes")
    return bytes(kept)


def gunzipped(body: bytes, *, max_bytes: int) -> bytes:
    """Return what a gzip file holds, or the bytes as they are when they are none."""
    return unpacked([body], "gzip" if body[:2] == b"\x1f\x8b" else "", max_bytes=max_bytes)


def _unzipped(pieces: Iterable[bytes], packing: str) -> Iterator[bytes]:
    packed = grown = 0
    unzip: Any = None
    for piece in pieces:
        packed += len(piece)
        waiting = piece
        while waiting:
            if unzip is None:
                unzip = _unzip(packing, waiting)
            found = _step(unzip, waiting)
            grown += len(found)
            if grown > _FREE and grown > MAX_RATIO * packed:
                raise InputError(f"it grows more than {MAX_RATIO}-fold when unpacked")
            yield found
            waiting = unzip.unused_data if unzip.eof else unzip.unconsumed_tail
            if unzip.eof:
                unzip, waiting = _after(packing, waiting)
    if unzip is not None and not unzip.eof:
        raise CutShortError("it ends before its time")


def _after(packing: str, waiting: bytes) -> tuple[Any, bytes]:
    """Return no opener and what is still to open: another gzip member, else nothing."""
    return None, waiting if packing != "deflate" and waiting[:2] == b"\x1f\x8b" else b""


def _step(unzip: Any, waiting: bytes) -> bytes:
    try:
        return bytes(unzip.decompress(waiting, _PIECE))
    except zlib.error as error:
        raise InputError(f"damaged ({error})") from error


def _unzip(packing: str, start: bytes) -> Any:
    if packing != "deflate":
        return zlib.decompressobj(16 + zlib.MAX_WBITS)
    wrapped = start[0] & 0x0F == 8 and (len(start) < 2 or (start[0] * 256 + start[1]) % 31 == 0)
    return zlib.decompressobj(zlib.MAX_WBITS if wrapped else -zlib.MAX_WBITS)
