"""What a recipe may say of measure and costs, and the faults it is told."""

from __future__ import annotations

import tomllib

import pytest

from chainring.contracts.errors import RecipeError
from chainring.contracts.measure import ACCURACY, Measure
from chainring.ring.called import uncharged
from chainring.ring.gate.costs import require_known
from chainring.ring.recipe import Recipe, parse_recipe

HEAD = '[project]\nname = "bank"\n'


def read(text: str) -> Recipe:
    return parse_recipe(tomllib.loads(HEAD + text))


def faults(text: str) -> tuple[str, ...]:
    with pytest.raises(RecipeError) as caught:
        read(text)
    return tuple(caught.value.faults)


def test_costs_are_read_as_a_risk_analyst_writes_them() -> None:
    recipe = read(
        """
        [gate]
        measure = "cost"
        [gate.costs]
        pass_on = 2
        [gate.costs.missed]
        fraud = 50
        ok = 3
        [gate.costs.missed.dispute]
        fraud = 1.5
        ok = 20
        """
    )
    assert recipe.gate.judging == Measure(
        name="cost",
        pass_on=2.0,
        missed=(
            ("dispute", "fraud", 1.5),
            ("dispute", "ok", 20.0),
            ("fraud", "", 50.0),
            ("ok", "", 3.0),
        ),
    )


def test_nothing_said_is_accuracy_and_five_points_of_passing_on() -> None:
    assert read("").gate.judging == ACCURACY
    assert read("").gate.passed_on_limit == 0.05
    assert read('[gate]\nmeasure = "balanced_accuracy"').gate.passed_on_limit == 0.05


def test_by_cost_passing_on_has_no_limit_but_one_that_is_set() -> None:
    assert read('[gate]\nmeasure = "cost"').gate.passed_on_limit is None
    told = read('[gate]\nmeasure = "cost"\nmax_passed_on_rise = 0.02')
    assert told.gate.passed_on_limit == 0.02


def test_all_faults_of_costs_are_told_at_once() -> None:
    assert faults(
        """
        [gate]
        measure = "cost"
        [gate.costs]
        pass_on = 0
        fraud = 50
        missde = 3
        [gate.costs.missed]
        fraud = -50
        ok = "much"
        late = nan
        [gate.costs.missed.dispute]
        dispute = 1
        ok = -1
        out_of_scope = 5
        """
    ) == (
        "gate.costs.fraud: unknown key; known: missed, pass_on; labels stand in"
        " [gate.costs.missed]",
        "gate.costs.missde: unknown key; did you mean 'missed'?; labels stand in"
        " [gate.costs.missed]",
        "gate.costs.pass_on: 0 found; expected a number above 0: what is free is passed on whole",
        "gate.costs.missed.fraud: -50 found; expected a number of at least 0",
        "gate.costs.missed.ok: 'much' found; expected a number of at least 0",
        "gate.costs.missed.late: nan found; expected a number of at least 0",
        "gate.costs.missed.dispute.dispute: a right answer costs nothing; take the line out",
        "gate.costs.missed.dispute.ok: -1 found; expected a number of at least 0",
        "gate.costs.missed.dispute.out_of_scope: what passing on costs is gate.costs.pass_on, alike"
        " for all labels; take the line out",
    )


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (
            '[gate]\nmeasure = "costs"',
            "gate.measure: 'costs' found; expected 'accuracy', 'balanced_accuracy' or 'cost'",
        ),
        (
            "[gate.costs]\npass_on = 2",
            "gate.costs: costs judge nothing by 'accuracy'; write measure",
        ),
        (
            '[data]\ntask = "tagging"\n[gate]\nmeasure = "balanced_accuracy"',
            "gate.measure: 'balanced_accuracy' counts one label a row; data.task is 'tagging'",
        ),
        (
            '[data]\ntask = "multi-label"\n[gate]\nmeasure = "cost"',
            "take a task of one label: classification, matching, inference",
        ),
        ("[gate]\ncosts = 3", "gate.costs: 3 found; expected a section [gate.costs]"),
        (
            '[gate]\nmeasure = "cost"\n[gate.costs]\nmissed = 3',
            "gate.costs.missed: 3 found; expected costs by true label",
        ),
    ],
)
def test_a_fault_names_its_place_and_the_next_step(text: str, told: str) -> None:
    (fault,) = faults(text)
    assert told in fault


def test_tasks_of_one_label_may_be_judged_by_cost() -> None:
    for task in ("classification", "matching", "inference"):
        assert read(f'[data]\ntask = "{task}"\n[gate]\nmeasure = "cost"').gate.measure == "cost"


def test_a_slip_in_a_label_of_costs_is_refused_and_a_label_without_rows_is_told() -> None:
    costs = Measure(name="cost", missed=(("fruad", "ok", 50.0), ("dispute", "", 2.0)))
    with pytest.raises(RecipeError) as caught:
        require_known(costs, {"fraud", "ok"})
    assert caught.value.faults == (
        "gate.costs.missed: no row that teaches has the label 'fruad'; did you mean 'fraud'?",
    )
    require_known(costs, {"fruad", "ok"})
    (line,) = uncharged(costs, {"fraud", "ok"})
    assert "gate.costs.missed: no row that teaches has the label dispute" in line
    assert not list(uncharged(costs, {"fruad", "ok", "dispute"}))


def test_a_rare_label_beside_one_of_like_name_is_told_where_the_costs_name_both() -> None:
    costs = Measure(name="cost", missed=(("fraud card", "", 50.0), ("fraud wire", "", 90.0)))
    require_known(costs, {"fraud card", "ok"})
    assert ["fraud wire" in line for line in uncharged(costs, {"fraud card", "ok"})] == [True]


@pytest.mark.parametrize(
    ("slip", "label"),
    [
        ("fruad", "fraud"),
        ("Fraud", "fraud"),
        ("track_ordre", "track_order"),
        ("退款请申单", "退款申请单"),
    ],
)
def test_a_slip_beside_its_own_label_is_refused_with_both_names(slip: str, label: str) -> None:
    """`[gate.costs] missed.ok.fruad` beside `missed.fraud`."""
    costs = Measure(name="cost", missed=((label, "", 50.0), ("ok", slip, 3.0)))
    with pytest.raises(RecipeError) as caught:
        require_known(costs, {label, "ok", "dispute"})
    assert caught.value.faults == (
        f"gate.costs.missed: no row that teaches has the label {slip!r}; did you mean {label!r}?",
    )
    assert not list(uncharged(costs, {label, "ok", "dispute"}))


@pytest.mark.parametrize(
    ("rare", "label"),
    [("grade 5", "grade 4"), ("v2", "v1"), ("退货", "退款"), ("card_lost", "card_stolen"),
     ("refund_late", "refund"), ("unverified", "verified"), ("国际转账", "国内转账"),
     ("未授权支付", "已授权支付"), ("plan_b", "plan_a"), ("grade 12", "grade 21")],
)  # fmt: skip
def test_a_rare_label_that_differs_by_more_than_a_slip_is_told(rare: str, label: str) -> None:
    costs = Measure(name="cost", missed=((label, "", 50.0), (rare, "", 3.0)))
    require_known(costs, {label, "ok"})
    (line,) = uncharged(costs, {label, "ok"})
    assert rare in line
