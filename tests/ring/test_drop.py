"""A labelled drop by another measure than accuracy; by accuracy: `test_due`."""

from __future__ import annotations

import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from chainring.contracts.evaluation import Outcome
from chainring.contracts.label import Label
from chainring.contracts.measure import Measure
from chainring.contracts.said import in_language
from chainring.contracts.worth import Worth
from chainring.ring import drop as drop_module
from chainring.ring import promise as promise_module
from chainring.ring.built import current
from chainring.ring.drop import labelled_drop
from chainring.ring.gate.settings import GateSettings
from chainring.ring.promise import judged_rows, most_lost, promised_costs
from chainring.software.api import Project

COSTS = GateSettings.model_validate(
    {"measure": "cost", "costs": {"pass_on": 2, "missed": {"refund": 30}}}
)
BALANCED = GateSettings(measure="balanced_accuracy")


def judging(project: Project, settings: GateSettings) -> Project:
    recipe = project.ring.recipe.model_copy(update={"gate": settings})
    object.__setattr__(project.ring, "recipe", recipe)
    return project


def reviewed(project: Project, said: Sequence[tuple[str, str]]) -> None:
    """Log answers of the hold-out, each with what a person says is right: (answer, truth)."""
    (row,) = project.predict(["where is my parcel"])
    rows = [
        replace(row, id=f"{row.id[:-4]}{n:04}", holdout=True, label=label, passed_on=False)
        for n, (label, _) in enumerate(said)
    ]
    project.ring.traffic.commit([(one, "text") for one in rows], [])
    for one, (_, truth) in zip(rows, said, strict=True):
        label = Label(
            id=f"lab_{one.id}", app="shop", record=one.id, value=truth, author="ann",
            author_kind="person", state="accepted",
        )  # fmt: skip
        project.ring.ledger.add_fact("label", label.id, label, about=one.id)


PARCEL, REFUND = ("parcel", "parcel"), ("refund", "refund")
CHEAP, DEAR = ("refund", "parcel"), ("parcel", "refund")
_WORTH = Worth(
    measure=Measure(name="cost", missed=(("fraud", "", 20.0),)),
    shares={"fraud": 0.05, "ok": 0.95},
)
GOOD = [PARCEL] * 9 + [REFUND]


def test_dear_mistakes_in_the_place_of_cheap_ones_are_a_drop_by_cost_alone(
    project: Project,
) -> None:
    first = ([PARCEL] * 7 + [CHEAP] * 2 + [REFUND]) * 20
    reviewed(project, first + ([PARCEL] * 8 + [DEAR] * 2) * 20)
    assert labelled_drop(project.ring) is None
    found = labelled_drop(judging(project, COSTS).ring)
    assert found is not None
    assert found.startswith("labelled drop: the newest ")
    assert "reviewed answers cost 6 each, at most " in found
    assert found.endswith(" in the mean of its first 100")
    assert in_language(found, "zh").startswith("审核显示成本上升：最新 200 条")


def test_cheap_mistakes_in_the_place_of_dear_ones_are_none(project: Project) -> None:
    first = ([PARCEL] * 9 + [DEAR]) * 20
    reviewed(project, first + ([PARCEL] * 5 + [CHEAP] * 4 + [REFUND]) * 20)
    assert labelled_drop(project.ring) is not None
    assert labelled_drop(judging(project, COSTS).ring) is None


def test_by_balanced_accuracy_a_rare_label_that_is_not_found_any_more_is_a_drop(
    project: Project,
) -> None:
    reviewed(project, GOOD * 40 + ([PARCEL] * 9 + [DEAR]) * 60)
    assert labelled_drop(project.ring) is None, "one in ten more that is wrong is within its limits"
    found = labelled_drop(judging(project, BALANCED).ring)
    assert found is not None
    assert "reviewed answers have a balanced accuracy of 50.0 %, at least " in found
    assert "平衡准确率为 50.0%" in in_language(found, "zh")


def test_a_label_of_few_of_the_rows_that_promise_weighs_as_one_of_five() -> None:
    rows = ["parcel"] * 96 + ["lost"] * 3 + ["refund"]
    worth = drop_module._worth(BALANCED.judging, rows)
    assert worth.weight("parcel") == pytest.approx(100 / (3 * 96))
    assert worth.weight("lost") == worth.weight("refund") == pytest.approx(100 / (3 * 5))
    assert worth.weight("never seen") == worth.most == worth.weight("lost")
    assert drop_module._worth(COSTS.judging, rows).shares["refund"] == 0.01, "by cost none weighs"


def test_a_label_that_becomes_rarer_is_no_drop_of_a_model_that_is_always_right(
    project: Project,
) -> None:
    reviewed(judging(project, BALANCED), GOOD * 10 + [PARCEL] * 500)
    assert labelled_drop(project.ring) is None


def test_what_the_champion_was_judged_to_cost_is_what_it_promises(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    row = Outcome(
        row="r", truth="parcel", label="parcel", right=1.0, confidence=0.9, passed_on=False,
        part="holdout", language="en",
    )  # fmt: skip
    reviewed(judging(project, COSTS), ([PARCEL] * 8 + [DEAR] * 2) * 10)
    assert labelled_drop(project.ring) is None, "it was so from the first day"
    held = [replace(row, row=str(place)) for place in range(200)]
    monkeypatch.setattr(drop_module, "judged_rows", lambda *_: held)
    found = labelled_drop(project.ring)
    assert found is not None
    assert found.endswith("in the mean of the 200 hold-out rows that it was judged on")


def test_of_rows_of_one_author_one_is_judged_on_and_the_suite_promises_what_it_costs(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, champion = current(project.ring)
    assert champion is not None
    rows = judged_rows(project.ring, champion.model, "suite")
    assert rows
    again = [*rows, *(replace(one, row=f"{one.row} again", author="ann", group="") for one in rows)]
    monkeypatch.setattr(promise_module, "read_table", lambda *_: again)
    assert len(judged_rows(project.ring, champion.model, "suite")) == len(rows) + 1
    promised, points = promised_costs(project.ring, champion.model, COSTS.judging)
    assert {"all", "en", "zh", "label parcel", "label refund"} <= set(promised)
    assert 0 < promised["all"] <= 30
    assert promised["all"] <= promised["label refund"], "fewer rows promise less"
    assert 0 < points <= 2, "passing all on costs 2"
    assert promised_costs(project.ring, "blake2b:" + "0" * 64, COSTS.judging) == ({}, 1.0)


def test_of_champions_that_did_not_fall_hardly_any_seems_to_have_by_cost() -> None:
    generator, alarms = random.Random(0), 0
    for _ in range(20):
        lost = [_drawn(generator) for _ in range(500)]
        alarms += any(_falls(lost[:seen], promised=100) for seen in range(125, 501, 25))
    assert alarms <= 1


def test_a_champion_that_misses_ten_times_as_many_dear_ones_is_told_by_cost() -> None:
    before, after = [20.0] + [0.0] * 99, [20.0] + [0.0] * 9
    assert not _falls(before * 12, promised=400)
    assert _falls(before * 8 + after * 30, promised=400)


def _drawn(generator: random.Random) -> float:
    if generator.random() < 0.05:
        return 20.0 * (generator.random() < 0.2)
    return float(generator.random() < 0.03)


def _falls(lost: list[float], *, promised: int) -> bool:
    most = most_lost(lost[:promised], _WORTH) + 0.05 * _WORTH.points
    return drop_module._risen(lost[promised:], most) is not None
