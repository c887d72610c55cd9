"""How far a table was read: a key kept as text between turns, and how far back to look again.

Enters values of a key column, leaves texts and values again.

>>> decoded(encoded(41)), decoded(encoded("2026-11-25 04:00")), reach_back(5000, None)
(41, '2026-11-25 04:00', 4000)
"""

from __future__ import annotations

import datetime
import decimal
import json
from collections.abc import Callable
from typing import Any

from chainring.contracts.errors import InputError

NUMBERS_AGAIN = 1000
"""A database hands out numbers before it commits: a lower one may appear after a higher one."""

SECONDS_AGAIN = 300.0

_KINDS: dict[str, tuple[type[Any], Callable[[Any], Any], Callable[[Any], Any]]] = {
    "time": (datetime.datetime, lambda v: v.isoformat(), datetime.datetime.fromisoformat),
    "day": (datetime.date, lambda v: v.isoformat(), datetime.date.fromisoformat),
    "decimal": (decimal.Decimal, str, decimal.Decimal),
    "int": (int, int, int),
    "float": (float, float, float),
    "text": (str, str, str),
}


def encoded(value: Any) -> str:
    """Return a value of a key column as a text.

    Raises
    ------
    InputError
        When it is of a kind that has no order to go by.
    """
    for name, (kind, write, _) in _KINDS.items():
        if isinstance(value, kind):
            return json.dumps([name, write(value)])
    raise InputError(
        f"a key column holds numbers, times or texts; found a {type(value).__name__}; name another"
    )


def decoded(text: str) -> Any:
    """Return the value that `encoded` wrote."""
    name, value = json.loads(text)
    return _KINDS[name][2](value)


def reach_back(value: Any, overlap: float | None) -> Any:
    """Return from which key to read on: below the last one, so that late commits are seen.

    Texts are not reached back from: rows of the same key are read again, lower ones are not.
    """
    if isinstance(value, datetime.datetime):
        return value - datetime.timedelta(seconds=SECONDS_AGAIN if overlap is None else overlap)
    if isinstance(value, datetime.date):
        return value - datetime.timedelta(days=1 if overlap is None else int(overlap))
    if isinstance(value, int):
        return value - (NUMBERS_AGAIN if overlap is None else int(overlap))
    if isinstance(value, decimal.Decimal):
        return value - decimal.Decimal(overlap or 0)
    return value - (overlap or 0) if isinstance(value, float) else value
