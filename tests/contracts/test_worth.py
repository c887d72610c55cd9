from __future__ import annotations

import pytest

from chainring.contracts.codec import decode, encode
from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.measure import Measure
from chainring.contracts.worth import Worth

COST = Worth(
    measure=Measure(name="cost", pass_on=2.0, missed=(("fraud", "", 50.0),)),
    shares={"fraud": 0.1, "ok": 0.9},
)
BALANCED = Worth(measure=Measure(name="balanced_accuracy"), shares={"fraud": 0.1, "ok": 0.9})


def test_by_accuracy_an_answer_is_worth_its_grade() -> None:
    plain = Worth()
    assert plain.of("fraud", "ok", passed_on=False, right=0.25) == 0.25
    assert (plain.most, plain.points) == (1.0, 1.0)


def test_by_cost_it_is_worth_what_it_costs_below_nothing() -> None:
    assert COST.of("fraud", "ok", passed_on=False, right=0.0) == -50.0
    assert COST.lost("fraud", "ok", passed_on=True, right=0.0) == 2.0
    assert COST.of("ok", "ok", passed_on=False, right=1.0) == 0.0


def test_by_balanced_accuracy_the_mean_of_right_answers_is_the_mean_share_found() -> None:
    found = [("fraud", 1.0)] + [("ok", 1.0)] * 6 + [("ok", 0.0)] * 3
    worths = [BALANCED.of(truth, "", passed_on=False, right=right) for truth, right in found]
    assert sum(worths) / 10 == pytest.approx((1.0 + 6 / 9) / 2)
    lost = [BALANCED.lost(truth, "", passed_on=False, right=right) for truth, right in found]
    assert sum(lost) / 10 == pytest.approx(1.0 - (1.0 + 6 / 9) / 2)


def test_a_label_that_nobody_counted_weighs_as_the_rarest_and_no_more() -> None:
    assert BALANCED.weight("new") == BALANCED.weight("fraud") == BALANCED.most == 5.0


@pytest.mark.parametrize("missed", [0.2, 50.0])
def test_no_two_answers_differ_by_more_than_the_most(missed: float) -> None:
    worth = Worth(measure=Measure(name="cost", pass_on=0.1, missed=(("fraud", "", missed),)))
    labels = ("fraud", "ok", "new", OUT_OF_SCOPE)
    lost = [
        worth.lost(truth, label, passed_on=passed_on, right=0.0)
        for truth in labels
        for label in labels
        for passed_on in (False, True)
    ]
    assert max(lost) <= worth.most == max(1.0, missed)


def test_a_hundred_points_of_cost_are_what_the_cheapest_answer_to_everything_costs() -> None:
    assert COST.points == pytest.approx(0.9)  # always fraud; always ok 5, passing on 2
    assert Worth(measure=COST.measure, shares={"fraud": 1.0}).points == 1.0


def test_a_worth_is_read_as_it_was_written() -> None:
    assert decode(Worth, encode(COST)) == COST


def test_by_balanced_accuracy_alone_nothing_is_weighed_without_shares() -> None:
    assert Worth(measure=BALANCED.measure).lacks_shares
    for worth in (BALANCED, Worth(), Worth(measure=COST.measure)):
        assert not worth.lacks_shares
