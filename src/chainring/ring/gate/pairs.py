"""Two models on the same rows.

Enter the outcomes of both, leave pairs in the order of their row ids, so that nothing later depends
on the order in which rows were judged.

    pairs = paired(challenger_outcomes, champion_outcomes)
    [pair.gain for pair in pairs]      # 1.0 where only the challenger is right, -1.0 the reverse
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass

from chainring.contracts.errors import InputError
from chainring.contracts.evaluation import DECIDING, MUST, Outcome

PARTS = ("suite", "holdout", "reacted", MUST, DECIDING)
POOLED = PARTS[:2]
"""What the test runs on. `reacted` rows are mostly wrong answers, so they are not pooled."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """One row as the champion answered it before and as the challenger answers it now."""

    before: Outcome
    now: Outcome

    @property
    def gain(self) -> float:
        """Challenger minus champion."""
        return self.now.right - self.before.right


def paired(challenger: Sequence[Outcome], champion: Sequence[Outcome]) -> list[Pair]:
    """Return the rows that both judged, by row id.

    Raises
    ------
    InputError
        A row stands twice, has an unknown part, is right by less than 0 or more than 1, or the two
        models were judged against different truths; all faults at once.
    """
    faults = [*_faults("challenger", challenger), *_faults("champion", champion)]
    before = {outcome.row: outcome for outcome in champion}
    both = [Pair(before=before[now.row], now=now) for now in challenger if now.row in before]
    faults += [fault for pair in both for fault in _disagreement(pair)]
    if faults:
        raise InputError(
            "the two models cannot be compared; evaluate both again on one version of the suite",
            faults=faults,
        )
    return sorted(both, key=lambda pair: pair.now.row)


def of_part(pairs: Iterable[Pair], *parts: str) -> list[Pair]:
    """Return the pairs of the named parts."""
    return [pair for pair in pairs if pair.now.part in parts]


def checked(outcomes: Sequence[Outcome]) -> list[Outcome]:
    """Return the outcomes of one model by row id, or raise all their faults as `paired` does."""
    faults = list(_faults("challenger", outcomes))
    if faults:
        raise InputError("the model cannot be judged; evaluate it again", faults=faults)
    return sorted(outcomes, key=lambda outcome: outcome.row)


def _faults(who: str, outcomes: Sequence[Outcome]) -> Iterator[str]:
    for row, times in Counter(outcome.row for outcome in outcomes).items():
        if times > 1:
            yield f"{who}, row {row}: judged {times} times; once expected"
    for outcome in outcomes:
        if outcome.part not in PARTS:
            yield f"{who}, row {outcome.row}: part {outcome.part!r} is none of {', '.join(PARTS)}"
        if not 0.0 <= outcome.right <= 1.0:
            yield f"{who}, row {outcome.row}: right {outcome.right} is not 0 to 1"


def _disagreement(pair: Pair) -> Iterator[str]:
    for name in ("truth", "part"):
        before, now = getattr(pair.before, name), getattr(pair.now, name)
        if before != now:
            yield f"row {pair.now.row}: {name} {before!r} for the champion, {now!r} now"


def is_right(outcome: Outcome) -> bool:
    """Whether an answer counts as right where only right and wrong are told apart."""
    return outcome.right >= 0.5
