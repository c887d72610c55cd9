"""Case: something a person must look at, opened by a flag, a stopped release, drift or fairness."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

CaseState = Literal["open", "closed"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Case:
    """`told` is what the reporter was told; `must` makes its text a check of every later model.

    `truth` is the label that its operator found right, if any. `because` is what the alarm saw, in
    numbers; a flag's reason is its comment. `via` is the application that names its reporter so.
    """

    id: str
    app: str
    kind: str
    opened_by: str
    at: float
    state: CaseState = "open"
    prediction: str = ""
    reporter: str = ""
    owner: str = ""
    outcome: str = ""
    told: str = ""
    truth: str = ""
    must: bool = False
    because: str = ""
    closed_at: float = 0.0
    via: str = ""
