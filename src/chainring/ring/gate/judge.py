"""The pure core of the gate: outcomes in, verdict out.

Nothing here reads a file, a clock or a global. What enters besides outcomes is counted or chosen by
the caller; ids of models and suite are filled in by the step.

    judge(challenger, champion, settings=GateSettings()).value
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from functools import lru_cache
from types import MappingProxyType

from chainring.contracts.errors import InputError
from chainring.contracts.evaluation import Outcome
from chainring.contracts.tasks import Form
from chainring.contracts.verdict import Check, Comparison, Verdict
from chainring.ring.gate import conditions
from chainring.ring.gate.comparing import comparison, preference
from chainring.ring.gate.deciding import (
    Kept,
    could_decide,
    decided,
    look_at,
    looked_again,
    shares,
)
from chainring.ring.gate.first import majority
from chainring.ring.gate.pairs import POOLED, Pair, checked, is_right, of_part, paired
from chainring.ring.gate.reacted import Reactions, fix_rate, unreviewed, unusable, weighted
from chainring.ring.gate.sentences import SECOND_LOOK, say
from chainring.ring.gate.settings import GateSettings
from chainring.ring.gate.slices import slices
from chainring.stats.power import rows_needed
from chainring.stats.units import Units

NOTHING: Mapping[str, str] = MappingProxyType({})


def judge(
    challenger: Sequence[Outcome],
    champion: Sequence[Outcome] | None,
    *,
    settings: GateSettings,
    placebo: Sequence[Outcome] = (),
    preferences: tuple[int, int, int] | None = None,
    reactions: Reactions | None = None,
    fixed: Collection[str] = (),
    new_labels: Collection[str] = (),
    limits: Sequence[Check] = (),
    form: Form = "one",
    truths: Mapping[str, str] = NOTHING,
    looks: int = 0,
    tries: int = 1,
    looked: Collection[str] = (),
    seed: int = 0,
) -> Verdict:
    """Return the verdict on a challenger.

    Parameters
    ----------
    challenger, champion
        What each answered to the suite, the hold-out's reviewed sample and reacted rows; no
        champion on a first turn.
    settings
        The limits.
    placebo
        Outcomes of the same recipe on the champion's rows alone; for its fix rate only.
    preferences
        Reviewed pairs in which the challenger's answer was preferred, the champion's, and ties.
        They are a part of their own, and the pooled test where there are no other rows.
    reactions
        How often reviewed answers got a reaction; None keeps reacted rows out of the test.
    fixed
        Rows whose complaints earlier promotions fixed (`reacted.fixed_rows`).
    new_labels
        Labels that the champion was never taught.
    limits
        Further conditions of promotion: of the form, of trust.
    form
        Of the task's values: how near a row marked `must` has to be, and whether passing on pays.
    truths
        What a person said of kept answers, by id (see `deciding`).
    looks
        Times this suite has judged, this one included.
    tries
        Versions of the rows on which this very pair was judged, this one included: the k-th has one
        k-th of `alpha` for *better*.
    looked
        What earlier second looks at this very pair fell on (`Verdict.second_look`). One on other
        rows is another try: the k-th has one k-th of the second share.
    seed
        Seed of the tests that draw at random.

    Raises
    ------
    InputError
        The outcomes do not fit together; all faults at once.
    """
    must_from = settings.must_number_from if form == "number" else 1.0
    must = conditions.must_hold(challenger, right_from=must_from)
    graded = form != "one"
    if champion is None:
        beside = (must, *limits)
        alone = _first(challenger, limits=beside, looks=looks, tries=tries, settings=settings)
        return replace(alone, graded=graded, measure=settings.judging)
    pairs = paired(challenger, champion)
    judged = of_part(pairs, *POOLED)
    units = Units.of([pair.now for pair in judged])
    parts = _parts(pairs, preferences, settings, seed)
    kept = decided(pairs, truths)
    look = look_at(judged, kept, settings=settings)
    again = len({*looked} - {look}) + 1
    first, second = shares(settings, kept=bool(kept.pairs or kept.open), tries=tries, again=again)
    pooled, notes = _pooled(pairs, parts, reactions, first, seed)
    limit, second_look = first, ""
    if kept.is_told and pooled.value != "better":
        pooled, limit = looked_again(judged, kept, settings=second, seed=seed), second
        second_look = look
        notes = (*notes, say(SECOND_LOOK, count=len(kept.pairs)), *_again_note(again))
    large, small = slices(judged, settings=settings, new_labels=new_labels, seed=seed)
    checks = (
        conditions.better(pooled, judged, settings=limit),
        *(conditions.not_worse(name, found, settings=limit) for name, found in parts.items()),
        conditions.slices_not_worse(large, settings=settings),
        must,
        conditions.reopened(challenger, fixed, settings=settings),
        conditions.passed_on(judged, settings=settings, written=form == "text"),
        *limits,
    )
    asks = _asks(judged, kept, checks, settings=second, seed=seed)
    return Verdict(
        app="",
        challenger="",
        champion="",
        suite="",
        value=pooled.value,
        promote=all(check.holds for check in checks),
        pooled=pooled,
        parts=parts,
        slices=large,
        small_slices=small,
        checks=checks,
        negative_flips=_negative_flips(pairs),
        more_rows_needed=_more_rows(pooled.rows, units, settings),
        looks=looks,
        fix_rate=fix_rate(challenger, champion),
        placebo_fix_rate=fix_rate(placebo, champion),
        notes=(
            *notes,
            *_tries_note(tries),
            *_units_note(units),
            *_rows_note(pooled, limit),
            *_left_out(challenger, champion, pairs),
            *_looks_note(looks, settings),
            *((say("asks", count=len(asks)),) if asks else ()),
        ),
        asks=asks,
        graded=graded,
        measure=settings.judging,
        second_look=second_look,
    )


def _asks(
    judged: Sequence[Pair],
    kept: Kept,
    checks: Sequence[Check],
    *,
    settings: GateSettings,
    seed: int,
) -> tuple[str, ...]:
    """Return the kept answers to ask a person about: all open ones, if they alone can decide."""
    missing = [check.name for check in checks if not check.holds]
    may = missing == [conditions.BETTER] and could_decide(
        judged, kept, settings=settings, seed=seed
    )
    return tuple(pair.now.row for pair in kept.open) if may else ()


def _first(
    challenger: Sequence[Outcome],
    *,
    limits: Sequence[Check],
    looks: int,
    tries: int,
    settings: GateSettings,
) -> Verdict:
    rows = [row for row in checked(challenger) if row.part in POOLED]
    units = Units.of(rows)
    found, beats = majority(rows, settings=_for_try(tries, settings))
    checks = (beats, *limits)
    return Verdict(
        app="",
        challenger="",
        champion=None,
        suite="",
        value="not fit" if found is None else found.value,
        promote=all(check.holds for check in checks),
        pooled=found,
        checks=checks,
        more_rows_needed=_more_rows(len(rows), units, settings),
        looks=looks,
        notes=(*_tries_note(tries), *_units_note(units), *_looks_note(looks, settings)),
    )


def _parts(
    pairs: Sequence[Pair],
    preferences: tuple[int, int, int] | None,
    settings: GateSettings,
    seed: int,
) -> dict[str, Comparison]:
    """Return each part that has rows, compared for itself."""
    rows = {part: of_part(pairs, part) for part in POOLED}
    found = {
        part: comparison(members, settings=settings, seed=seed)
        for part, members in rows.items()
        if members
    }
    if preferences is not None:
        wins, losses, ties = preferences
        found["preference"] = preference(wins, losses, ties=ties, settings=settings)
    return found


def _pooled(
    pairs: Sequence[Pair],
    parts: dict[str, Comparison],
    reactions: Reactions | None,
    settings: GateSettings,
    seed: int,
) -> tuple[Comparison, tuple[str, ...]]:
    """Return the comparison that decides, and what there is to say of reacted rows."""
    judged = of_part(pairs, *POOLED)
    reacted = unreviewed(of_part(pairs, "reacted"), judged)
    alone = parts["preference"] if not judged and "preference" in parts else None
    plain = alone or comparison(judged, settings=settings, seed=seed)
    if not reacted:
        return plain, ()
    reason = unusable(reacted, judged, reactions, settings=settings)
    if reason is not None or reactions is None:
        return plain, () if reason is None else (reason,)
    joined = say(
        "reacted joined",
        count=len(reacted),
        right=conditions.percent(reactions.right_reacted / reactions.right),
        wrong=conditions.percent(reactions.wrong_reacted / reactions.wrong),
    )
    return weighted(judged, reacted, reactions, settings=settings, seed=seed), (joined,)


def _negative_flips(pairs: Sequence[Pair]) -> tuple[str, ...]:
    return tuple(p.now.row for p in pairs if is_right(p.before) and not is_right(p.now))


def _for_try(tries: int, settings: GateSettings) -> GateSettings:
    """Return the settings of the k-th try of one pair."""
    return settings.model_copy(update={"alpha": round(settings.alpha / tries, 12)})


def _tries_note(tries: int) -> tuple[str, ...]:
    return (say("tries", before=tries - 1, tries=tries),) if tries > 1 else ()


def _again_note(again: int) -> tuple[str, ...]:
    return (say("again", before=again - 1, again=again),) if again > 1 else ()


def _units_note(units: Units) -> tuple[str, ...]:
    """Say by what the test goes where rows belong together."""
    if units.kind == "row":
        return ()
    rows = len(units.numbers)
    return (say(f"by {units.kind}", most=units.most, rows=rows, units=units.count),)


def _more_rows(rows: int, units: Units, settings: GateSettings) -> int:
    """Return the rows that are missing; of those that belong together one counts."""
    return max(0, settings.min_pooled_rows - (rows - len(units.numbers) + units.count))


def _rows_note(pooled: Comparison, settings: GateSettings) -> tuple[str, ...]:
    """Say how many rows would show a difference as large as the margin."""
    if settings.margin_points == 0.0 or pooled.rows == 0 or pooled.measured is not None:
        return ()
    points, share = f"{settings.margin_points:g}", (pooled.gained + pooled.lost) / pooled.rows
    if pooled.test == "exact McNemar":
        rows = _rows_needed(settings.margin_points, share, settings.alpha, settings.power)
    else:
        ratio = 100.0 * pooled.smallest_detectable / settings.margin_points
        rows = round(pooled.rows * ratio**2)
    if rows is None:
        return (say("rows for margin unknown", margin=points, share=conditions.percent(share)),)
    return (say("rows for margin", margin=points, rows=rows),)


@lru_cache(maxsize=4096)
def _rows_needed(points: float, disagreement: float, alpha: float, power: float) -> int | None:
    """Return the rows that show so many points; None where no sensible number does."""
    try:
        return rows_needed(points / 100.0, disagreement=disagreement, alpha=alpha, power=power)
    except InputError:  # more points than the models differ by, or more than a million rows
        return None


def _left_out(
    challenger: Sequence[Outcome], champion: Sequence[Outcome], pairs: Sequence[Pair]
) -> tuple[str, ...]:
    count = len(challenger) + len(champion) - 2 * len(pairs)
    return (say("left out", count=count),) if count else ()


def _looks_note(looks: int, settings: GateSettings) -> tuple[str, ...]:
    over = looks > settings.max_looks
    return (say("looks", looks=looks, limit=settings.max_looks),) if over else ()
