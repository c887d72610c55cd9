"""Rows that users reacted to: what they may say, and what not.

Users react to wrong answers far more often than to right ones, so on these rows alone any retrain
looks better than the champion. They give a fix rate, shown beside a placebo's, and no test. Only
where a reviewed sample shows how often right and wrong answers get a reaction may they join the
test, each weighted by one over that rate (D. G. Horvitz and D. J. Thompson 1952).

    fix_rate(challenger_outcomes, champion_outcomes)
    unusable(reacted, reactions, settings=settings)     None: they may join
    weighted(judged, reacted, reactions, settings=settings)

By another measure than accuracy they never join: the rates are those of right and wrong answers,
and who is hurt by a dear mistake reacts to it otherwise than to a cheap one.

The rates are estimates. Where we differ from the plain weights: *better* is tested with the 95 %
bounds that favour the champion, *worse* with those that favour the challenger, so that a rate that
is off by chance promotes nobody.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from statistics import NormalDist

from chainring.contracts.errors import InputError
from chainring.contracts.evaluation import MUST, Outcome
from chainring.contracts.verdict import Comparison
from chainring.ring.gate.comparing import smallest_by_units
from chainring.ring.gate.pairs import Pair, is_right
from chainring.ring.gate.sentences import say
from chainring.ring.gate.settings import GateSettings
from chainring.ring.gate.values import value
from chainring.stats.intervals import lower_bound, upper_bound
from chainring.stats.paired import sign_flip
from chainring.stats.units import Units

_Bound = Callable[[int, int], float]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reactions:
    """How many of the champion's reviewed answers of the hold-out's sample got a reaction.

    `right_reacted` of `right` right answers and `wrong_reacted` of `wrong` wrong ones; of all these
    reactions, `disputed` were mistaken: review found another truth than the user. The counts speak
    for reactions to this champion's answers; where a row's reaction was to an earlier model's, its
    gains weigh too little and its losses too much, which promotes nobody by mistake.
    """

    right: int
    right_reacted: int
    wrong: int
    wrong_reacted: int
    disputed: int = 0

    def __post_init__(self) -> None:
        faults = [
            f"{name}_reacted: {reacted} is not 0 to {name}, which is {reviewed}"
            for name, reacted, reviewed in (
                ("right", self.right_reacted, self.right),
                ("wrong", self.wrong_reacted, self.wrong),
            )
            if not 0 <= reacted <= reviewed
        ]
        if not 0 <= self.disputed <= self.right_reacted + self.wrong_reacted:
            faults.append(f"disputed: {self.disputed} is not 0 to the number of reactions")
        if faults:
            raise InputError("reactions cannot be counted so", faults=faults)


def fix_rate(model: Sequence[Outcome], champion: Sequence[Outcome]) -> float | None:
    """Return the share of complaints that a model answers right; None when it judged none.

    A complaint is a row that users reacted to and that the champion answers wrong.
    """
    complaints = {row.row for row in champion if row.part == "reacted" and not is_right(row)}
    answers = [is_right(outcome) for outcome in model if outcome.row in complaints]
    return sum(answers) / len(answers) if answers else None


def fixed_rows(challenger: Sequence[Outcome], champion: Sequence[Outcome]) -> tuple[str, ...]:
    """Return the rows of users' traffic that only the challenger answers right.

    Once it is promoted they are fixed complaints: hand them to later verdicts as `fixed`.
    """
    others = ("suite", MUST)  # what is marked `must` may never be wrong again, not one of twenty
    wrong = {row.row for row in champion if row.part not in others and not is_right(row)}
    return tuple(sorted(row.row for row in challenger if row.row in wrong and is_right(row)))


def unreviewed(reacted: Sequence[Pair], judged: Sequence[Pair]) -> list[Pair]:
    """Return the reacted rows that are no near-duplicate of a row of the judged parts."""
    groups = {pair.now.group for pair in judged if pair.now.group}
    return [pair for pair in reacted if pair.now.group not in groups]


def unusable(
    reacted: Sequence[Pair],
    judged: Sequence[Pair],
    reactions: Reactions | None,
    *,
    settings: GateSettings,
) -> str | None:
    """Return why the reacted rows may not join the test, or None when they may."""
    minimum, count = settings.min_reviewed_reactions, len(reacted)
    if settings.measure != "accuracy":
        return say("reacted measured", count=count)
    if reactions is None or len(judged) < 2 * minimum:
        return say("reacted only", count=count)
    right, wrong = reactions.right_reacted, reactions.wrong_reacted
    if min(right, wrong) < minimum:
        return say("reacted few", count=count, right=right, wrong=wrong, minimum=minimum)
    if _another_mix(reacted, reactions):
        found = sum(not is_right(pair.before) for pair in reacted) / count
        return say(
            "reacted mix",
            count=count,
            found=f"{100 * found:.1f}",
            expected=f"{100 * wrong / (right + wrong):.1f}",
        )
    share = reactions.disputed / (right + wrong)
    if share > settings.max_disputed:
        limit = f"{100 * settings.max_disputed:.1f}"
        return say("reacted disputed", count=count, share=f"{100 * share:.1f}", limit=limit)
    return None


def _another_mix(reacted: Sequence[Pair], reactions: Reactions) -> bool:
    """Whether the rows hold another share of wrong answers than the sample's reactions do.

    Corrections alone, say, with the confirmations left out: one over the rate would not mend that.
    Two-sided test of two proportions (K. Pearson 1900) at 1 %.
    """
    sample = reactions.right_reacted + reactions.wrong_reacted
    wrong = sum(not is_right(pair.before) for pair in reacted)
    pooled = (wrong + reactions.wrong_reacted) / (len(reacted) + sample)
    spread = math.sqrt(pooled * (1.0 - pooled) * (1.0 / len(reacted) + 1.0 / sample))
    gap = abs(wrong / len(reacted) - reactions.wrong_reacted / sample)
    return gap > NormalDist().inv_cdf(0.995) * spread


def weighted(
    judged: Sequence[Pair],
    reacted: Sequence[Pair],
    reactions: Reactions,
    *,
    settings: GateSettings,
    seed: int = 0,
) -> Comparison:
    """Return the comparison on judged rows (weight 1) and reacted rows (one over their rate).

    Parameters
    ----------
    judged
        Rows of the suite and of the hold-out's reviewed sample.
    reacted
        Further rows of the hold-out that users confirmed or corrected.
    reactions
        What the reviewed sample says of the rates; `unusable` must have said None.
    settings, seed
        As in `comparison`.
    """
    pairs = [*judged, *reacted]
    units = Units.of([pair.now for pair in pairs])
    gains, losses = [pair.gain for pair in pairs], [-pair.gain for pair in pairs]
    fair = _weights(pairs, reactions, _estimate, _estimate)
    against = _weights(pairs, reactions, lower_bound, upper_bound)
    towards = _weights(pairs, reactions, upper_bound, lower_bound)
    p_better = sign_flip(gains, weights=against, groups=units.numbers, seed=seed)
    p_worse = sign_flip(losses, weights=towards, groups=units.numbers, seed=seed)
    total = math.fsum(fair)
    before = math.fsum(w * p.before.right for w, p in zip(fair, pairs, strict=True)) / total
    now = math.fsum(w * p.now.right for w, p in zip(fair, pairs, strict=True)) / total
    scaled = [w * gain * len(pairs) / total for w, gain in zip(fair, gains, strict=True)]
    return Comparison(
        rows=len(pairs),
        gained=sum(gain > 0 for gain in gains),
        lost=sum(gain < 0 for gain in gains),
        champion=before,
        challenger=now,
        p_better=p_better,
        p_worse=p_worse,
        smallest_detectable=smallest_by_units(scaled, units, settings=settings),
        value=value(p_better, p_worse, loss=before - now, settings=settings),
        test="sign flip by reaction rate",
    )


def _weights(
    pairs: Sequence[Pair], reactions: Reactions, right_rate: _Bound, wrong_rate: _Bound
) -> list[float]:
    """Return one over the rate of each reacted row, so scaled that the commoner side counts 1."""
    right, wrong = _rates(reactions)
    top = max(right, wrong)
    of_right = top / right_rate(reactions.right_reacted, reactions.right)
    of_wrong = top / wrong_rate(reactions.wrong_reacted, reactions.wrong)
    return [
        1.0 if pair.now.part != "reacted" else of_right if is_right(pair.before) else of_wrong
        for pair in pairs
    ]


def _rates(reactions: Reactions) -> tuple[float, float]:
    return (
        _estimate(reactions.right_reacted, reactions.right),
        _estimate(reactions.wrong_reacted, reactions.wrong),
    )


def _estimate(reacted: int, reviewed: int) -> float:
    return reacted / reviewed
