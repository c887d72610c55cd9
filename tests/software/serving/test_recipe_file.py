"""A server notices that the recipe it began with is another by now; it goes on as it began."""

from __future__ import annotations

import asyncio
import logging
from pathlib import Path

import pytest

from chainring.deployment.http.verbs import Caller
from chainring.ring.recipe import FILE
from chainring.software.api import Project
from chainring.software.serving.recipe_file import RecipeFile
from chainring.software.serving.service import Service

RULE = '\n[[access.rules]]\naction = "read"\nallow = false\n'
TOLD = "recipe.changed restart=needed"


@pytest.fixture(autouse=True)
def _heard(caplog: pytest.LogCaptureFixture) -> None:
    """Hear our warnings whatever a library has made of the root logger's level."""
    caplog.set_level(logging.INFO, logger="chainring")


@pytest.fixture(name="folder")
def _folder(tmp_path: Path) -> Path:
    (tmp_path / FILE).write_text('[project]\nname = "shop"\n', encoding="utf-8")
    return tmp_path


def add(folder: Path, text: str) -> None:
    with (folder / FILE).open("a", encoding="utf-8") as file:
        file.write(text)


@pytest.mark.parametrize(
    ("added", "changed"),
    [
        (RULE, True),
        ("\n[release]\nthrough = 'canary'\n", True),
        ("\n[data]\ntask = 'regression'\n", True),
        ("\n# a remark\n", False),
        ("\n[training]\nbudget_minutes = 7\n[gate]\nmax_looks = 9\n", False),
        ("\n[deployment]\nport = 'none", False),  # half written, or wrong: a turn says so
    ],
)
def test_a_change_counts_where_a_server_reads_it(folder: Path, added: str, changed: bool) -> None:
    recipe = RecipeFile(folder)
    recipe.look()
    add(folder, added)
    recipe.look()
    assert recipe.changed is changed


def test_a_change_is_logged_once_and_told_no_more_once_it_is_taken_back(
    folder: Path, caplog: pytest.LogCaptureFixture
) -> None:
    recipe, before = RecipeFile(folder), (folder / FILE).read_text(encoding="utf-8")
    recipe.look()
    for text in (RULE, "\n# a remark\n"):
        add(folder, text)
        recipe.look()
        recipe.look()
    assert (recipe.changed, caplog.messages.count(TOLD)) == (True, 1)
    (folder / FILE).write_text(before, encoding="utf-8")
    recipe.look()
    assert not recipe.changed


def test_a_recipe_that_cannot_be_read_stops_nothing(folder: Path) -> None:
    recipe = RecipeFile(folder)
    recipe.look()
    (folder / FILE).unlink()
    recipe.look()
    assert not recipe.changed


def test_a_running_server_says_that_it_goes_by_an_older_recipe(
    shop: Path, caplog: pytest.LogCaptureFixture
) -> None:
    async def told() -> list[bool]:
        service = Service(Project.open(shop), open_to_all=True)
        await service.start()
        before = service.status(caller=Caller(role="operate"))["recipe_changed"]
        add(shop, RULE)
        await service._refresh()
        after = service.status(caller=Caller(role="operate"))["recipe_changed"]
        await service.stop()
        return [before, after]

    assert asyncio.run(told()) == [False, True]
    assert caplog.messages.count(TOLD) == 1
