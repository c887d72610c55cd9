"""What this machine can do and why it was so decided: the lines of `chainring doctor`.

Enters a machine, its placement and the packages that are missing, leaves (what, value, why).
"""

from __future__ import annotations

import platform
from collections.abc import Iterator, Mapping, Sequence

from chainring.contracts.placement import Placement
from chainring.contracts.said import joined
from chainring.contracts.source import Machine
from chainring.hardware.sentences import say, word

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
    yield word("system"), machine.system, f"Python {platform.python_version()}"
    yield word("processor"), machine.processor, ", ".join(machine.instruction_sets)
    yield word("cores"), str(machine.cores), _cores_because(machine)
    yield word("memory"), f"{machine.memory_mib:,} MiB", say("memory")
    yield word("free disk"), f"{machine.free_disk_mib:,} MiB", say("disk")
    for number, gpu in enumerate(machine.gpus):
        yield say("gpu", number=number), gpu, say("by nvidia-smi")


def _cores_because(machine: Machine) -> str:
    physical = machine.physical_cores
    return say("usable and physical", physical=physical) if physical else say("usable cores")


def _chosen(placement: Placement) -> Iterator[Line]:
    for what in ("device", "precision", "threads", "executor"):
        choice = getattr(placement, what)
        yield word(what), choice.value, choice.because


def _extras(packages: Mapping[str, Sequence[str]]) -> Iterator[Line]:
    for extra, absent in packages.items():
        if absent:
            command = f"pip install 'chainring[{extra}]'"
            why = say("missing", absent=joined(absent, en=", ", zh="、"), command=command)
            yield say("extra", name=extra), word("missing"), why
        else:
            yield say("extra", name=extra), word("installed"), say("all here")
