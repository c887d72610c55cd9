"""A harvest to fill, and a call that fills it with a part."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chainring.data.harvest import Harvest
from chainring.data.sources.part import SourcePart

Bring = Callable[..., list[str]]


@pytest.fixture
def harvest(tmp_path: Path) -> Iterator[Harvest]:
    """Yield an empty harvest that redacts, as a project's does."""
    with Harvest.open(tmp_path / "harvest", redacts=True) as found:
        yield found


@pytest.fixture
def bring(harvest: Harvest) -> Bring:
    """Return a call that brings the harvest up to date and returns what was said."""

    def brought(part: SourcePart[Any], **own: Any) -> list[str]:
        said: list[str] = []
        part(part.settings(**own), harvest=harvest, say=said.append)
        return said

    return brought
