from __future__ import annotations

import pytest

from chainring.contracts.codec import decode, encode
from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.measure import Measure

COSTS = Measure(
    name="cost",
    pass_on=2.0,
    missed=(("dispute", "", 4.0), ("dispute", "ok", 20.0), ("fraud", "ok", 50.0)),
)


@pytest.mark.parametrize(
    ("truth", "label", "passed_on", "cost"),
    [
        ("fraud", "ok", False, 50.0),
        ("fraud", "fraud", False, 0.0),
        ("fraud", "dispute", False, 1.0),  # not named
        ("dispute", "fraud", False, 4.0),
        ("dispute", "ok", False, 20.0),
        ("ok", "fraud", False, 1.0),
        ("fraud", "ok", True, 2.0),
        ("fraud", "fraud", True, 2.0),
        ("fraud", OUT_OF_SCOPE, False, 2.0),
        (OUT_OF_SCOPE, "ok", True, 0.0),
        (OUT_OF_SCOPE, OUT_OF_SCOPE, False, 0.0),
        (OUT_OF_SCOPE, "ok", False, 1.0),
        ("", "ok", False, 0.0),  # nobody could say
    ],
)
def test_an_answer_costs_what_the_recipe_says(
    truth: str, label: str, passed_on: bool, cost: float
) -> None:
    assert COSTS.cost(truth, label, passed_on=passed_on) == cost


def test_the_worst_of_a_label_is_the_dearest_answer_to_it() -> None:
    assert [COSTS.worst(name) for name in ("fraud", "dispute", "ok", OUT_OF_SCOPE)] == [
        50.0, 20.0, 2.0, 1.0,
    ]  # fmt: skip
    assert COSTS.named == ("dispute", "fraud", "ok")


def test_a_table_says_what_each_answer_to_each_label_costs_and_passing_on_last() -> None:
    labels = ("fraud", "ok", OUT_OF_SCOPE)
    assert COSTS.table(labels, passes_on=True) == (
        (0.0, 50.0, 2.0, 2.0), (1.0, 0.0, 2.0, 2.0), (1.0, 1.0, 0.0, 0.0),
    )  # fmt: skip
    assert [row[:3] for row in COSTS.table(labels, passes_on=True)] == list(
        COSTS.table(labels, passes_on=False)
    )


def test_a_measure_is_read_as_it_was_written() -> None:
    assert decode(Measure, encode(COSTS)) == COSTS
