"""The second look: answers that are kept to decide, and what a person said of some of them.

Where two models answer a text alike, no truth could tell them apart; where they differ, one word of
a person does. So a part of the hold-out is not sampled but kept: both models answer it, a person is
asked about the differing answers alone, and once all of these are known the test runs on every
kept answer, as if all had been labelled. As long as one is open nothing of it counts, so that who
stops answering half-way moves nothing.

    kept = decided(pairs, {"pred_01kb…": "refund"})
    kept.open                      # pairs to ask about
    looks = shares(settings, kept=True)     # the limits of both looks, together at most alpha
    looked_again(judged, kept, settings=looks[1])

Two looks at one challenger share the limit (C. Bonferroni's inequality): a fixed part of `alpha` is
for the first, on sampled rows alone, the rest for the second. One at the same pair on other rows is
another try. Rows are told apart by their ids (`look_at`), not counted: a full window of kept
answers moves on, and its number stays.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from chainring.contracts.codec import digest
from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.evaluation import DECIDING, Outcome
from chainring.contracts.verdict import Comparison
from chainring.ring.gate.comparing import comparison
from chainring.ring.gate.pairs import Pair, of_part
from chainring.ring.gate.scale import Scale
from chainring.ring.gate.settings import GateSettings


@dataclass(frozen=True, slots=True, kw_only=True)
class Kept:
    """Kept answers of both models: pairs whose gain is known, and those that are open."""

    pairs: tuple[Pair, ...] = ()
    open: tuple[Pair, ...] = ()

    @property
    def is_told(self) -> bool:
        """Whether the models differ on some, and each of these has its truth."""
        return not self.open and any(_differ(pair) for pair in self.pairs)


def look_at(judged: Sequence[Pair], kept: Kept, *, settings: GateSettings) -> str:
    """Return what tells one second look from another: the ids of its rows, and the measure."""
    rows = sorted(pair.now.row for pair in (*judged, *kept.pairs, *kept.open))
    return digest([settings.judging, *rows])


def decided(pairs: Sequence[Pair], truths: Mapping[str, str]) -> Kept:
    """Return the kept answers among the pairs, with what a person said of them.

    Parameters
    ----------
    pairs
        Of all parts.
    truths
        By id of the answer: its true label, empty where a person could not say one. Then neither
        model is right.
    """
    told, still = [], []
    for pair in of_part(pairs, DECIDING):
        if not _differ(pair):
            told.append(pair)
        elif pair.now.row in truths:
            truth = truths[pair.now.row]
            told.append(_told(pair, truth))
        else:
            still.append(pair)
    return Kept(pairs=tuple(told), open=tuple(still))


def shares(
    settings: GateSettings, *, kept: bool, tries: int = 1, again: int = 1
) -> tuple[GateSettings, GateSettings]:
    """Return the settings of the first and the second look; without kept answers one look has all.

    What both may promote by chance is together at most `alpha`. The k-th try of a pair has one k-th
    of the first look's part, and its k-th second look one k-th of the rest.
    """
    later = settings.alpha * settings.second_look if kept else 0.0
    first = round((settings.alpha - later) / tries, 12)
    return (
        settings.model_copy(update={"alpha": first}),
        settings.model_copy(update={"alpha": round(later / max(tries, again), 12)}),
    )


def looked_again(
    judged: Sequence[Pair], kept: Kept, *, settings: GateSettings, seed: int = 0
) -> Comparison:
    """Return the comparison on rows that judge and all kept answers together.

    The levels are those of the rows that judge: of kept answers only the difference is known.
    """
    found = comparison([*judged, *kept.pairs], settings=settings, seed=seed)
    alone = comparison(judged, settings=settings, seed=seed)
    return replace(
        found,
        champion=alone.champion,
        challenger=alone.challenger,
        measured=alone.measured,
    )


def could_decide(
    judged: Sequence[Pair], kept: Kept, *, settings: GateSettings, seed: int = 0
) -> bool:
    """Whether the challenger would be better if every open answer had the truth that suits it."""
    won = _won(judged, kept, settings)
    best = replace(kept, pairs=(*kept.pairs, *won), open=())
    return bool(won) and looked_again(judged, best, settings=settings, seed=seed).value == "better"


def _won(judged: Sequence[Pair], kept: Kept, settings: GateSettings) -> list[Pair]:
    """Return the open pairs as the challenger could hope for; by accuracy it is right on each."""
    if settings.measure == "accuracy":
        return [Pair(before=one.before, now=replace(one.now, right=1.0)) for one in kept.open]
    rows = [pair.now for pair in judged]
    scale = Scale.of(settings.judging, rows)
    known = {row.truth for row in rows} | {OUT_OF_SCOPE}
    told = [
        [_told(pair, truth) for truth in sorted(known | {pair.now.label})] for pair in kept.open
    ]
    return [max(hopes, key=scale.gain) for hopes in told]


def _told(pair: Pair, truth: str) -> Pair:
    return Pair(before=_graded(pair.before, truth), now=_graded(pair.now, truth))


def _differ(pair: Pair) -> bool:
    before, now = pair.before, pair.now
    return (before.label, before.passed_on) != (now.label, now.passed_on)


def _graded(outcome: Outcome, truth: str) -> Outcome:
    right = outcome.passed_on if truth == OUT_OF_SCOPE else outcome.label == truth
    return replace(outcome, truth=truth, right=float(right))
