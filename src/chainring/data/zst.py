"""Zstandard files as streams: bounded memory, and a file that was cut short is told.

Enters a path that ends in `.zst`, leaves a binary stream. The library's own reader takes a cut file
for one that ends there; this one raises EOFError.
"""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any, BinaryIO, cast

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said

_PIECE = 1024
"""Compressed bytes taken at a time: a block of three may open to 128 KiB, so these to 44 MiB."""


def open_zst(path: Path) -> BinaryIO:
    """Open a file.

    Raises
    ------
    MissingPackageError
        When the package zstandard is not there.
    """
    try:
        import zstandard
    except ImportError as error:
        raise MissingPackageError(
            "zstandard", extra="data", needed_for=Said("reading .zst", zh="读取 .zst")
        ) from error
    return cast(BinaryIO, io.BufferedReader(_Frames(path, zstandard), buffer_size=1 << 16))


class _Frames(io.RawIOBase):
    """The bytes of all frames of a file, one after the other."""

    def __init__(self, path: Path, library: Any) -> None:
        self._file, self._library = path.open("rb"), library
        self._frame: Any = None
        self._packed = self._plain = b""

    def readable(self) -> bool:
        """Return True."""
        return True

    def close(self) -> None:
        """Close the file."""
        self._file.close()
        super().close()

    def readinto(self, buffer: Any) -> int:
        """Fill a buffer; 0 at the end."""
        while not self._plain and self._more():
            pass
        size = min(len(buffer), len(self._plain))
        buffer[:size] = self._plain[:size]
        self._plain = self._plain[size:]
        return size

    def _more(self) -> bool:
        """Open the next piece; return whether there was one."""
        self._packed = self._packed or self._file.read(_PIECE)
        if not self._packed:
            if self._frame is not None:
                raise EOFError("it ends before the end of its last frame")
            return False
        if self._frame is None:
            self._frame = self._library.ZstdDecompressor().decompressobj()
        try:
            self._plain = self._frame.decompress(self._packed)
        except self._library.ZstdError as error:
            raise EOFError(str(error)) from error
        self._packed = self._frame.unused_data if self._frame.eof else b""
        if self._frame.eof:
            self._frame = None
        return True
