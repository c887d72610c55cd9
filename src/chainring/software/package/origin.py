"""Which package a project was made as: what is written beside its recipe, and into its state.

    project/packaged.json     what this package brings; each newer package has one of its own
    project/.chainring        the same as a fact: what the state came with

A project that was never packaged has neither.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from chainring.contracts.codec import decode, encode

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


def brought(folder: Path) -> Package | None:
    """Return what a packaged project brings; None for any other project."""
    path = folder / FILE
    return decode(Package, path.read_text("utf-8")) if path.is_file() else None
