from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest
from tests.software.conftest import copy

from chainring.software.api import Project
from chainring.software.package.make import Packaged


@pytest.fixture(scope="session")
def packaged(turned: Path, tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Packaged]:
    """Return a turned project and the package that it made."""
    home = copy(turned, tmp_path_factory.mktemp("home") / "shop")
    with closing(Project.open(home)) as project:
        made = project.package(tmp_path_factory.mktemp("packages") / "shop")
    return home, made
