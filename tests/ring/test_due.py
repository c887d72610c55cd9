from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.codec import decode, encode
from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.evaluation import Evaluation, Share
from chainring.contracts.feedback import Feedback
from chainring.contracts.forgotten import Forgotten
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.ids import new_id
from chainring.contracts.label import Label, ReviewState, review_guideline
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.data.settings import DataSettings
from chainring.feedback.corrections import statements
from chainring.ring import drop as drop_module
from chainring.ring import due as due_module
from chainring.ring.asked import said_by_people
from chainring.ring.built import Ring, current
from chainring.ring.drop import MIN_PROMISE, labelled_drop
from chainring.ring.due import due
from chainring.ring.promise import promised_accuracies, promoted
from chainring.ring.turn import Turn
from chainring.ring.turn import last_turn as last_of
from chainring.software.api import Project
from chainring.stats.intervals import wilson

HOUR_S = 3600.0
WATCH = "\n[watch]\nmin_corrections = 3\ncooldown_hours = 6\nmax_days = 2\n"


@pytest.fixture
def folder(folder: Path) -> Path:
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text() + WATCH)
    return folder


@pytest.fixture
def reviewing(folder: Path, opened: Callable[[Path], Project]) -> Project:
    """Return a project in which every correction is reviewed."""
    recipe = folder / "chainring.toml"
    recipe.write_text(recipe.read_text() + '\n[feedback]\nreview = "all"\n')
    return opened(folder)


def answers(
    project: Project, count: int, *, holdout: bool, label: str = "parcel"
) -> list[Prediction]:
    (row,) = project.predict(["where is my parcel"])
    rows = [
        replace(row, id=f"{row.id[:-3]}{n:03}", holdout=holdout, label=label) for n in range(count)
    ]
    project.ring.traffic.commit([(one, "text") for one in rows], [])
    return rows


def correct(
    project: Project, rows: list[Prediction], consent: str = "training", author: str = ""
) -> list[Feedback]:
    """Let each answer be corrected by a user of its own, or all by one author."""
    return [
        project.react(
            Reaction(prediction=row.id, kind="correction", value="size", consent=consent,
                     author=author or row.id)
        )
        for row in rows
    ]  # fmt: skip


def earlier(project: Project, hours: float) -> None:
    """Let the last turn that did something have begun so many hours before."""
    turn = last_turn(project)
    turn = replace(turn, started=turn.started - hours * HOUR_S)
    project.ring.ledger.add_fact("turn", turn.id, turn)


def review(
    project: Project,
    row: Prediction,
    value: str,
    *,
    state: ReviewState = "accepted",
    guideline: str = "",
    unseen: bool = False,
) -> None:
    label = Label(
        id=f"lab_{row.id}_{time.monotonic_ns()}", app="shop", record=row.id, value=value,
        author="ann", author_kind="person", state=state, guideline=guideline,
        unseen=unseen,
    )  # fmt: skip
    project.ring.ledger.add_fact("label", label.id, label, about=row.id)


def last_turn(project: Project) -> Turn:
    return project.ring.ledger.facts("turn", Turn)[-1]


def in_hours(project: Project, hours: float) -> float:
    return last_turn(project).started + hours * HOUR_S


def test_a_ring_that_never_turned_is_due(tmp_path: Path, opened: Callable[[Path], Project]) -> None:
    (tmp_path / "chainring.toml").write_text('[project]\nname = "new"\n')
    assert due(opened(tmp_path).ring).because == "the ring has not turned yet"


def test_nothing_new_is_no_reason(project: Project) -> None:
    found = due(project.ring, now=in_hours(project, 7))
    assert (found.due, found.corrections) == (False, 0)
    assert found.because == "0 of 3 new usable corrections; no labelled drop"


def test_enough_new_corrections_are_a_reason_after_the_cooldown(project: Project) -> None:
    rows = answers(project, 3, holdout=False)
    correct(project, rows[:2])
    assert not due(project.ring, now=in_hours(project, 7)).due
    correct(project, rows[2:])
    early = due(project.ring, now=in_hours(project, 5))
    assert (early.due, early.because) == (False, "cooldown: 1.0 h left")
    found = due(project.ring, now=in_hours(project, 7))
    assert (found.due, found.corrections) == (True, 3)


def test_reactions_are_read_anew_only_when_something_was_said_decided_or_forgotten(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    read: list[int] = []

    def listened(rows: Iterable[Feedback], *told: Any, **more: Any) -> Any:
        every = list(rows)
        read.append(len(every))
        return statements(every, *told, **more)

    monkeypatch.setattr(due_module, "statements", listened)
    rows = answers(project, 4, holdout=False)
    correct(project, rows)
    assert [due(project.ring).corrections for _ in range(3)] == [4, 4, 4]
    (before,) = read
    project.ring.traffic.erase([rows[0].id])  # its reaction says nothing any more
    assert [due(project.ring).corrections for _ in range(2)] == [3, 3]
    assert read[1:] == [before - 1]
    review(project, rows[1], "size")
    assert [due(project.ring).corrections for _ in range(2)] == [4, 4]
    act = Forgotten(id="f1", app="shop", at=0.0, by="ann", reason="asked", state="done")
    project.ring.ledger.add_fact(FORGOTTEN, act.id, act)
    due(project.ring)
    strict = project.ring.recipe.feedback.model_copy(update={"review": "all"})
    recipe = project.ring.recipe.model_copy(update={"feedback": strict})
    object.__setattr__(project.ring, "recipe", recipe)
    assert due(project.ring).corrections == 1
    assert len(read) == 5


def test_corrections_of_the_holdout_and_of_unknown_answers_are_none_to_learn_from(
    project: Project,
) -> None:
    correct(project, answers(project, 5, holdout=True))
    project.react(Reaction(prediction=new_id("pred"), kind="correction", value="size"))
    assert due(project.ring).corrections == 0


def test_corrections_that_a_turn_has_seen_are_not_new(project: Project) -> None:
    rows = answers(project, 4, holdout=False)
    correct(project, rows)
    assert due(project.ring).corrections == 4
    project.turn()
    assert due(project.ring).corrections == 0


def test_what_a_turn_before_this_version_has_seen_is_not_new(project: Project) -> None:
    correct(project, answers(project, 4, holdout=False))
    project.turn()
    old = replace(last_turn(project), corrections="", labels=0)
    project.ring.ledger.add_fact("turn", old.id, old)
    assert due(project.ring).corrections == 0


def test_corrections_count_as_soon_as_a_reviewer_accepts_them_and_not_while_they_wait(
    reviewing: Project,
) -> None:
    given = correct(reviewing, answers(reviewing, 3, holdout=False))
    found = due(reviewing.ring, now=in_hours(reviewing, 7))
    assert (found.due, found.corrections) == (False, 0)
    assert "3 wait for a review" in found.because
    reviewing.turn()
    for one in given:
        reviewing.decide(one.id, decision="accept", by="ann")
    found = due(reviewing.ring, now=in_hours(reviewing, 7))
    assert (found.due, found.corrections) == (True, 3)
    reviewing.turn()
    assert due(reviewing.ring).corrections == 0


def test_a_decision_on_what_a_turn_was_told_counts_as_new(project: Project) -> None:
    given = correct(project, answers(project, 3, holdout=False))
    project.turn()
    assert due(project.ring).corrections == 0
    project.decide(given[0].id, decision="accept", by="ann")  # the data may have contradicted it
    assert due(project.ring).corrections == 1


def test_reviewed_unsure_answers_and_closed_cases_count(project: Project) -> None:
    unsure, flagged, sampled = (
        answers(project, 3, holdout=False)[:2] + answers(project, 4, holdout=True)[3:]
    )
    project.decide(unsure.id, decision="change", value="size", by="ann")
    project.react(Reaction(prediction=flagged.id, kind="flag", value="wrong", consent="training"))
    (case,) = project.cases()
    project.close_case(case.id, outcome="mended", told="thanks", truth="size", by="ann")
    review(project, sampled, "size")
    assert due(project.ring).corrections == 2


def test_confirmations_and_what_one_author_says_too_often_do_not_count(project: Project) -> None:
    rows = answers(project, 3, holdout=False)
    for row in rows:
        project.react(Reaction(prediction=row.id, kind="confirmation", consent="training"))
    assert due(project.ring).corrections == 0
    correct(project, rows, author="bo")  # of one request: two of them repeat the first
    assert due(project.ring).corrections == 1


def test_the_timetable_is_a_reason_when_its_days_are_over(project: Project) -> None:
    assert not due(project.ring, now=in_hours(project, 47)).due
    found = due(project.ring, now=in_hours(project, 49))
    assert (found.due, found.because) == (True, "timetable: 2.0 days since the last turn")


def test_a_turn_that_changed_nothing_begins_a_rest(project: Project) -> None:
    earlier(project, 72)
    assert due(project.ring).due
    done = project.turn()
    assert (done.outcome, done.steps) == ("nothing changed", ())
    found = due(project.ring)
    assert not found.due
    assert found.because.startswith("cooldown: ")
    after = due(project.ring, now=done.started + 49 * HOUR_S)
    assert after.because == "timetable: 2.0 days since the last turn"


def test_a_turn_after_an_idle_one_is_the_last(project: Project) -> None:
    earlier(project, 72)
    idle = project.turn()
    correct(project, answers(project, 3, holdout=False))
    later = project.turn()
    assert later.started > idle.started
    assert last_of(project.ring.ledger) == later


def test_a_clock_set_back_a_day_does_not_hold_the_ring_for_a_day(project: Project) -> None:
    correct(project, answers(project, 3, holdout=False))
    assert due(project.ring, now=in_hours(project, -24)).due


def test_a_clock_set_back_does_not_stop_the_timetable(project: Project) -> None:
    found = due(project.ring, now=in_hours(project, -30 * 24))
    assert found.due
    assert found.because == ("timetable: an unknown time (the clock went back) since the last turn")


def test_answers_to_one_user_are_one_answer_to_a_drop(project: Project) -> None:
    rows = [replace(row, author="") for row in answers(project, 40, holdout=True)]
    some = [replace(row, author=f"user {n // 10}") for n, row in enumerate(rows)]
    again = [replace(row, id=f"{row.id[:-4]}b{n:03}") for n, row in enumerate(some)]
    project.ring.traffic.commit([(one, "text") for one in again], [])
    for row in again:
        review(project, row, "refund")
    labels = said_by_people(project.ring)
    found = drop_module._reviewed(project.ring, again[0].model, labels)
    assert [one.id for one, _ in found] == [again[n].id for n in (0, 10, 20, 30)]


def test_a_later_turn_with_an_earlier_clock_is_the_last_turn(project: Project) -> None:
    late = last_turn(project)
    early = replace(late, id="turn_later", started=late.started - 24 * HOUR_S)
    project.ring.ledger.add_fact("turn", early.id, early)
    correct(project, answers(project, 3, holdout=False))
    assert due(project.ring, now=late.started + HOUR_S).due  # 25 h since the last, not 1


def reviewed(project: Project, right: int, wrong: int, *, first: int = MIN_PROMISE) -> None:
    """Let a person say that the first answers are right, then some more, then of some not."""
    rows = answers(project, first + right + wrong, holdout=True)
    for row in rows[: first + right]:
        review(project, row, "parcel")
    for row in rows[first + right :]:
        review(project, row, "refund")


def test_a_drop_of_reviewed_answers_is_a_reason(project: Project) -> None:
    reviewed(project, 10, 0)
    assert labelled_drop(project.ring) is None
    reviewed(project, 0, 40, first=0)
    found = due(project.ring, now=in_hours(project, 7))
    assert found.due
    assert found.because.startswith(
        "labelled drop: 20.0% of the newest 50 reviewed answers are right, "
    )
    assert found.because.endswith("at least 88.6% of its first 30")


GOOD = [float(place % 20 > 0) for place in range(4000)]
BAD = [float(place % 5 < 3) for place in range(200)]


@pytest.mark.parametrize("served", [0, 100, 1000, 4000])
def test_a_fall_is_seen_as_soon_however_long_the_champion_served_well(served: int) -> None:
    least = wilson(95, 100).low - 0.05
    assert drop_module._fallen(GOOD[:served], least) is None
    found = drop_module._fallen(GOOD[:served] + BAD[:120], least)
    assert found is not None
    assert len(found) <= 150
    assert sum(found) / len(found) < 0.7


def test_a_champion_that_did_not_fall_hardly_ever_seems_to_however_often_one_looks() -> None:
    generator, alarms = random.Random(0), 0
    for _ in range(40):
        right = [float(generator.random() < 0.9) for _ in range(400)]
        looks = (drop_module._fallen(right[:seen], 0.9) for seen in range(25, 401, 25))
        alarms += any(look is not None for look in looks)
    assert alarms <= 2


def test_a_first_hundred_says_more_than_a_first_thirty(project: Project) -> None:
    for count, before in ((199, "of its first 30"), (200, "of its first 100")):
        (_, named), later = drop_module._promise(project.ring, "no model", [1.0] * count, [])
        assert (named, len(later)) == (before, count - int(before.split()[-1]))


def test_what_a_champion_promised_is_what_it_was_first_judged_at(project: Project) -> None:
    _, deployment = current(project.ring)
    assert deployment is not None
    first = promoted(project.ring, deployment.model)
    (row,) = (
        one for one in project.ring.ledger.all_lineage(step="evaluation")
        if decode(Evaluation, one.result) == first
    )  # fmt: skip
    assert first is not None
    worse = replace(first, accuracy=replace(first.accuracy, estimate=0.1))
    again = replace(row, id="again", key="again", result=encode(worse))
    project.ring.ledger.add_lineage(again)
    assert promoted(project.ring, deployment.model) == first


def test_answers_that_were_harder_than_the_suite_from_the_first_day_are_no_drop(
    project: Project,
) -> None:
    for place, row in enumerate(answers(project, 90, holdout=True)):
        review(project, row, "parcel" if place % 3 else "refund")
    assert labelled_drop(project.ring) is None


def test_what_the_champion_was_judged_on_is_what_it_promises(
    project: Project, monkeypatch: pytest.MonkeyPatch
) -> None:
    for rows in (29, 30):
        held = Share(estimate=0.9, low=0.8, high=0.95, rows=rows)
        monkeypatch.setattr(drop_module, "promoted", judged_with({"part:holdout": held}))
        reviewed(project, 0, 20, first=0)
        found = labelled_drop(project.ring)
        assert (found is None) == (rows == 29)
    assert found is not None
    assert found.endswith("at least 80.0% of the 30 hold-out rows that it was judged on")


def judged_with(slices: dict[str, Share]) -> Callable[[Ring, str], Evaluation]:
    def judged(ring: Ring, model: str) -> Evaluation:
        found = promoted(ring, model)
        assert found is not None
        return replace(found, slices=slices)

    return judged


def test_one_drop_makes_one_turn(project: Project) -> None:
    reviewed(project, 0, 30)
    assert due(project.ring, now=in_hours(project, 7)).because.startswith("labelled drop")
    project.turn()
    later = last_turn(project).started + 7 * HOUR_S
    assert "no labelled drop" in due(project.ring, now=later).because
    (another,) = answers(project, 62, holdout=True)[61:]
    review(project, another, "refund")
    assert due(project.ring, now=later).because.startswith("labelled drop")


def test_a_drop_counts_accepted_words_of_the_sample_and_only_the_last_one(
    project: Project,
) -> None:
    reviewed(project, 0, 0)
    rows = answers(project, 50, holdout=True)[30:]
    for row in rows:
        review(project, row, "refund", state="rejected")
    assert labelled_drop(project.ring) is None
    for row in rows:
        review(project, row, "refund", guideline=review_guideline("deciding"))
    assert labelled_drop(project.ring) is None
    for row in rows:
        review(project, row, "refund")
    assert labelled_drop(project.ring) is not None
    for row in rows:
        review(project, row, "parcel")
    assert labelled_drop(project.ring) is None
    for row in answers(project, 70, holdout=False, label="size")[50:]:
        review(project, row, "refund")
    assert labelled_drop(project.ring) is None


@pytest.mark.parametrize("unseen", [True, False])
def test_reviews_told_without_a_look_at_an_exact_answer_tell_a_drop(
    project: Project, monkeypatch: pytest.MonkeyPatch, unseen: bool
) -> None:
    """Most answers are entirely right: those accepted by an earlier version promise nothing."""
    rows = answers(project, 80, holdout=True)
    for place, row in enumerate(rows):
        said = row.label if place < 40 else "refund"
        review(project, row, said, guideline=review_guideline("holdout"), unseen=unseen)
    numbers = replace(project.ring.recipe.data.facts, form="number")
    monkeypatch.setattr(DataSettings, "facts", property(lambda settings: numbers))
    assert (labelled_drop(project.ring) is not None) == unseen


@pytest.mark.parametrize(
    ("shown", "again", "named", "low"),
    [
        (1, 0, "of the 100 hold-out rows that it was judged on", 0.79),
        (10, 0, "of the 100 hold-out rows that it was judged on", 0.70),
        (11, 0, "of its first 30", None),
        (11, 11, "of the 100 hold-out rows that it was judged on", 0.80),
    ],
)
def test_a_few_reviews_of_an_earlier_version_lower_the_promise_and_do_not_end_it(
    project: Project, monkeypatch: pytest.MonkeyPatch, shown: int, again: int, named: str,
    low: float | None,
) -> None:  # fmt: skip
    held = Share(estimate=0.9, low=0.8, high=0.95, rows=100)
    monkeypatch.setattr(drop_module, "promoted", judged_with({"part:holdout": held}))
    numbers = replace(project.ring.recipe.data.facts, form="number")
    monkeypatch.setattr(DataSettings, "facts", property(lambda settings: numbers))
    _, deployment = current(project.ring)
    assert deployment is not None
    labels = [
        Label(
            id=f"lab_{place}", app="shop", record=f"pred_{place % shown}", value="1", author="ann",
            author_kind="person", guideline=review_guideline("holdout"), unseen=place >= shown,
        )
        for place in range(shown + again)
    ]  # fmt: skip
    (least, said), _ = drop_module._promise(project.ring, deployment.model, [1.0] * 90, labels)
    assert said == named
    assert low is None or least == pytest.approx(low)


def test_an_answer_passed_on_is_right_where_the_text_was_out_of_scope(project: Project) -> None:
    (row,) = project.predict(["where is my parcel"])
    rows = [
        replace(row, id=f"{row.id[:-3]}{n:03}", holdout=True, passed_on=True) for n in range(50)
    ]
    project.ring.traffic.commit([(one, "text") for one in rows], [])
    for one in rows:
        review(project, one, OUT_OF_SCOPE)
    assert labelled_drop(project.ring) is None
    for one in rows[30:]:
        review(project, one, "refund")
    assert labelled_drop(project.ring) is not None


def test_the_promised_accuracy_is_that_of_the_suite(project: Project) -> None:
    _, deployment = current(project.ring)
    assert deployment is not None
    found = promised_accuracies(project.ring, deployment.model)["all"]
    assert 0.5 < found <= 1
    assert promised_accuracies(project.ring, "blake2b:" + "0" * 64) == {}


def test_of_a_slice_the_low_end_of_its_interval_is_promised(project: Project) -> None:
    _, deployment = current(project.ring)
    assert deployment is not None
    found = promoted(project.ring, deployment.model)
    assert found is not None
    promised = promised_accuracies(project.ring, deployment.model)
    assert promised["all"] == found.accuracy.estimate
    for name in ("language:en", "label:parcel"):
        slice_ = name.removeprefix("language:").replace("label:", "label ")
        assert promised[slice_] == found.slices[name].low
        assert found.slices[name].low < found.slices[name].estimate
    assert promised_accuracies(project.ring, "blake2b:" + "0" * 64) == {}
