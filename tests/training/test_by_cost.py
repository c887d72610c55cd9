from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.training.conftest import make_row
from tests.training.test_compete import answering

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.measure import ACCURACY, Measure
from chainring.stats.readout import Readout
from chainring.training.answered import told
from chainring.training.by_cost import by_cost
from chainring.training.compete import Standing, compete, judge
from chainring.training.prices import said_prices
from chainring.training.threshold import Threshold, threshold

LABELS = ("fraud", "ok", "stock")
PLAIN = Readout(task="classification", labels=LABELS)


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
    truth = ["ok"] * 399 + ["fraud"]
    misled = shares(*[(0.2, 0.8, 0.0)] * 399, (0.0, 1.0, 0.0))
    choose = by_cost(truth, costs(pass_on=100.0), fixed=None)
    assert choose is not None
    assert choose(PLAIN, misled) == PLAIN
    told = shares(*[(0.02, 0.98, 0.0)] * 399, (0.3, 0.7, 0.0))
    assert choose(PLAIN, told).costs
    assert by_cost(truth, ACCURACY, fixed=None) is None


def test_false_alarms_alone_are_no_proof_where_the_mistake_they_guard_against_is_rare() -> None:
    truth = ["ok"] * 40
    alarmed = shares(*[(0.1, 0.9, 0.0)] * 40)
    choose = by_cost(truth, costs(pass_on=100.0), fixed=None)
    assert choose is not None
    assert choose(PLAIN, alarmed).costs, "two frauds of 20 are due among as many rows"


def test_rows_of_one_unit_are_one_piece_of_evidence() -> None:
    truth = ["ok"] * 400
    misled = shares(*[(0.2, 0.8, 0.0)] * 400)
    alone, together = (
        by_cost(truth, costs(pass_on=100.0), fixed=None, units=units)
        for units in (range(400), [n // 100 for n in range(400)])
    )
    assert alone is not None
    assert together is not None
    assert alone(PLAIN, misled) == PLAIN
    assert together(PLAIN, misled).costs


def drawn(random: np.random.Generator, rows: int) -> tuple[np.ndarray, list[str]]:
    """Return shares of a rare fraud that are exactly right, and labels drawn by them."""
    fraud_n = 1.0 / (1.0 + np.exp(-random.normal(-4.0, 2.0, rows)))
    marks = random.random(rows) < fraud_n
    table_nc = np.stack([fraud_n, 1.0 - fraud_n], axis=1).astype(np.float32)
    return table_nc, ["fraud" if mark else "ok" for mark in marks]


def test_calibrated_shares_decide_on_few_rows_too_and_pass_on_by_their_price_alone() -> None:
    """By bare means the likeliest label was kept in some of these draws, and dearer in each."""
    plain = Readout(task="classification", labels=("fraud", "ok"))
    measure = costs(pass_on=2.0, missed=50.0)
    for seed in range(20):
        table_nc, truth = drawn(np.random.default_rng(seed), 60)
        choose = by_cost(truth, measure, fixed=None)
        assert choose is not None
        found = choose(plain, table_nc)
        assert found.costs
        _, given_, sure_n, passed_n = told(found, found.said(table_nc))
        chosen = threshold(truth, given_, sure_n, passed_n=passed_n, measure=measure, priced=True)
        assert chosen.value == 0.0
        assert "a row on 60 validation rows" in chosen.because


def test_where_the_likeliest_label_is_kept_the_standing_says_so_as_a_limit() -> None:
    """One temperature for all makes `ok`, which is always right, as doubtful as `fraud` is."""
    frauds, passes = 200 * [[2.0, 0.0]], 200 * [[0.0, 2.0]]
    dear = Measure(name="cost", pass_on=100.0, missed=(("fraud", "", 9.0),))

    def judged_with(wrong: int) -> Standing:
        told_ = ["ok"] * wrong + ["fraud"] * (200 - wrong) + ["ok"] * 200
        rows = [make_row(str(n), label=label) for n, label in enumerate(told_)]
        logits = [*frauds, *passes]
        return judge("linear.v1", answering(logits), rows, ["fraud", "ok"], measure=dear)

    assert judged_with(4).readout.costs
    assert judged_with(4).limits == ()
    (limit,) = judged_with(80).limits
    assert limit.startswith("the likeliest label is answered, whatever a mistake costs")
    assert "400 行验证数据" in limit.zh  # type: ignore[attr-defined]
    (kept,) = compete([judged_with(80)])
    assert limit in kept.because


def test_prices_are_told_once_for_a_label_whose_mistakes_cost_alike() -> None:
    measure = replace(costs(), missed=(("fraud", "", 50.0), ("stock", "ok", 20.0)))
    read = Readout(
        task="classification", labels=LABELS, costs=measure.table(LABELS, passes_on=True)
    )
    told_ = said_prices(read)
    assert told_ == (
        "prices: passing on 2, fraud answered as anything else 50, "
        "stock answered as ok 20, any other mistake 1"
    )
    assert told_.zh == "价目：转人工 2，fraud 答成其他任何标签 50，stock 答成 ok 20，其他错误 1"
    alone = replace(read, costs=measure.table(LABELS, passes_on=False))
    assert "passing on" not in said_prices(alone)


def test_of_very_many_prices_the_first_are_told_and_the_others_counted() -> None:
    labels = tuple(f"l{n:02}" for n in range(40))
    measure = Measure(name="cost", missed=tuple((label, "", 3.0) for label in labels))
    read = Readout(
        task="classification", labels=labels, costs=measure.table(labels, passes_on=True)
    )
    assert said_prices(read).endswith("l19 answered as anything else 3, and 20 more")


@pytest.mark.parametrize("passes_on", [True, False])
def test_out_of_scope_as_a_label_is_told_as_passing_on_and_adds_no_price(passes_on: bool) -> None:
    labels = ("fraud", OUT_OF_SCOPE, *(f"l{n}" for n in range(30)))
    table = costs(pass_on=0.5, missed=50.0).table(labels, passes_on=passes_on)
    told_ = said_prices(Readout(task="classification", labels=labels, costs=table))
    assert told_ == (
        "prices: passing on 0.5, fraud answered as anything else 50, any other mistake 1"
    )
    table = costs(pass_on=0.5).table(("fraud", OUT_OF_SCOPE), passes_on=passes_on)
    only = Readout(task="classification", labels=("fraud", OUT_OF_SCOPE), costs=table)
    assert said_prices(only) == "prices: passing on 0.5, any other mistake 1"


def test_prices_are_told_in_full_and_a_label_is_no_link() -> None:
    labels = ("fraud", "![a](http://x.example/y.png)", "ok")
    missed = (("fraud", labels[1], 1234567.0), (labels[1], "", 0.25))
    table = Measure(name="cost", missed=missed).table(labels, passes_on=False)
    assert said_prices(Readout(task="classification", labels=labels, costs=table)) == (
        r"prices: fraud answered as !\[a](http://x.example/y.png) 1234567, "
        r"!\[a](http://x.example/y.png) answered as anything else 0.25, any other mistake 1"
    )


def test_a_threshold_beside_priced_answers_stands_where_it_saves_beyond_chance() -> None:
    """Texts out of scope, which no share tells of: all of them are less sure."""
    truth = ["ok"] * 100 + [OUT_OF_SCOPE] * 100
    sure_n = np.array([0.9] * 100 + [0.5] * 100, dtype=np.float32)
    passed_n = np.zeros(200, dtype=bool)
    measure = costs(pass_on=0.5, missed=5.0)

    def chosen(rows: int) -> Threshold:
        few = [*range(rows), *range(100, 100 + rows)]
        return threshold(
            [truth[n] for n in few], ["ok"] * len(few), sure_n[few], passed_n=passed_n[few],
            measure=measure, priced=True,
        )  # fmt: skip

    assert chosen(100).value == pytest.approx(0.7)
    assert "costs least" in chosen(100).because
    assert chosen(4).value == 0.0
