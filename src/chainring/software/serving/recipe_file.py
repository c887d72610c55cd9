"""Whether `chainring.toml` says something else by now than a running server goes by.

Enters a project's folder, leaves a flag and one line of the log. A server goes on as it began:
its lane, its sockets and its rules are made of the recipe that it read when it was started.

    recipe = RecipeFile(project.folder)
    recipe.look()       # at the start, then from time to time
    recipe.changed      # True where `recipe.changed restart=needed` was logged
"""

from __future__ import annotations

import logging
from pathlib import Path
from typing import Any

from chainring.contracts.errors import ChainringError
from chainring.ring.recipe import FILE, load_recipe

log = logging.getLogger("chainring.service")

OF_A_TURN = {"training", "evaluation", "gate"}
"""Sections that a turn alone reads: their change needs no other server."""


def written(folder: Path) -> tuple[int, int, int] | None:
    """Return what changes when the recipe of a folder is written; None: it cannot be found."""
    try:
        found = (folder / FILE).stat()
    except OSError:
        return None
    return found.st_ino, found.st_size, found.st_mtime_ns


class RecipeFile:
    """The recipe of a folder, compared with what it said at the first look.

    Attributes
    ----------
    changed
        Whether a section that a server reads says something else now.
    """

    def __init__(self, folder: Path) -> None:
        self.changed = False
        self._folder = folder
        self._began: dict[str, Any] = {}
        self._seen: tuple[int, int, int] | None = None

    def look(self) -> None:
        """Read the file where it was written since the last look; one with faults is passed over.

        It may be half written, and a turn says what is wrong with it.
        """
        seen = written(self._folder)
        if seen == self._seen:
            return
        self._seen = seen
        try:
            said = load_recipe(self._folder).model_dump(exclude=OF_A_TURN)
        except ChainringError:
            return
        self._began = self._began or said
        was, self.changed = self.changed, said != self._began
        if self.changed and not was:
            log.warning("recipe.changed restart=needed")
