"""The conditions of promotion that follow from outcomes.

Each function takes comparisons, pairs or outcomes and returns a `Check`: its name, whether it
holds, and why, in one sentence with the numbers.

    better(pooled, settings=settings)
    reopened(outcomes, fixed, settings=settings)
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.evaluation import Outcome
from chainring.contracts.said import Said, joined
from chainring.contracts.verdict import Check, Comparison
from chainring.ring.gate.pairs import Pair, is_right
from chainring.ring.gate.scale import Scale, dearest, heaviest, unseen
from chainring.ring.gate.sentences import equals, figure, say, slices_named
from chainring.ring.gate.settings import GateSettings
from chainring.ring.gate.slices import is_told_only
from chainring.ring.gate.weighing import UNSEEN
from chainring.stats.intervals import lower_bound
from chainring.stats.units import Units
from chainring.stats.unseen import outweighs

BETTER = "better than the champion"
_NAMED = 10  # rows named in a sentence; all stand in the outcomes


def percent(share: float) -> str:
    """Return a share as a percentage with one decimal, without its sign."""
    return f"{100.0 * share:.1f}"


def better(pooled: Comparison, judged: Sequence[Pair] = (), *, settings: GateSettings) -> Check:
    """Whether the challenger is measurably better on suite and hold-out pooled.

    `judged` are the rows, of which it is said what is missing where that is known.
    """
    because = say(
        "better",
        p=equals(pooled.p_better),
        test=pooled.test,
        rows=pooled.rows,
        alpha=f"{settings.alpha:g}",
    )
    if pooled.measured is not None:
        before, now = told(pooled, settings)
        by = say(f"by {settings.measure}", before=before, now=now)
        because = joined([by, because, *hidden(pooled, judged, settings)])
    if pooled.rows == 0:
        because = say("no rows")
    return Check(name=BETTER, holds=pooled.value == "better", because=because)


def told(found: Comparison, settings: GateSettings) -> tuple[str, str]:
    """Return the measure of champion and challenger as a sentence has them."""
    before, now = found.measured or (found.champion, found.challenger)
    return figure(before, settings.measure), figure(now, settings.measure)


def hidden(found: Comparison, pairs: Sequence[Pair], settings: GateSettings) -> tuple[Said, ...]:
    """Say which rows are missing where only what they may hide holds a lead back.

    They are rows of other authors, conversations or groups where the largest one could lose more
    than any row, and the lead would do were each row alone; else rows of the dearest label.
    """
    if not found.test.endswith(UNSEEN) or found.value in ("better", "first") or not pairs:
        return ()
    rows = [pair.now for pair in pairs]
    scale = Scale.of(settings.judging, rows)
    owned = heaviest(scale, rows, Units.of(rows).numbers)
    if owned:
        most = unseen(scale, rows, range(len(rows)))
        if outweighs([scale.gain(pair) for pair in pairs], unseen=most) <= settings.alpha:
            return (say("unseen owner", count=owned, rows=len(rows)),)
    label, count = dearest(scale, rows)
    return (say("unseen", label=label, count=count),)


def not_worse(part: str, found: Comparison, *, settings: GateSettings) -> Check:
    """Whether the challenger is not measurably worse on one part alone."""
    because = (
        _part_measured(found, settings)
        if found.measured is not None
        else say(
            "part",
            value=found.value,
            change=f"{100.0 * (found.challenger - found.champion):+.1f}",
            rows=found.rows,
            p=equals(found.p_worse),
        )
    )
    return Check(name=f"{part} not worse", holds=found.value != "worse", because=because)


def _part_measured(found: Comparison, settings: GateSettings) -> Said:
    before, now = told(found, settings)
    return say(
        f"part by {settings.measure}",
        value=found.value,
        before=before,
        now=now,
        rows=found.rows,
        p=equals(found.p_worse),
    )


def slices_not_worse(slices: Mapping[str, Comparison], *, settings: GateSettings) -> Check:
    """Whether no slice is measurably worse; the p values are Holm's already."""
    labels = [name for name in slices if is_told_only(name, settings)]
    slices = {name: found for name, found in slices.items() if name not in labels}
    falling = [name for name, found in slices.items() if found.value == "worse"]
    if not slices:
        because = say("no slices", minimum=settings.min_slice_rows)
    elif falling:
        because = say("slices fall", names=slices_named(falling))
    else:
        because = say("slices hold", count=len(slices))
    if labels:
        because = joined([because, say("labels weighed", count=len(labels))])
    return Check(name="slices not worse", holds=not falling, because=because)


def must_hold(outcomes: Sequence[Outcome], *, right_from: float = 1.0) -> Check:
    """Whether every complaint marked `must` is answered right, of whatever part its row is.

    Right is an answer from the grade `right_from` on: what lacks a "not" is worth 0.8.
    """
    marked = [outcome for outcome in outcomes if outcome.must]
    wrong = [outcome for outcome in marked if outcome.right < right_from - 1e-9]
    if not marked:
        because = say("no must")
    elif wrong:
        names = ", ".join(outcome.row for outcome in wrong[:_NAMED])
        said = "must nearly" if any(map(is_right, wrong)) else "must falls"
        because = say(said, wrong=len(wrong), count=len(marked), names=names)
    else:
        because = say("must holds", count=len(marked))
    return Check(name="must", holds=not wrong, because=because)


def reopened(
    outcomes: Sequence[Outcome], fixed: Collection[str], *, settings: GateSettings
) -> Check:
    """Whether the share of once fixed complaints that are wrong again may be under the limit.

    The exact lower 95 % bound of that share has to stay under `max_reopened`: one of two reopened
    may be chance, five of thirty are not.
    """
    judged = [outcome for outcome in outcomes if outcome.row in fixed]
    wrong = sum(not is_right(outcome) for outcome in judged)
    if not judged:
        return Check(name="reopened", holds=True, because=say("none fixed"))
    low = lower_bound(wrong, len(judged))
    because = say(
        "reopened",
        wrong=wrong,
        count=len(judged),
        low=percent(low),
        limit=percent(settings.max_reopened),
    )
    holds = wrong == 0 or round(low, 9) < settings.max_reopened
    return Check(name="reopened", holds=holds, because=because)


def passed_on(pairs: Sequence[Pair], *, settings: GateSettings, written: bool = False) -> Check:
    """Whether the challenger does not buy its score by passing more texts on to a person.

    Written answers buy nothing by it: they are shown and graded all the same.
    """
    inside = [pair for pair in pairs if pair.now.truth != OUT_OF_SCOPE]
    if not inside:
        return Check(name="passed on", holds=True, because=say("no scope"))
    now = sum(pair.now.passed_on for pair in inside) / len(inside)
    before = sum(pair.before.passed_on for pair in inside) / len(inside)
    shares = {"now": percent(now), "before": percent(before)}
    if written:
        return Check(name="passed on", holds=True, because=say("passed on written", **shares))
    limit = settings.passed_on_limit
    if limit is None:
        priced = say("passed on priced", **shares, price=f"{settings.costs.pass_on:g}")
        return Check(name="passed on", holds=True, because=priced)
    because = say("passed on", **shares, limit=percent(limit))
    holds = now - before <= limit + 1e-12
    return Check(name="passed on", holds=holds, because=because)
