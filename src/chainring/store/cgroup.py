"""What a container allows of the machine: the limits of Linux control groups, version 1 and 2.

Enters a root folder (`/`; tests give another), leaves the tightest limit on the way from this
process's group up to the top, or None when nothing is limited.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

ROOT = Path("/")
_UNLIMITED_BYTES = 1 << 60  # version 1 writes "no limit" as a number near 2**63


def cpu_limit(root: Path) -> float | None:
    """Return how many processors' worth of time may be used, such as 1.5; None without limit."""
    limits = [_quota(text) for text in _values(root, "", "cpu.max")]
    for folder in _folders(root, "cpu"):
        quota, period = (_read(folder / f"cpu.cfs_{name}_us") for name in ("quota", "period"))
        limits.append(_quota(f"{quota} {period}"))
    return min((limit for limit in limits if limit is not None), default=None)


def memory_limit_bytes(root: Path) -> int | None:
    """Return how many bytes of memory may be used; None without limit."""
    texts = [
        *_values(root, "", "memory.max"),
        *_values(root, "memory", "memory.limit_in_bytes"),
    ]
    limits = [int(text) for text in texts if text.isdigit()]
    return min((limit for limit in limits if limit < _UNLIMITED_BYTES), default=None)


def memory_bytes(root: Path = ROOT) -> int:
    """Return how many bytes of memory this process may use: what is built in, or the limit."""
    built_in = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
    limit = memory_limit_bytes(root)
    return built_in if limit is None else min(built_in, limit)


def _quota(text: str) -> float | None:
    quota, _, period = text.partition(" ")
    if not (quota.isdigit() and period.isdigit() and int(quota) and int(period)):
        return None  # "max", -1, or no such file
    return int(quota) / int(period)


def _values(root: Path, controller: str, name: str) -> list[str]:
    return [_read(folder / name) for folder in _folders(root, controller)]


def _folders(root: Path, controller: str) -> Iterator[Path]:
    """Yield the folders of this process's group and of each above it; "" is version 2."""
    for mount, group in _groups(root, controller):
        place = mount / group.strip("/")
        while place != mount:
            yield place
            place = place.parent
        yield mount


def _groups(root: Path, controller: str) -> Iterator[tuple[Path, str]]:
    base = root / "sys/fs/cgroup"
    for line in _read(root / "proc/self/cgroup").splitlines():
        _, controllers, group = line.split(":", 2)
        if controller in controllers.split(","):
            yield (base / controllers if controllers else base), group
            if "," in controllers:
                yield base / controller, group


def _read(path: Path) -> str:
    return path.read_text(encoding="utf-8").strip() if path.is_file() else ""
