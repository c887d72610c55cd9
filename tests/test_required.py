"""What `.ci/run` requires may not be skipped, by whatever way a test skips."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from pathlib import Path

HERE = Path(__file__).parent
MARKS = ("postgres", "browser", "openai")
SKIPPING = """
import pytest

@pytest.fixture
def absent():
    pytest.skip("not here")

@pytest.mark.{mark}
def test_by_its_fixture(absent):
    pass

@pytest.mark.{mark}
@pytest.mark.skipif(True, reason="not here")
def test_by_its_mark():
    pass

@pytest.mark.{mark}
def test_by_itself():
    pytest.skip("not here")

def test_of_something_else():
    pytest.skip("may be")
"""
WHOLE = """
import sys

import pytest

sys.modules["openai"] = None
openai = pytest.importorskip("openai")
"""


def run(folder: Path, required: dict[str, str]) -> subprocess.CompletedProcess[str]:
    shutil.copy(HERE / "conftest.py", folder)
    shutil.copy(HERE.parent / "pyproject.toml", folder)
    kept = {k: v for k, v in os.environ.items() if not k.startswith("CHAINRING_REQUIRE")}
    return subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "."],
        cwd=folder,
        env=kept | required | {"PYTHONPATH": str(HERE.parent / "src")},
        capture_output=True,
        text=True,
        check=False,
    )


def test_each_way_to_skip_is_a_failure_where_the_tests_are_required(tmp_path: Path) -> None:
    for mark in (*MARKS, "gpu"):
        (tmp_path / f"test_{mark}.py").write_text(SKIPPING.format(mark=mark))
    done = run(tmp_path, {f"CHAINRING_REQUIRE_{mark.upper()}": "1" for mark in MARKS})
    assert done.returncode == 1, done.stdout + done.stderr
    for mark in MARKS:
        for way in ("by_its_fixture", "by_its_mark", "by_itself"):
            assert f"test_{mark}.py::test_{way}" in done.stdout
    assert "7 skipped" in done.stdout  # one of each, and all of what is not required


def test_a_module_without_the_openai_package_is_a_failure_where_it_is_required(
    tmp_path: Path,
) -> None:
    (tmp_path / "test_it.py").write_text(WHOLE)
    done = run(tmp_path, {"CHAINRING_REQUIRE_OPENAI": "1"})
    assert done.returncode == 2, done.stdout + done.stderr
    assert "CHAINRING_REQUIRE_OPENAI=1" in done.stdout


def test_elsewhere_they_are_skipped_with_their_reason(tmp_path: Path) -> None:
    (tmp_path / "test_it.py").write_text(SKIPPING.format(mark="openai"))
    (tmp_path / "test_whole.py").write_text(WHOLE)
    done = run(tmp_path, {})
    assert done.returncode == 0, done.stdout + done.stderr
    assert "5 skipped" in done.stdout


def test_what_ci_does_requires_all_three() -> None:
    script = (HERE.parent / ".ci" / "run").read_text()
    for mark in MARKS:
        assert f"CHAINRING_REQUIRE_{mark.upper()}=1" in script
