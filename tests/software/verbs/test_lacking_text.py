"""Which text a restored project lacks: what its recipe states and is not there, nothing else."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import pytest

from chainring.software.api import Project
from chainring.software.package import origin
from chainring.software.verbs.upkeep import lacking_text

SOURCE = '[[data.sources]]\nuse = "files.v1"\nname = "web"\npath = "/srv/chats/*.jsonl"\n'


def lacking(folder: Path, recipe: str) -> list[str]:
    (folder / "chainring.toml").write_text(f'[project]\nname = "shop"\n{recipe}')
    with closing(Project.open(folder)) as project:
        return lacking_text(project)


@pytest.mark.parametrize(
    ("recipe", "lacks"),
    [
        ("", ["data"]),
        (SOURCE, []),
        (f'[data]\npath = "data"\n{SOURCE}', ["data"]),
        ('[data]\npath = ["rows", "more"]\nunlabelled = ["raw"]\n', ["more", "raw"]),
        ('[data]\npath = "rows [2025]"\n', []),
        ('[data]\npath = "rows [2026]"\n', ["rows [2026]"]),
        ('[data]\npath = "rows/**/*.jsonl"\n', []),
        ('[data]\npath = "rows/**/*.csv"\n', ["rows/**/*.csv"]),
        ('[data]\npath = "rows"\n[deployment]\narticles = "articles"\n', ["articles"]),
    ],
)
def test_text_is_lacking_where_the_recipe_states_it_and_it_is_not_there(
    tmp_path: Path, recipe: str, lacks: list[str]
) -> None:
    (tmp_path / "rows [2025]").mkdir()
    (tmp_path / "rows/2025/old").mkdir(parents=True)
    (tmp_path / "rows/2025/old/a.jsonl").touch()
    assert lacking(tmp_path, recipe) == lacks


def test_a_package_lacks_no_text_that_it_never_had(tmp_path: Path) -> None:
    (tmp_path / origin.FILE).touch()
    assert lacking(tmp_path, '[data]\ntask = "classification"\n') == []
