from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any, cast

import pytest
from tests.here import FolderTrees

from chainring.contracts.case import Case
from chainring.contracts.errors import DamagedError, InputError
from chainring.contracts.evaluation import Evaluation, Outcome, Share
from chainring.contracts.forms import Form, Forms, Parity
from chainring.contracts.placement import Choice, Placement
from chainring.contracts.verdict import Check
from chainring.contracts.work import Work
from chainring.ring.gate.settings import GateSettings
from chainring.ring.gate.verdict import verdict
from chainring.store.tables import TABLE_FILE, write_table

MakeOutcome = Callable[..., Outcome]
MakeSheets = Callable[..., tuple[list[Outcome], list[Outcome]]]


@pytest.fixture
def work(tmp_path: Path) -> Work:
    choice = Choice(value="cpu", because="a test")
    return Work(
        app="support",
        trees=FolderTrees(tmp_path / "trees"),
        scratch=tmp_path / "scratch",
        secret=b"secret",
        seed=7,
        placement=Placement(device=choice, precision=choice, threads=choice, executor=choice),
        executor=cast(Any, None),
        open_predictor=cast(Any, None),
        say=lambda line: None,
    )


def evaluated(work: Work, rows: list[Outcome], model: str, **facts: Any) -> Evaluation:
    folder = work.folder(model)
    write_table(folder, rows)
    (folder / TABLE_FILE).rename(folder / "outcomes.jsonl")
    known: dict[str, Any] = {"form": "exact", "suite": "suite 1", "app": "support"}
    return Evaluation(
        address=work.trees.put(folder, kind="evaluation"),
        model=model,
        accuracy=Share(estimate=0.9, low=0.8, high=1.0, rows=len(rows)),
        macro_f1=0.9,
        calibration_error=0.0,
        passed_on=0.0,
        **(known | facts),
    )


def forms_of(model: str) -> Forms:
    parity = Parity(
        rows=10,
        min_cosine=1.0,
        max_difference=0.0,
        label_agreement=1.0,
        within=True,
        because="equal",
    )
    form = Form(
        name="exact",
        engine="linear.v1",
        address="blake2b:form",
        bytes=10 << 20,
        texts_per_s=100.0,
        parity=parity,
        accepted=True,
        because="the only one",
    )
    return Forms(app="support", model=model, chosen="exact", forms=(form,))


def test_the_step_reads_two_evaluations_and_names_what_it_judged(
    sheets: MakeSheets, settings: GateSettings, work: Work
) -> None:
    now, before = sheets(gained=12, lost=2, right=200)
    challenger = evaluated(work, now, "new", dropped={"seen in training": 4, "near": 0})
    champion = evaluated(work, before, "old")
    trust = (Check(name="fairness", holds=True, because="within bounds"),)
    found = verdict(
        challenger,
        champion,
        forms_of("new"),
        (),
        None,
        work=work,
        settings=settings,
        looks=3,
        trust=trust,
    )
    assert (found.app, found.challenger, found.champion) == ("support", "new", "old")
    assert (found.suite, found.looks, found.value, found.promote) == ("suite 1", 3, "better", True)
    assert {"parity", "size", "fairness"} <= {check.name for check in found.checks}
    assert "4 rows were dropped: seen in training" in found.notes


def test_limits_of_the_form_hold_a_better_challenger(sheets: MakeSheets, work: Work) -> None:
    now, before = sheets(gained=12, right=200)
    pair = evaluated(work, now, "new"), evaluated(work, before, "old")
    small = GateSettings(max_size_mib=9)
    found = verdict(*pair, forms_of("new"), (), None, work=work, settings=small, looks=1)
    assert (found.value, found.promote) == ("better", False)


def test_a_first_turn_has_no_champion(
    outcome: MakeOutcome, settings: GateSettings, work: Work
) -> None:
    rows = [outcome(f"{i:03}", 1, truth=f"{i % 4}") for i in range(80)]
    found = verdict(
        evaluated(work, rows, "new"),
        None,
        forms_of("new"),
        (),
        None,
        work=work,
        settings=settings,
        looks=1,
    )
    assert (found.value, found.promote, found.champion) == ("first", True, None)


def test_the_placebo_is_read_too(sheets: MakeSheets, settings: GateSettings, work: Work) -> None:
    now, before = sheets(gained=10, right=10, part="reacted")
    pair = evaluated(work, now, "new"), evaluated(work, before, "old")
    placebo = evaluated(work, before, "placebo")
    found = verdict(*pair, forms_of("new"), (), placebo, work=work, settings=settings, looks=1)
    assert (found.fix_rate, found.placebo_fix_rate, found.promote) == (1.0, 0.0, False)


def test_cases_marked_must_without_a_row_are_told(
    sheets: MakeSheets, outcome: MakeOutcome, settings: GateSettings, work: Work
) -> None:
    now, before = sheets(right=60)
    marked = outcome("m", 1, must=True)
    pair = evaluated(work, [*now, marked], "new"), evaluated(work, [*before, marked], "old")

    def notes(count: int) -> list[str]:
        cases = tuple(
            Case(id=f"{i}", app="support", kind="wrong", opened_by="", at=0.0, must=True)
            for i in range(count)
        )
        unmarked = Case(id="x", app="support", kind="wrong", opened_by="", at=0.0)
        found = verdict(
            *pair, forms_of("new"), (*cases, unmarked), None, work=work, settings=settings, looks=1
        )
        return [note for note in found.notes if "marked must" in note]

    assert notes(1) == []
    assert notes(2) == ["2 cases are marked must, but only 1 rows judged here carry the mark"]


def test_evaluations_that_do_not_belong_together_are_refused_with_all_faults(
    sheets: MakeSheets, settings: GateSettings, work: Work
) -> None:
    now, before = sheets(right=10)
    challenger = evaluated(work, now, "new", form="int8")
    champion = evaluated(work, before, "old", suite="suite 0")
    placebo = evaluated(work, before, "placebo", app="bank")
    with pytest.raises(InputError) as raised:
        verdict(
            challenger,
            champion,
            forms_of("other"),
            (),
            placebo,
            work=work,
            settings=settings,
            looks=1,
        )
    assert raised.value.faults == (
        "champion: suite suite 1 expected, suite 0 found",
        "placebo: app 'support' expected, 'bank' found",
        "forms: of model other, evaluated was new",
        "forms: 'exact' will be served, evaluated was 'int8'",
    )
    assert "judge both models on the suite's current version" in str(raised.value)


def test_an_evaluation_without_outcomes_says_what_to_do(
    sheets: MakeSheets, settings: GateSettings, work: Work
) -> None:
    now, _ = sheets(right=10)
    challenger = evaluated(work, now, "new")
    empty = replace(challenger, address="nothing here")
    with pytest.raises(DamagedError, match="evaluate the model again"):
        verdict(empty, None, forms_of("new"), (), None, work=work, settings=settings, looks=1)


@pytest.mark.parametrize(("task", "holds"), [("regression", True), ("translation", False)])
def test_a_must_is_held_to_the_very_answer_and_a_number_to_a_close_one(
    work: Work, outcome: MakeOutcome, task: str, holds: bool
) -> None:
    rows = [outcome(f"{i:02}", 1, base=0.5) for i in range(20)]
    rows.append(outcome("must", 0.92, must=True, base=0.5))
    made = evaluated(work, rows, "new", task=task)
    found = verdict(
        made, None, forms_of("new"), (), None, work=work, settings=GateSettings(), looks=1
    )
    (must,) = (check for check in found.checks if check.name == "must")
    assert must.holds == holds
