from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.case import Case
from chainring.contracts.codec import decode, encode
from chainring.contracts.errors import RefusedError
from chainring.contracts.evaluation import Evaluation, Outcome, Share
from chainring.contracts.label import Label
from chainring.contracts.lineage import Lineage
from chainring.contracts.measure import ACCURACY, Measure
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.contracts.verdict import Comparison, Verdict
from chainring.ring.built import CHAMPION, current
from chainring.ring.gate.reacted import Reactions
from chainring.ring.gate.sentences import say
from chainring.ring.judging import fixed, looked, looks, reactions, tries
from chainring.ring.steps import Made, Runner
from chainring.software.api import Project
from chainring.store.ledger import Ledger
from chainring.store.tables import write_table

WORN = ("coat", "hat", "shoe", "dress", "sock", "scarf", "glove", "belt", "shirt", "skirt")


def verdict(challenger: str, suite: str = "s1", **facts: Any) -> Verdict:
    known: dict[str, Any] = {
        "champion": None, "value": "first", "promote": True, "pooled": None,
    }  # fmt: skip
    return Verdict(app="shop", challenger=challenger, suite=suite, **known | facts)


def evaluation(model: str, suite: str = "s1", address: str = "a", frozen: str = "") -> Evaluation:
    return Evaluation(
        app="shop", address=address, model=model, form="f", suite=suite, frozen=frozen,
        accuracy=Share(estimate=0.9, low=0.8, high=1, rows=10), macro_f1=0.9,
        calibration_error=0.0, passed_on=0.0,
    )  # fmt: skip


def kept(ledger: Ledger, step: str, noun: object, identifier: str, *inputs: str) -> None:
    ledger.add_lineage(
        Lineage(
            id=identifier, app="shop", step=step, key=identifier, inputs=inputs, settings="",
            seed=0, placement="", result=encode(noun), result_digest="",
        )
    )  # fmt: skip


def test_looks_are_the_other_challengers_that_this_suite_has_judged(ledger: Ledger) -> None:
    for number, (challenger, suite) in enumerate(
        [("m1", "s1"), ("m2", "s1"), ("m2", "s1"), ("m3", "s2"), ("m9", "s1")]
    ):
        kept(ledger, "verdict", verdict(challenger, suite), f"run_{number}")
    assert looks(ledger, evaluation("m9")) == 2
    assert looks(ledger, evaluation("m9", "s2")) == 1
    assert looks(ledger, evaluation("m9", "s3")) == 0


def test_a_suite_is_known_by_its_test_rows_whatever_was_reviewed_beside_them(
    ledger: Ledger,
) -> None:
    told = [("m1", "s1", "t1"), ("m2", "s2", "t1"), ("m3", "s3", "t2"), ("m4", "s4", "")]
    for number, (challenger, suite, frozen) in enumerate(told):
        kept(ledger, "verdict", verdict(challenger, suite, frozen=frozen), f"run_{number}")
    assert looks(ledger, evaluation("m9", "s9", frozen="t1")) == 2
    assert looks(ledger, evaluation("m9", "s3", frozen="t3")) == 0
    assert looks(ledger, evaluation("m9", "s4", frozen="t1")) == 3, "of a ledger before `frozen`"


def test_a_pair_is_tried_again_with_each_other_version_of_the_rows(ledger: Ledger) -> None:
    told = [("m9", "m1", "s1"), ("m9", "m1", "s1"), ("m9", "m1", "s2"), ("m9", "m2", "s3"),
            ("m8", "m1", "s4"), ("m9", None, "s5")]  # fmt: skip
    for number, (challenger, champion, suite) in enumerate(told):
        kept(ledger, "verdict", verdict(challenger, suite, champion=champion), f"run_{number}")

    def tried(champion: str | None, suite: str) -> int:
        before = None if champion is None else Made(noun=evaluation(champion), execution="run")
        return tries(ledger, evaluation("m9", suite), before)

    assert [tried("m1", suite) for suite in ("s1", "s2", "s3")] == [1, 1, 2]
    assert (tried("m2", "s9"), tried("m3", "s9"), tried(None, "s9")) == (1, 0, 1)


def test_earlier_second_looks_at_a_pair_are_told_by_what_they_fell_on(ledger: Ledger) -> None:
    told = [("m9", "m1", "b"), ("m9", "m1", "a"), ("m9", "m1", ""), ("m9", "m2", "c"),
            ("m8", "m1", "d"), ("m9", "m1", "b")]  # fmt: skip
    for number, (challenger, champion, look) in enumerate(told):
        one = verdict(challenger, champion=champion, second_look=look)
        kept(ledger, "verdict", one, f"run_{number}")
    before = Made(noun=evaluation("m1"), execution="run")
    assert looked(ledger, evaluation("m9"), before) == ("a", "b")
    assert looked(ledger, evaluation("m7"), before) == ()


def test_a_second_look_of_a_time_without_ids_of_rows_is_another_one(ledger: Ledger) -> None:
    for number, (gained, notes) in enumerate(((9, True), (8, True), (9, True), (9, False))):
        pooled = Comparison(
            rows=1175, gained=gained, lost=4, champion=0.8, challenger=0.9, p_better=0.1,
            p_worse=0.9, smallest_detectable=3.0, value="no measurable difference",
        )  # fmt: skip
        said = (say("second look", count=1000),) if notes else ()
        one = verdict("m9", champion="m1", pooled=pooled, notes=said)
        kept(ledger, "verdict", one, f"run_{number}")
    kept(ledger, "verdict", verdict("m9", champion="m1", second_look="a"), "run_new")
    found = looked(ledger, evaluation("m9"), Made(noun=evaluation("m1"), execution="run"))
    assert len(found) == 3
    assert "a" in found


def test_another_measure_on_the_same_rows_is_another_try(ledger: Ledger) -> None:
    costs = Measure(name="cost", missed=(("fraud", "ok", 50.0),))
    told = (ACCURACY, costs, Measure(name="cost"))
    for number, measure in enumerate(told):
        facts: dict[str, Any] = {"champion": "m1", "measure": measure}
        kept(ledger, "verdict", verdict("m9", **facts), f"run_{number}")
    before = Made(noun=evaluation("m1"), execution="run")
    balanced = Measure(name="balanced_accuracy")
    tried = [tries(ledger, evaluation("m9"), before, each) for each in (*told, balanced)]
    assert tried == [2, 2, 2, 3]


def test_a_review_of_the_hold_out_begins_no_new_count_of_looks(project: Project) -> None:
    for answer in project.predict(
        [f"the {what} is {how} too small" for what in WORN for how in ("far", "still")]
    ):
        project.react(
            Reaction(prediction=answer.id, kind="correction", value="size", author=answer.id,
                     consent="training")
        )  # fmt: skip
    sampled = [item for item in project.review_items(limit=1000) if item.kind == "holdout"]
    for item in sampled:
        project.decide(item.id, decision="change", value="size", by="ann")
    project.turn()
    found = [decode(Verdict, row.result) for row in project.ring.ledger.all_lineage(step="verdict")]
    assert len(sampled) > 0
    assert found[0].suite != found[-1].suite
    assert [found[0].looks, found[-1].looks] == [1, 2]
    assert found[0].frozen == found[-1].frozen != ""


def test_a_turn_counts_its_look_in_the_verdict(
    folder: Path, opened: Callable[[Path], Project], more_rows: Callable[..., None]
) -> None:
    project = opened(folder)
    more_rows(
        folder,
        [{"text": f"my {a} is {b}", "label": "damage"} for a in ("hat", "coat", "shoe") for b in
         ("torn", "broken", "dirty", "wet")],
    )  # fmt: skip
    project.turn()
    rows = project.ring.ledger.all_lineage(step="verdict")
    found = [decode(Verdict, row.result) for row in rows]
    assert next(one.looks for one in found if one.suite == found[0].suite) == 1
    assert found[-1].champion == found[0].challenger


def outcome(row: str, right: float, part: str) -> Outcome:
    return Outcome(
        row=row, truth="stock", label="stock" if right else "size", right=right, confidence=0.9,
        passed_on=False, part=part, language="en",
    )  # fmt: skip


def judged_pair(
    project: Project, name: str, *, promote: bool, champion: str | None, new: str = "new"
) -> None:
    """Keep two evaluations and their verdict: the challenger is right where the other was not."""
    ring = project.ring
    sheets = {new: [("r1", 1.0), ("r2", 0.0), ("r3", 1.0)], "old": [("r1", 0.0), ("r2", 0.0)]}
    for side, (model, rows) in zip(("new", "old"), sheets.items(), strict=True):
        place = ring.runner.scratch / f"{name}-{side}"
        place.mkdir(parents=True)
        write_table(place, [outcome(f"{name}-{row}", right, "reacted") for row, right in rows])
        address = ring.runner.trees.put(place, kind="outcomes")
        kept(ring.ledger, "evaluation", evaluation(model, address=address), f"{name}-{side}")
    made = verdict(new, champion=champion, promote=promote, value="better")
    kept(ring.ledger, "verdict", made, f"{name}-verdict", f"{name}-new", f"{name}-old")


def served(project: Project, model: str) -> None:
    """Let a model of this name serve from now on."""
    head, deployment = current(project.ring)
    assert head is not None
    assert deployment is not None
    made = replace(deployment, model=model)
    project.ring.ledger.append_ref(CHAMPION, made, expected=head.number, by="ann", reason="")


def test_a_promotion_fixes_the_complaints_that_only_it_answers_right(project: Project) -> None:
    assert fixed(project.ring) == ()
    judged_pair(project, "first", promote=True, champion="old")
    judged_pair(project, "alone", promote=True, champion=None)
    assert fixed(project.ring) == (), "a release is not over yet"
    served(project, "new")
    assert fixed(project.ring) == ("first-r1",)


def test_a_promotion_against_the_gate_fixes_and_one_taken_back_no_longer_does(
    project: Project,
) -> None:
    judged_pair(project, "held", promote=False, champion="old")
    assert fixed(project.ring) == ()
    served(project, "old")
    served(project, "new")
    assert fixed(project.ring) == ("held-r1",)
    served(project, "next")
    assert fixed(project.ring) == ("held-r1",), "what came after learnt from it"
    served(project, "old")
    assert fixed(project.ring) == ()
    served(project, "new")
    assert fixed(project.ring) == ("held-r1",)


def test_the_outcomes_of_a_promotion_are_read_once(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    judged_pair(project, "first", promote=True, champion="old")
    served(project, "new")
    assert fixed(project.ring) == ("first-r1",)
    judged_pair(project, "second", promote=True, champion="old")
    read: list[str] = []
    trees, opened = type(project.ring.runner.trees), project.ring.runner.trees.open

    def counted(_: object, address: str) -> Path:
        read.append(address)
        return opened(address)

    monkeypatch.setattr(trees, "open", counted)
    for _ in range(2):
        assert fixed(project.ring) == ("first-r1", "second-r1")
    assert len(read) == 2, "both evaluations of the second, once"


@pytest.fixture
def sampled(project: Project) -> list[Prediction]:
    """Return ten answers of the champion in the hold-out, six of them right."""
    _, deployment = current(project.ring)
    assert deployment is not None
    (row,) = project.predict(["where is my parcel"])
    rows = [
        replace(row, id=f"{row.id[:-2]}{n:02}", holdout=True, label="parcel") for n in range(10)
    ]
    project.ring.traffic.commit([(one, "text") for one in rows], [])
    return rows


def test_reaction_rates_are_those_of_the_reviewed_answers(
    project: Project, sampled: list[Prediction]
) -> None:
    for number, row in enumerate(sampled):
        label = Label(
            id=f"lab_{number}", app="shop", record=row.id, author="ann", author_kind="person",
            value="parcel" if number < 6 else "refund", at=time.time(),
        )  # fmt: skip
        project.ring.ledger.add_fact("label", label.id, label, about=row.id)
    for number in (0, 6, 7):
        kind, value = ("confirmation", "") if number == 0 else ("correction", "refund")
        project.react(
            Reaction(prediction=sampled[number].id, kind=kind, value=value)  # type: ignore[arg-type]
        )
    found = reactions(project.ring, sampled[0].model)
    assert (found.right, found.right_reacted) == (6, 1)
    assert (found.wrong, found.wrong_reacted) == (4, 2)
    assert found.disputed == 0
    other = reactions(project.ring, "blake2b:" + "0" * 64)
    assert (other.right, other.wrong) == (0, 0)


Call = tuple[str, tuple[Any, ...], dict[str, Any]]


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[Call]:
    """Return the steps that are asked for, with what each is told, as they come."""
    seen: list[Call] = []
    real = Runner.run

    def run(runner: Runner, name: str, *inputs: Any, **told: Any) -> Any:
        seen.append((name, inputs, told))
        return real(runner, name, *inputs, **told)

    monkeypatch.setattr(Runner, "run", run)
    return seen


def corrected_in_the_hold_out(project: Project) -> Prediction:
    """Correct two answers that judge; review and return the first."""
    (asked,) = project.predict(["where is my parcel"])
    rows = [
        replace(asked, id=f"{asked.id[:-2]}{n:02}", holdout=True, group=f"g{n}", label="size")
        for n in range(2)
    ]
    texts = ["nobody brought the box that I paid for", "a courier stood at the wrong door"]
    project.ring.traffic.commit(list(zip(rows, texts, strict=True)), [])
    for row in rows:
        project.react(
            Reaction(prediction=row.id, kind="correction", value="parcel", consent="training")
        )
    label = Label(
        id="lab_1", app="shop", record=rows[0].id, author="ann", author_kind="person",
        value="parcel", at=time.time(),
    )  # fmt: skip
    project.ring.ledger.add_fact("label", label.id, label, about=rows[0].id)
    return rows[0]


def test_in_a_turn_the_gate_is_told_all_that_a_verdict_hangs_on(
    folder: Path,
    opened: Callable[[Path], Project],
    more_rows: Callable[..., None],
    calls: list[Call],
) -> None:
    project = opened(folder)
    champion = project.champion().deployment.model
    row = corrected_in_the_hold_out(project)
    for name, must in (("case_1", True), ("case_2", False)):
        case = Case(
            id=name, app="shop", kind="wrong", opened_by="fb", at=1.0, prediction=row.id, must=must
        )
        project.ring.ledger.add_fact("case", name, case)
    judged_pair(project, "first", promote=True, champion="old", new=champion)
    more_rows(folder, [{"text": f"my {a} is torn", "label": "damage"} for a in "abcdefghij"])
    assert project.turn().model != champion

    ((challenger, before, _, cases, placebo), told) = next(
        (inputs, told) for name, inputs, told in calls if name == "verdict"
    )
    assert [case.id for case in cases] == ["case_1"]
    assert told["new_labels"] == ("damage",)
    assert told["fixed"] == ("first-r1",)
    assert told["looks"] == 1
    assert told["reactions"] == Reactions(
        right=0, right_reacted=0, wrong=1, wrong_reacted=1, disputed=0
    )
    assert before.noun.model == champion
    assert challenger.noun.suite == before.noun.suite == placebo.noun.suite
    assert placebo.noun.model not in (champion, challenger.noun.model)


def test_where_the_winner_cannot_learn_from_the_champions_rows_the_verdict_comes_without_placebo(
    folder: Path,
    more_rows: Callable[..., None],
    calls: list[Call],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    lines: list[str] = []
    project = Project.open(folder, say=lines.append)
    corrected_in_the_hold_out(project)
    more_rows(folder, [{"text": f"my {a} is torn", "label": "damage"} for a in "abcdefghij"])
    real, usual = Runner.run, project.ring.recipe.training.seed

    def run(runner: Runner, name: str, *inputs: Any, **told: Any) -> Any:
        if name == "model" and told["seed"] != usual:
            raise RefusedError("no candidate could be trained: kto.v1 needs texts that are liked")
        return real(runner, name, *inputs, **told)

    monkeypatch.setattr(Runner, "run", run)
    done = project.turn()
    assert done.verdict
    *_, placebo = next(inputs for name, inputs, _ in calls if name == "verdict")
    assert placebo is None
    (said,) = (line for line in lines if line.startswith("no placebo"))
    assert "kto.v1 needs texts that are liked" in said
    project.close()


def test_a_case_marked_must_holds_a_later_model_that_has_it_wrong_though_it_was_taught(
    folder: Path, opened: Callable[[Path], Project], more_rows: Callable[..., None]
) -> None:
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text("utf-8") + "[evaluation]\nmin_jaccard = 1.0\n", "utf-8")
    project = opened(folder)
    text = "the box is wet, take it back"
    asked = next(one for one in project.predict([f"{text} {n}" for n in range(9)], author="u")
                 if not one.holdout)  # fmt: skip
    project.react(Reaction(prediction=asked.id, kind="flag", value="wrong", author="u"))
    (case,) = project.cases()
    project.close_case(case.id, outcome="x", told="y", truth="refund", must=True, by="ann")
    frames = ("{}", "well, {}", "{} please", "so {} now", "look: {}", "{} thanks", "{} ok")
    more_rows(
        folder,
        [{"text": f"{frame.format(text)} {letter}", "label": "damage"}
         for frame in frames for letter in "abcdefgh"],
    )  # fmt: skip
    done = project.turn()
    row = project.ring.ledger.lineage_by_id(done.verdict)
    assert row is not None
    found = decode(Verdict, row.result)
    assert done.outcome == "held"
    assert found.value == "better"
    (must,) = (check for check in found.checks if check.name == "must")
    assert not must.holds
    assert must.because.startswith("1 of 1 complaints marked must are wrong")
    assert not any("marked must" in note for note in found.notes)
