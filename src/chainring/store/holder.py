"""Who holds a lease: a process of this machine, so that one that was killed need not be waited for.

    name = holder_name()      # 'ns-4026531836-9f1c…/4711/883201/k3v9…'
    is_gone(name)             # False as long as this process lives

Of a process elsewhere (another machine, another container) nothing is known: its lease runs out.
"""

from __future__ import annotations

import os
import platform
from functools import cache
from pathlib import Path

from chainring.contracts.ids import new_id

_PROC = Path("/proc")


def holder_name() -> str:
    """Return a new name for a holder in this process: place, process, its start, and a number."""
    pid = os.getpid()
    return f"{_place()}/{pid}/{_start(pid) or ''}/{new_id('holder')}"


def is_gone(name: str) -> bool:
    """Whether the holder was a process of this place that has ended."""
    place, _, rest = name.partition("/")
    pid, _, rest = rest.partition("/")
    start = rest.partition("/")[0]
    if place != _place() or not pid.isdecimal():
        return False
    if start:
        return _start(int(pid)) != start
    return not lives(int(pid))


@cache
def _place() -> str:
    """Return what processes that see each other share: on Linux the boot and the pid namespace."""
    try:
        boot = (_PROC / "sys/kernel/random/boot_id").read_text().strip()
        space = "".join(c for c in os.readlink(_PROC / "self/ns/pid") if c.isdecimal())
    except OSError:
        return f"host-{platform.node()}"
    return f"ns-{space}-{boot}"


def _start(pid: int) -> str | None:
    """Return when a living process began, in ticks since the boot (Linux); None when unknown."""
    try:
        fields = (_PROC / str(pid) / "stat").read_text().rpartition(")")[2].split()
    except OSError:
        return None
    return None if fields[0] in "ZX" else fields[19]


def lives(pid: int) -> bool:
    """Whether a process of this number is there, of whatever account."""
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True
