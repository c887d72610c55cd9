from __future__ import annotations

from collections.abc import Callable
from itertools import product
from random import Random

import pytest

from chainring.contracts.errors import InputError
from chainring.contracts.evaluation import Outcome
from chainring.ring.gate.pairs import Pair, of_part, paired
from chainring.ring.gate.reacted import (
    Reactions,
    fix_rate,
    fixed_rows,
    unreviewed,
    unusable,
    weighted,
)
from chainring.ring.gate.settings import GateSettings

MakeOutcome = Callable[..., Outcome]
MakeSheets = Callable[..., tuple[list[Outcome], list[Outcome]]]

HALF = Reactions(right=200, right_reacted=100, wrong=50, wrong_reacted=50)


def test_the_fix_rate_counts_complaints_of_the_holdout_only(outcome: MakeOutcome) -> None:
    champion = [
        outcome("complaint 1", 0, part="reacted"),
        outcome("complaint 2", 0, part="reacted"),
        outcome("confirmed", 1, part="reacted"),
        outcome("suite", 0),
        outcome("reviewed", 0, part="holdout"),
    ]
    challenger = [outcome(row.row, row.row != "complaint 2", part=row.part) for row in champion]
    assert fix_rate(challenger, champion) == 0.5
    assert fix_rate([], champion) is None
    assert fix_rate(challenger, champion[2:]) is None


def test_fixed_rows_are_traffic_that_only_the_challenger_has_right(outcome: MakeOutcome) -> None:
    facts = {"a": (1, 0, "reacted"), "b": (1, 0, "holdout"), "c": (1, 0, "suite")}
    facts |= {"d": (1, 1, "reacted"), "e": (0, 0, "reacted"), "f": (1, 0, "must")}
    challenger = [outcome(row, now, part=part) for row, (now, _, part) in facts.items()]
    champion = [outcome(row, before, part=part) for row, (_, before, part) in facts.items()]
    assert fixed_rows(challenger, champion) == ("a", "b")


def test_a_reacted_row_near_to_a_reviewed_one_counts_once(outcome: MakeOutcome) -> None:
    rows = [
        outcome("1", 1, part="holdout", group="g1"),
        outcome("2", 1, part="reacted", group="g1"),
        outcome("3", 1, part="reacted", group="g2"),
        outcome("4", 1, part="reacted"),
    ]
    pairs = paired(rows, rows)
    kept = unreviewed(of_part(pairs, "reacted"), of_part(pairs, "holdout"))
    assert [pair.now.row for pair in kept] == ["3", "4"]


def test_reactions_that_cannot_be_are_refused_together() -> None:
    with pytest.raises(InputError) as raised:
        Reactions(right=1, right_reacted=2, wrong=1, wrong_reacted=-1, disputed=9)
    assert len(raised.value.faults) == 3


def parts(sheets: MakeSheets, *, right: int, wrong: int) -> tuple[list[Pair], list[Pair]]:
    judged = paired(*sheets(right=60, wrong=20, part="holdout"))
    return paired(*sheets(right=right, wrong=wrong, part="reacted")), judged


@pytest.mark.parametrize(
    ("reactions", "says"),
    [
        (None, "users react to wrong answers far more often"),
        (
            Reactions(right=200, right_reacted=100, wrong=29, wrong_reacted=29),
            "100 right and 29 wrong answers with a reaction are reviewed, 30 of each are needed",
        ),
        (
            Reactions(right=200, right_reacted=29, wrong=50, wrong_reacted=30),
            "29 right and 30 wrong answers with a reaction are reviewed, 30 of each are needed",
        ),
        (
            Reactions(right=200, right_reacted=100, wrong=50, wrong_reacted=50, disputed=8),
            "review found 5.3 % of reactions mistaken",
        ),
        (HALF, None),
    ],
)
def test_reacted_rows_join_only_where_the_sample_shows_the_rates(
    sheets: MakeSheets, settings: GateSettings, reactions: Reactions | None, says: str | None
) -> None:
    reacted, judged = parts(sheets, right=200, wrong=100)
    found = unusable(reacted, judged, reactions, settings=settings)
    if says is None:
        assert found is None
    else:
        assert found is not None
        assert says in found


def test_corrections_without_the_confirmations_do_not_join(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    reacted, judged = parts(sheets, right=0, wrong=200)
    found = unusable(reacted, judged, HALF, settings=settings)
    assert found is not None
    assert "100.0 % of them were wrong answers, 33.3 % of the reviewed" in found


def test_without_a_reviewed_sample_to_stand_beside_none_join(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    reacted, judged = parts(sheets, right=200, wrong=100)
    assert unusable(reacted, judged[:59], HALF, settings=settings) is not None
    assert unusable(reacted, judged[:60], HALF, settings=settings) is None


def test_the_weights_give_back_the_share_that_all_traffic_has(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    # of 400 right and 100 wrong answers a quarter and all got a reaction
    judged = paired(*sheets(right=80, wrong=20, part="holdout"))
    reacted = paired(*sheets(right=100, wrong=100, part="reacted"))
    quarter = Reactions(right=160, right_reacted=40, wrong=40, wrong_reacted=40)
    found = weighted(judged, reacted, quarter, settings=settings)
    assert found.champion == pytest.approx(0.8)
    assert found.test == "sign flip by reaction rate"
    assert found.rows == 300


def test_the_weighted_test_is_the_enumeration_with_unkind_weights(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    # bounds: beta quantiles have closed forms where all or none reacted
    reactions = Reactions(right=10, right_reacted=10, wrong=8, wrong_reacted=8)
    low_right, low_wrong = 0.05 ** (1 / 10), 0.05 ** (1 / 8)
    moves = [("holdout", 1), ("holdout", -1), *[("reacted", 1)] * 7, *[("reacted", -1)] * 3]
    now = [outcome(f"{i:02}", g > 0, part=part) for i, (part, g) in enumerate(moves)]
    before = [outcome(f"{i:02}", g < 0, part=part) for i, (part, g) in enumerate(moves)]
    pairs = paired(now, before)
    found = weighted(
        of_part(pairs, "holdout"), of_part(pairs, "reacted"), reactions, settings=settings
    )
    better = [g if part == "holdout" else (1 if g > 0 else -1 / low_right) for part, g in moves]
    worse = [-g if part == "holdout" else (-1 / low_wrong if g > 0 else 1) for part, g in moves]
    plain = enumerated([float(g) for _, g in moves])
    assert found.p_better == pytest.approx(enumerated(better))
    assert found.p_better > plain
    assert found.p_worse != pytest.approx(enumerated([-float(g) for _, g in moves]))
    assert found.p_worse == pytest.approx(enumerated(worse))


def enumerated(sums: list[float]) -> float:
    totals = [
        sum(s * x for s, x in zip(signs, sums, strict=True))
        for signs in product((1, -1), repeat=len(sums))
    ]
    return sum(total >= sum(sums) - 1e-9 for total in totals) / len(totals)


def traffic(
    make: MakeOutcome, chance: Random, lead: float
) -> tuple[list[Pair], list[Pair], Reactions]:
    """Draw two models that differ by `lead`; a fifth of right answers get a reaction, all wrong."""
    now, before, counts = [], [], {True: [0, 0], False: [0, 0]}
    for i in range(900):
        was = chance.random() < 0.8
        change = (
            chance.random() < (0.08 - lead / 2) / 0.8
            if was
            else (chance.random() < (0.08 + lead / 2) / 0.2)
        )
        is_now, reacts = was != change, (not was) or chance.random() < 0.2
        part = "holdout" if i < 200 else "reacted"
        if part == "holdout":
            counts[was][0] += 1
            counts[was][1] += reacts
        if part == "holdout" or reacts:
            now.append(make(f"{i:04}", is_now, part=part))
            before.append(make(f"{i:04}", was, part=part))
    pairs = paired(now, before)
    (right, right_reacted), (wrong, wrong_reacted) = counts[True], counts[False]
    reactions = Reactions(
        right=right, right_reacted=right_reacted, wrong=wrong, wrong_reacted=wrong_reacted
    )
    return of_part(pairs, "holdout"), of_part(pairs, "reacted"), reactions


def test_equal_models_win_the_weighted_test_in_at_most_five_percent(outcome: MakeOutcome) -> None:
    draws, lax = 80, GateSettings(min_reviewed_reactions=10)
    wins = unweighted = 0
    for seed in range(draws):
        judged, reacted, reactions = traffic(outcome, Random(seed), 0.0)
        found = weighted(judged, reacted, reactions, settings=lax, seed=seed)
        wins += found.value == "better"
        unweighted += sum(pair.gain for pair in [*judged, *reacted]) > 25
    # at a true rate of 5 % nine or more of 80 would come by chance in 2 %
    assert wins < 9
    assert unweighted > draws / 2, "without weights the same rows say that noise is better"


def test_a_better_model_wins_the_weighted_test_mostly(outcome: MakeOutcome) -> None:
    lax, wins = GateSettings(min_reviewed_reactions=10), 0
    for seed in range(30):
        judged, reacted, reactions = traffic(outcome, Random(seed), 0.08)
        wins += weighted(judged, reacted, reactions, settings=lax, seed=seed).value == "better"
    assert wins >= 20
