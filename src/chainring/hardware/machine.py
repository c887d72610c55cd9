"""The machine as it is found: what this process may use of it, not what is built in.

Leaves a `Machine`; no decision is in it. `chainring doctor` shows it.

    machine()   # Machine(cores=2, memory_mib=24105, instruction_sets=('avx2', ...), ...)
"""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
from pathlib import Path

from chainring.contracts.source import Machine
from chainring.hardware.gpu import gpus
from chainring.hardware.processor import instruction_sets, physical_cores, processor_name
from chainring.store.cgroup import ROOT, cpu_limit, memory_bytes


def machine(*, folder: Path = Path(), root: Path = ROOT) -> Machine:
    """Return what this process may use: affinity and container limits are taken off.

    Parameters
    ----------
    folder
        Where the project lies: the free disk is measured there.
    root
        The root of the file system; tests give another.
    """
    processors = _processors()
    described = _described(root)
    limit = cpu_limit(root)
    physical = physical_cores(root, processors) or _number(described, "hw.physicalcpu")
    return Machine(
        cores=_within(len(processors), limit),
        physical_cores=_within(physical, limit) if physical else 0,
        memory_mib=memory_bytes(root) >> 20,
        instruction_sets=instruction_sets(described),
        gpus=gpus(root),
        system=f"{platform.system()} {platform.release()}",
        processor=processor_name(described) or platform.machine(),
        free_disk_mib=shutil.disk_usage(folder).free >> 20,
    )


def _processors() -> list[int]:
    if hasattr(os, "sched_getaffinity"):
        return sorted(os.sched_getaffinity(0))
    return list(range(os.cpu_count() or 1))


def _within(count: int, limit: float | None) -> int:
    # Rounded down: more threads than a quota pays for are stopped in the middle of their work.
    return count if limit is None else max(1, min(count, int(limit)))


def _described(root: Path) -> str:
    cpuinfo = root / "proc/cpuinfo"
    if cpuinfo.is_file():
        return cpuinfo.read_text(encoding="utf-8", errors="replace")
    command = shutil.which("sysctl")
    if command is None:
        return ""
    asked = [command, "hw.optional", "hw.physicalcpu", "machdep.cpu"]
    return subprocess.run(asked, capture_output=True, text=True, check=False).stdout


def _number(described: str, name: str) -> int:
    for line in described.splitlines():
        key, _, value = line.partition(":")
        if key.strip() == name and value.strip().isdigit():
            return int(value)
    return 0
