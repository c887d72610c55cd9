"""The second look: kept answers on which two models differ."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable
from dataclasses import replace
from functools import lru_cache
from random import Random
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.evaluation import Outcome
from chainring.contracts.verdict import Verdict
from chainring.ring.gate.conditions import BETTER
from chainring.ring.gate.deciding import could_decide, decided, shares
from chainring.ring.gate.judge import judge
from chainring.ring.gate.pairs import paired
from chainring.ring.gate.settings import GateSettings
from chainring.stats.paired import mcnemar

MakeOutcome = Callable[..., Outcome]
MakeSheets = Callable[..., tuple[list[Outcome], list[Outcome]]]
Sheet = tuple[list[Outcome], list[Outcome]]


def kept(*said: tuple[str, str], passed_on: tuple[bool, bool] = (False, False)) -> Sheet:
    """Make kept answers from what challenger and champion say to each."""
    sides: tuple[list[Outcome], list[Outcome]] = ([], [])
    for number, labels in enumerate(said):
        for side, label, passed in zip(sides, labels, passed_on, strict=True):
            side.append(
                Outcome(
                    row=f"pred_{number:04}", truth="", label=label, right=0.0, confidence=0.9,
                    passed_on=passed, part="deciding", language="en",
                )
            )  # fmt: skip
    return sides


def together(*sheets: Sheet) -> Sheet:
    return [r for now, _ in sheets for r in now], [r for _, before in sheets for r in before]


def verdict(suite: Sheet, rest: Sheet, truths: dict[str, str] | None = None) -> Verdict:
    return judge(*together(suite, rest), settings=GateSettings(), truths=truths or {})


def test_where_both_answer_alike_nobody_is_asked_and_where_they_differ_a_person_is() -> None:
    found = decided(paired(*kept(("a", "a"), ("a", "b"), ("b", "a"))), {"pred_0002": "b"})
    assert [pair.now.row for pair in found.open] == ["pred_0001"]
    assert [pair.gain for pair in found.pairs] == [0.0, 1.0]
    assert not found.is_told


def test_passing_on_is_another_answer_and_right_where_the_text_is_out_of_scope() -> None:
    pairs = paired(*kept(("a", "a"), passed_on=(True, False)))
    assert [pair.now.row for pair in decided(pairs, {}).open] == ["pred_0000"]
    assert [p.gain for p in decided(pairs, {"pred_0000": OUT_OF_SCOPE}).pairs] == [1.0]
    assert [p.gain for p in decided(pairs, {"pred_0000": "a"}).pairs] == [0.0]


def test_an_answer_whose_truth_a_person_could_not_tell_moves_nothing() -> None:
    found = decided(paired(*kept(("a", "b"))), {"pred_0000": ""})
    assert found.is_told
    assert [pair.gain for pair in found.pairs] == [0.0]


def test_where_the_models_agree_on_every_kept_answer_nobody_was_asked_and_nothing_is_said(
    sheets: MakeSheets,
) -> None:
    assert not decided(paired(*kept(("a", "a"), ("b", "b"))), {}).is_told
    found = verdict(sheets(gained=5, lost=3, right=90), kept(*[("c", "c")] * 20))
    assert (found.asks, found.promote) == ((), False)
    assert not any(note.startswith("second look") for note in found.notes)


def test_what_one_author_said_counts_once_so_it_is_not_asked_where_it_could_not_decide(
    sheets: MakeSheets,
) -> None:
    suite = sheets(gained=3, lost=2, right=90)
    many = kept(*[("a", "b")] * 30)
    assert len(verdict(suite, many).asks) == 30
    one = tuple([replace(row, author="ann") for row in side] for side in many)
    assert verdict(suite, (one[0], one[1])).asks == ()


def test_both_looks_together_promote_by_chance_at_most_as_often_as_one() -> None:
    settings = GateSettings(alpha=0.05, second_look=0.3)
    first, second = shares(settings, kept=True)
    assert (first.alpha, second.alpha) == (0.035, 0.015)
    alone, none = shares(settings, kept=False)
    assert (alone.alpha, none.alpha) == (0.05, 0.0)


def test_a_second_look_at_one_pair_on_other_kept_rows_pays_for_those_before(
    sheets: MakeSheets,
) -> None:
    suite = sheets(gained=6, lost=2, right=90)
    rows = together(suite, kept(*[("a", "b")] * 14, *[("c", "c")] * 100))
    told = {f"pred_{n:04}": "a" for n in range(13)} | {"pred_0013": "b"}

    def judged(*looked: str) -> Verdict:
        return judge(*rows, settings=GateSettings(), truths=told, looked=looked)

    def limit(*looked: str) -> str:
        return next(check.because for check in judged(*looked).checks if check.name == BETTER)

    own = judged().second_look
    for looked, alpha in (((), "0.015"), ((own,), "0.015"), (("x",), "0.0075"),
                          (("x", "y", own), "0.005")):  # fmt: skip
        assert f"; {alpha} is the limit" in limit(*looked), looked
    assert any("1/2 of its share" in note for note in judged("x").notes)


def test_second_looks_are_told_apart_by_their_rows_and_not_by_how_many_they_are(
    sheets: MakeSheets,
) -> None:
    """At a thousand kept answers the newest take the place of the oldest."""
    suite = sheets(gained=6, lost=2, right=90)
    one = kept(*[("a", "b")] * 6, *[("c", "c")] * 50)
    now, before = ([*side[:-1], replace(side[-1], row="pred_9999")] for side in one)

    def look(sheet: Sheet, looked: tuple[str, ...] = (), *, told: int = 6, **more: Any) -> Verdict:
        truths = {row.row: "a" for row in sheet[0][:told]}
        settings = GateSettings(**more)
        return judge(*together(suite, sheet), settings=settings, truths=truths, looked=looked)

    first = look(one)
    again = look((now, before), (first.second_look,))
    assert again.pooled is not None
    assert first.pooled is not None
    assert first.pooled.rows == again.pooled.rows
    assert any("1/2 of its share" in note for note in again.notes)
    assert look((one[0][::-1], one[1][::-1]), told=56).second_look == first.second_look
    assert look(one, measure="balanced_accuracy").second_look != first.second_look
    assert look(one, told=5).second_look == "", "an open answer is no look"


def test_a_second_look_is_asked_for_only_where_it_could_pass_its_smaller_limit(
    sheets: MakeSheets,
) -> None:
    rows = together(sheets(gained=0, lost=0, right=90), kept(*[("a", "b")] * 7))
    asked = [
        len(judge(*rows, settings=GateSettings(), looked=looked).asks) for looked in ((), ("x",))
    ]
    assert asked == [7, 0], "1/128 is under 0.015 and over 0.0075"


@pytest.mark.parametrize(("turns", "more"), [(12, 80), (20, 50)])
def test_second_looks_at_equal_models_turn_after_turn_stay_under_the_whole(
    turns: int, more: int
) -> None:
    """Kept rows grow with each turn; with the full share each time 5.4 and 6 % were promoted."""
    random, draws, promoted = Random(23), 1000, 0
    limits = [
        shares(GateSettings(), kept=True, again=again)[1].alpha for again in range(1, turns + 1)
    ]
    first = shares(GateSettings(), kept=True)[0].alpha
    for _ in range(draws):
        counts = [0, 0]
        passed = []
        for number, limit in zip([175] + [more] * turns, [first, *limits], strict=True):
            for _ in range(number):
                if random.random() < 0.1:
                    counts[random.random() < 0.5] += 1
            passed.append(mcnemar(counts[0], counts[1]) <= limit)
        promoted += any(passed)
    assert promoted / draws <= 0.05


def test_second_looks_at_a_full_window_that_moves_on_pay_for_each_other() -> None:
    """Two hundred new ones a turn among 1,000: with the full share each time 12 % were promoted."""
    random, draws, promoted, chance = Random(29), 500, 0, lru_cache(mcnemar)
    first = shares(GateSettings(), kept=True)[0].alpha
    later = [shares(GateSettings(), kept=True, again=again)[1].alpha for again in range(1, 21)]

    def differing(rows: int) -> list[int]:
        return [random.choice((-1, 1)) if random.random() < 0.1 else 0 for _ in range(rows)]

    for _ in range(draws):
        suite, window = differing(175), deque(differing(1000), maxlen=1000)
        passed = chance(suite.count(1), suite.count(-1)) <= first
        for limit in later:
            window.extend(differing(200))
            both = [*suite, *window]
            passed |= chance(both.count(1), both.count(-1)) <= limit
        promoted += passed
    assert promoted / draws <= 0.05


def test_a_lead_too_small_for_sampled_rows_is_asked_about_and_then_seen(sheets: MakeSheets) -> None:
    suite = sheets(gained=6, lost=2, right=90)
    rest = kept(*[("a", "b")] * 14, *[("c", "c")] * 100)
    before = verdict(suite, rest)
    assert (before.promote, len(before.asks)) == (False, 14)
    assert "14 answers would decide" in before.notes[-1]
    told = {f"pred_{n:04}": "a" for n in range(13)} | {"pred_0013": "b"}
    after = verdict(suite, rest, told)
    assert (after.promote, after.value, after.asks) == (True, "better", ())
    assert after.pooled is not None
    assert (after.pooled.gained, after.pooled.lost, after.pooled.rows) == (19, 3, 212)
    assert after.pooled.challenger == pytest.approx(96 / 98)  # of the rows whose truth is known


def test_as_long_as_one_answer_is_open_the_others_count_for_nothing(sheets: MakeSheets) -> None:
    suite = sheets(gained=6, lost=2, right=90)
    rest = kept(*[("a", "b")] * 14)
    most = {f"pred_{n:04}": "a" for n in range(13)}
    found = verdict(suite, rest, most)
    assert not found.promote
    assert found.pooled is not None
    assert found.pooled.rows == 98
    assert len(found.asks) == 14 - 13


def test_kept_answers_that_speak_against_the_challenger_hold_it(sheets: MakeSheets) -> None:
    suite = sheets(gained=6, lost=2, right=90)
    found = verdict(suite, kept(*[("a", "b")] * 14), {f"pred_{n:04}": "b" for n in range(14)})
    assert (found.promote, found.asks) == (False, ())


def test_nobody_is_asked_what_could_not_decide(sheets: MakeSheets, settings: GateSettings) -> None:
    suite = sheets(gained=2, lost=12, right=90)
    few = kept(*[("a", "b")] * 3)
    assert verdict(suite, few).asks == ()
    pairs = paired(*together(suite, few))
    judged = [pair for pair in pairs if pair.now.part == "suite"]
    assert not could_decide(judged, decided(pairs, {}), settings=settings)


def test_nobody_is_asked_where_another_condition_fails_anyway(
    sheets: MakeSheets, outcome: MakeOutcome
) -> None:
    suite = sheets(gained=6, lost=2, right=90)
    must = [outcome("must", 0.0, must=True)], [outcome("must", 0.0, must=True)]
    rest = kept(*[("a", "b")] * 14)
    assert verdict(suite, rest).asks
    assert verdict(together(suite, must), rest).asks == ()


def test_a_lead_that_sampled_rows_show_needs_no_second_look(sheets: MakeSheets) -> None:
    found = verdict(sheets(gained=14, lost=1, right=90), kept(*[("a", "b")] * 14))
    assert (found.promote, found.asks) == (True, ())
    assert next(check for check in found.checks if check.name == BETTER).because.endswith(
        "0.035 is the limit"
    )


@given(st.permutations(range(12)), st.integers(0, 12))
def test_the_order_of_kept_answers_changes_nothing(order: list[int], right: int) -> None:
    rest = kept(*[("a", "b")] * 12)
    truths = {f"pred_{n:04}": "a" if n < right else "b" for n in range(12)}
    shuffled = [rest[0][n] for n in order], [rest[1][n] for n in order]
    assert judge(*rest, settings=GateSettings(), truths=truths) == judge(
        *shuffled, settings=GateSettings(), truths=truths
    )


def promotions(*, gain: float, runs: int, two: bool) -> float:
    """Play challengers that differ on 12 % of answers; return the share that is promoted."""
    dice, promoted = Random(7), 0
    first, second = shares(GateSettings(), kept=two)
    for _ in range(runs):
        counts = [0, 0]
        looks = []
        for rows in (150, 150) if two else (150,):
            for _ in range(rows):
                if dice.random() < 0.12:
                    counts[dice.random() >= 0.5 + gain / 0.24] += 1
            looks.append(mcnemar(counts[0], counts[1]))
        promoted += looks[0] <= first.alpha or (two and looks[-1] <= second.alpha)
    return promoted / runs


def test_of_4000_equal_challengers_two_looks_promote_at_most_one_in_twenty() -> None:
    assert promotions(gain=0.0, runs=4000, two=True) <= 0.05


def test_two_looks_find_a_gain_of_four_points_more_often_than_one() -> None:
    one, two = (promotions(gain=0.04, runs=1000, two=both) for both in (False, True))
    assert two > one + 0.05
