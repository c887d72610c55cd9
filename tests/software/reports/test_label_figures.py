"""Figures of labels and groups, counted by hand on a rare label and two groups."""

from __future__ import annotations

import pytest

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.evaluation import Outcome
from chainring.software.reports.label_figures import by_group, by_label


def told(
    truth: str, said: str, n: int, *, group: str = "", passed_on: bool = False
) -> list[Outcome]:
    return [
        Outcome(
            row=f"{truth}{said}{group}{i}",
            truth=truth,
            label=said,
            right=float(truth == said),
            confidence=0.9,
            passed_on=passed_on,
            part="suite",
            language="en",
            protected=group,
        )
        for i in range(n)
    ]


FRAUD = [
    *told("ok", "ok", 101, group="old"),
    *told("ok", "ok", 39, group="young"),
    *told("fraud", "ok", 4, group="old"),
    *told("fraud", "ok", 4, group="young"),
    *told("fraud", "fraud", 3, group="old"),
    *told("fraud", "fraud", 2, group="young", passed_on=True),
    *told("ok", "fraud", 1, group="young"),
]


def test_a_label_has_the_share_of_its_rows_and_of_its_answers_that_are_right() -> None:
    rare, common = by_label(FRAUD, "one")
    assert (rare.label, common.label) == ("fraud", "ok")
    assert rare.found.estimate == pytest.approx(5 / 13)
    assert rare.found.rows == 13
    assert rare.precise is not None
    assert (rare.precise.estimate, rare.precise.rows) == (0.75, 4)  # two more were passed on
    assert rare.passed_on.estimate == pytest.approx(2 / 13)
    assert common.precise is not None
    assert common.precise.rows == 148


def test_groups_with_another_mix_of_labels_are_compared_label_by_label() -> None:
    found = {(label, group): share for label, group, share in by_group(FRAUD, "one", min_rows=10)}
    assert found["fraud", "old"].estimate == pytest.approx(3 / 7)
    assert found["fraud", "young"].estimate == pytest.approx(2 / 6)
    assert found["ok", "old"].rows == 101
    assert not any(by_group(FRAUD, "one", min_rows=200))


def test_of_several_labels_each_is_counted_by_itself() -> None:
    rows = [*told("af|chf", "af|chf|ckd", 6), *told("ckd", "af|chf|ckd", 4), *told("|", "af", 1)]
    figures = {one.label: one for one in by_label(rows, "several")}
    assert set(figures) == {"af", "chf", "ckd"}
    assert figures["ckd"].found.estimate == 1.0
    precise = figures["ckd"].precise
    assert precise is not None
    assert precise.estimate == pytest.approx(0.4)


def test_a_label_that_is_always_passed_on_has_no_answers() -> None:
    (only,) = by_label(told("fraud", "fraud", 5, passed_on=True), "one")
    assert (only.found.estimate, only.precise, only.passed_on.estimate) == (1.0, None, 1.0)


def test_out_of_scope_is_said_by_passing_on_whatever_the_best_label_was() -> None:
    rows = [
        *told(OUT_OF_SCOPE, "refund", 10, passed_on=True),
        *told("refund", OUT_OF_SCOPE, 1, passed_on=True),
        *told("refund", "refund", 20),
    ]
    figures = {one.label: one.precise for one in by_label(rows, "one")}
    outside, refund = figures[OUT_OF_SCOPE], figures["refund"]
    assert outside is not None
    assert outside.estimate == pytest.approx(10 / 11)
    assert outside.rows == 11
    assert refund is not None
    assert (refund.estimate, refund.rows) == (1.0, 20)
