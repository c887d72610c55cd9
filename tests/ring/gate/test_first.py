from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from math import comb
from typing import Any

import numpy as np
import pytest

from chainring.contracts.dataset import Row
from chainring.contracts.evaluation import Outcome
from chainring.contracts.prediction import Answer
from chainring.ring.gate.first import majority
from chainring.ring.gate.sentences import in_chinese
from chainring.ring.gate.settings import GateSettings
from chainring.training import outcomes
from chainring.training.measures import constant_answer

MakeOutcome = Callable[..., Outcome]


def heads(k: int, coins: int) -> float:
    return float(sum(comb(coins, i) for i in range(k, coins + 1)) / 2**coins)


def test_a_first_model_is_held_against_the_commonest_truth_by_the_exact_paired_test(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    rows = [outcome(f"{i:02}", i >= 12, truth="a" if i < 25 else "b") for i in range(40)]
    found, check = majority(rows, settings=settings)
    assert found is not None
    assert (found.rows, found.champion, found.challenger) == (40, 25 / 40, 28 / 40)
    assert (found.gained, found.lost, found.test) == (15, 12, "exact McNemar")
    assert found.p_better == pytest.approx(heads(15, 27))
    assert found.p_worse == pytest.approx(heads(12, 27))
    assert (found.value, check.holds) == ("not fit", False)
    assert "always answering a would give 62.5 %" in check.because


@pytest.mark.parametrize(
    ("gained", "lost", "value"),
    [(4, 0, "not fit"), (5, 0, "first"), (40, 26, "not fit"), (40, 25, "first")],
)
def test_its_p_is_that_of_the_gains_and_losses_it_tells(
    outcome: MakeOutcome, settings: GateSettings, gained: int, lost: int, value: str
) -> None:
    p = heads(gained, gained + lost)
    assert (p <= 0.05) == (value == "first"), "the expectation, by whole numbers"
    kinds = [("a", 0)] * lost + [("a", 1)] * (92 - lost)
    kinds += [("b", 1)] * gained + [("b", 0)] * (61 - gained)
    rows = [outcome(f"{i:03}", right, truth=truth) for i, (truth, right) in enumerate(kinds)]
    found, _ = majority(rows, settings=settings)
    assert found is not None
    assert (found.gained, found.lost, found.value) == (gained, lost, value)
    assert found.p_better == pytest.approx(p)


def test_a_first_model_is_tested_by_group_where_rows_belong_together(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    truths = ["a"] * 20 + ["b"] * 20
    rows = [outcome(f"{i:02}", 1, truth=truth) for i, truth in enumerate(truths)]
    alone = [replace(row, group=f"g{i}") for i, row in enumerate(rows)]
    joined = [replace(row, group=f"g{i // 5}") for i, row in enumerate(rows)]
    exact, _ = majority(alone, settings=settings)
    found, check = majority(joined, settings=settings)
    assert exact is not None
    assert found is not None
    assert (exact.test, exact.value) == ("exact McNemar", "first")
    assert (found.test, found.p_better) == ("sign flip by group", 1 / 2**4), "four groups of b"
    assert (found.value, check.holds) == ("not fit", False)
    assert (found.champion, found.challenger) == (0.5, 1.0)
    assert (found.gained, found.lost) == (20, 0)


@pytest.mark.parametrize(("others", "told"), [(4, 4), (5, None)])
def test_where_even_all_right_could_not_show_it_the_rows_to_add_are_told(
    outcome: MakeOutcome, settings: GateSettings, others: int, told: int | None
) -> None:
    rows = [outcome(f"a{i}", 1, truth="a") for i in range(9)]
    more = [outcome(f"b{i}", 1, truth="bc"[i % 2]) for i in range(others)]
    found, check = majority([*rows, *more], settings=settings)
    assert found is not None
    assert found.value == ("first" if told is None else "not fit")
    english, chinese = check.because, in_chinese(check.because)
    assert (f"labels other than a: {told}, at least 5 are needed" in english) == (told is not None)
    assert (f"a 以外标签的行有 {told}，至少需要 5" in chinese) == (told is not None)


@pytest.mark.parametrize("shared", [{"group": "g"}, {"author": "ann"}])
def test_where_rows_share_their_author_or_group_rows_of_others_are_asked_for(
    outcome: MakeOutcome, settings: GateSettings, shared: dict[str, Any]
) -> None:
    rows = [outcome(f"ok{i:02}", 1, truth="ok") for i in range(50)]
    fraud = [outcome(f"f{i}", 1, truth="fraud") for i in range(9)]
    same = [replace(row, **shared) for row in fraud]
    because = majority([*rows, *same], settings=settings)[1].because
    assert "so the 9 of labels other than ok count as 1, and at least 5 are needed" in because
    assert because.endswith("label rows of others")
    assert "ok 以外标签的 9 行只算 1 行，至少需要 5" in in_chinese(because)
    assert majority([*rows, *same, *fraud[:4]], settings=settings)[1].holds


def test_a_first_model_that_is_too_often_wrong_is_not_told_to_add_rows(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    rows = [outcome(f"{i:02}", i >= 12, truth="a" if i < 25 else "b") for i in range(40)]
    assert "needed" not in majority(rows, settings=settings)[1].because


def test_one_label_only_cannot_be_beaten(outcome: MakeOutcome, settings: GateSettings) -> None:
    found, check = majority([outcome(f"{i}", 1) for i in range(50)], settings=settings)
    assert found is not None
    assert (found.value, check.holds) == ("not fit", False)


def test_no_rows_say_what_to_do(settings: GateSettings) -> None:
    found, check = majority([], settings=settings)
    assert found is None
    assert not check.holds
    assert "label some" in check.because


def test_the_smallest_lead_is_seen_four_times_in_five(
    outcome: MakeOutcome, settings: GateSettings
) -> None:
    truths = ["a"] * 130 + ["b"] * 70
    rows = [outcome(f"{i:03}", i >= 40, truth=truth) for i, truth in enumerate(truths)]
    found, _ = majority(rows, settings=settings)
    assert found is not None
    differ, lead = (70 + 40) / 200, found.smallest_detectable
    rates = [(differ + lead) / 2, (differ - lead) / 2, 1 - differ]
    drawn = np.random.default_rng(0).multinomial(200, rates, size=4000).tolist()
    seen = sum(heads(gained, gained + lost) <= 0.05 for gained, lost, _ in drawn)
    assert seen / 4000 == pytest.approx(0.8, abs=0.03)


@pytest.mark.parametrize(("lead", "value"), [(0.2, "first"), (0.0, "not fit"), (-0.2, "not fit")])
def test_a_first_model_of_graded_answers_is_held_against_always_the_same_answer(
    outcome: MakeOutcome, settings: GateSettings, lead: float, value: str
) -> None:
    rows = [
        outcome(f"{i:02}", 0.5 + lead + 0.2 * (-1) ** i, truth=f"{i}.5", base=0.5, sliced=())
        for i in range(60)
    ]
    found, check = majority(rows, settings=settings)
    assert found is not None
    assert (found.value, check.holds) == (value, value == "first")
    assert found.champion == pytest.approx(0.5)
    assert found.challenger == pytest.approx(0.5 + lead)
    assert found.test == "paired bootstrap by group"
    assert check.name == "better than always the same answer"
    assert f"worth {100 * (0.5 + lead):.1f} %" in check.because


def test_a_model_that_gives_every_text_the_labels_worth_most_beats_nothing(
    settings: GateSettings,
) -> None:
    taught = ["a|b", "a|b|c", "b|c", "a|c", "|", "|", "a|b|c", "|"] * 5
    truths = outcomes.Truths(task="multi-label", constant=constant_answer("multi-label", taught))
    said = Answer(label="a|b|c", confidence=0.9, passed_on=False, text="")
    nothing: Any = dict.fromkeys(("text", "language", "source", "licence", "group"), "")
    rows = [
        outcomes.outcome(Row(id=f"{i}", label=label, split="test", **nothing), said, truths=truths)
        for i, label in enumerate(taught)
    ]
    found, check = majority(rows, settings=settings)
    assert found is not None
    assert (found.value, found.gained, found.lost, check.holds) == ("not fit", 0, 0, False)
