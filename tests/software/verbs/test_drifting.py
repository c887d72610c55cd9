"""Drift over a real traffic log: a reference, windows, a case a question, and a restart."""

from __future__ import annotations

import logging
import random
import time
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from tests.software.conftest import run

from chainring.contracts.forgotten import Forgotten
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label, review_guideline
from chainring.contracts.lineage import Lineage
from chainring.contracts.prediction import Prediction, shadow_of
from chainring.contracts.said import in_language
from chainring.contracts.tasks import Form
from chainring.deployment.drift.monitors import REVIEWED
from chainring.deployment.drift.reference import STREAMS
from chainring.deployment.drift.settings import DriftSettings
from chainring.ring import promise
from chainring.ring.built import current
from chainring.ring.gate.settings import GateSettings
from chainring.ring.promise import promised_accuracies
from chainring.software.api import Project
from chainring.software.telling import command_words
from chainring.software.verbs import drifting
from chainring.software.verbs import reviewed as reviewed_module
from chainring.software.verbs.drifting import DriftWatch
from chainring.software.verbs.reviewed import Reviews
from chainring.store.answers import by_id
from chainring.store.ledger import Ledger
from chainring.store.traffic import Traffic
from chainring.store.trees import TreeStore

SETTINGS = DriftSettings(reference=100, window=200, min_slice=50)
BY_COST = GateSettings.model_validate(
    {"measure": "cost", "costs": {"pass_on": 2, "missed": {"invoice": 30}}}
)
BARE = Prediction(
    id="pred_1", app="shop", model="m", form="exact", label="", confidence=1.0, passed_on=False,
    language="en", request="", group="", holdout=False, at=0.0,
)  # fmt: skip


@pytest.fixture(autouse=True)
def heard(caplog: pytest.LogCaptureFixture) -> None:
    """Hear our warnings whatever a library has made of the root logger's level."""
    caplog.set_level(logging.INFO, logger="chainring")


@pytest.fixture
def shop(project: Project) -> Project:
    recipe = project.ring.recipe.model_copy(update={"drift": SETTINGS})
    object.__setattr__(project.ring, "recipe", recipe)
    return project


def answered(
    project: Project, count: int, *, seed: int, words: int = 6, languages: Sequence[str] = ("en",)
) -> None:
    """Log answers of the champion to texts of so many words, the languages in turn."""
    _, champion = current(project.ring)
    assert champion is not None
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        row = Prediction(
            id=new_id("pred"),
            app=project.app,
            model=champion.model,
            form="exact",
            label=chance.choice(["stock", "invoice"]),
            confidence=chance.betavariate(8, 2),
            passed_on=chance.random() < 0.1,
            language=languages[number % len(languages)],
            request="",
            group=new_id("g"),
            holdout=False,
            at=time.time(),
        )
        text = " ".join("word" for _ in range(words + chance.randrange(4)))
        rows.append((row, text))
        rows.append((Prediction(**{**_fields(row), "id": shadow_of(row.id)}), "x" * 999))
    project.ring.traffic.commit(rows, [])


def _fields(row: Prediction) -> dict[str, Any]:
    return {name: getattr(row, name) for name in row.__slots__}


def reviewed(
    project: Project, language: str, truth: str, *, right: int, wrong: int, guideline: str = ""
) -> None:
    """Log answers of the hold-out, and a person's word on each."""
    _, champion = current(project.ring)
    assert champion is not None
    rows: list[tuple[Prediction, str | None]] = []
    for label in [truth] * right + ["refund_status"] * wrong:
        row = Prediction(
            id=new_id("pred"), app=project.app, model=champion.model, form="exact", label=label,
            confidence=0.9, passed_on=False, language=language, request="", group=new_id("g"),
            holdout=True, at=time.time(),
        )  # fmt: skip
        rows.append((row, "word word word word word word word"))
        said = Label(
            id=new_id("lab"), app=project.app, record=row.id, value=truth, author="ann",
            author_kind="person", at=time.time(), guideline=guideline,
        )  # fmt: skip
        project.ring.ledger.add_fact("label", said.id, said, about=row.id)
    project.ring.traffic.commit(rows, [])


@pytest.mark.parametrize("lacks", ["its evaluation", "its rows", "rows that judge"])
def test_for_a_champion_without_judged_rows_lineage_is_not_read_at_each_look(
    shop: Project, monkeypatch: pytest.MonkeyPatch, lacks: str
) -> None:
    object.__setattr__(shop.ring, "recipe", shop.ring.recipe.model_copy(update={"gate": BY_COST}))
    _, champion = current(shop.ring)
    assert champion is not None
    if lacks == "its rows":
        monkeypatch.setattr(TreeStore, "has", lambda *_: False)
    if lacks == "rows that judge":
        monkeypatch.setattr(promise, "read_table", lambda *_: [])
    reviews = Reviews(shop, "nobody" if lacks == "its evaluation" else champion.model)
    reads: list[str] = []
    read = Ledger.all_lineage

    def noted(ledger: Ledger, *, step: str | None = None) -> list[Lineage]:
        reads.append(str(step))
        return read(ledger, step=step)

    monkeypatch.setattr(Ledger, "all_lineage", noted)
    looks = [(reviews.costs(), bool(reviews.promised())) for _ in range(5)]
    assert looks == [({}, lacks != "its evaluation")] * 5
    assert len(reads) == 1
    shop.ring.ledger.add_lineage(replace(read(shop.ring.ledger, step="evaluation")[0], id="run_9",
                                         trees=()))  # fmt: skip
    reviews.costs()
    assert len(reads) == 1 + (lacks == "its evaluation")


def test_costs_are_told_once_the_rows_that_were_away_are_back(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    object.__setattr__(shop.ring, "recipe", shop.ring.recipe.model_copy(update={"gate": BY_COST}))
    _, champion = current(shop.ring)
    assert champion is not None
    reviews = Reviews(shop, champion.model)
    with monkeypatch.context() as away:
        away.setattr(TreeStore, "has", lambda *_: False)
        assert reviews.costs() == {}
    costs = reviews.costs()
    assert costs
    assert costs["all"] > 0


def test_reviews_that_go_wrong_in_one_slice_open_a_case_for_it_and_for_no_other(
    shop: Project,
) -> None:
    settings = SETTINGS.model_copy(update={"labels": ("invoice",), "overconfidence_points": 10.0})
    object.__setattr__(shop.ring, "recipe", shop.ring.recipe.model_copy(update={"drift": settings}))
    _, champion = current(shop.ring)
    assert champion is not None
    promised = promised_accuracies(shop.ring, champion.model)
    assert {"all", "en", "zh", "label invoice"} <= set(promised)
    answered(shop, 120, seed=1, languages=("en", "zh"))
    watch = DriftWatch(shop, embed=None)
    watch.look()
    reviewed(shop, "en", "stock", right=300, wrong=0)
    reviewed(shop, "zh", "stock", right=10, wrong=0)
    watch.look()
    assert [one for one in shop.cases() if "review" in one.because or "surer" in one.because] == []
    no_sample = review_guideline("deciding")
    reviewed(shop, "en", "stock", right=0, wrong=450, guideline=no_sample)
    reviewed(shop, "zh", "invoice", right=0, wrong=200)
    told = {(alarm.question, alarm.slice) for alarm in watch.look()}
    assert ("calibration", "en") not in told
    assert {("accuracy", "zh"), ("calibration", "label invoice")} <= told
    assert not {name for question, name in told if name == "en" and question == "accuracy"}
    because = [one.because for one in shop.cases()]
    assert any("fewer reviewed answers are right than promised in zh" in one for one in because)
    assert any("surer than it is right in label invoice" in one for one in because)
    chinese = [in_language(one, "zh") for one in because]
    assert any("标签 invoice：模型的把握高于其正确率" in one for one in chinese)


def test_reviews_are_read_anew_only_when_one_was_added_or_somebody_was_forgotten(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[int] = []

    def listened(traffic: Traffic, names: Iterable[str]) -> dict[str, Prediction]:
        wanted = list(names)
        asked.append(len(wanted))
        return by_id(traffic, wanted)

    monkeypatch.setattr(reviewed_module, "by_id", listened)
    answered(shop, 120, seed=1)
    watch = DriftWatch(shop, embed=None)
    reviewed(shop, "en", "stock", right=2, wrong=1)
    for _ in range(3):
        watch.look()
    assert asked == [3]
    reviewed(shop, "en", "stock", right=1, wrong=0)
    watch.look()
    watch.look()
    assert asked == [3, 4]
    act = Forgotten(id="f1", app=shop.app, at=0.0, by="ann", reason="asked", state="done")
    shop.ring.ledger.add_fact(FORGOTTEN, act.id, act)
    watch.look()
    assert asked == [3, 4, 4]


def test_calm_traffic_opens_no_case_and_longer_texts_open_one(shop: Project) -> None:
    watch = DriftWatch(shop, embed=None)
    assert watch.look() == []
    answered(shop, 60, seed=1)
    watch.look()
    assert watch.standing()["waiting"] == 40
    answered(shop, 100, seed=2)
    assert watch.look() == []
    assert shop.cases() == []
    answered(shop, 60, seed=3, words=30)
    assert {alarm.question for alarm in watch.look()} == {"length"}
    (case,) = shop.cases()
    assert (case.kind, case.state) == ("drift", "open")
    assert "another length" in case.because
    assert watch.standing()["evidence"]["length · all"] >= 1.0


def test_another_process_that_looks_opens_no_second_case_and_a_closed_one_stays_closed(
    shop: Project,
) -> None:
    answered(shop, 100, seed=1)
    answered(shop, 80, seed=2, words=30)
    for _ in range(2):
        watch = DriftWatch(shop, embed=None)
        watch.look()
    (case,) = shop.cases()
    shop.close_case(case.id, outcome="a campaign", told="fine", by="ann")
    DriftWatch(shop, embed=None).look()
    assert [one.state for one in shop.cases()] == ["closed"]


def test_who_looked_before_another_opened_the_case_does_not_open_it_again(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(shop, 100, seed=1)
    answered(shop, 80, seed=2, words=30)
    late = DriftWatch(shop, embed=None)
    _, champion = current(shop.ring)
    assert champion is not None
    seen = drifting._cases_of(shop, champion.model, "length", "all")
    DriftWatch(shop, embed=None).look()
    (case,) = shop.cases()
    assert (case.id, seen[0]) == (seen[1], [])
    shop.close_case(case.id, outcome="a campaign", told="fine", by="ann")
    monkeypatch.setattr(drifting, "_cases_of", lambda *_: seen)
    late.look()
    assert [one.state for one in shop.cases()] == ["closed"]


def test_a_change_after_a_case_was_closed_opens_another_one_and_an_open_one_is_enough(
    shop: Project, caplog: pytest.LogCaptureFixture
) -> None:
    answered(shop, 100, seed=1)
    answered(shop, 100, seed=2, words=30)
    watch = DriftWatch(shop, embed=None)
    watch.look()
    watch.look()
    (first,) = shop.cases()
    closed = shop.close_case(first.id, outcome="Singles' Day", told="", by="ann")
    assert closed.closed_at >= first.at
    answered(shop, 99, seed=3, words=30)
    watch.look()
    assert shop.cases(state="open") == [], "the window of the closed case still runs"
    for _ in range(2):
        answered(shop, 200, seed=4, words=30)
        watch.look()
        DriftWatch(shop, embed=None).look()
    (second,) = shop.cases(state="open")
    assert second.id != first.id
    assert second.because.startswith("texts have another length, seen on")
    assert f"drift.alarm question=length slice=all case={second.id}" in caplog.text
    assert len(shop.cases()) == 2


def test_reviews_after_a_case_was_closed_open_another_one(shop: Project) -> None:
    answered(shop, 120, seed=1)
    watch = DriftWatch(shop, embed=None)
    watch.look()
    reviewed(shop, "en", "stock", right=0, wrong=100)
    watch.look()
    first = [case for case in shop.cases() if "labels are answered" not in case.because]
    assert len(first) == 2
    for case in shop.cases():
        shop.close_case(case.id, outcome="new articles", told="", by="ann")
    watch.look()
    assert shop.cases(state="open") == []
    reviewed(shop, "en", "stock", right=0, wrong=100)
    watch.look()
    DriftWatch(shop, embed=None).look()
    again = shop.cases(state="open")
    assert {case.because for case in again} == {case.because for case in first}
    assert len(again) == 2
    assert watch.standing()["evidence"]["accuracy · all"] >= 1.0


def test_a_case_that_an_earlier_version_closed_is_taken_as_closed_when_it_was_opened(
    shop: Project,
) -> None:
    answered(shop, 120, seed=1)
    watch = DriftWatch(shop, embed=None)
    watch.look()
    reviewed(shop, "en", "stock", right=0, wrong=100)
    watch.look()
    count = len(shop.cases())
    for case in shop.cases():
        old = replace(case, state="closed", outcome="seen", owner="ann")
        shop.ring.ledger.add_fact("case", case.id, old, about=case.opened_by)
    watch.look()
    assert len(shop.cases()) == count


def test_a_server_that_starts_again_begins_with_the_window_that_runs(shop: Project) -> None:
    answered(shop, 100 + 450, seed=1)
    watch = DriftWatch(shop, embed=None)
    watch.look()
    assert watch.watch is not None
    assert watch.watch.window >= 3


def test_vectors_of_texts_are_made_by_what_is_given_and_a_busy_model_is_no_fault(
    shop: Project,
) -> None:
    asked: list[str] = []

    def embed(texts: Sequence[str]) -> list[Any]:
        asked.extend(texts)
        return [None if place % 3 else np.ones(4) for place in range(len(texts))]

    answered(shop, 150, seed=1)
    watch = DriftWatch(shop, embed=embed)
    watch.look()
    assert all(text.startswith("word") for text in asked)
    assert "input · all" in watch.standing()["evidence"]


@pytest.mark.parametrize("error", [TimeoutError(), ValueError("shapes do not fit")])
def test_answers_whose_vectors_cannot_be_made_are_watched_without_them(
    shop: Project, caplog: pytest.LogCaptureFixture, error: Exception
) -> None:
    def embed(_: Sequence[str]) -> list[Any]:
        raise error

    answered(shop, 150, seed=1)
    watch = DriftWatch(shop, embed=embed)
    watch.look()
    evidence = watch.standing()["evidence"]
    assert "length · all" in evidence
    assert "input · all" not in evidence
    assert f"drift.without_vectors rows=100 cause={type(error).__name__}" in caplog.text


def test_a_reference_waits_for_vectors_that_failed_and_tries_them_again(
    shop: Project, caplog: pytest.LogCaptureFixture
) -> None:
    asked: list[int] = []

    def embed(texts: Sequence[str]) -> list[Any]:
        asked.append(len(texts))
        if len(asked) == 1:
            raise TimeoutError
        return [np.ones(4) if place < 70 else None for place in range(len(texts))]

    answered(shop, 150, seed=1)
    watch = DriftWatch(shop, embed=embed, retries=3)
    watch.look()
    assert watch.watch is None
    assert "drift.waits_for_vectors made=0 of=100 looks_left=3" in caplog.text
    watch.look()
    assert asked == [100, 100, 50]
    assert "input · all" in watch.standing()["evidence"]


def test_a_reference_that_gets_no_vectors_is_used_without_them_in_the_end(
    shop: Project, caplog: pytest.LogCaptureFixture
) -> None:
    answered(shop, 150, seed=1)
    watch = DriftWatch(shop, embed=lambda texts: [None] * len(texts), retries=2)
    for _ in range(3):
        assert watch.watch is None
        watch.look()
    assert "length · all" in watch.standing()["evidence"]
    assert "drift.few_vectors made=0 of=100" in caplog.text


def test_a_model_that_makes_no_vectors_at_all_is_not_waited_for(shop: Project) -> None:
    answered(shop, 150, seed=1)
    watch = DriftWatch(shop, embed=lambda _: None, retries=2)
    watch.look()
    assert "length · all" in watch.standing()["evidence"]


def test_answers_whose_texts_cannot_be_read_are_read_again_by_the_next_look(
    shop: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    answered(shop, 60, seed=1)
    watch = DriftWatch(shop, embed=None)

    def away(*_: object) -> dict[str, str]:
        raise OSError("the disk is away")

    with monkeypatch.context() as patch:
        patch.setattr("chainring.software.verbs.drifting.texts_of", away)
        with pytest.raises(OSError, match="away"):
            watch.look()
    watch.look()
    assert watch.standing()["waiting"] == 40


def test_the_command_says_what_is_missing_and_then_what_was_found(shop: Project) -> None:
    assert "1000 more answers make the reference" in run("drift", "-p", str(shop.folder))
    answered(shop, 1020, seed=1)
    said = run("drift", "-p", str(shop.folder))
    assert "window 1" in said
    assert "confidence · all" in said


def test_every_question_has_its_sentence() -> None:
    for question in (*STREAMS, "labels", *REVIEWED):
        assert command_words.say(f"changed {question}").zh


@pytest.mark.parametrize(
    ("form", "facts", "names", "answer"),
    [
        ("several", {"label": "refund|urgent"}, {"refund", "urgent"}, None),
        ("several", {"label": "|"}, set(), None),
        ("tags", {"output": '[[0,4,"city"],[9,12,"city"]]'}, {"city"}, None),
        ("number", {"output": "3.5"}, None, 3.5),
        ("text", {"output": "好的"}, None, 2.0),
        ("text", {"output": ""}, None, None),
        ("one", {"label": "refund"}, None, None),
    ],
)
def test_what_is_watched_of_an_answer_is_what_its_task_answers(
    form: Form, facts: dict[str, str], names: set[str] | None, answer: float | None
) -> None:
    row = replace(BARE, label=facts.get("label", ""), output=facts.get("output", ""))
    assert drifting._names(form, row) == names
    assert drifting._answer(form, row) == answer
