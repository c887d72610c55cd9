"""Outlines of answers: enough to tell whom a person is asked about, of a log of any length.

Enters the columns of a row and its body, leaves an `Outline`; who needs more reads the answer.

    [outline(*row) for row in connection.execute(sa.select(*outlined(predictions.c)))]
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, Protocol

import sqlalchemy as sa

_GROUP = re.compile(r'"group":("(?:[^"\\]|\\.)*")')
"""Of a row's body; within a text a quotation mark has a backslash before it."""


class Outlined(Protocol):
    """What of an answer tells whether a person is asked about it: an outline, or all of it."""

    @property
    def id(self) -> str: ...  # noqa: D102
    @property
    def at(self) -> float: ...  # noqa: D102
    @property
    def group(self) -> str: ...  # noqa: D102
    @property
    def holdout(self) -> bool: ...  # noqa: D102
    @property
    def passed_on(self) -> bool: ...  # noqa: D102
    @property
    def confidence(self) -> float: ...  # noqa: D102


@dataclass(frozen=True, slots=True, kw_only=True)
class Outline:
    """An answer as the columns of the log tell it; to read all of it takes ten times as long.

    It names nobody, and says nothing of what was asked and answered.
    """

    id: str
    at: float
    group: str
    holdout: bool
    passed_on: bool
    confidence: float


def outlined(columns: Any) -> tuple[sa.ColumnElement[Any], ...]:
    """Return what is read of a row of answers for its outline, in the order of `outline`."""
    told = columns
    return told.id, told.at, told.holdout, told.passed_on, told.confidence, told.body


def outline(
    name: str, at: float, holdout: bool, passed_on: bool, confidence: float, body: str
) -> Outline:
    """Return the outline of a row; of its body the group alone is read."""
    found = _GROUP.search(body)
    group = '""' if found is None else found[1]
    return Outline(
        id=name,
        at=at,
        group=json.loads(group) if "\\" in group else group[1:-1],
        holdout=holdout,
        passed_on=passed_on,
        confidence=confidence,
    )
