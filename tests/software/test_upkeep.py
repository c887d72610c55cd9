"""Upkeep: a restore that was killed leaves no project, and the next one begins anew."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from tests.software.conftest import ALONE, PATIENCE_S

from chainring.contracts.errors import ConflictError, ProjectNotFoundError
from chainring.software.api import Project

DYING = """\
import os, signal, sys
from chainring.software.api import Project
from chainring.store import backup

load, left = backup._load_table, [int(sys.argv[3])]

def dying(*given):
    left[0] -= 1
    if left[0] == 0:
        os.kill(os.getpid(), signal.SIGKILL)
    return load(*given)

backup._load_table = dying
Project.restore(sys.argv[1], sys.argv[2])
"""


@pytest.fixture
def archive(tmp_path: Path) -> Path:
    Project.init(tmp_path / "shop").close()
    project = Project.open(tmp_path / "shop")
    project.backup(tmp_path / "shop.tar.gz")
    project.close()
    return tmp_path / "shop.tar.gz"


@pytest.mark.parametrize("tables", [1, 3])
def test_what_a_killed_restore_leaves_is_no_project_and_the_next_one_is_whole(
    archive: Path, tmp_path: Path, tables: int
) -> None:
    new = tmp_path / "new"
    command = [sys.executable, "-c", DYING, str(archive), str(new), str(tables)]
    done = subprocess.run(command, env=ALONE, timeout=PATIENCE_S, check=False)
    assert done.returncode == -signal.SIGKILL
    with pytest.raises(ProjectNotFoundError):
        Project.open(new)
    restored = Project.restore(archive, new)
    restored.close()
    assert sorted(os.listdir(new)) == [".chainring", "chainring.toml"]
    Project.open(new).close()


def test_a_project_without_its_recipe_is_not_restored_over(archive: Path, tmp_path: Path) -> None:
    key = tmp_path / "shop" / ".chainring" / "key"
    (tmp_path / "shop" / "chainring.toml").unlink()
    before = key.read_bytes()
    with pytest.raises(ConflictError, match="without a recipe"):
        Project.restore(archive, tmp_path / "shop")
    assert key.read_bytes() == before
