"""The part of a recipe that a server reads, as a file of its own.

What was trained on, where it lay and who turns the ring stay at home; so does the address of a
ledger, which may name a password, and `[hardware]`, which is of the machine at home. Rules of
access go with it, since they withhold what is shown there, too, and so does who is told of drift
and of complaints; a certificate stays, since the package is served in plain HTTP behind a proxy.
"""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chainring.software.api import Project

SECTIONS = ("access", "privacy", "feedback", "deployment", "drift", "alerts", "observing")
_BARE = re.compile(r"[A-Za-z0-9_-]+")
TLS = ("tls_certificate", "tls_key")


def recipe_text(project: Project, folder: Path) -> str:
    """Return the recipe of a packaged project; its articles are copied into `folder`."""
    recipe = project.ring.recipe
    told: dict[str, Any] = {
        "project": recipe.project.model_dump(exclude_defaults=True),
        "data": {"task": recipe.data.task},
    }
    for name in SECTIONS:
        told[name] = getattr(recipe, name).model_dump(mode="json", exclude_defaults=True)
    for name in TLS:
        told["deployment"].pop(name, None)
    articles = recipe.deployment.articles
    if articles is not None:
        own = project.folder / articles
        copy = shutil.copytree if own.is_dir() else shutil.copyfile
        copy(own, folder / articles.name)
        told["deployment"]["articles"] = articles.name
    return "\n".join(_lines((), told)).strip() + "\n"


def _lines(path: tuple[str, ...], table: Mapping[str, Any]) -> Iterator[str]:
    """Yield a table as TOML: its own values, then the tables in it."""
    values = {name: value for name, value in table.items() if not isinstance(value, Mapping)}
    if path and values:
        yield f"[{'.'.join(map(_key, path))}]"
        yield from (f"{_key(name)} = {_value(value)}" for name, value in values.items())
        yield ""
    for name, inner in table.items():
        if isinstance(inner, Mapping):
            yield from _lines((*path, name), inner)


def _key(name: str) -> str:
    """Return a key as TOML writes it: in quotes where it is no word of ASCII."""
    return name if _BARE.fullmatch(name) else _text(name)


def _value(value: Any) -> str:
    """Return a value as TOML writes it: tables and lists on one line, numbers as JSON does."""
    if isinstance(value, Mapping):
        inner = (f"{_key(name)} = {_value(one)}" for name, one in value.items())
        return f"{{{', '.join(inner)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(_value, value))}]"
    return _text(value) if isinstance(value, str) else json.dumps(value)


def _text(text: str) -> str:
    """Return a text as TOML writes it: as JSON does, but for DEL, which TOML has escaped, too."""
    return json.dumps(text, ensure_ascii=False).replace("\x7f", r"\u007f")
