"""GPUs from a played nvidia-smi, and what CUDA_VISIBLE_DEVICES hides."""

from pathlib import Path

import pytest

from chainring.hardware.gpu import capability, gpus, visible

ANSWER = """0, GPU-aa11, NVIDIA H100 80GB HBM3, 9.0, 81559
1, GPU-bb22, Tesla T4, 7.5, 15360
"""
H100 = "NVIDIA H100 80GB HBM3, sm90, 81559 MiB"
T4 = "Tesla T4, sm75, 15360 MiB"


@pytest.mark.parametrize(
    ("allowed", "expected"),
    [
        (None, (H100, T4)),
        ("", ()),
        ("-1", ()),
        ("1,0", (T4, H100)),
        ("GPU-bb", (T4,)),
        ("0,-1,1", (H100,)),
        ("7", ()),
    ],
)
def test_cuda_visible_devices_chooses_and_orders(
    allowed: str | None, expected: tuple[str, ...]
) -> None:
    assert visible(ANSWER, allowed) == expected


def test_the_capability_is_read_back_from_the_line() -> None:
    assert [capability(H100), capability(T4), capability("something else")] == [90, 75, 0]


def command(folder: Path, body: str) -> None:
    path = folder / "nvidia-smi"
    path.write_text(f"#!/bin/sh\n{body}\n", encoding="utf-8")
    path.chmod(0o755)


def test_nvidia_smi_is_asked_only_where_a_device_file_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    command(tmp_path, "echo '0, GPU-aa11, NVIDIA H100 80GB HBM3, 9.0, 81559'")
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert gpus(tmp_path, {}) == ()
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvidia3").touch()
    assert gpus(tmp_path, {}) == (H100,)
    assert gpus(tmp_path, {"CUDA_VISIBLE_DEVICES": "-1"}) == ()


def test_a_driver_that_fails_gives_no_gpu(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command(tmp_path, "echo 'NVIDIA-SMI has failed, since it, could, not, talk'; exit 9")
    (tmp_path / "dev").mkdir()
    (tmp_path / "dev/nvidia0").touch()
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    assert gpus(tmp_path, {}) == ()
    monkeypatch.setenv("PATH", "")
    assert gpus(tmp_path, {}) == ()
