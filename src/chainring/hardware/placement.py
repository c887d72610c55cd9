"""A machine becomes a placement: device, number type, threads and executor, each with its reason.

placement(machine(), settings=HardwareSettings())   # a step of the ring
"""

from __future__ import annotations

from chainring.contracts.errors import InputError
from chainring.contracts.placement import Choice, Placement
from chainring.contracts.source import Machine
from chainring.hardware.executor import LocalExecutor
from chainring.hardware.gpu import capability
from chainring.hardware.packages import torch_can_use_cuda
from chainring.hardware.sentences import say
from chainring.hardware.settings import HardwareSettings

BF16_SETS = ("amx_bf16", "avx512_bf16")
BF16_CAPABILITY = 80
_ASKED = say("asked")


def placement(machine: Machine, *, settings: HardwareSettings) -> Placement:
    """Return where and how work runs on this machine.

    Raises
    ------
    InputError
        When the recipe asks for a GPU and none can be used.
    """
    device = _device(machine, settings)
    return Placement(
        device=device,
        precision=_precision(machine, settings, device.value),
        threads=thread_count(machine, settings=settings),
        executor=_executor(settings),
        memory_mib=machine.memory_mib,
        instruction_sets=machine.instruction_sets,
    )


def _device(machine: Machine, settings: HardwareSettings) -> Choice:
    if settings.device == "cpu":
        return Choice(value="cpu", because=_ASKED)
    obstacle = _obstacle(machine)
    if obstacle is None:
        return Choice(value="cuda", because=say("found", what=machine.gpus[0]))
    if settings.device == "cuda":
        raise InputError(
            f"hardware.device: 'cuda' was asked for, but {obstacle}; "
            "set it to 'auto' or 'cpu', or run `chainring doctor` to see what was found"
        )
    return Choice(value="cpu", because=obstacle)


def _obstacle(machine: Machine) -> str | None:
    if not machine.gpus:
        return say("no gpu")
    if torch_can_use_cuda() is False:
        return say("torch without cuda", gpu=machine.gpus[0])
    return None


def _precision(machine: Machine, settings: HardwareSettings, device: str) -> Choice:
    found = _bf16_in_hardware(machine, device)
    if settings.precision != "auto":
        slow = settings.precision == "bf16" and found is None
        because = say("asked, slow") if slow else _ASKED
        return Choice(value=settings.precision, because=because)
    if found is None:
        processor = machine.processor or say("the processor")
        place = machine.gpus[0] if device == "cuda" else processor
        return Choice(value="fp32", because=say("no bf16", place=place))
    return Choice(value="bf16", because=say("found", what=found))


def _bf16_in_hardware(machine: Machine, device: str) -> str | None:
    if device == "cuda":
        gpu = machine.gpus[0]
        return gpu if capability(gpu) >= BF16_CAPABILITY else None
    return next((name for name in BF16_SETS if name in machine.instruction_sets), None)


def thread_count(machine: Machine, *, settings: HardwareSettings) -> Choice:
    """Return how many threads compute: one a physical core that this process may use."""
    if settings.threads != "auto":
        return Choice(value=str(settings.threads), because=_ASKED)
    if not machine.physical_cores:
        because = say("processors", cores=machine.cores)
        return Choice(value=str(machine.cores), because=because)
    threads = min(machine.cores, machine.physical_cores)
    return Choice(
        value=str(threads),
        because=say("physical", threads=threads, cores=machine.cores),
    )


def _executor(settings: HardwareSettings) -> Choice:
    if settings.executor != "local.v1":
        return Choice(value=settings.executor, because=_ASKED)
    workers = LocalExecutor.of(settings).workers
    because = say("one process" if workers == 1 else "processes", workers=workers)
    return Choice(value="local.v1", because=because)
