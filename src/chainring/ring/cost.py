"""What a step costs: wall time, CPU time of its processes, peak memory.

meter = Meter()
...
meter.cost()    # {'started': 1.8e9, 'duration_s': 3.1, 'cpu_s': 1.1, 'peak_memory_mib': 220.0}
"""

from __future__ import annotations

import re
import resource
import time
from pathlib import Path


class Meter:
    """Runs from when it was made; the peak is that of this process since then (Linux)."""

    def __init__(self) -> None:
        self._started, self._clock, self._cpu_s = time.time(), time.perf_counter(), cpu_s()
        reset_peak()

    def cost(self) -> dict[str, float]:
        """Return what was spent so far, by the names of a lineage row."""
        return {
            "started": self._started,
            "duration_s": time.perf_counter() - self._clock,
            "cpu_s": cpu_s() - self._cpu_s,
            "peak_memory_mib": peak_mib(),
        }


def cpu_s() -> float:
    """Return the CPU seconds of this process and of its ended children."""
    usage = [resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)]
    return sum(part.ru_utime + part.ru_stime for part in usage)


def reset_peak() -> None:
    """Let the peak of memory count from now on, where the system can."""
    try:
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")  # resets VmHWM (Linux)
    except OSError:
        return


def peak_mib() -> float:
    """Return the highest memory of this process, in MiB."""
    try:
        status = Path("/proc/self/status").read_text(encoding="utf-8", errors="replace")
        return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1024
    except (OSError, IndexError):
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / (1 << 20)  # bytes on macOS
