"""What a part of kind `source` is: settings, and a call that brings a harvest up to date.

    SQL = SourcePart(settings=SqlSettings, bring=bring)
    SQL(SqlSettings(url="env:SHOP_DB", query="SELECT …"), harvest=harvest, say=print)

A part puts what is new or changed, drops what is gone, commits as it goes, and does nothing twice.
What does not answer is an UnreachableError; what can never work is an InputError. Counts of what
it passed over stand in the harvest's state `dropped`.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Generic, Protocol, TypeVar

from pydantic import BaseModel

from chainring.contracts.errors import InputError
from chainring.contracts.parts import load_part
from chainring.data.harvest import Harvest

S = TypeVar("S", bound=BaseModel)
S_contra = TypeVar("S_contra", bound=BaseModel, contravariant=True)
Say = Callable[[str], None]


class Bring(Protocol[S_contra]):
    """The function of a source part."""

    def __call__(self, settings: S_contra, /, *, harvest: Harvest, say: Say) -> None:
        """Bring the harvest up to date."""
        ...


@dataclass(frozen=True, slots=True, kw_only=True)
class SourcePart(Generic[S]):
    """A source: `settings` is the class of its keys in the recipe, a call brings it up to date."""

    settings: type[S]
    bring: Bring[S]

    def __call__(self, settings: S, *, harvest: Harvest, say: Say) -> None:
        """Put new and changed rows, drop those that are gone, and commit."""
        self.bring(settings, harvest=harvest, say=say)


def settings_of(use: str) -> type[BaseModel]:
    """Return the class of the keys that the source part `use` has in the recipe.

    Raises
    ------
    InputError
        The part cannot be loaded, or has no such class.
    """
    found: Any = getattr(load_part("source", use), "settings", None)
    if isinstance(found, type) and issubclass(found, BaseModel):
        return found
    raise InputError(
        f"the source part {use} has no `settings`, a pydantic model of its keys; mend its package, "
        "or choose another source"
    )
