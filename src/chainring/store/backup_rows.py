"""Rows of a backup as JSON lines: none without end, and few in memory at once.

Enters the stream of a member of an archive, leaves batches of rows:

    for batch in batches(stream):
        connection.execute(table.insert(), batch)
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import IO, Any

from chainring.store.cgroup import ROOT, memory_bytes

log = logging.getLogger("chainring.store")

LEAST_LINE_MIB = 64
"""So long may a row be on every machine: a thousand times a preset `max_characters` in Chinese."""
MOST_LINE_MIB = 2048
"""No longer row is in a ledger: SQLite keeps a gigabyte, of which JSON escapes some."""
PARTS_OF_MEMORY = 16
"""A row of emoji and escapes takes thirteen times its length while it is read."""
BATCH = 1000
BATCH_BYTES = 8 << 20
_CHUNK = 1 << 20


def line_of(row: Mapping[str, Any], *, table: str) -> bytes:
    """Return a row as a line; the log tells of one that this machine could not restore."""
    line = json.dumps(row, ensure_ascii=False).encode() + b"\n"
    if len(line) > LEAST_LINE_MIB << 20 and len(line) > longest_mib() << 20:
        log.warning(
            "backup.long_row table=%s row=%s mib=%d restoring_needs_memory_mib=%d",
            table, row.get("seq", row.get("id")), len(line) >> 20,
            (len(line) >> 20) * PARTS_OF_MEMORY,
        )  # fmt: skip
    return line


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


def longest_mib(root: Path = ROOT) -> int:
    """Return how long a row may be for this machine to read it: as far as its memory reaches.

    A container's limit counts; `root` is the root of the file system, tests give another.
    """
    memory_mib = memory_bytes(root) >> 20
    return min(max(LEAST_LINE_MIB, memory_mib // PARTS_OF_MEMORY), MOST_LINE_MIB)


def has_endless_line(stream: IO[bytes]) -> bool:
    """Return whether a line is longer than any row may be; nothing of it is kept."""
    length, most = 0, longest_mib() << 20
    while piece := stream.read(_CHUNK):
        first, *others = piece.split(b"\n")
        longest = max(map(len, others), default=0)
        if max(length + len(first), longest) > most:
            return True
        length = len(others[-1]) if others else length + len(first)
    return False
