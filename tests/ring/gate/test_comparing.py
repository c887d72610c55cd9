from __future__ import annotations

import dataclasses
import math
import random
from collections.abc import Callable
from itertools import product
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.evaluation import Outcome
from chainring.contracts.verdict import Comparison
from chainring.ring.gate.comparing import comparison, preference
from chainring.ring.gate.pairs import paired
from chainring.ring.gate.sentences import named
from chainring.ring.gate.settings import GateSettings
from chainring.ring.gate.values import value

MakeOutcome = Callable[..., Outcome]
MakeSheets = Callable[..., tuple[list[Outcome], list[Outcome]]]


def coins(wins: int, flips: int) -> float:
    """Chance of at least `wins` heads, counted with whole numbers."""
    return float(sum(math.comb(flips, k) for k in range(wins, flips + 1)) / 2**flips)


def test_five_gains_and_no_loss_are_better_and_four_are_not(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    five = comparison(paired(*sheets(gained=5, right=95)), settings=settings)
    four = comparison(paired(*sheets(gained=4, right=96)), settings=settings)
    assert (five.value, four.value) == ("better", "no measurable difference")
    assert (five.p_better, four.p_better) == pytest.approx((1 / 32, 1 / 16))
    assert five.test == four.test == "exact McNemar"
    assert (five.champion, five.challenger, five.gained, five.lost) == (0.95, 1.0, 5, 0)


def test_fourteen_to_five_is_better_by_counting_coins(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    found = comparison(paired(*sheets(gained=14, lost=5, right=300)), settings=settings)
    assert found.p_better == pytest.approx(coins(14, 19))
    assert found.p_worse == pytest.approx(coins(5, 19))
    assert found.value == "better"


def test_a_loss_above_the_margin_that_could_be_chance_is_worse_within_noise(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    three_of_100 = comparison(paired(*sheets(lost=3, right=97)), settings=settings)
    two_of_100 = comparison(paired(*sheets(lost=2, right=98)), settings=settings)
    assert three_of_100.value == "worse within noise"
    assert two_of_100.value == "no measurable difference", "the margin itself is allowed"


def test_the_margin_is_the_recipes(sheets: MakeSheets) -> None:
    wide = GateSettings(margin_points=5.0)
    found = comparison(paired(*sheets(lost=3, right=97)), settings=wide)
    assert found.value == "no measurable difference"


def test_no_rows_are_no_measurable_difference(settings: GateSettings) -> None:
    found = comparison([], settings=settings)
    assert (found.value, found.rows, found.smallest_detectable) == (
        "no measurable difference",
        0,
        1.0,
    )


def test_models_that_never_disagree_still_report_what_the_rows_could_show(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    found = comparison(paired(*sheets(right=100)), settings=settings)
    d = found.smallest_detectable
    seen = 1 - sum(math.comb(100, k) * d**k * (1 - d) ** (100 - k) for k in range(5))
    assert seen == pytest.approx(0.8, abs=1e-6), "five gains are needed, and come in 80 %"


def test_the_smallest_difference_is_one_that_a_simulation_sees_four_times_in_five(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    pairs = paired(*sheets(gained=30, lost=20, right=350))
    d = comparison(pairs, settings=settings).smallest_detectable
    chance, draws, seen = random.Random(5), 1500, 0
    gain, loss = (50 / 400 + d) / 2, (50 / 400 - d) / 2
    for _ in range(draws):
        thrown = chance.choices((1, -1, 0), (gain, loss, 1 - gain - loss), k=400)
        won, fell = thrown.count(1), thrown.count(-1)
        seen += coins(won, won + fell) <= 0.05
    assert seen / draws == pytest.approx(0.8, abs=0.035)  # three standard errors


def test_one_author_of_many_rows_counts_as_one_voice(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    challenger, champion = sheets(gained=40, right=60)
    same = [row_of(row, author="zhang") for row in challenger]
    found = comparison(paired(same, champion), settings=settings)
    assert found.test == "sign flip by author"
    assert found.p_better == 0.5, "one unit: heads or tails"
    assert found.value == "no measurable difference"


def test_the_test_goes_by_author_from_the_first_who_has_two_rows(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    challenger, champion = sheets(gained=10, right=90)
    one_each = [row_of(row, author=f"author {i}") for i, row in enumerate(challenger)]
    assert comparison(paired(one_each, champion), settings=settings).test == "exact McNemar"
    six = [row_of(row, author="li" if i < 6 else "") for i, row in enumerate(challenger)]
    by_author = comparison(paired(six, champion), settings=settings)
    assert by_author.test == "sign flip by author"
    # six gains of one author and four of nobody: five units, and all must keep their sign
    assert by_author.p_better == pytest.approx(1 / 2**5)
    two = [row_of(row, author="li" if i < 2 else "") for i, row in enumerate(challenger)]
    assert comparison(paired(two, champion), settings=settings).p_better == 1 / 2**9


def test_rows_of_one_group_are_one_unit_where_they_are_right_or_wrong(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    challenger, champion = sheets(gained=8, right=292)
    alone = [row_of(row, group=f"g{i}") for i, row in enumerate(challenger)]
    joined = [row_of(row, group=f"g{max(i, 7)}") for i, row in enumerate(challenger)]
    exact = comparison(paired(alone, champion), settings=settings)
    assert exact.test == "exact McNemar"
    assert exact.p_better == pytest.approx(1 / 2**8)
    found = comparison(paired(joined, champion), settings=settings)
    assert (found.test, found.p_better) == ("sign flip by group", 0.5)
    assert found.smallest_detectable > exact.smallest_detectable


def test_turns_of_one_conversation_are_one_unit_by_every_measure(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    challenger, champion = sheets(gained=40, right=260)
    chats = [row_of(row, episode=f"chat {max(i, 39)}") for i, row in enumerate(challenger)]
    found = comparison(paired(chats, champion), settings=settings)
    assert (found.test, found.p_better) == ("sign flip by episode", 0.5)
    by_cost = comparison(paired(chats, champion), settings=GateSettings(measure="cost"))
    assert by_cost.test.startswith("weighed sign flip by episode")
    graded = [row_of(row, right=0.9 * row.right) for row in chats]
    by_grade = comparison(paired(graded, champion), settings=settings)
    assert by_grade.test == "paired bootstrap by episode"
    tests = [one.test for one in (found, by_cost, by_grade)]
    for test in (*tests, *(f"{one}, Holm" for one in tests)):
        assert "按会话" in named(test, "zh")


def test_what_an_author_and_a_conversation_join_is_one_unit(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    told = [("li", "c1"), ("", "c1"), ("", "c2"), ("li", "c2"), ("wang", "c3"), ("", ""), ("", "")]
    challenger = [outcome(f"{i}", 1, author=a, episode=c) for i, (a, c) in enumerate(told)]
    champion = [outcome(f"{i}", 0, author=a, episode=c) for i, (a, c) in enumerate(told)]
    found = comparison(paired(challenger, champion), settings=settings)
    assert (found.test, found.p_better) == ("sign flip by author", 1 / 2**4)


def test_what_an_author_and_a_group_join_is_one_unit(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    told = [("li", "g1"), ("", "g1"), ("", "g2"), ("li", "g2"), ("wang", "g3"), ("", ""), ("", "")]
    challenger = [outcome(f"{i}", 1, author=a, group=g) for i, (a, g) in enumerate(told)]
    champion = [outcome(f"{i}", 0, author=a, group=g) for i, (a, g) in enumerate(told)]
    found = comparison(paired(challenger, champion), settings=settings)
    assert (found.test, found.p_better) == ("sign flip by author", 1 / 2**4)


def test_by_author_is_the_enumeration_of_all_signs(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    gains = {"wang": [1, 1, 1, 1, 1, 1], "li": [-1, 1, 1], "zhao": [-1, -1], "qian": [1]}
    rows = [(a, g) for a, each in gains.items() for g in each]
    challenger = [outcome(f"{i}", g == 1, author=a) for i, (a, g) in enumerate(rows)]
    champion = [outcome(f"{i}", g == -1, author=a) for i, (a, g) in enumerate(rows)]
    found = comparison(paired(challenger, champion), settings=settings)
    sums = [sum(each) for each in gains.values()]
    signs = product((1, -1), repeat=len(sums))
    totals = [sum(s * x for s, x in zip(sign, sums, strict=True)) for sign in signs]
    assert found.p_better == pytest.approx(sum(t >= sum(sums) for t in totals) / len(totals))


def test_graded_outcomes_are_resampled_by_group(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    chance = random.Random(0)
    before = [chance.random() * 0.8 for _ in range(60)]
    challenger = [outcome(f"{i:02}", b + 0.1, group=f"e{i}") for i, b in enumerate(before)]
    champion = [outcome(f"{i:02}", b, group=f"e{i}") for i, b in enumerate(before)]
    found = comparison(paired(challenger, champion), settings=settings)
    assert (found.test, found.value) == ("paired bootstrap by group", "better")
    assert found.challenger - found.champion == pytest.approx(0.1)


def test_under_twenty_episodes_signs_are_flipped_instead(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    challenger = [outcome(f"{i:02}", 0.6, group=f"e{i % 4}") for i in range(40)]
    champion = [outcome(f"{i:02}", 0.5, group=f"e{i % 4}") for i in range(40)]
    found = comparison(paired(challenger, champion), settings=settings)
    assert found.test == "sign flip by group"
    assert found.p_better == pytest.approx(1 / 2**4), "four episodes cannot show five percent"
    assert found.value == "no measurable difference"


def test_episodes_that_both_answer_alike_are_not_counted_among_the_twenty(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    def gained(count: int) -> Comparison:
        before = [0.5 if i < count else 0.9 for i in range(300)]
        challenger = [outcome(f"{i:03}", 0.9) for i in range(300)]
        champion = [outcome(f"{i:03}", right) for i, right in enumerate(before)]
        return comparison(paired(challenger, champion), settings=settings)

    three, many = gained(3), gained(20)
    assert (three.test, three.value) == ("sign flip by group", "no measurable difference")
    assert three.p_better == pytest.approx(1 / 2**3)
    assert (many.test, many.value) == ("paired bootstrap by group", "better")


def test_preferences_are_a_sign_test_with_ties_left_out(settings: GateSettings) -> None:
    found = preference(9, 1, ties=10, settings=settings)
    assert found.p_better == pytest.approx(11 / 1024)
    assert (found.value, found.test, found.rows) == ("better", "sign test", 20)
    assert (found.challenger, found.champion) == pytest.approx((0.7, 0.3))
    assert preference(1, 9, settings=settings).value == "worse"
    assert preference(0, 0, settings=settings).value == "no measurable difference"


MIRROR = {"better": {"worse"}, "worse": {"better"}}
UNDECIDED = {"no measurable difference", "worse within noise"}
right = st.sampled_from((0.0, 1.0))
graded = st.sampled_from((0.0, 0.25, 0.5, 1.0))
authors = st.sampled_from(("", "wang", "li"))


@given(
    rows=st.lists(st.tuples(right, right, authors), max_size=60)
    | st.lists(st.tuples(graded, graded, authors), max_size=40)
)
def test_swapping_challenger_and_champion_mirrors_the_value(
    rows: list[tuple[float, float, str]],
) -> None:
    settings = GateSettings()
    now = [of(i, a, author) for i, (a, _, author) in enumerate(rows)]
    before = [of(i, b, author) for i, (_, b, author) in enumerate(rows)]
    one = comparison(paired(now, before), settings=settings)
    other = comparison(paired(before, now), settings=settings)
    assert (one.p_better, one.p_worse) == (other.p_worse, other.p_better)
    assert (one.gained, one.lost) == (other.lost, other.gained)
    assert one.smallest_detectable == pytest.approx(other.smallest_detectable)
    assert other.value in MIRROR.get(one.value, UNDECIDED)
    both = {one.value, other.value}
    assert both != {"worse within noise"}, "both cannot lose"


@given(p=st.floats(0, 1), q=st.floats(0, 1), loss=st.floats(-1, 1))
def test_there_are_four_values_and_each_pair_of_p_gives_one(
    p: float, q: float, loss: float
) -> None:
    found = value(p, q, loss=loss, settings=GateSettings())
    assert found in {"better", "worse", *UNDECIDED}
    assert (found == "better") == (p <= 0.05)


@given(st.permutations(range(30)))
def test_the_order_of_rows_changes_nothing(order: list[int]) -> None:
    now = [of(i, float(i % 3 > 0), f"a{i % 4}") for i in range(30)]
    before = [of(i, float(i % 5 > 0), f"a{i % 4}") for i in range(30)]
    settings = GateSettings()
    shuffled = comparison(paired([now[i] for i in order], before), settings=settings)
    assert shuffled == comparison(paired(now, before), settings=settings)


def of(i: int, right: float, author: str) -> Outcome:
    return Outcome(
        row=f"{i:03}",
        truth="stock",
        label="stock",
        right=right,
        confidence=0.9,
        passed_on=False,
        part="suite",
        language="en",
        author=author,
    )


def row_of(row: Outcome, **facts: Any) -> Outcome:
    return dataclasses.replace(row, **facts)
