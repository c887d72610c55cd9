from __future__ import annotations

import itertools
import shutil
import threading
import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy.exc import OperationalError
from tests.ring.conftest import RECIPE

from chainring.contracts.codec import decode
from chainring.contracts.deployment import Deployment
from chainring.contracts.errors import ChainringError, ConflictError
from chainring.contracts.evaluation import Evaluation
from chainring.contracts.feedback import Feedback
from chainring.contracts.reaction import Reaction
from chainring.contracts.verdict import Check, Verdict
from chainring.ring import lease as lease_module
from chainring.ring import turn as turn_module
from chainring.ring.built import CHAMPION, Ring, current
from chainring.ring.due import due
from chainring.ring.gate import conditions
from chainring.ring.judging import judged
from chainring.ring.snapshots import snapshot_feedback
from chainring.ring.steps import STEPS, Step
from chainring.ring.turn import Turn, named_feedback, rows_with, withdrawn
from chainring.software.api import Project
from chainring.store.ledger import Lease, Ledger
from chainring.store.tables import read_rows

Open = Callable[[Path], Project]
TORN = [
    {"text": f"my {thing} is {fault}", "label": "damage"}
    for thing in ("coat", "shirt", "dress", "hat")
    for fault in ("torn", "broken", "dirty")
]
SLOW = [name for name, step in STEPS.items() if step.memo and not step.optional]


def champion_of(project: Project) -> Deployment:
    _, deployment = current(project.ring)
    assert deployment is not None
    return deployment


def turns_of(project: Project) -> list[Turn]:
    return project.ring.ledger.facts("turn", Turn)


def test_what_was_said_last_is_taught_although_the_clock_was_set_back(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = [f"customs form number {number} missing" for number in range(20)]
    reviewed, corrected = [one for one in project.predict(texts) if not one.holdout][:2]
    clock = time.time
    for back_s, said in ((0, "parcel"), (3600, "refund")):
        monkeypatch.setattr(time, "time", lambda back_s=back_s: clock() - back_s)
        project.decide(reviewed.id, decision="change", value=said, by="ann")
        project.react(
            Reaction(prediction=corrected.id, kind="correction", value=said, consent="owner")
        )
    monkeypatch.undo()
    found = due(project.ring)
    rows = read_rows(project.ring.runner.trees.open(project.turn().dataset))
    assert {row.label for row in rows if "customs" in row.text} == {"refund"}
    assert found.corrections == 2


def test_the_first_turn_makes_everything_once_and_promotes_it(project: Project) -> None:
    (done,) = turns_of(project)
    assert set(done.steps) >= set(SLOW) - {"corrections"}
    assert len(done.steps) == len(set(done.steps))
    assert (done.outcome, done.because) == ("promoted", "first")
    assert champion_of(project).model == done.model == done.champion
    rows = project.ring.ledger.all_lineage()
    assert {row.turn for row in rows} == {done.id}
    assert [row.step for row in rows] == list(done.steps)


def test_an_unchanged_turn_calls_no_step_and_writes_nothing(project: Project) -> None:
    ledger = project.ring.ledger
    before = (len(ledger.all_lineage()), turns_of(project), ledger.ref_history(CHAMPION))
    for _ in range(2):  # in the same process, too
        done = project.turn()
        assert (done.outcome, done.steps) == ("nothing changed", ())
    assert (len(ledger.all_lineage()), turns_of(project), ledger.ref_history(CHAMPION)) == before


def test_two_turns_in_one_process_are_as_two_processes(
    folder: Path, opened: Open, more_rows: Callable[[Path, Any], None]
) -> None:
    project = opened(folder)
    project.turn()
    more_rows(folder, [{"text": "请帮我换大一号的衣服", "label": "size"}])
    changed = project.turn()
    assert "placement" not in changed.steps
    assert "records" in changed.steps
    assert project.turn().steps == ()
    assert opened(folder).turn().steps == ()


def test_a_copy_of_the_files_at_another_time_changes_nothing(folder: Path, opened: Open) -> None:
    for path in (folder / "data").iterdir():
        shutil.copy(path, path.with_suffix(".copy"))
        path.with_suffix(".copy").replace(path)
    assert opened(folder).turn().steps == ()


def test_new_text_makes_a_new_challenger_that_is_judged(
    folder: Path, opened: Open, more_rows: Callable[[Path, Any], None]
) -> None:
    project = opened(folder)
    before = champion_of(project)
    more_rows(folder, TORN)
    done = project.turn()
    assert done.outcome in ("held", "promoted")
    assert done.model != before.model
    assert done.verdict
    assert champion_of(project).model == done.champion
    assert project.turn().steps == ()


class Stopped(BaseException):
    """Stands for a kill: no handler of ours catches it."""


def stop_at(monkeypatch: pytest.MonkeyPatch, name: str) -> None:
    function = Step.function

    def stopping(step: Step) -> Any:
        if step.name != name:
            return function(step)

        def stopped(*_: Any, **__: Any) -> None:
            raise Stopped

        return stopped

    monkeypatch.setattr(Step, "function", stopping)


@pytest.mark.parametrize("name", SLOW)
def test_a_turn_stopped_at_any_step_goes_on_there_and_ends_the_same(
    name: str, turned_once: Path, tmp_path: Path, opened: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    of_it = shutil.ignore_patterns("ledger.db*", "fingerprint")
    shutil.copytree(turned_once, tmp_path / "shop", ignore=of_it)
    shutil.rmtree(tmp_path / "shop" / ".chainring" / "store")
    project = opened(tmp_path / "shop")
    with monkeypatch.context() as patch:
        stop_at(patch, name)
        with pytest.raises(Stopped):
            project.turn()
    made = [row.step for row in project.ring.ledger.all_lineage()]
    assert name not in made
    assert current(project.ring) == (None, None)
    (stopped,) = turns_of(project)
    assert (stopped.outcome, stopped.because) == ("failed", "interrupted")
    done = opened(tmp_path / "shop").turn()
    assert done.outcome == "promoted"
    assert not set(done.steps) & set(made)
    whole = opened(turned_once)
    again = champion_of(project)
    assert again.model == champion_of(whole).model
    assert again.labels == champion_of(whole).labels


def test_a_turn_that_fails_is_kept_with_its_cause_and_the_champion_stays(
    folder: Path, opened: Open
) -> None:
    project = opened(folder)
    before = project.ring.ledger.ref_history(CHAMPION)
    (folder / "data" / "a.jsonl").write_text('{"sentence": "columns have other names"}\n')
    with pytest.raises(ChainringError) as caught:
        project.turn()
    failed = turns_of(project)[-1]
    assert (failed.outcome, failed.because) == ("failed", str(caught.value))
    assert project.ring.ledger.ref_history(CHAMPION) == before


def test_only_one_turn_is_at_work_at_a_time(project: Project, opened: Open) -> None:
    other = opened(project.folder)
    with other.ring.ledger.lease("turn"), pytest.raises(ConflictError, match="at work on 'turn'"):
        project.turn()
    assert project.turn().outcome == "nothing changed"


def test_a_turn_whose_lease_was_taken_over_changes_nothing(
    folder: Path,
    opened: Open,
    more_rows: Callable[[Path, Any], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project, other = opened(folder), opened(folder)
    more_rows(folder, TORN)

    def late(*arguments: Any) -> Any:
        now = time.time()
        with monkeypatch.context() as patch:
            patch.setattr(time, "time", lambda: now + 1000)
            with other.ring.ledger.lease("turn"):
                pass
        return judged(*arguments)

    monkeypatch.setattr(turn_module, "judged", late)
    before = project.ring.ledger.ref_history(CHAMPION)
    with pytest.raises(ConflictError, match="taken over"):
        project.turn()
    assert project.ring.ledger.ref_history(CHAMPION) == before
    assert project.ring.ledger.all_lineage(step="verdict")[1:] == []


def test_a_lease_is_renewed_again_after_the_database_failed(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    renew, tries, renewed = ledger.renew, itertools.count(), threading.Event()

    def at_the_third_try(lease: Lease, *, ttl_s: float) -> None:
        if next(tries) < 2:
            raise OperationalError("UPDATE leases", {}, Exception("the server restarts"))
        renew(lease, ttl_s=600)
        renewed.set()

    monkeypatch.setattr(lease_module, "_LEASE_S", 0.04)
    monkeypatch.setattr(ledger, "renew", at_the_third_try)
    with lease_module.held(ledger):
        assert renewed.wait(timeout=60)
        with pytest.raises(ConflictError, match="at work"), ledger.lease("turn", holder="another"):
            pass


# Feedback


def answered(project: Project, text: str = "where is my parcel") -> str:
    return project.predict([text])[0].id


def test_a_snapshot_holds_all_feedback_whatever_its_number(project: Project) -> None:
    first = project.react(Reaction(prediction=answered(project), kind="confirmation"))
    before = snapshot_feedback(project.ring, ())
    assert named_feedback(project.ring, before.noun.address) == {first.id}
    later = project.react(Reaction(prediction=answered(project), kind="flag", value="wrong"))
    after = snapshot_feedback(project.ring, ())
    assert named_feedback(project.ring, after.noun.address) == {first.id, later.id}
    assert after.noun.rows == 2
    assert named_feedback(project.ring, "") == set()


def test_an_answer_that_was_preferred_stands_in_the_snapshot_beside_the_other(
    project: Project,
) -> None:
    one, other = (answered(project, "物流太久了") for _ in range(2))
    said = project.react(Reaction(prediction=one, kind="preference", value=other))
    snapshot = snapshot_feedback(project.ring, ()).noun
    assert named_feedback(project.ring, snapshot.address) == {said.id, other}


def test_the_same_feedback_gives_the_same_snapshot(project: Project) -> None:
    for text in ("where is it", "退款"):
        project.react(Reaction(prediction=answered(project, text), kind="rating", value="up"))
    one, two = (snapshot_feedback(project.ring, ()).noun for _ in range(2))
    assert one == two


def test_feedback_on_a_wrong_answer_becomes_a_training_record(
    project: Project, opened: Open
) -> None:
    texts = [
        f"{who} {what} far too {how}"
        for who in ("this coat is", "the red hat looks", "我的鞋子", "her dress feels", "裤子")
        for what in ("really", "simply", "still", "就是", "again")
        for how in ("small", "tight", "小")
    ]
    given: list[Feedback] = []
    for prediction in project.predict(texts):
        reaction = Reaction(
            prediction=prediction.id, kind="correction", value="size", author=prediction.id,
            consent="training",
        )  # fmt: skip
        given.append(project.react(reaction))
    done = project.turn()
    held = {feedback.id for feedback in given if feedback.holdout}
    assert 0 < len(held) < len(given)
    rows = rows_with(project.ring, done.dataset, [feedback.id for feedback in given])
    taught = {name for row in rows if row.split == "train" for name in row.feedback}
    assert taught
    assert {row.label for row in rows} == {"size"}
    assert not taught & held
    assert all(row.split != "train" for row in rows if set(row.feedback) & held)


# Rollback


def deployed(model: str) -> Deployment:
    return Deployment(
        app="shop", model=model, form="f", form_name="exact", engine="linear", labels=(),
        threshold=0.0, verdict="v", dataset="d",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("history", "gone"),
    [
        ([("a", "first")], set()),
        ([("a", "first"), ("b", "better"), ("a", "rollback to version 1: bad")], {"b"}),
        (
            [("a", "first"), ("b", "better"), ("a", "rollback to version 1: bad"),
             ("b", "override: good after all")],
            set(),
        ),
        (
            [("a", "first"), ("b", "better"), ("c", "better"), ("a", "rollback to version 1: x")],
            {"c"},
        ),
        (
            [("a", "first"), ("b", "better"), ("a", "rollback to version 1: x"), ("c", "better")],
            {"b"},
        ),
    ],
    ids=["first", "back", "again", "far back", "since"],
)  # fmt: skip
def test_a_model_that_a_person_rolled_back_from_is_withdrawn_until_a_person_brings_it_back(
    ledger: Ledger, history: list[tuple[str, str]], gone: set[str]
) -> None:
    for number, (model, reason) in enumerate(history):
        ledger.append_ref(CHAMPION, deployed(model), expected=number, by="x", reason=reason)
    assert withdrawn(ledger) == gone


def test_the_gate_does_not_promote_a_model_that_a_person_withdrew(
    folder: Path,
    opened: Open,
    more_rows: Callable[[Path, Any], None],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    project = opened(folder)
    first = champion_of(project)
    more_rows(folder, TORN)

    def lenient(ring: Ring, *arguments: Any) -> Any:
        made = judged(ring, *arguments)
        return replace(made, noun=replace(made.noun, promote=True, value="better"))

    monkeypatch.setattr(turn_module, "judged", lenient)
    done = project.turn()
    assert done.outcome == "promoted"
    project.rollback(by="ann", reason="users complained")
    assert champion_of(project).model == first.model
    after = project.turn()
    assert after.outcome == "nothing changed"
    assert "chainring promote" in after.because
    assert champion_of(project).model == first.model
    project.promote(done.model, by="ann", reason="it was the network")
    assert champion_of(project).model == done.model
    head = project.ring.ledger.ref(CHAMPION)
    assert head is not None
    assert decode(Deployment, head.body).model == done.model
    assert (head.number, head.by) == (4, "ann")


def tier(folder: Path, name: str) -> None:
    recipe = folder / "chainring.toml"
    recipe.write_text(RECIPE.replace("[deployment]", f'[deployment]\ntier = "{name}"'))


def test_another_tier_serves_another_form_of_the_same_model_once_it_was_judged(
    folder: Path, opened: Open, two_forms: None
) -> None:
    before = champion_of(opened(folder))
    tier(folder, "light")
    project = opened(folder)
    done = project.turn()
    assert (done.outcome, done.because) == (
        "promoted",
        f"form light in place of {before.form_name}",
    )
    after = champion_of(project)
    assert (after.model, after.form_name) == (before.model, "light")
    assert after.form != before.form
    (judged_as,) = project.ring.ledger.all_lineage(step="verdict")[1:]
    assert judged_as.id == done.verdict
    verdict = decode(Verdict, judged_as.result)
    assert (verdict.value, verdict.challenger) == ("no measurable difference", before.model)
    pair = [project.ring.ledger.lineage_by_id(one) for one in judged_as.inputs]
    forms = [
        decode(Evaluation, row.result).form for row in pair if row and row.step == "evaluation"
    ]
    assert forms == [after.form, before.form], "each form is judged by its own answers"
    assert project.turn().outcome == "nothing changed"
    project.rollback(reason="slower for us", by="op")
    assert champion_of(project).form == before.form
    assert project.turn().outcome == "nothing changed", "a person had it back"


def test_a_form_that_is_no_longer_as_good_is_held(
    folder: Path, opened: Open, two_forms: None, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = champion_of(opened(folder))
    tier(folder, "light")
    worse = Check(name="suite not worse", holds=False, because="it fell")
    monkeypatch.setattr(conditions, "must_hold", lambda _, **__: worse)
    project = opened(folder)
    assert (project.turn().outcome, project.turn().outcome) == ("held", "nothing changed")
    assert champion_of(project) == before
