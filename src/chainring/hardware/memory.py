"""Memory that was freed stays with the process, for the next batch.

A batch of long texts takes and frees blocks of tens of megabytes. The C library gives each back to
the system at once, and the next batch has to be handed the same pages one by one: for 8 texts of
189 tokens in float32 20,000 to 80,000 of them, a tenth to a quarter of the processor's time.
"""

from __future__ import annotations

import ctypes

_TRIM_THRESHOLD, _MMAP_THRESHOLD, _ARENA_MAX = -1, -3, -8  # malloc.h of glibc
KEPT_BYTES = 1 << 30
"""So much that is free at the end of the heap is kept, and larger blocks alone are mapped."""
_OLD_MOST = 32 << 20
"""Older versions of glibc refuse to map larger blocks alone."""


def keep_freed_memory() -> bool:
    """Keep freed blocks for this process's next ones; for a process that serves, at its start.

    It holds what its largest batch took until it ends. All threads share one heap: several, one a
    thread, would each keep their own.

    Returns
    -------
    bool
        False where the C library cannot be told: it is not glibc, or refuses.
    """
    try:
        mallopt = ctypes.CDLL(None).mallopt
    except (AttributeError, OSError, TypeError):
        return False
    kept = next((size for size in (KEPT_BYTES, _OLD_MOST) if mallopt(_MMAP_THRESHOLD, size)), 0)
    if not kept:
        return False
    return all([mallopt(_TRIM_THRESHOLD, KEPT_BYTES), mallopt(_ARENA_MAX, 1)])
