"""Which package a project was made as: what is written beside its recipe, and into its state.

    project/packaged.json     what this package brings; each newer package has one of its own
    project/.chainring        the same as a fact: what the state came with

A project that was never packaged has neither.
"""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.act import Act
from chainring.contracts.codec import decode, encode
from chainring.ring.built import current
from chainring.software.telling.sentences import say
from chainring.software.telling.unserved import short
from chainring.software.verbs.auditing import KIND as ACT

if TYPE_CHECKING:
    from chainring.software.api import Project

FILE = "packaged.json"
KIND = "package"


@dataclass(frozen=True, slots=True, kw_only=True)
class Package:
    """A champion that was copied out: the package's own id, its model, a digest of its recipe.

    `folder` is where it was written, told in the project that it was made of alone.
    """

    id: str
    app: str
    at: float
    model: str
    rules: str
    folder: str = ""


def write(project: Project, package: Package) -> None:
    """Write into a packaged project what it is."""
    (project.folder / FILE).write_text(encode(package), encoding="utf-8")
    project.ring.ledger.add_fact(KIND, package.id, package, about=package.model)


def elsewhere(project: Project, models: Collection[str]) -> tuple[tuple[str, str], ...]:
    """Return folder and model of the packages that were made of these models.

    Earlier versions kept that one was made, and not where: then the folder is empty.
    """
    ledger = project.ring.ledger
    found: list[tuple[str, str]] = []
    for model in models:
        folders = [one.folder for one in ledger.facts(KIND, Package, about=model) if one.folder]
        acts = ledger.facts(ACT, Act, about=model)
        made = sum(act.verb == "package" for act in acts)
        found += [(folder, model) for folder in folders]
        found += [("", model)] if made > len(folders) else []
    return tuple(found)


def brought(folder: Path) -> Package | None:
    """Return what a packaged project brings; None for any other project."""
    path = folder / FILE
    return decode(Package, path.read_text("utf-8")) if path.is_file() else None


def beside(project: Project) -> str:
    """Return a sentence where the state beside a package is that of another one; else nothing."""
    own = brought(project.folder)
    if own is None:
        return ""
    made = (one for one in project.ring.ledger.facts(KIND, Package) if not one.folder)
    with_state = next(made, None)
    if with_state is not None and with_state.id == own.id:
        return ""
    _, served = current(project.ring)
    model = "" if served is None else served.model
    name = "the same model" if model == own.model else "another model"
    same = with_state is not None and with_state.rules == own.rules
    return say(
        name,
        model=short(own.model),
        served=short(model),
        rules=say("same rules" if same else "other rules"),
    )
