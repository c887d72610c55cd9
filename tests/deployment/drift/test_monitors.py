"""All questions together: calm where nothing changes, quick where something does."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from chainring.deployment.drift.monitors import ALL, Alarm, Watch
from chainring.deployment.drift.reference import Reference
from chainring.deployment.drift.seen import Judged, Seen
from chainring.deployment.drift.settings import DriftSettings
from chainring.stats.two_samples import Difference

SETTINGS = DriftSettings(reference=200, window=400, min_slice=50)
LABELS = ("refund", "退款", "invoice")
Drawn = Callable[[np.random.Generator, int], Seen]


def usual(chance: np.random.Generator, number: int) -> Seen:
    vector = chance.normal(size=8)
    vector[0] += 3.0
    return Seen(
        id=f"pred_{number}",
        group=f"group {number}",
        label=LABELS[chance.integers(3)],
        confidence=float(chance.beta(8, 2)),
        passed_on=bool(chance.random() < 0.1),
        language="zh" if number % 2 else "en",
        tie=1.0 - chance.random(),
        length=int(chance.integers(5, 60)),
        vector=(vector / np.linalg.norm(vector)).astype(np.float32),
    )


def foreign(chance: np.random.Generator, number: int) -> Seen:
    vector = chance.normal(size=8)
    vector[5] -= 3.0
    unit = (vector / np.linalg.norm(vector)).astype(np.float32)
    return replace(usual(chance, number), vector=unit)


def alarms(seed: int, then: Drawn, *, before: int = 0, count: int = 400) -> list[Alarm]:
    chance = np.random.default_rng(seed)
    watch = Watch([usual(chance, i) for i in range(200)], settings=SETTINGS)
    rows = [usual(chance, 1000 + i) for i in range(before)]
    rows += [then(chance, 5000 + i) for i in range(count)]
    return [alarm for row in rows for alarm in watch.add(row)]


@pytest.mark.parametrize("runs", [30, pytest.param(60, marks=pytest.mark.slow)])
def test_of_many_calm_windows_at_most_alpha_alarm(runs: int) -> None:
    called = sum(bool(alarms(seed, usual)) for seed in range(runs))
    assert called <= runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)


def changed(name: str) -> Drawn:
    def drawn(chance: np.random.Generator, number: int) -> Seen:
        row = usual(chance, number)
        if name == "length":
            return replace(row, length=int(chance.integers(80, 200)))
        if name == "confidence":
            return replace(row, confidence=float(chance.beta(3, 3)))
        if name == "passed on":
            return replace(row, passed_on=bool(chance.random() < 0.5))
        if name == "labels":
            return replace(row, label="refund")
        return foreign(chance, number)

    return drawn


@pytest.mark.parametrize("question", ["input", "length", "confidence", "passed on", "labels"])
def test_each_question_finds_its_change_first(question: str) -> None:
    found = alarms(1, changed(question))
    assert found[0].question == question
    assert found[0].log_evidence >= found[0].needed


def test_a_change_after_two_calm_windows_is_found_in_the_third() -> None:
    found = alarms(3, foreign, before=800)
    assert found[0].window == 3
    assert found[0].question == "input"


def test_a_change_of_one_language_is_told_for_that_language_and_not_for_the_other() -> None:
    def chinese(chance: np.random.Generator, number: int) -> Seen:
        row = usual(chance, number)
        return foreign(chance, number) if row.language == "zh" else row

    told = {(alarm.question, alarm.slice) for alarm in alarms(4, chinese)}
    assert ("input", "zh") in told
    assert ("input", "en") not in told


def test_each_question_alarms_once_a_window() -> None:
    found = [(alarm.question, alarm.slice, alarm.window) for alarm in alarms(5, foreign)]
    assert len(found) == len(set(found))


def test_one_robot_that_repeats_itself_is_no_drift() -> None:
    def robot(chance: np.random.Generator, number: int) -> Seen:
        return replace(foreign(chance, number), group="the same question", length=500)

    assert alarms(6, robot) == []


def popular(chance: np.random.Generator, *, power: float, count: int) -> list[Seen]:
    """Draw answers to 1,000 questions, asked as often as 1 / place^power, the most asked surest."""
    asked = [usual(chance, number) for number in range(1000)]
    surest = sorted((row.confidence for row in asked), reverse=True)
    shares = 1.0 / np.arange(1, 1001) ** power
    places = chance.choice(1000, size=count, p=shares / shares.sum())
    return [
        replace(
            asked[place],
            id=f"pred_{number}",
            confidence=surest[place],
            label="refund" if place < 20 else asked[place].label,
            tie=1.0 - chance.random(),
        )
        for number, place in enumerate(places)
    ]


@pytest.mark.parametrize("runs", [8, pytest.param(15, marks=pytest.mark.slow)])
@pytest.mark.parametrize("power", [0.0, 1.0])
def test_where_questions_are_asked_again_and_again_at_most_alpha_alarm(
    power: float, runs: int
) -> None:
    called = 0
    for seed in range(runs):
        rows = popular(np.random.default_rng(seed), power=power, count=2000)
        watch = Watch(rows[:1000], settings=DriftSettings())
        called += any(True for row in rows[1000:] for _ in watch.add(row))
    assert called <= runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)


def test_a_fifth_of_foreign_texts_is_found_among_questions_asked_again_and_again() -> None:
    for seed in range(10):
        chance = np.random.default_rng(seed)
        rows = popular(chance, power=1.0, count=1500)
        watch = Watch(rows[:1000], settings=DriftSettings())
        mixed = (
            foreign(chance, 5000 + number) if chance.random() < 0.2 else row
            for number, row in enumerate(rows[1000:])
        )
        assert any(alarm.question == "input" for row in mixed for alarm in watch.add(row))


def test_without_texts_predictions_alone_are_watched() -> None:
    chance = np.random.default_rng(0)
    bare = [replace(usual(chance, i), vector=None, length=None) for i in range(200)]
    assert set(Reference(bare).usual) == {"confidence", "passed on"}
    watch = Watch(bare, settings=SETTINGS)
    told = [a for i in range(400) for a in watch.add(replace(foreign(chance, i), length=999))]
    assert told == []


def judged(right: int, wrong: int, *, confidence: float) -> list[Judged]:
    rows = [Judged(grade=1.0, right=True, confidence=confidence)] * right
    return rows + [Judged(grade=0.0, right=False, confidence=confidence)] * wrong


def test_accuracy_far_below_its_promise_and_confidence_far_above_it_are_told() -> None:
    chance = np.random.default_rng(0)
    watch = Watch([usual(chance, i) for i in range(200)], settings=SETTINGS)
    found = list(watch.judge(judged(60, 60, confidence=0.9), promised={ALL: 0.9}))
    assert [alarm.question for alarm in found] == ["accuracy", "calibration"]
    assert list(watch.judge(judged(108, 12, confidence=0.9), promised={ALL: 0.9})) == []
    assert list(watch.judge([], promised={ALL: 0.9})) == []


def test_where_costs_judge_what_answers_cost_is_told_and_not_how_many_are_right() -> None:
    chance = np.random.default_rng(0)
    watch = Watch([usual(chance, i) for i in range(200)], settings=SETTINGS)
    cheap = [replace(one, cost=1.0 - one.grade) for one in judged(60, 60, confidence=0.5)]
    dear = [replace(one, cost=50.0 * (1.0 - one.grade)) for one in judged(100, 20, confidence=0.9)]
    promised, costs = {ALL: 0.9}, {ALL: 1.0}
    assert [a.question for a in watch.judge(cheap, promised=promised)] == ["accuracy"]
    assert list(watch.judge(cheap, promised=promised, costs=costs)) == []
    assert list(watch.judge(dear, promised=promised)) == []
    found = list(watch.judge(dear, promised=promised, costs=costs))
    assert [(a.question, a.rows) for a in found] == [("cost", 120)]
    assert list(watch.judge(dear, promised=promised, costs={})) == []


def test_what_is_wrong_in_one_language_is_told_for_it_though_all_together_hides_it() -> None:
    chance = np.random.default_rng(0)
    watch = Watch([usual(chance, i) for i in range(200)], settings=SETTINGS)
    english = [replace(one, language="en") for one in judged(950, 50, confidence=0.9)]
    chinese = [replace(one, language="zh") for one in judged(40, 40, confidence=0.9)]
    promised = {ALL: 0.93, "en": 0.93, "zh": 0.93}
    found = [(a.question, a.slice) for a in watch.judge(english + chinese, promised=promised)]
    assert found == [("accuracy", "zh"), ("calibration", "zh")]
    silent = watch.judge(english + chinese, promised={ALL: 0.93})
    assert [(a.question, a.slice) for a in silent] == [("calibration", "zh")]
    alone = [replace(one, language="fr") for one in judged(0, 80, confidence=0.9)]
    told = watch.judge(english * 10 + alone, promised=promised)
    assert list(told) == [], "a language that the reference does not have is no question"


def test_a_label_is_watched_alone_where_the_recipe_names_it() -> None:
    chance = np.random.default_rng(0)
    rows = [usual(chance, i) for i in range(200)]
    reviewed = [replace(one, label="发票") for one in judged(960, 40, confidence=0.9)]
    reviewed += [replace(one, label="退款") for one in judged(30, 50, confidence=0.9)]
    promised = {ALL: 0.93, "label 退款": 0.8}
    named = Watch(rows, settings=SETTINGS.model_copy(update={"labels": ("退款",)}))
    found = [(a.question, a.slice) for a in named.judge(reviewed, promised=promised)]
    assert found == [("accuracy", "label 退款"), ("calibration", "label 退款")]
    assert list(Watch(rows, settings=SETTINGS).judge(reviewed, promised=promised)) == []


@pytest.mark.parametrize("runs", [80, pytest.param(200, marks=pytest.mark.slow)])
def test_of_many_that_keep_their_promise_at_most_alpha_alarm_in_any_slice(runs: int) -> None:
    chance = np.random.default_rng(5)
    labels = SETTINGS.model_copy(update={"labels": ("退款", "refund"), "accuracy_drop_points": 0.0})
    rows, called = [usual(chance, i) for i in range(200)], 0
    promised = {ALL: 0.8, "en": 0.8, "zh": 0.8, "label 退款": 0.8, "label refund": 0.8}
    watch = Watch(rows, settings=labels)
    for _ in range(runs):
        drawn = [
            Judged(
                grade=float(chance.random() < 0.8),
                confidence=0.8,
                language="zh" if number % 2 else "en",
                label=("退款", "refund", "stock")[chance.integers(3)],
            )
            for number in range(400)
        ]
        looks = (drawn[:count] for count in range(50, 401, 50))
        called += any(list(watch.judge(some, promised=promised)) for some in looks)
    assert called <= runs * 0.05 + 3 * math.sqrt(runs * 0.05 * 0.95)


def test_each_slice_of_reviews_is_a_question_and_shares_the_chance_of_a_false_alarm() -> None:
    chance = np.random.default_rng(0)
    rows = [usual(chance, i) for i in range(200)]
    plain = Watch(rows, settings=SETTINGS)
    named = Watch(rows, settings=SETTINGS.model_copy(update={"labels": ("退款", "refund")}))
    assert plain.questions == 3 * (4 + 1) + 2 * 3
    assert named.questions == plain.questions + 2 * 2


def test_the_evidence_names_every_question_that_is_asked() -> None:
    chance = np.random.default_rng(0)
    watch = Watch([usual(chance, i) for i in range(200)], settings=SETTINGS)
    promised = {ALL: 0.93, "en": 0.93, "zh": 0.93}
    list(watch.judge([], promised=promised))
    assert len(watch.evidence()) == watch.questions
    assert set(watch.evidence().values()) == {0.0}
    found = [alarm for i in range(400) for alarm in watch.add(changed("labels")(chance, 1000 + i))]
    found += watch.judge(judged(60, 60, confidence=0.9), promised=promised)
    assert len(watch.evidence()) == watch.questions
    shares = watch.evidence()
    assert {key for key, share in shares.items() if share >= 1.0} == {
        (alarm.question, alarm.slice) for alarm in found
    }
    assert {question for question, _ in shares if shares[question, ALL] >= 1.0} == {
        "labels",
        "accuracy",
        "calibration",
    }
    watch.skip(1)
    assert watch.evidence()["labels", ALL] == 0.0, "a window begins the question anew"
    assert watch.evidence()["accuracy", ALL] >= 1.0


def test_reviews_behind_a_closed_case_are_not_held_against_the_model_again() -> None:
    chance = np.random.default_rng(0)
    watch = Watch([usual(chance, i) for i in range(200)], settings=SETTINGS)
    before = [replace(one, at=5.0) for one in judged(60, 60, confidence=0.9)]
    after = [replace(one, at=15.0) for one in judged(60, 60, confidence=0.9)]
    closed = {("accuracy", ALL): 10.0}
    told = list(watch.judge(before, promised={ALL: 0.9}, closed=closed))
    assert [alarm.question for alarm in told] == ["calibration"]
    assert watch.evidence()["accuracy", ALL] == 0.0
    told = list(watch.judge(before + after, promised={ALL: 0.9}, closed=closed))
    assert [(a.question, a.rows, a.since) for a in told] == [
        ("accuracy", 120, 10.0),
        ("calibration", 240, 0.0),
    ]


def test_an_alarm_says_since_when_its_window_runs() -> None:
    chance = np.random.default_rng(5)
    watch = Watch([usual(chance, i) for i in range(200)], settings=SETTINGS)
    rows = [replace(foreign(chance, i), at=float(i)) for i in range(1000, 1600)]
    found = {alarm.window: alarm.since for row in rows for alarm in watch.add(row)}
    assert found == {1: 1000.0, 2: 1400.0}


def test_a_later_window_needs_more_evidence() -> None:
    chance = np.random.default_rng(0)
    watch = Watch([usual(chance, i) for i in range(200)], settings=SETTINGS)
    first = watch._needed
    watch.skip(2)
    assert watch._needed == pytest.approx(first + math.log(6))


@pytest.mark.parametrize(("beyond", "told"), [(-0.1, []), (0.1, ["labels"])])
def test_three_looks_at_the_labels_of_a_window_share_one_chance(
    beyond: float, told: list[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    chance = np.random.default_rng(0)
    watch = Watch([usual(chance, i) for i in range(200)], settings=SETTINGS)
    p = math.exp(-(watch._needed + math.log(3) + beyond))
    monkeypatch.setattr(
        "chainring.deployment.drift.monitors.homogeneity",
        lambda *_: Difference(p=p, effect=0.5, first=200, second=100),
    )
    found = [alarm for i in range(100) for alarm in watch.add(usual(chance, 1000 + i))]
    assert [alarm.question for alarm in found if alarm.slice == "all"] == told


def test_a_drop_or_an_excess_within_the_accepted_points_is_no_alarm_however_many_show_it() -> None:
    chance = np.random.default_rng(0)
    watch = Watch([usual(chance, i) for i in range(200)], settings=SETTINGS)
    within, beyond = judged(8700, 1300, confidence=0.91), judged(8200, 1800, confidence=0.91)
    assert list(watch.judge(within, promised={ALL: 0.9})) == []
    found = [alarm.question for alarm in watch.judge(beyond, promised={ALL: 0.9})]
    assert found == ["accuracy", "calibration"]


def test_a_number_is_as_sure_as_its_answers_come_near_enough_whatever_they_are_worth() -> None:
    chance = np.random.default_rng(0)
    watch = Watch([usual(chance, i) for i in range(200)], settings=SETTINGS)
    near = [Judged(grade=0.79, right=True, confidence=1.0)] * 400
    assert list(watch.judge(near, promised={ALL: 0.79})) == []
    writer = [Judged(grade=0.2, confidence=1.0)] * 400
    assert list(watch.judge(writer, promised={})) == []
    far = [Judged(grade=0.3, right=False, confidence=1.0)] * 400
    assert [a.question for a in watch.judge(far, promised={})] == ["calibration"]


NAMES = [f"label {number}" for number in range(12)]


def several(chance: np.random.Generator, number: int, *, doubled: bool = False) -> Seen:
    shares = [0.2 if doubled and name == NAMES[7] else 0.1 for name in NAMES]
    drawn = frozenset(n for n, p in zip(NAMES, shares, strict=True) if chance.random() < p)
    return replace(usual(chance, number), label="", names=drawn)


@pytest.mark.parametrize(("doubled", "least", "most"), [(False, 0, 2), (True, 18, 20)])
def test_where_answers_have_several_labels_each_is_watched_by_itself(
    doubled: bool, least: int, most: int
) -> None:
    settings = DriftSettings(reference=1000, window=1000)
    found = 0
    for seed in range(20):
        chance = np.random.default_rng(seed)
        watch = Watch([several(chance, i) for i in range(1000)], settings=settings)
        rows = [several(chance, 5000 + i, doubled=doubled) for i in range(1000)]
        found += any(alarm.question == "labels" for row in rows for alarm in watch.add(row))
    assert least <= found <= most


def test_numbers_and_lengths_of_texts_that_are_answered_are_watched_and_no_label_is() -> None:
    chance = np.random.default_rng(3)

    def told(number: int, mean: float) -> Seen:
        return replace(usual(chance, number), label="", answer=float(chance.normal(mean)))

    watch = Watch([told(i, 3.0) for i in range(200)], settings=SETTINGS)
    calm = [a for i in range(400) for a in watch.add(told(1000 + i, 3.0))]
    assert calm == []
    changed = [a.question for i in range(400) for a in watch.add(told(2000 + i, 4.2))]
    assert "answer" in changed
    assert not any(question == "labels" for question, _ in watch.evidence())


def test_answers_whose_tags_are_gone_count_for_none_of_the_shares() -> None:
    settings = DriftSettings(reference=1000, window=1000)
    chance = np.random.default_rng(0)
    first = [several(chance, i) for i in range(1000)]
    first = [replace(row, names=None) if n % 2 else row for n, row in enumerate(first)]
    watch = Watch(first, settings=settings)
    rows = [several(chance, 5000 + i) for i in range(1000)]
    assert not any(alarm.question == "labels" for row in rows for alarm in watch.add(row))
