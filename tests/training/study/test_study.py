"""A study of rows whose faults are known: flipped labels, a label nobody can tell, mistakes."""

from __future__ import annotations

import dataclasses
import random

import pytest
from tests.training.conftest import make_row

from chainring.contracts.codec import decode, encode
from chainring.contracts.dataset import OUT_OF_SCOPE, Row, Task
from chainring.contracts.prediction import Answer
from chainring.contracts.study import Study
from chainring.contracts.tasks import TASKS
from chainring.training.settings import TrainingSettings
from chainring.training.study.study import MIN_ROWS, Facts, study

FACTS = Facts(app="shop", task="classification", dataset="blake2b:d", form="blake2b:f")
WORDS = {
    "refund": ("money", "refund", "退款"),
    "parcel": ("parcel", "courier", "包裹"),
    "size": ("size", "larger", "尺码"),
}


def rows(each: int = 60, seed: int = 0) -> list[Row]:
    draw = random.Random(seed)
    fillers = [f"word{i}" for i in range(40)]
    found = []
    for label, words in WORDS.items():
        for n in range(each):
            text = " ".join([draw.choice(words), *draw.sample(fillers, 2)])
            row = make_row(text, label, n=str(n))
            found.append(dataclasses.replace(row, records=(f"rec-{row.id}",)))
    return found


def flipped(found: list[Row], share: float) -> tuple[list[Row], set[str]]:
    draw = random.Random(1)
    wrong = set(draw.sample([row.id for row in found], int(share * len(found))))
    names = list(WORDS)
    given = [
        dataclasses.replace(row, label=names[(names.index(row.label) + 1) % 3])
        if row.id in wrong
        else row
        for row in found
    ]
    return given, wrong


def answer(label: str, confidence: float, *, passed_on: bool = False) -> Answer:
    return Answer(label=label, confidence=confidence, passed_on=passed_on, text="")


def studied(train: list[Row], *, facts: Facts = FACTS, seed: int = 0) -> Study:
    return study(facts, train, [], [], settings=TrainingSettings(), seed=seed)


def test_flipped_labels_are_suspected_and_their_true_label_is_told() -> None:
    given, wrong = flipped(rows(each=150), 0.05)
    found = studied(given).suspects
    suspected = {one.row: one for one in found}
    truth = {row.id: row.label for row in rows(each=150)}
    # Only rows that are told as surely as the mean can be suspects: a third may be missed.
    assert len(wrong & set(suspected)) >= 2 / 3 * len(wrong)
    assert len(wrong & set(suspected)) >= 0.9 * len(suspected)
    assert all(suspected[one].likely == truth[one] for one in wrong & set(suspected))
    assert suspected[min(wrong & set(suspected))].records[0].startswith("rec-")


def test_sizes_with_too_few_rows_a_label_are_not_fitted() -> None:
    """Of 15, 30, 60 and 120 rows of three labels all count; with nine labels the last three do."""
    assert [point.rows for point in studied(rows()).curve] == [15, 30, 60, 120]
    nine = [dataclasses.replace(row, label=f"{row.label}-{n % 3}") for n, row in enumerate(rows())]
    assert len(studied(nine).curve) == 3


@pytest.mark.parametrize("each", [2, 3])
def test_few_rows_a_label_have_no_curve_and_keep_suspects_and_mistakes(each: int) -> None:
    few = [dataclasses.replace(row, label=f"{n // each}") for n, row in enumerate(rows(each=20))]
    judged = [make_row("money word1", "0", split="validation")]
    found = study(FACTS, few, judged, [answer("1", 0.9)], settings=TrainingSettings())
    assert set(found.skipped) == {"curve"}
    assert "shares of these rows" in found.skipped["curve"]
    assert (found.curve, found.gain) == ((), None)
    assert (found.mistaken, found.learner) == (1, "linear.v1")


def test_sizes_that_are_equal_count_once() -> None:
    """Rows of 4 a label: an eighth and a quarter of them are one row each."""
    some = [dataclasses.replace(row, label=f"{n // 6}") for n, row in enumerate(rows())]
    sizes = [point.rows for point in studied(some).curve]
    assert len(sizes) == 3
    assert sizes == sorted(set(sizes))


def test_a_row_that_a_person_holds_models_to_is_not_suspected() -> None:
    given, wrong = flipped(rows(), 0.05)
    held = [dataclasses.replace(row, must=row.id in wrong) for row in given]
    assert not wrong & {one.row for one in studied(held).suspects}


def test_the_curve_rises_where_more_rows_tell_more() -> None:
    found = studied(rows())
    shares = [point.estimate for point in found.curve]
    assert shares[0] < shares[-1]
    assert [point.rows for point in found.curve] == [15, 30, 60, 120]
    assert [point.rows for point in found.forecast] == [180, 360]
    assert found.gain is not None
    assert found.gain.estimate >= 0
    assert found.learner == "linear.v1"


def test_a_study_of_a_sample_foretells_the_rows_of_the_whole(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chainring.training.study.study.MAX_ROWS", 180)
    found = studied(rows(each=120))
    assert found.rows == 360
    assert [point.rows for point in found.forecast] == [360, 720]
    assert sum(one.found.rows for one in found.wanted) == 180


def test_mistakes_are_compared_with_the_rows_of_the_sample_alone(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chainring.training.study.study.MAX_ROWS", 4)
    judged = [make_row(f"{word} word1", "x") for words in WORDS.values() for word in words]
    answers = [answer("y", 0.9)] * len(judged)
    found = study(FACTS, rows(), judged, answers, settings=TrainingSettings()).mistakes
    assert len(found) == len(judged)
    assert 0 < len({near.row for one in found for near in one.near}) <= 4


def test_the_label_that_nobody_can_tell_is_wanted_most() -> None:
    draw = random.Random(3)
    guesses = [
        dataclasses.replace(row, label="guess") if draw.random() < 0.3 else row for row in rows()
    ]
    found = studied(guesses).wanted
    assert found[0].label == "guess"
    assert {one.label for one in found} == {*WORDS, "guess"}
    assert sum(one.found.rows for one in found) == len(guesses)


def test_the_surest_mistakes_come_first_with_the_rows_they_are_like() -> None:
    judged = [
        make_row("money word1", "refund", split="validation"),
        make_row("parcel word2", "refund", split="validation"),
        make_row("size word3", "parcel", split="validation"),
        make_row("courier word4", "size", split="validation"),
    ]
    answers = [
        answer("refund", 0.9),
        answer("parcel", 0.7),
        answer("size", 0.8),
        answer("parcel", 0.2, passed_on=True),
    ]
    found = study(FACTS, rows(), judged, answers, settings=TrainingSettings())
    assert [(one.label, one.answer) for one in found.mistakes] == [
        ("parcel", "size"),
        ("refund", "parcel"),
    ]
    assert found.mistakes[1].near[0].label == "parcel"
    assert (found.mistaken, found.judged) == (2, 4)


def test_what_was_answered_wrong_and_passed_on_is_counted_beside_the_mistakes() -> None:
    judged = [
        make_row("money word1", "refund", split="validation"),
        make_row("parcel word2", "refund", split="validation"),
        make_row("weather word3", OUT_OF_SCOPE, split="validation"),
    ]
    answers = [
        answer("refund", 0.3, passed_on=True),
        answer("parcel", 0.3, passed_on=True),
        answer("size", 0.3, passed_on=True),
    ]
    found = study(FACTS, rows(), judged, answers, settings=TrainingSettings())
    assert (found.mistaken, found.passed_on, found.judged) == (0, 1, 3)


def in_chats(count: int) -> list[Row]:
    return [dataclasses.replace(row, episode=f"chat {n % count}") for n, row in enumerate(rows())]


@pytest.mark.parametrize(
    ("facts", "train", "because"),
    [
        (FACTS, in_chats(1), "few conversations or groups of near-duplicates (1)"),
        (FACTS, in_chats(2), "groups of near-duplicates (2), and each stays whole; at least 3"),
        (dataclasses.replace(FACTS, task="translation"), rows(), "carry no single label"),
        (FACTS, [row for row in rows() if row.label == "size"], "at least two labels"),
        (FACTS, rows(each=3), f"at least {MIN_ROWS} are needed"),
    ],
)
def test_rows_that_allow_no_study_are_skipped_with_the_reason(
    facts: Facts, train: list[Row], because: str
) -> None:
    found = studied(train, facts=facts)
    assert because in found.skipped["curve"]
    assert found.curve == ()


def test_three_conversations_are_enough_for_a_study() -> None:
    assert studied(in_chats(3)).skipped == {}


@pytest.mark.parametrize("each", [10, 30])
def test_a_label_of_one_conversation_is_not_suspected_for_it(each: int) -> None:
    """Nothing of it teaches where it is told: each of its rows is told as something else."""
    some = [row for row in rows() if row.label == "refund"]
    size = [row for row in rows() if row.label == "size"][:each]
    chat = [dataclasses.replace(row, episode="chat") for row in size]
    assert "size" not in {one.label for one in studied([*some, *chat]).suspects}


def test_the_same_seed_gives_the_same_study_and_it_can_be_written_down() -> None:
    given, _ = flipped(rows(), 0.1)
    one, other = studied(given), studied(list(reversed(given)))
    assert dataclasses.replace(one, cpu_s=0) == dataclasses.replace(other, cpu_s=0)
    assert decode(Study, encode(one)) == one


def test_pairs_are_studied_by_both_texts() -> None:
    """The second text alone tells the label: a study of first texts would find nothing."""
    draw = random.Random(4)
    pairs = [
        dataclasses.replace(row, text=f"word{draw.randrange(40)}", pair=row.text) for row in rows()
    ]
    found = studied(pairs, facts=dataclasses.replace(FACTS, task="matching"))
    assert found.skipped == {}
    assert found.curve[-1].estimate > 0.9


@pytest.mark.parametrize(
    ("task", "value", "worse", "better"),
    [
        ("multi-label", "parcel|refund", "size", "refund"),
        ("regression", "3", "9", "4"),
        ("tagging", '[[0,5,"thing"],[6,9,"thing"]]', "[]", '[[0,5,"thing"]]'),
    ],
)
def test_mistakes_of_every_form_are_told_by_their_grade(
    task: Task, value: str, worse: str, better: str
) -> None:
    is_label = TASKS[task].says == "label"
    told = []
    for n in range(3):
        row = make_row(f"money word{n}", value if is_label else "", n=str(n))
        told.append(row if is_label else dataclasses.replace(row, target=value))
    answers = [
        answer(one, 0.5) if is_label else dataclasses.replace(answer("", 0.5), output=one)
        for one in (better, worse, value)
    ]
    facts = dataclasses.replace(FACTS, task=task, spread=4.0)
    found = study(facts, rows(), told, answers, settings=TrainingSettings())
    assert [(one.label, one.answer) for one in found.mistakes] == [(value, worse), (value, better)]
    assert found.mistakes[0].grade < found.mistakes[1].grade < 1
    assert (found.mistaken, found.judged, found.graded) == (2, 3, True)
    assert set(found.skipped) == {"curve", "suspects"}
    assert found.mistakes[0].near


def test_of_answers_that_are_texts_the_worst_rows_are_named_and_no_text_is_kept() -> None:
    facts = dataclasses.replace(FACTS, task="translation")
    judged = [dataclasses.replace(make_row("money word1", "", split="validation"), target="geheim")]
    taught = [dataclasses.replace(row, label="", target="geheim") for row in rows(each=9)]
    said = [dataclasses.replace(answer("", 0.0), output="heimlich")]
    found = study(facts, taught, judged, said, settings=TrainingSettings())
    (worst,) = found.mistakes
    assert (worst.row, worst.near[0].row in {row.id for row in taught}) == (judged[0].id, True)
    assert 0 < worst.grade < 1
    assert "heim" not in encode(found)
