"""The limits of control groups, read from file trees such as containers show them."""

from pathlib import Path

import pytest

from chainring.store.cgroup import cpu_limit, memory_limit_bytes

GIB = 1 << 30


def write(root: Path, files: dict[str, str]) -> Path:
    for name, text in files.items():
        path = root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text + "\n", encoding="utf-8")
    return root


def test_without_control_groups_nothing_is_limited(tmp_path: Path) -> None:
    assert cpu_limit(tmp_path) is None
    assert memory_limit_bytes(tmp_path) is None


def test_the_tightest_limit_between_a_version_2_group_and_the_top_counts(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "0::/pod/box",
            "sys/fs/cgroup/pod/box/cpu.max": "400000 100000",
            "sys/fs/cgroup/pod/cpu.max": "150000 100000",
            "sys/fs/cgroup/pod/box/memory.max": str(2 * GIB),
            "sys/fs/cgroup/pod/memory.max": str(8 * GIB),
        },
    )
    assert cpu_limit(root) == 1.5
    assert memory_limit_bytes(root) == 2 * GIB


def test_a_version_2_group_with_the_word_max_is_not_limited(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "0::/",
            "sys/fs/cgroup/cpu.max": "max 100000",
            "sys/fs/cgroup/memory.max": "max",
        },
    )
    assert cpu_limit(root) is None
    assert memory_limit_bytes(root) is None


@pytest.mark.parametrize("mount", ["cpu", "cpu,cpuacct"])
def test_version_1_limits_are_found_where_its_controllers_are_mounted(
    tmp_path: Path, mount: str
) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/docker/7f\n1:cpu,cpuacct:/docker/7f\n0::/",
            # a container sees its own group at the mount, not at the path of the host
            f"sys/fs/cgroup/{mount}/cpu.cfs_quota_us": "200000",
            f"sys/fs/cgroup/{mount}/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": str(GIB),
        },
    )
    assert cpu_limit(root) == 2.0
    assert memory_limit_bytes(root) == GIB


def test_the_numbers_that_version_1_writes_for_no_limit_are_no_limit(tmp_path: Path) -> None:
    root = write(
        tmp_path,
        {
            "proc/self/cgroup": "4:memory:/\n1:cpu:/",
            "sys/fs/cgroup/cpu/cpu.cfs_quota_us": "-1",
            "sys/fs/cgroup/cpu/cpu.cfs_period_us": "100000",
            "sys/fs/cgroup/memory/memory.limit_in_bytes": "9223372036854771712",
        },
    )
    assert cpu_limit(root) is None
    assert memory_limit_bytes(root) is None
