"""What this machine can do and why it was so decided: the lines of `chainring doctor`.

Enters a machine, its placement and the packages that are missing, leaves (what, value, why).
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence

from chainring.contracts.placement import Placement
from chainring.contracts.source import Machine

Line = tuple[str, str, str]


def doctor_lines(
    machine: Machine, placement: Placement, packages: Mapping[str, Sequence[str]]
) -> list[Line]:
    """Return what stands here, its value, and the reason or the next step.

    Parameters
    ----------
    packages
        Extra → distributions of it that are missing, as `missing_packages` returns them.
    """
    return [*_found(machine), *_chosen(placement), *_extras(packages)]


def _found(machine: Machine) -> Iterator[Line]:
    yield "system", machine.system, f"Python {platform.python_version()}"
    yield "processor", machine.processor, ", ".join(machine.instruction_sets)
    yield "cores", str(machine.cores), _cores_because(machine)
    yield "memory", f"{machine.memory_mib:,} MiB", "the container's limit where it has one"
    yield "free disk", f"{machine.free_disk_mib:,} MiB", "where the project lies"
    for number, gpu in enumerate(machine.gpus):
        yield f"gpu {number}", gpu, "found by nvidia-smi"


def _cores_because(machine: Machine) -> str:
    allowed = "that this process may use (affinity and container limit)"
    physical = machine.physical_cores
    return f"{allowed}; {physical} physical" if physical else allowed


def _chosen(placement: Placement) -> Iterator[Line]:
    for what in ("device", "precision", "threads", "executor"):
        choice = getattr(placement, what)
        yield what, choice.value, choice.because


def _extras(packages: Mapping[str, Sequence[str]]) -> Iterator[Line]:
    for extra, absent in packages.items():
        if absent:
            command = f"pip install 'chainring[{extra}]'"
            yield f"extra {extra}", "missing", f"{', '.join(absent)}; install with: {command}"
        else:
            yield f"extra {extra}", "installed", "all its packages are here"
