"""Release: a model on its way to being the champion, and how far it may answer already."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Literal

from chainring.contracts.deployment import Deployment
from chainring.contracts.worth import Worth

Stage = Literal["shadow", "canary", "keys", "ended"]
Outcome = Literal["", "promoted", "rolled back", "stopped", "undecided", "cancelled", "superseded"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Release:
    """One version of the reference `release`; each change is a later version.

    Stages: in `shadow` the champion answers and the candidate answers beside it, unseen; in
    `canary` the candidate answers a `share` of users; in `keys` it answers whoever holds one of
    `keys`. `champion_version` is the number of the champion's reference when it began: a release
    over another champion is over. Times are seconds since 1970; `since` is when the stage began.
    `worth` is what its reviewed answers count, as the recipe had it when the release began; records
    of before have none, and went by accuracy. Where its own first reviews told how common labels
    are, `counted` are the ids of the answers that were reviewed: whoever asked these is not bet on.
    """

    id: str
    app: str
    stage: Stage
    candidate: Deployment
    champion: str
    champion_version: int
    at: float
    since: float
    share: float = 0.0
    keys: tuple[str, ...] = ()
    outcome: Outcome = ""
    because: str = ""
    worth: Worth = field(default_factory=Worth)
    counted: tuple[str, ...] = ()

    @property
    def is_active(self) -> bool:
        """Whether the candidate still is on its way."""
        return self.stage != "ended"
