"""Whether the rows are spread like the people and things they stand for, and what to collect.

Enters rows by language, source, label and declared group, and the shares of a population from the
recipe; leaves one `Standing` for each share.

    found = representativeness({"language": {"en": 900, "zh": 100}}, {"language": {"zh": 0.5}})
    found[0].verdict, found[0].collect      # ('short', 800)

A share is *short* where the exact binomial test says so (all shares of all kinds together through
Holm's correction) and it is below nine tenths of what it should be; *over* the reverse.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, field_validator

from chainring.stats.binomial import tail
from chainring.stats.intervals import Interval, wilson
from chainring.stats.multiple import holm

Kind = Literal["language", "source", "label", "group"]
Verdict = Literal["short", "over", "in line"]
Share = Annotated[float, Field(gt=0, le=1)]

ALPHA = 0.05
MIN_SHORTFALL = 0.1
_ROUNDING = 0.005


class PopulationSettings(BaseModel):
    """The shares that the rows to learn from should have, so that gaps can be named."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    language: dict[str, Share] = Field(
        default_factory=dict, description="language → its share: { en = 0.5, zh = 0.5 }"
    )
    label: dict[str, Share] = Field(default_factory=dict, description="label → its share")
    source: dict[str, Share] = Field(
        default_factory=dict, description="source (a file's name as rows carry it) → its share"
    )
    group: dict[str, Share] = Field(
        default_factory=dict,
        description="declared group (the column `protected`) → its share of the population",
    )

    @field_validator("language", "label", "source", "group")
    @classmethod
    def _is_no_more_than_all(cls, shares: dict[str, float]) -> dict[str, float]:
        total = sum(shares.values())
        if total > 1.0 + _ROUNDING:
            raise ValueError(
                f"the shares add up to {total:.3g}; at most 1 is expected (what is left belongs "
                "to values that are not named)"
            )
        return shares

    def shares(self) -> dict[Kind, dict[str, float]]:
        """Return the declared shares by kind, the kinds without any left out."""
        declared: dict[Kind, dict[str, float]] = {
            "language": self.language,
            "source": self.source,
            "label": self.label,
            "group": self.group,
        }
        return {kind: shares for kind, shares in declared.items() if shares}


@dataclass(frozen=True, slots=True, kw_only=True)
class Standing:
    """One share: rows, interval, what it should be, and how many rows to collect where short.

    `interval` is Wilson's at 95 %; `outside` counts rows whose value the population does not name
    where nothing is left for such: they are not among the interval's rows.
    """

    kind: Kind
    name: str
    rows: int
    interval: Interval
    expected: float
    p: float
    verdict: Verdict = "in line"
    collect: int = 0
    outside: int = 0


def representativeness(
    counts: Mapping[Kind, Mapping[str, int]], population: Mapping[Kind, Mapping[str, float]]
) -> list[Standing]:
    """Return how each declared share stands, in the order declared.

    Parameters
    ----------
    counts
        Rows by value, for each kind; a kind without rows is left out of what returns.
    population
        Shares by value, for each kind.
    """
    found = [
        one
        for kind, shares in population.items()
        for one in _standings(kind, counts.get(kind, {}), shares)
    ]
    adjusted = holm([one.p for one in found])
    judged = [_judged(one, p) for one, p in zip(found, adjusted, strict=True)]
    return [
        replace(one, collect=_to_collect(one, [o for o in judged if o.kind == one.kind]))
        for one in judged
    ]


def _standings(
    kind: Kind, counts: Mapping[str, int], shares: Mapping[str, float]
) -> list[Standing]:
    outside = sum(rows for name, rows in counts.items() if name not in shares)
    is_closed = sum(shares.values()) >= 1.0 - _ROUNDING
    total = sum(counts.values()) - (outside if is_closed else 0)
    if not total:
        return []
    return [
        Standing(
            kind=kind,
            name=name,
            rows=counts.get(name, 0),
            interval=wilson(counts.get(name, 0), total),
            expected=share,
            p=_two_sided(counts.get(name, 0), total, share),
            outside=outside if is_closed else 0,
        )
        for name, share in shares.items()
    ]


def _two_sided(rows: int, total: int, share: float) -> float:
    """Return the exact p value, twice the smaller tail."""
    below, above = tail(total - rows, total, 1.0 - share), tail(rows, total, share)
    return min(1.0, 2.0 * min(below, above))


def _judged(one: Standing, p: float) -> Standing:
    ratio = one.interval.estimate / one.expected
    verdict: Verdict = "in line"
    if p <= ALPHA and ratio < 1.0 - MIN_SHORTFALL:
        verdict = "short"
    elif p <= ALPHA and ratio > 1.0 + MIN_SHORTFALL:
        verdict = "over"
    return replace(one, p=p, verdict=verdict)


def _to_collect(one: Standing, same: list[Standing]) -> int:
    """Return how many rows bring a short share up, when all short ones of its kind are brought up.

    With N rows in the end every short share has its part of N, and the others keep their rows:
    N = (n - rows of the short) / (1 - shares of the short).
    """
    short = [o for o in same if o.verdict == "short"]
    left = 1.0 - sum(o.expected for o in short)
    if one.verdict != "short" or left <= 0.0:
        return 0
    total = (one.interval.n - sum(o.rows for o in short)) / left
    return max(0, math.ceil(one.expected * total - one.rows - 1e-9))
