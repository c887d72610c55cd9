"""The lines of `chainring doctor`."""

from chainring.contracts.source import Machine
from chainring.hardware.doctor import doctor_lines
from chainring.hardware.placement import placement
from chainring.hardware.settings import HardwareSettings

MACHINE = Machine(
    cores=4,
    physical_cores=2,
    memory_mib=16_000,
    gpus=("Tesla T4, sm75, 15360 MiB",),
    instruction_sets=("avx2",),
    system="Linux 6.1",
    processor="Core i7",
    free_disk_mib=1_234,
)


def test_every_choice_stands_there_with_its_reason_and_every_missing_extra_with_its_command() -> (
    None
):
    chosen = placement(MACHINE, settings=HardwareSettings(device="cpu"))
    lines = doctor_lines(MACHINE, chosen, {"train": ("torch", "onnx"), "serve": ()})
    by_name = {what: (value, why) for what, value, why in lines}
    assert len(by_name) == len(lines)
    assert by_name["device"] == ("cpu", chosen.device.because)
    assert by_name["threads"] == ("2", chosen.threads.because)
    assert by_name["precision"][0] == "fp32"
    assert by_name["gpu 0"][0].startswith("Tesla T4")
    assert by_name["free disk"][0] == "1,234 MiB"
    assert "2 physical" in by_name["cores"][1]
    assert by_name["extra serve"][0] == "installed"
    assert by_name["extra train"] == (
        "missing",
        "torch, onnx; install with: pip install 'chainring[train]'",
    )


def test_a_machine_that_tells_no_physical_cores_claims_none() -> None:
    machine = Machine(cores=1, memory_mib=1)
    lines = doctor_lines(machine, placement(machine, settings=HardwareSettings()), {})
    assert not any("physical" in why for _, _, why in lines)
