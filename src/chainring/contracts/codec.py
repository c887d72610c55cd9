"""Nouns to and from JSON: dataclasses, tuples, mappings and scalars; unknown keys are faults.

Enters a frozen dataclass, leaves a JSON text with sorted keys, and the way back by type hints:
`decode(Record, encode(record)) == record`. What was said in two languages is kept in both; its
English alone is plain data, and what a digest is taken of.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import types
import typing
from functools import cache
from typing import Any, TypeVar

from chainring.contracts.errors import InputError
from chainring.contracts.said import Said

T = TypeVar("T")
_SCALARS = frozenset({str, int, float, bool, type(None)})


def plain(value: Any, *, both: bool = False) -> Any:
    """Return `value` as JSON-ready plain data: dicts, lists and scalars.

    Parameters
    ----------
    both
        Whether what was said in two languages becomes a dict of both, as it is stored.
    """
    kind: Any = type(value)
    if kind in _SCALARS:
        return value
    if kind is Said and both:
        return {"en": str(value), "zh": value.zh}
    if dataclasses.is_dataclass(value) and kind is not type:
        return {name: plain(getattr(value, name), both=both) for name in _names(kind)}
    if isinstance(value, dict):
        return {str(key): plain(item, both=both) for key, item in value.items()}
    if isinstance(value, list | tuple | set | frozenset):
        items = [plain(item, both=both) for item in value]
        return sorted(items) if isinstance(value, set | frozenset) else items
    return value


def encode(value: Any) -> str:
    """Return canonical JSON text of a noun: sorted keys, no spaces, Chinese as it is."""
    return _text(plain(value, both=True))


def _text(data: Any) -> str:
    return json.dumps(
        data, sort_keys=True, ensure_ascii=False, separators=(",", ":"), allow_nan=False
    )


def decode(kind: type[T], text: str | bytes) -> T:
    """Return the noun of class `kind` that `encode` wrote as `text`.

    Raises
    ------
    InputError
        When it is no JSON, or a key is missing or is not of the class.
    """
    try:
        data = json.loads(text)
    except ValueError as error:
        raise InputError(f"{kind.__name__} cannot be read: it is no JSON ({error})") from error
    return typing.cast(T, build(kind, data))


def digest(value: Any, *, size: int = 16) -> str:
    """Return `blake2b:<hex>` of a noun's canonical JSON (or of bytes, or of a text)."""
    data = value if isinstance(value, bytes) else _text(plain(value)).encode()
    return "blake2b:" + hashlib.blake2b(data, digest_size=size).hexdigest()


@cache
def _names(kind: type) -> tuple[str, ...]:
    return tuple(field.name for field in dataclasses.fields(kind))


@cache
def _required(kind: type) -> frozenset[str]:
    missing = dataclasses.MISSING
    return frozenset(
        field.name
        for field in dataclasses.fields(kind)
        if field.default is missing and field.default_factory is missing
    )


@cache
def _hints(kind: type) -> dict[str, Any]:
    hints = typing.get_type_hints(kind)
    return {name: hints[name] for name in _names(kind)}


def build(hint: Any, data: Any) -> Any:
    """Return `data` (plain JSON) as the type that `hint` names."""
    if type(data) is hint:  # plain data is no noun: nothing is to be made of it
        return data
    if isinstance(hint, type):  # most are; asking for an origin takes longer
        return _build_class(hint, data)
    origin = typing.get_origin(hint)
    if origin in (typing.Union, types.UnionType):
        return _build_union(hint, data)
    if origin in (tuple, list, frozenset, set, dict):
        _require_shape(data, dict if origin is dict else list)
    if origin in (tuple, list, frozenset, set):
        arguments = typing.get_args(hint)
        if origin is tuple and (len(arguments) != 2 or arguments[1] is not Ellipsis):
            return tuple(build(h, item) for h, item in zip(arguments, data, strict=True))
        return origin(build(arguments[0], item) for item in data)
    if origin is dict:
        _, values = typing.get_args(hint)
        return {key: build(values, item) for key, item in data.items()}
    if origin is not None and dataclasses.is_dataclass(origin):
        return _build_dataclass(typing.cast(type, origin), data)
    return data


def _build_class(kind: type, data: Any) -> Any:
    if dataclasses.is_dataclass(kind):
        return _build_dataclass(kind, data)
    if kind is str and type(data) is dict:
        return _build_said(data)
    return float(data) if kind is float and isinstance(data, int) else data


def _build_said(data: dict[str, Any]) -> Said:
    if set(data) != {"en", "zh"}:
        raise InputError(f"a text in two languages is expected, found {sorted(data)}")
    return Said(data["en"], zh=data["zh"])


def _require_shape(data: Any, shape: type) -> None:
    if not isinstance(data, shape):
        raise InputError(f"a JSON {shape.__name__} is expected, found {type(data).__name__}")


def _build_union(hint: Any, data: Any) -> Any:
    if data is None:
        return None
    options = [option for option in typing.get_args(hint) if option is not type(None)]
    return build(options[0], data) if len(options) == 1 else data


def _build_dataclass(kind: type, data: Any) -> Any:
    _require_shape(data, dict)
    hints, required = _hints(kind), _required(kind)
    if not required <= data.keys() <= hints.keys():
        stray, missing = sorted(data.keys() - hints.keys()), sorted(required - data.keys())
        faults = [f"{kind.__name__}.{name}: unknown key" for name in stray]
        faults += [f"{kind.__name__}.{name}: missing" for name in missing]
        if stray:
            raise InputError(
                f"{kind.__name__} cannot be read; a newer chainring may have written it: "
                "install that one",
                faults=faults,
            )
        raise InputError(f"{kind.__name__} cannot be read", faults=faults)
    return kind(
        **{
            name: item if type(item) is hints[name] else build(hints[name], item)
            for name, item in data.items()
        }
    )


VOLATILE = frozenset({"cpu_s", "texts_per_s", "duration_s", "free_disk_mib"})
"""Fields that are measured, not made: they are facts of one run and no part of an identity."""


def identity(value: Any) -> str:
    """Return the digest of a noun without what was merely measured."""
    data = plain(value)
    text = _text(data)
    if any(f'"{name}":' in text for name in VOLATILE):
        text = _text(_steady(data))
    return digest(text.encode(), size=32)


def _steady(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: _steady(item) for key, item in value.items() if key not in VOLATILE}
    if isinstance(value, list):
        return [_steady(item) for item in value]
    return value
