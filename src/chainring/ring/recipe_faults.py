"""What is wrong with settings, in sentences: path, value found, what is allowed, the nearest name.

Enters a ValidationError of pydantic and the model that raised it, leaves one sentence a place.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any, get_origin

from pydantic import BaseModel, ValidationError

from chainring.contracts.errors import did_you_mean, nearest

Model = type[BaseModel]
_ALSO = {"gpu": "cuda", "nvidia": "cuda"}
"""What people call a choice that is spelt otherwise."""


def faults_of(
    error: ValidationError,
    root: Model,
    *,
    prefix: str = "",
    known: Sequence[str] = (),
    without: Collection[tuple[str, ...]] = (),
) -> list[str]:
    """Return one sentence a place; the branches of a choice of types become one sentence.

    Parameters
    ----------
    prefix
        What stands before every path: `data.sources[tickets]`
    known
        Further keys that may stand beside those of the root.
    without
        The paths whose faults are told elsewhere.
    """
    said: dict[tuple[str, ...], list[Any]] = {}
    for entry in error.errors(include_url=False):
        if not any(entry["loc"][: len(path)] == path for path in without):
            said.setdefault(_place(root, entry["loc"]), []).append(entry)
    return [
        _fault(root, list(place), entries, known=known, prefix=prefix)
        for place, entries in said.items()
    ]


def _place(root: Model, location: Sequence[str | int]) -> tuple[str, ...]:
    """Return the path in the file, without the names that pydantic gives to types."""
    steps = [str(step) for step in location]
    depth = next(
        (i for i in range(1, len(steps)) if _model_at(root, steps[:i]) is None), len(steps)
    )
    model = _model_at(root, steps[: depth - 1])
    field = None if model is None or not steps else model.model_fields.get(steps[depth - 1])
    keyed = field is not None and get_origin(field.annotation) is dict
    return (*steps[:depth], *(steps[depth : depth + 1] if keyed else ()))


def _fault(
    root: Model, location: list[str], entries: Sequence[Any], *, known: Sequence[str], prefix: str
) -> str:
    path = ".".join([prefix, *location] if prefix else location)
    found = entries[0]["input"]
    kinds = {entry["type"] for entry in entries}
    told = _description(root, location)
    if "extra_forbidden" in kinds:
        names = [*_known(root, location[:-1]), *(known if len(location) == 1 else ())]
        return f"{path}: unknown key{did_you_mean(location[-1], names)}"
    if "missing" in kinds:
        return f"{path}: missing; {told or f'the file needs a section [{path}]'}"
    if kinds <= {"model_type", "model_attributes_type"}:
        return f"{path}: {found!r} found; expected a section [{path}] with keys of its own"
    if "value_error" in kinds:
        return f"{path}: {entries[0]['msg'].removeprefix('Value error, ')}"
    if "string_pattern_mismatch" in kinds:
        return f"{path}: {found!r} found; expected {told}"
    expected = dict.fromkeys(entry["msg"].removeprefix("Input should be ") for entry in entries)
    near = nearest(
        _ALSO.get(str(found).lower(), str(found)), re.findall(r"'([^']*)'", " ".join(expected))
    )
    return (
        f"{path}: {found!r} found; expected {' or '.join(expected)}"
        + (f" ({told})" if told else "")
        + (f"; did you mean {near!r}?" if near else "")
    )


def _known(root: Model, location: list[str]) -> list[str]:
    model = _model_at(root, location)
    return [] if model is None else list(model.model_fields)


def _description(root: Model, location: list[str]) -> str:
    model = _model_at(root, location[:-1])
    field = None if model is None or not location else model.model_fields.get(location[-1])
    return "" if field is None else (field.description or "")


def _model_at(root: Model, location: list[str]) -> Model | None:
    model = root
    for step in location:
        field = model.model_fields.get(step)
        if field is None or not isinstance(field.annotation, type):
            return None
        if not issubclass(field.annotation, BaseModel):
            return None
        model = field.annotation
    return model
