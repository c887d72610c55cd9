"""The doctor before and beside a project."""

from __future__ import annotations

from pathlib import Path

from tests.software.conftest import refused


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    nowhere = tmp_path / "nope"
    assert refused("doctor", "-p", str(nowhere)).startswith(f"{nowhere} is no folder; ")
    assert not nowhere.exists()
