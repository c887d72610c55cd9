from __future__ import annotations

import dataclasses
from collections.abc import Callable
from random import Random

import pytest
from hypothesis import given
from hypothesis import settings as settings_of
from hypothesis import strategies as st

from chainring.contracts.codec import decode, encode
from chainring.contracts.errors import InputError
from chainring.contracts.evaluation import Outcome
from chainring.contracts.verdict import Check, Verdict
from chainring.ring.gate.judge import judge
from chainring.ring.gate.reacted import Reactions
from chainring.ring.gate.settings import GateSettings

MakeOutcome = Callable[..., Outcome]
MakeSheets = Callable[..., tuple[list[Outcome], list[Outcome]]]


Sheet = tuple[list[Outcome], list[Outcome]]


def joined(*sheets: Sheet) -> Sheet:
    return [r for now, _ in sheets for r in now], [r for _, before in sheets for r in before]


def holds(found: Verdict) -> dict[str, bool]:
    return {check.name: check.holds for check in found.checks}


def test_a_challenger_that_is_measurably_better_is_promoted(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    suite = sheets(gained=12, lost=3, right=200, wrong=20)
    holdout = sheets(gained=6, lost=2, right=80, wrong=12, part="holdout")
    found = judge(*joined(suite, holdout), settings=settings)
    assert found.promote
    assert found.value == "better"
    assert found.pooled is not None
    assert (found.pooled.gained, found.pooled.lost, found.pooled.rows) == (18, 5, 335)
    assert {name: part.gained for name, part in found.parts.items()} == {"suite": 12, "holdout": 6}
    assert len(found.negative_flips) == 5
    assert all(holds(found).values())
    assert found.more_rows_needed == 0


def test_parts_pool_to_what_neither_shows_alone(sheets: MakeSheets, settings: GateSettings) -> None:
    suite = sheets(gained=4, right=196)
    holdout = sheets(gained=4, right=96, part="holdout")
    found = judge(*joined(suite, holdout), settings=settings)
    assert [part.value for part in found.parts.values()] == ["no measurable difference"] * 2
    assert (found.value, found.promote) == ("better", True)


def test_better_pooled_but_worse_on_one_part_is_held(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    suite = sheets(gained=40, right=260)
    holdout = sheets(lost=5, right=95, part="holdout")
    found = judge(*joined(suite, holdout), settings=settings)
    assert (found.value, found.promote) == ("better", False)
    failing = [name for name, ok in holds(found).items() if not ok]
    assert "holdout not worse" in failing


def test_better_pooled_but_worse_for_one_language_is_held(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    english = sheets(gained=60, right=300, truth="a", name="en")
    chinese = sheets(lost=10, right=90, truth="b", language="zh", name="zh")
    found = judge(*joined(english, chinese), settings=settings)
    assert (found.value, found.promote) == ("better", False)
    failed = [check for check in found.checks if not check.holds]
    assert [check.name for check in failed] == ["slices not worse"]
    assert "language:zh" in failed[0].because


@pytest.mark.parametrize(
    ("facts", "failing"),
    [
        ({"limits": (Check(name="size", holds=False, because="big"),)}, "size"),
        ({"fixed": ("suite-00012", "suite-00013", "suite-00014")}, "reopened"),
    ],
)
def test_one_condition_that_fails_holds_a_better_challenger(
    sheets: MakeSheets, settings: GateSettings, facts: dict[str, object], failing: str
) -> None:
    rows = sheets(gained=12, lost=3, right=200)  # rows 12 to 14 are the lost ones
    assert judge(*rows, settings=settings).promote
    found = judge(*rows, settings=settings, **facts)  # type: ignore[arg-type]
    assert (found.value, found.promote) == ("better", False)
    assert not holds(found)[failing]


def test_a_must_that_was_taught_holds_it_too_and_enters_no_test(
    settings: GateSettings, outcome: MakeOutcome, sheets: MakeSheets
) -> None:
    rows = sheets(right=60, gained=30)
    must = ([outcome("m", 0, must=True, part="must")], [outcome("m", 1, must=True, part="must")])
    found = judge(*joined(rows, must), settings=settings)
    assert (found.value, found.promote, holds(found)["must"]) == ("better", False, False)
    assert found.pooled is not None
    assert (found.pooled.rows, found.pooled.lost) == (90, 0)


def test_a_must_that_is_wrong_holds_a_better_challenger(
    sheets: MakeSheets, outcome: MakeOutcome, settings: GateSettings
) -> None:
    rows = sheets(gained=12, lost=3, right=200)
    must = ([outcome("m", 0, must=True, part="reacted")], [outcome("m", 0, part="reacted")])
    found = judge(*joined(rows, must), settings=settings)
    assert (found.value, found.promote, holds(found)["must"]) == ("better", False, False)


def test_more_texts_passed_on_hold_a_better_challenger(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    challenger, champion = sheets(gained=12, right=88)
    cautious = [dataclasses.replace(row, passed_on=i < 6) for i, row in enumerate(challenger)]
    found = judge(cautious, champion, settings=settings)
    assert (found.value, found.promote, holds(found)["passed on"]) == ("better", False, False)


def test_under_two_hundred_rows_the_verdict_says_how_many_are_missing(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    found = judge(*sheets(gained=3, right=87), settings=settings)
    assert found.more_rows_needed == 110
    assert found.pooled is not None
    assert found.pooled.smallest_detectable > 0


def test_the_rows_that_the_margin_needs_are_noted(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    found = judge(*sheets(gained=50, lost=50, right=900), settings=settings)
    assert "a difference of 2 points needs about 1629 rows to be seen" in found.notes
    sixth = judge(*sheets(gained=50, lost=50, right=900), settings=settings, tries=6)
    assert "a difference of 2 points needs about 2691 rows to be seen" in sixth.notes
    never = judge(*sheets(right=100), settings=settings)
    assert any("cannot be said" in note for note in never.notes)


def test_no_common_row_is_no_measurable_difference_and_no_promotion(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    found = judge([outcome("a", 1)], [outcome("b", 0)], settings=settings)
    assert (found.value, found.promote, found.more_rows_needed) == (
        "no measurable difference",
        False,
        200,
    )
    assert any(note.startswith("2 rows were judged for one") for note in found.notes)


def test_looks_are_counted_and_warned_of_past_twenty(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    rows = sheets(gained=6, right=94)
    twenty = judge(*rows, settings=settings, looks=20)
    after = judge(*rows, settings=settings, looks=21)
    assert (twenty.looks, after.looks) == (20, 21)
    assert not any("has judged" in note for note in twenty.notes)
    assert any(note.startswith("this suite has judged 21 times") for note in after.notes)
    assert after.promote, "it warns"


def test_the_third_try_of_a_pair_has_a_third_of_the_limit(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    challenger, champion = sheets(gained=12, lost=4, right=280)  # p = 0.038
    first = judge(challenger, champion, settings=settings)
    third = judge(challenger, champion, settings=settings, tries=3)
    assert (first.promote, first.notes) == (
        True,
        judge(challenger, champion, settings=settings, tries=1).notes,
    )
    assert (third.promote, third.value) == (False, "no measurable difference")
    assert "0.0166667 is the limit" in third.checks[0].because
    assert any("judged before, on 2 other versions" in note for note in third.notes)
    worse = judge(champion, challenger, settings=settings, tries=3)
    assert worse.parts["suite"].value == "worse", "what guards is not loosened"
    assert judge(*sheets(gained=13, lost=2, right=280), settings=settings, tries=3).promote


def test_the_first_model_of_a_project_pays_for_its_tries_too(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    rows = [outcome(f"{i:02}", i < 30, truth="a" if i < 25 else "b") for i in range(40)]
    assert judge(rows, None, settings=settings).value == "first"
    assert judge(rows, None, settings=settings, tries=2).value == "not fit"


def test_an_author_of_many_rows_is_noted(sheets: MakeSheets, settings: GateSettings) -> None:
    challenger, champion = sheets(gained=40, right=60)
    same = [dataclasses.replace(row, author="zhang") for row in challenger]
    found = judge(same, champion, settings=settings)
    assert not found.promote, "forty rows of one voice"
    assert any("one author gave 100 of 100 rows" in note for note in found.notes)
    assert found.more_rows_needed == 199


@pytest.mark.parametrize(
    ("joins", "note"),
    [
        ("group", "4 of 100 rows are of one group, so the test goes by group: 25 units that can"),
        (
            "episode",
            "4 of 100 rows are turns of one conversation, so the test goes by episode: 25 units",
        ),
    ],
)
def test_rows_of_one_group_or_conversation_are_noted_and_count_once(
    joins: str, note: str, sheets: MakeSheets, settings: GateSettings
) -> None:
    challenger, champion = sheets(gained=40, right=60)
    fours = [
        dataclasses.replace(row, group=f"g{i // 4}")
        if joins == "group"
        else dataclasses.replace(row, episode=f"g{i // 4}")
        for i, row in enumerate(challenger)
    ]
    for found in (judge(fours, champion, settings=settings), judge(fours, None, settings=settings)):
        assert any(note in said for said in found.notes)
        assert found.more_rows_needed == 175


@settings_of(max_examples=25)
@given(st.integers(1, 400))
def test_reacted_rows_alone_never_promote(count: int) -> None:
    settings = GateSettings()
    challenger, champion = make_reacted(count)
    generous = Reactions(right=100, right_reacted=50, wrong=100, wrong_reacted=100)
    for reactions in (None, generous):
        found = judge(challenger, champion, reactions=reactions, settings=settings)
        assert not found.promote
        assert found.value == "no measurable difference"
        assert found.fix_rate == 1.0
        assert found.pooled is not None
        assert found.pooled.rows == 0


def test_corrections_do_not_help_a_challenger_that_is_no_better(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    rows = sheets(gained=5, lost=5, right=190, part="holdout")
    corrections = make_reacted(200)
    generous = Reactions(right=150, right_reacted=75, wrong=50, wrong_reacted=50)
    for reactions in (None, generous):
        found = judge(*joined(rows, corrections), reactions=reactions, settings=settings)
        assert (found.value, found.promote, found.fix_rate) == (
            "no measurable difference",
            False,
            1.0,
        )
        assert any("count for the fix rate only" in note for note in found.notes)


def test_what_users_reacted_to_makes_no_slice_and_holds_nobody_by_one(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    rows = sheets(gained=60, right=300)
    reacted = sheets(lost=60, right=40, part="reacted", language="zh", truth="b")
    found = judge(*joined(rows, reacted), settings=settings)
    assert (found.value, found.promote) == ("better", True)
    assert not {"language:zh", "label:b"} & {*found.slices, *found.small_slices}


def test_reacted_rows_join_where_the_sample_allows_it(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    judged = sheets(gained=6, lost=3, right=150, wrong=41, part="holdout")
    reacted = sheets(gained=60, lost=8, right=92, wrong=40, part="reacted")
    rates = Reactions(right=153, right_reacted=77, wrong=47, wrong_reacted=47)
    alone = judge(*joined(judged, reacted), settings=settings)
    found = judge(*joined(judged, reacted), reactions=rates, settings=settings)
    assert alone.value == "no measurable difference"
    assert found.value == "better"
    assert found.pooled is not None
    assert (found.pooled.rows, found.pooled.test) == (400, "sign flip by reaction rate")
    assert set(found.parts) == {"holdout"}, "reacted rows are no part that is tested alone"
    assert any("weighted by how often right and wrong" in note for note in found.notes)


def test_the_placebo_stands_beside_the_fix_rate(sheets: MakeSheets, settings: GateSettings) -> None:
    rows = sheets(right=100)
    challenger, champion = joined(rows, make_reacted(10))
    placebo = [
        dataclasses.replace(row, right=float(i < 4)) for i, row in enumerate(make_reacted(10)[0])
    ]
    found = judge(challenger, champion, placebo=placebo, settings=settings)
    assert (found.fix_rate, found.placebo_fix_rate) == (1.0, 0.4)


def test_preferences_are_a_part_and_decide_where_nothing_else_does(
    sheets: MakeSheets, settings: GateSettings
) -> None:
    alone = judge([], [], preferences=(14, 3, 5), settings=settings)
    assert (alone.value, alone.promote) == ("better", True)
    rows = sheets(gained=12, right=88)
    beside = judge(*rows, preferences=(3, 14, 5), settings=settings)
    assert (beside.value, beside.promote) == ("better", False)
    assert not holds(beside)["preference not worse"]


def test_a_first_turn_is_promoted_as_first_when_it_beats_the_majority_class(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    rows = [outcome(f"{i:03}", i % 10 > 0, truth=f"label {i % 5}") for i in range(100)]
    found = judge(rows, None, settings=settings, looks=1)
    assert (found.value, found.promote, found.champion) == ("first", True, None)
    assert found.more_rows_needed == 100
    limit = (Check(name="parity", holds=False, because="off"),)
    assert not judge(rows, None, limits=limit, settings=settings).promote


def test_a_first_turn_that_does_not_is_not_fit(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    rows = [outcome(f"{i:03}", i < 50, truth="a" if i < 50 else "b") for i in range(100)]
    found = judge(rows, None, settings=settings)
    assert (found.value, found.promote) == ("not fit", False)
    assert judge([], None, settings=settings).value == "not fit"


def test_reacted_rows_do_not_count_in_a_first_turn(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    rows = [outcome(f"{i:03}", 1, part="reacted", truth=f"{i % 5}") for i in range(100)]
    assert judge(rows, None, settings=settings).value == "not fit"


def test_sheets_that_do_not_fit_together_are_refused(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    with pytest.raises(InputError, match="row a: truth 'x' for the champion, 'y' now"):
        judge([outcome("a", 1, truth="y")], [outcome("a", 1, truth="x")], settings=settings)


def test_a_verdict_survives_the_ledger(sheets: MakeSheets, settings: GateSettings) -> None:
    found = judge(*sheets(right=4), settings=settings)
    assert decode(Verdict, encode(found)) == found


@settings_of(max_examples=25)
@given(st.randoms(use_true_random=False), st.integers(0, 40))
def test_swapping_the_models_mirrors_the_verdict(chance: Random, rows: int) -> None:
    settings = GateSettings(min_slice_rows=10, margin_points=0.0)
    challenger, champion = drawn(chance, rows)
    one = judge(challenger, champion, settings=settings)
    other = judge(champion, challenger, settings=settings)
    mirror = {"better": "worse", "worse": "better"}
    assert mirror.get(one.value) == (other.value if one.value in mirror else None)
    for name in one.slices:
        a, b = one.slices[name], other.slices[name]
        assert (a.p_better, a.p_worse) == (b.p_worse, b.p_better)
        assert (a.value in mirror) == (b.value in mirror)
    assert not (one.promote and other.promote)


def drawn(chance: Random, rows: int) -> Sheet:
    challenger, champion = make_reacted(rows)
    sheets = []
    for sheet in (challenger, champion):
        sheets.append(
            [
                dataclasses.replace(
                    row,
                    part="suite" if i % 3 else "holdout",
                    language="zh" if i % 2 else "en",
                    right=float(chance.random() < 0.7),
                )
                for i, row in enumerate(sheet)
            ]
        )
    return sheets[0], sheets[1]


def make_reacted(count: int) -> Sheet:
    """Return rows that users corrected and of which the challenger has every one right."""
    challenger = [
        Outcome(
            row=f"correction {i:04}",
            truth="stock",
            label="stock",
            right=1.0,
            confidence=0.9,
            passed_on=False,
            part="reacted",
            language="en",
        )
        for i in range(count)
    ]
    return challenger, [dataclasses.replace(row, right=0.0) for row in challenger]
