"""Choices for machines of every kind, each with a reason that names what was found."""

import pytest

from chainring.contracts.errors import InputError
from chainring.contracts.source import Machine
from chainring.hardware import placement as room
from chainring.hardware.executor import LocalExecutor
from chainring.hardware.placement import placement
from chainring.hardware.settings import HardwareSettings

AUTO = HardwareSettings()
H100 = "NVIDIA H100, sm90, 81559 MiB"
T4 = "Tesla T4, sm75, 15360 MiB"
LAPTOP = Machine(
    cores=8, physical_cores=4, memory_mib=16_000, instruction_sets=("avx2",), processor="Core i7"
)
SERVER = Machine(cores=2, memory_mib=8_000, instruction_sets=("avx512f", "amx_bf16"))


def with_gpu(gpu: str) -> Machine:
    return Machine(cores=16, memory_mib=1, gpus=(gpu,), processor="EPYC")


@pytest.fixture(autouse=True)
def torch_for_gpus(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(room, "torch_can_use_cuda", lambda: True)


def test_a_laptop_trains_in_fp32_with_a_thread_for_each_physical_core() -> None:
    chosen = placement(LAPTOP, settings=AUTO)
    assert chosen.key == "cpu/fp32/1"
    assert chosen.threads.value == "4"
    assert "8 usable" in chosen.threads.because
    assert "Core i7" in chosen.precision.because
    assert "no NVIDIA GPU" in chosen.device.because
    assert (chosen.memory_mib, chosen.instruction_sets) == (16_000, ("avx2",))


def test_a_processor_with_bf16_trains_in_bf16_and_says_by_which_set() -> None:
    chosen = placement(SERVER, settings=AUTO)
    assert (chosen.precision.value, chosen.precision.because) == ("bf16", "amx_bf16 found")
    assert chosen.threads.value == "2"


@pytest.mark.parametrize(("gpu", "precision"), [(H100, "bf16"), (T4, "fp32")])
def test_a_gpu_is_used_and_bf16_needs_sm80(gpu: str, precision: str) -> None:
    chosen = placement(with_gpu(gpu), settings=AUTO)
    assert chosen.device.value == "cuda"
    assert chosen.precision.value == precision
    assert gpu in chosen.precision.because


def test_a_gpu_is_not_used_by_a_torch_built_for_processors(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(room, "torch_can_use_cuda", lambda: False)
    chosen = placement(with_gpu(H100), settings=AUTO)
    assert chosen.device.value == "cpu"
    assert "install a build of torch for CUDA" in chosen.device.because


def test_asking_for_a_gpu_that_is_not_there_names_the_next_step() -> None:
    with pytest.raises(InputError, match=r"no NVIDIA GPU was found; set it to 'auto' or 'cpu'"):
        placement(LAPTOP, settings=HardwareSettings(device="cuda"))


def test_what_the_recipe_asks_for_is_done_and_called_so() -> None:
    asked = HardwareSettings(device="cpu", precision="bf16", threads=3, workers=5, executor="x.v1")
    chosen = placement(with_gpu(H100), settings=asked)
    assert chosen.key == "cpu/bf16/1"
    assert (chosen.threads.value, chosen.executor.value) == ("3", "x.v1")
    for choice in (chosen.device, chosen.precision, chosen.threads, chosen.executor):
        assert "asked for in the recipe" in choice.because
    assert "slow here" in chosen.precision.because


@pytest.mark.parametrize(
    ("settings", "workers", "told"),
    [
        (AUTO, 1, "one machine: 1 process"),
        (HardwareSettings(workers=3), 3, "one machine: 3 processes"),
    ],
)
def test_the_workers_that_are_told_are_those_that_run(
    settings: HardwareSettings, workers: int, told: str
) -> None:
    assert LocalExecutor.of(settings).workers == workers
    chosen = placement(LAPTOP, settings=settings).executor
    assert (chosen.value, chosen.because) == ("local.v1", told)


@pytest.mark.parametrize("wrong", [{"threads": 0}, {"device": "tpu"}, {"cores": 2}])
def test_a_wrong_setting_is_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(ValueError, match="validation error"):
        HardwareSettings.model_validate(wrong)
