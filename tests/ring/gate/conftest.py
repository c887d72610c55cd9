from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from chainring.contracts.evaluation import Outcome
from chainring.ring.gate.settings import GateSettings

Sheets = tuple[list[Outcome], list[Outcome]]


def make_outcome(row: str, right: float, **facts: Any) -> Outcome:
    truth = facts.pop("truth", "stock")
    known: dict[str, Any] = {
        "part": "suite",
        "language": "en",
        "confidence": 0.9,
        "passed_on": False,
        "label": truth if right else "other",
    }
    return Outcome(row=row, truth=truth, right=float(right), **(known | facts))


def make_sheets(
    *, gained: int = 0, lost: int = 0, right: int = 0, wrong: int = 0, name: str = "", **facts: Any
) -> Sheets:
    kinds = [(1, 0)] * gained + [(0, 1)] * lost + [(1, 1)] * right + [(0, 0)] * wrong
    start = name or facts.get("part", "suite")
    rows = [(f"{start}-{i:05}", now, before) for i, (now, before) in enumerate(kinds)]
    challenger = [make_outcome(row, now, **facts) for row, now, _ in rows]
    return challenger, [make_outcome(row, before, **facts) for row, _, before in rows]


@pytest.fixture
def settings() -> GateSettings:
    return GateSettings()


@pytest.fixture
def outcome() -> Callable[..., Outcome]:
    """Make one outcome: `outcome("row 1", 1.0, language="zh")`."""
    return make_outcome


@pytest.fixture
def sheets() -> Callable[..., Sheets]:
    """Make (challenger, champion) from counts: `sheets(gained=5, lost=1, right=90)`."""
    return make_sheets
