from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.training.conftest import make_row
from tests.training.test_compete import answering

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.measure import ACCURACY, Measure
from chainring.stats.readout import Readout
from chainring.training.by_cost import by_cost
from chainring.training.compete import Standing, judge

LABELS = ("fraud", "ok", "stock")


def costs(pass_on: float = 2.0, missed: float = 20.0) -> Measure:
    return Measure(name="cost", pass_on=pass_on, missed=(("fraud", "", missed),))


def reading(measure: Measure, *, passes_on: bool = True) -> Readout:
    table = measure.table(LABELS, passes_on=passes_on)
    return Readout(task="classification", labels=LABELS, costs=table)


def shares(*rows: tuple[float, float, float]) -> np.ndarray:
    return np.array(rows, dtype=np.float32)


def test_a_dear_label_is_answered_from_a_few_per_cent_on_and_its_confidence_stays_its_share() -> (
    None
):
    read = reading(costs(pass_on=100.0))
    low, high = read.said(shares((0.04, 0.9, 0.06), (0.08, 0.9, 0.02)))
    assert (low.value, high.value) == ("ok", "fraud")
    assert high.confidence == pytest.approx(0.08)
    assert list(high.scores) == ["ok", "fraud", "stock"]
    assert [low.passed_on, high.passed_on] == [False, False]


def test_the_label_that_is_answered_stands_among_the_scores_however_few_are_asked_for() -> None:
    (said,) = reading(costs(pass_on=100.0)).said(shares((0.08, 0.9, 0.02)), top_k=1)
    assert list(said.scores) == ["fraud"]


def test_a_text_is_passed_on_where_a_person_is_expected_to_cost_less() -> None:
    read = reading(costs(pass_on=0.5))
    sure, unsure, fraud = read.said(shares((0.01, 0.98, 0.01), (0.2, 0.7, 0.1), (0.9, 0.05, 0.05)))
    assert [one.passed_on for one in (sure, unsure, fraud)] == [False, True, False]
    (kept,) = reading(costs(pass_on=0.5), passes_on=False).said(shares((0.2, 0.7, 0.1)))
    assert not kept.passed_on


def test_of_equals_the_likeliest_is_answered() -> None:
    even = Measure(name="cost", pass_on=100.0)
    (said,) = reading(even).said(shares((0.3, 0.4, 0.3)))
    assert said.value == "ok"


def test_out_of_scope_is_an_answer_of_its_own_and_needs_no_second_word() -> None:
    labels = ("fraud", OUT_OF_SCOPE)
    table = costs(pass_on=0.5).table(labels, passes_on=True)
    read = Readout(task="classification", labels=labels, costs=table)
    (said,) = read.said(np.array([[0.4, 0.6]], dtype=np.float32))
    assert (said.value, said.passed_on) == (OUT_OF_SCOPE, False)


@given(
    st.lists(st.floats(0.01, 1), min_size=3, max_size=3),
    st.floats(0.1, 30),
    st.floats(0.1, 30),
)
def test_no_other_answer_is_expected_to_cost_less(
    given_: list[float], pass_on: float, missed: float
) -> None:
    measure = costs(pass_on, missed)
    table_nc = shares(tuple(one / sum(given_) for one in given_))  # type: ignore[arg-type]
    (said,) = reading(measure).said(table_nc)

    def expected(label: str, passed_on: bool) -> float:
        each = zip(LABELS, table_nc[0], strict=True)
        return sum(float(p) * measure.cost(t, label, passed_on=passed_on) for t, p in each)

    own = expected(said.value, said.passed_on)
    assert own <= min(expected(label, False) for label in LABELS) + 1e-6
    assert own <= expected("", True) + 1e-6


def judged(measure: Measure, *, fixed: float | None = None) -> Standing:
    """Judge a candidate of calibrated shares: of rows that it calls 10 % fraud, one in ten is."""
    rows, logits = [], []
    for n in range(200):
        label = "fraud" if n % 10 == 0 else "ok"
        rows.append(make_row(str(n), label=label))
        logits.append([np.log(0.1), np.log(0.9)])
    return judge("linear.v1", answering(logits), rows, ["fraud", "ok"], measure=measure,
                 pass_on_below=fixed)  # fmt: skip


def test_a_candidate_is_judged_by_what_it_will_answer() -> None:
    found = judged(costs(pass_on=100.0))
    assert found.readout.costs
    assert found.accuracy == pytest.approx(0.1)
    assert found.worth == pytest.approx(-0.9)
    assert found.threshold.because.startswith("the label of least expected cost is answered")
    assert judged(ACCURACY).accuracy == pytest.approx(0.9)


def test_a_threshold_of_the_recipe_alone_passes_on() -> None:
    found = judged(costs(pass_on=0.01), fixed=0.0)
    assert len(found.readout.costs[0]) == 2
    assert found.worth == pytest.approx(-0.9)


def test_shares_that_mislead_do_not_decide() -> None:
    truth = ["ok"] * 99 + ["fraud"]
    misled = shares(*[(0.2, 0.8, 0.0)] * 99, (0.0, 1.0, 0.0))
    plain = Readout(task="classification", labels=LABELS)
    choose = by_cost(truth, costs(pass_on=100.0), fixed=None)
    assert choose is not None
    assert choose(plain, misled) == plain
    told = shares(*[(0.02, 0.98, 0.0)] * 99, (0.3, 0.7, 0.0))
    assert choose(plain, told).costs
    assert by_cost(truth, ACCURACY, fixed=None) is None
