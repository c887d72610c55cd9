"""The past of a ring as its page and its report draw it: turns, days of traffic, who serves."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field

from chainring.contracts.evaluation import Share
from chainring.contracts.measure import MeasureName


@dataclass(frozen=True, slots=True, kw_only=True)
class TurnPoint:
    """One turn as the ring page draws it: `champion` on the same rows, `value` by `measure`.

    `served` is the model that was the champion then. Where another measure than accuracy judges,
    `measured` holds what the champion (or the best answer that never changes) and the challenger
    came to by it.
    """

    number: int
    at: float
    value: str
    promoted: bool
    challenger: str = ""
    part: str = ""
    accuracy: Share | None = None
    champion: Share | None = None
    served: str = ""
    languages: Mapping[str, Share] = field(default_factory=dict)
    because: str = ""
    measure: MeasureName = "accuracy"
    measured: tuple[float, float] | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Day:
    """One day (`2026-11-23`) of traffic; `feedback` counts reactions by kind."""

    day: str
    predictions: int = 0
    passed_on: int = 0
    feedback: Mapping[str, int] = field(default_factory=dict)
    thumbs_up: int = 0
    thumbs_down: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Champion:
    """The model that answers now."""

    model: str
    form: str
    engine: str
    since: float
    by: str = ""
    because: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class History:
    """Everything that the page of the ring draws, oldest first.

    Answers that are `graded` are right in part: what is called accuracy is their mean score. What
    is `waiting` was counted up to `counted_to`.
    """

    champion: Champion | None = None
    turns: tuple[TurnPoint, ...] = ()
    days: tuple[Day, ...] = ()
    waiting: Mapping[str, int] = field(default_factory=dict)
    counted_to: int | None = None
    graded: bool = False
