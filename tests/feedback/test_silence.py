"""What silence says, in both languages: nothing, unless asked for and shown by review."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import FORGOTTEN, Guard
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction
from chainring.feedback.corrections import statements
from chainring.feedback.holdout import asked
from chainring.feedback.settings import FeedbackSettings
from chainring.feedback.silence import UNSURE_SILENCE, silent_rows

Build = Callable[..., Prediction]
Review = Callable[..., Label]
ON = FeedbackSettings(silence=True)


def answered(prediction: Build, number: int, **given: object) -> Feedback:
    """An answer as a snapshot holds it: a row of its own that says nothing."""
    chinese = number % 2 == 1
    text = f"我的包裹 {number} 到哪了？" if chinese else f"Where is parcel {number}?"
    return asked(prediction(number, language="zh" if chinese else "en", **given), text)


@pytest.fixture
def sample(prediction: Build, review: Review) -> Callable[..., tuple[list[Feedback], list[Label]]]:
    """Reviewed answers of the hold-out without a reaction, the first `right` of them right."""

    def build(count: int, *, right: int) -> tuple[list[Feedback], list[Label]]:
        rows = [answered(prediction, 1000 + n, holdout=True) for n in range(count)]
        truths = ["refund" if n < right else "track_order" for n in range(count)]
        return rows, [review(row.id, truth) for row, truth in zip(rows, truths, strict=True)]

    return build


Sample = Callable[..., tuple[list[Feedback], list[Label]]]


def test_answers_that_nobody_reacted_to_teach_what_was_answered_where_review_allows_it(
    prediction: Build, sample: Sample, guard: Guard
) -> None:
    rows, reviewed = sample(40, right=40)
    quiet = [answered(prediction, 1), answered(prediction, 2)]
    found, dropped = statements([*rows, *quiet], reviewed, guard, settings=ON)
    taught = [one for one in found if one.part == "train"]
    assert [(one.about.prediction, one.label, one.kind) for one in taught] == [
        ("pred_1", "refund", "model"),
        ("pred_2", "refund", "model"),
    ]
    assert {one.about.language for one in taught} == {"en", "zh"}
    assert {one.about.consent for one in taught} == {"owner"}
    assert not dropped.counts


def test_silence_says_nothing_unless_the_recipe_asks(
    prediction: Build, sample: Sample, guard: Guard
) -> None:
    rows, reviewed = sample(40, right=40)
    found, _ = statements(
        [*rows, answered(prediction, 1)], reviewed, guard, settings=FeedbackSettings()
    )
    assert {one.part for one in found} == {"holdout"}


@pytest.mark.parametrize(("count", "right"), [(0, 0), (20, 20), (40, 38)])
def test_too_few_or_too_many_wrong_ones_in_the_sample_keep_all_silence_out(
    count: int, right: int, prediction: Build, sample: Sample, guard: Guard
) -> None:
    rows, reviewed = sample(count, right=right)
    quiet = [answered(prediction, n) for n in range(5)]
    found, dropped = statements([*rows, *quiet], reviewed, guard, settings=ON)
    assert not [one for one in found if one.part == "train"]
    assert dropped.counts[UNSURE_SILENCE] == 5


def test_only_answers_without_any_reaction_are_silent(
    prediction: Build, sample: Sample, row: Callable[..., Feedback], guard: Guard
) -> None:
    rows, reviewed = sample(40, right=40)
    rated = [answered(prediction, 1), row(1, kind="rating", value="down")]
    flagged = [answered(prediction, 2), row(2, kind="flag", value="wrong")]
    found, _ = statements([*rows, *rated, *flagged], reviewed, guard, settings=ON)
    assert not [one for one in found if one.part == "train"]


def test_a_reviewed_answer_with_a_reaction_says_nothing_of_silence(
    sample: Sample, row: Callable[..., Feedback], prediction: Build
) -> None:
    rows, reviewed = sample(40, right=40)
    said = [
        row(2000 + n, prediction=one.prediction, value="refund", holdout=True)
        for n, one in enumerate(rows)
    ]
    decisions = {one.record: one for one in reviewed}
    _, sure = silent_rows([*rows, *said, answered(prediction, 1)], decisions, settings=ON)
    assert not sure


def test_passed_on_forgotten_reviewed_and_held_out_answers_stay_out(
    prediction: Build, sample: Sample, review: Review, guard: Guard
) -> None:
    rows, reviewed = sample(40, right=40)
    quiet = [
        answered(prediction, 1, passed_on=True),
        answered(prediction, 2, finish=FORGOTTEN),
        answered(prediction, 3, holdout=True),
        answered(prediction, 4),
    ]
    reviewed = [*reviewed, review("pred_4", "track_order")]
    found, dropped = statements([*rows, *quiet], reviewed, guard, settings=ON)
    taught = [(one.about.prediction, one.label, one.kind) for one in found if one.part == "train"]
    assert taught == [("pred_4", "track_order", "person")]
    assert dropped.counts == {FORGOTTEN: 1}


def test_out_of_scope_is_right_when_it_was_passed_on(prediction: Build, review: Review) -> None:
    rows = [answered(prediction, n, holdout=True, passed_on=True) for n in range(40)]
    decisions = {row.id: review(row.id, OUT_OF_SCOPE) for row in rows}
    assert silent_rows(rows, decisions, settings=ON) == ([], True)
    rows = [answered(prediction, n, holdout=True) for n in range(40)]
    assert silent_rows(rows, decisions, settings=ON) == ([], False)


@given(wrong=st.integers(0, 60), right=st.integers(0, 60))
def test_silence_teaches_only_where_its_share_is_surely_large_enough(
    wrong: int, right: int
) -> None:
    """Against the binomial tail itself: at the limit so many right ones have a chance under 5 %."""
    from scipy.stats import binom

    rows = [
        Feedback(
            id=f"pred_{n}", app="a", prediction=f"pred_{n}", kind="outcome", value="", author="",
            at=0.0, text="t", answer="refund", holdout=True, model="m",
        )
        for n in range(right + wrong)
    ]  # fmt: skip
    decisions = {
        row.id: Label(
            id=row.id, app="a", record=row.id, value="refund" if n < right else "other",
            author="r", author_kind="person",
        )
        for n, row in enumerate(rows)
    }  # fmt: skip
    _, sure = silent_rows(rows, decisions, settings=ON)
    tail = float(binom.sf(right - 1, right + wrong, ON.min_silent_right))
    assert sure == (right + wrong > 0 and tail <= 0.05)
