"""The machine that runs the tests, and one that is played by a file tree."""

import os
import sys
from pathlib import Path

import pytest

from chainring.hardware.machine import machine


def test_this_machine_is_found_as_the_system_itself_counts_it(tmp_path: Path) -> None:
    found = machine(folder=tmp_path)
    assert 1 <= found.cores <= (os.cpu_count() or 1)
    assert 0 <= found.physical_cores <= found.cores
    assert found.memory_mib > 0
    assert found.free_disk_mib > 0
    assert found.processor
    assert found.system.split()[0] == os.uname().sysname


@pytest.mark.skipif(sys.platform != "linux", reason="affinity and /proc are Linux'")
def test_affinity_and_a_containers_limits_are_taken_off(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    groups = tmp_path / "sys/fs/cgroup"
    groups.mkdir(parents=True)
    (tmp_path / "proc/self").mkdir(parents=True)
    (tmp_path / "proc/self/cgroup").write_text("0::/\n", encoding="utf-8")
    (tmp_path / "proc/cpuinfo").write_text("flags : avx2\n", encoding="utf-8")
    (groups / "memory.max").write_text(str(64 << 20), encoding="utf-8")
    monkeypatch.setattr(os, "sched_getaffinity", lambda _: {0, 1, 4, 5})

    unlimited = machine(root=tmp_path)
    assert (unlimited.cores, unlimited.physical_cores) == (4, 0)
    assert (unlimited.memory_mib, unlimited.instruction_sets) == (64, ("avx2",))

    (groups / "cpu.max").write_text("270000 100000", encoding="utf-8")
    assert machine(root=tmp_path).cores == 2
    (groups / "cpu.max").write_text("50000 100000", encoding="utf-8")
    assert machine(root=tmp_path).cores == 1


def test_a_mac_is_asked_with_sysctl(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    command = tmp_path / "sysctl"
    command.write_text(
        "#!/bin/sh\necho 'hw.optional.neon: 1'\necho 'hw.physicalcpu: 1'\n"
        "echo 'machdep.cpu.brand_string: Apple M2'\n",
        encoding="utf-8",
    )
    command.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path), prepend=":")
    found = machine(root=tmp_path)
    assert (found.processor, found.instruction_sets) == ("Apple M2", ("neon",))
    assert found.physical_cores == 1
    command.unlink()
    assert machine(root=tmp_path).physical_cores == 0 or sys.platform == "darwin"
