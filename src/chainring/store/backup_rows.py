"""Rows of a backup as JSON lines: none without end, and few in memory at once.

Enters the stream of a member of an archive, leaves batches of rows:

    for batch in batches(stream):
        connection.execute(table.insert(), batch)
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator
from typing import IO, Any

MAX_LINE_MIB = 64
"""Longest row: a thousand times a text of `max_characters` in Chinese, as that is preset."""
BATCH = 1000
BATCH_BYTES = 8 << 20
_CHUNK = 1 << 20


def batches(stream: Iterable[bytes]) -> Iterator[list[dict[str, Any]]]:
    """Yield the rows of lines, `BATCH` at once, or fewer where they are long."""
    batch: list[dict[str, Any]] = []
    size = 0
    for line in stream:
        batch.append(json.loads(line))
        size += len(line)
        if len(batch) == BATCH or size >= BATCH_BYTES:
            yield batch
            batch, size = [], 0
    if batch:
        yield batch


def has_endless_line(stream: IO[bytes]) -> bool:
    """Return whether a line is longer than any row; nothing of it is kept."""
    length = 0
    while piece := stream.read(_CHUNK):
        first, *others = piece.split(b"\n")
        longest = max(map(len, others), default=0)
        if max(length + len(first), longest) > MAX_LINE_MIB << 20:
            return True
        length = len(others[-1]) if others else length + len(first)
    return False
