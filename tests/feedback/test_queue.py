"""The review queue: order, what never shows, and what a decision becomes."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chainring.contracts.dataset import Task
from chainring.contracts.errors import InputError
from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import Guard
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction
from chainring.contracts.tasks import TASKS
from chainring.feedback.corrections import statements
from chainring.feedback.holdout import kept_to_decide
from chainring.feedback.queue import ReviewItem, decide, review_items
from chainring.feedback.settings import FeedbackSettings

Row = Callable[..., Feedback]
Ask = Callable[..., Prediction]
Review = Callable[..., Label]
AUTO = FeedbackSettings()
LABELS = ("refund", "track_order", "退款")


def queue(
    rows: list[Feedback],
    asked: list[Prediction],
    guard: Guard,
    *reviewed: Label,
    settings: FeedbackSettings = AUTO,
    erased: tuple[str, ...] = (),
    **given: Any,
) -> list[ReviewItem]:
    by_id = {one.id: one for one in asked}
    return review_items(
        rows,
        asked,
        reviewed,
        guard,
        texts=lambda names: ((by_id[one], f"text of {one}") for one in names if one not in erased),
        secret=b"secret",
        settings=settings,
        **given,
    )


def test_what_is_most_urgent_comes_first(row: Row, prediction: Ask, guard: Guard) -> None:
    rows = [
        row(1, value="doubted"),
        row(2),
        row(3, value="退款"),
        row(4, kind="flag", value="harmful", comment="冒犯人"),
    ]
    asked = [
        prediction(10, confidence=0.3),
        prediction(11, passed_on=True, confidence=0.6),
        prediction(12, holdout=True, confidence=0.99),
        prediction(13, confidence=0.97),
    ]
    items = queue(
        rows,
        asked,
        guard,
        settings=FeedbackSettings(max_rows_per_author=2),
        doubtful={"fb_1": "the data says refund"},
    )
    assert [(item.kind, item.id) for item in items] == [
        ("flag", "fb_4"),
        ("correction", "fb_3"),
        ("doubtful", "fb_1"),
        ("holdout", "pred_12"),
        ("unsure", "pred_11"),
        ("unsure", "pred_10"),
    ]
    flag, pending, doubtful, holdout, passed, unsure = items
    assert flag.why == "flagged as harmful: 冒犯人"
    assert (pending.proposed, pending.answer) == ("退款", "refund")
    assert pending.why == "more than 2 of one author"
    assert doubtful.why == "the data says refund"
    assert (holdout.text, holdout.confidence) == ("text of pred_12", 0.99)
    assert (passed.why, unsure.why) == ("passed on to a person, 60% sure", "only 30% sure")
    assert all(item.text and item.app == "support" for item in items)
    assert len(queue(rows, asked, guard, limit=1)) == 1


def test_what_a_person_decided_is_not_asked_again(
    row: Row, prediction: Ask, review: Review, guard: Guard
) -> None:
    rows = [row(1), row(2, kind="flag", value="wrong")]
    asked = [prediction(3, holdout=True), prediction(4, passed_on=True)]
    all_ = FeedbackSettings(review="all")
    assert len(queue(rows, asked, guard, settings=all_)) == 4
    names = ("fb_1", "fb_2", "pred_3", "pred_4")
    assert queue(rows, asked, guard, *map(review, names), settings=all_) == []
    set_back = [review(name, state="pending") for name in names]
    assert len(queue(rows, asked, guard, *set_back, settings=all_)) == 4


def test_a_row_of_the_hold_out_is_shown_as_part_of_the_sample_only(
    row: Row, prediction: Ask, guard: Guard
) -> None:
    rows = [row(1, holdout=True), row(2)]
    asked = [prediction(3, holdout=True, passed_on=True, confidence=0.1)]
    items = queue(rows, asked, guard, settings=FeedbackSettings(review="all"))
    assert [(item.kind, item.id) for item in items] == [
        ("correction", "fb_2"),
        ("holdout", "pred_3"),
    ]


def test_what_has_no_text_any_more_is_not_shown(row: Row, prediction: Ask, guard: Guard) -> None:
    rows = [row(1, text=""), row(2, text="", kind="flag", value="wrong")]
    asked = [
        prediction(3, holdout=True),
        prediction(4, passed_on=True),
        prediction(5, holdout=True),
    ]
    items = queue(
        rows,
        asked,
        guard,
        settings=FeedbackSettings(review="all", sample_per_turn=1, deciding_share=0),
        erased=("pred_3", "pred_4"),
    )
    assert [item.id for item in items] == ["pred_5"]


def test_the_sample_of_a_turn_is_bounded(prediction: Ask, review: Review, guard: Guard) -> None:
    asked = [prediction(n, holdout=True) for n in range(10)]
    bounded = FeedbackSettings(sample_per_turn=4, deciding_share=0)
    first = queue([], asked, guard, settings=bounded)
    assert len(first) == 4
    done = [review(item.id, at=50.0) for item in first[:3]]
    assert len(queue([], asked, guard, *done, settings=bounded, since=10.0)) == 1
    assert len(queue([], asked, guard, *done, settings=bounded, since=60.0)) == 4
    assert queue([], asked, guard, *done, settings=bounded)[0] == first[3]


def test_what_the_last_verdict_asks_comes_after_flags_alone_until_it_is_answered(
    row: Row, prediction: Ask, review: Review, guard: Guard
) -> None:
    rows = [row(9, kind="flag", value="wrong"), row(8)]
    asked = [prediction(n, holdout=True) for n in range(3)]
    wanted = ["pred_2", "pred_0", "pred_77"]
    every = FeedbackSettings(review="all")
    items = queue(rows, asked, guard, settings=every, deciding=wanted, erased=("pred_0",))
    assert [item.kind for item in items[:3]] == ["flag", "deciding", "correction"]
    assert items[1].id == "pred_2"
    assert "decides" in items[1].why
    said = decide(items[1], "accept", by="ann", labels=LABELS, now=1.0)
    assert said.decides
    later = queue(rows, asked, guard, said, deciding=wanted, erased=("pred_0",))
    assert "pred_2" not in [item.id for item in later]


def test_answers_that_are_kept_to_decide_are_not_sampled(prediction: Ask, guard: Guard) -> None:
    asked = [prediction(n, holdout=True) for n in range(60)]
    settings = FeedbackSettings(deciding_share=0.5)
    sampled = {item.id for item in queue([], asked, guard, settings=settings)}
    kept = kept_to_decide(asked, sampled=(), size=60, secret=b"secret", share=0.5)
    assert sampled
    assert sampled == {one.id for one in asked} - {one.id for one in kept}


@pytest.mark.parametrize("task", [one for one in TASKS if TASKS[one].form != "one"])
def test_a_task_of_other_values_than_one_label_samples_all_of_the_hold_out(
    prediction: Ask, guard: Guard, task: Task
) -> None:
    asked = [prediction(n, holdout=True) for n in range(60)]
    sampled = queue([], asked, guard, settings=FeedbackSettings(deciding_share=0.5), task=task)
    assert {item.id for item in sampled} == {one.id for one in asked}


def test_an_answer_whose_user_refused_is_not_sampled(
    row: Row, prediction: Ask, guard: Guard
) -> None:
    asked = [prediction(n, holdout=True) for n in range(4)]
    said = [
        row(0, holdout=True, consent="refused"),
        row(1, holdout=True, kind="rating", value="down", consent="不同意"),
        row(2, holdout=True, consent="none"),
    ]
    settings = FeedbackSettings(deciding_share=0)
    items = {item.id for item in queue(said, asked, guard, settings=settings)}
    assert items == {"pred_2", "pred_3"}


def test_unsure_answers_to_near_duplicates_are_asked_about_once(
    prediction: Ask, guard: Guard
) -> None:
    asked = [prediction(n, confidence=0.5 + n / 100, group="same") for n in range(5)]
    assert [item.id for item in queue([], asked, guard)] == ["pred_0"]
    apart = [prediction(n, confidence=0.5 + n / 100) for n in range(5)]
    assert len(queue([], apart, guard, unsure=2)) == 2
    assert queue([], apart, guard, unsure_below=0.5) == []


def test_a_number_that_no_model_can_learn_is_not_accepted() -> None:
    far = replace(ITEM, answer="3", proposed="1e300")
    with pytest.raises(InputError) as caught:
        decide(far, "accept", by="ann", labels=(), now=1.0, task="regression")
    assert "a number from" in str(caught.value.faults)
    said = decide(replace(far, proposed="5"), "accept", by="a", labels=(), now=1, task="regression")
    assert said.value == "5"


def test_to_accept_a_thumbs_down_lets_it_stand(row: Row, guard: Guard) -> None:
    every = FeedbackSettings(review="all")
    rated = row(1, kind="rating", value="down", answer="Dan的退款")
    (item,) = queue([rated], [], guard, settings=every, task="translation")
    assert item.refused
    assert item.why.startswith("rated down, and to accept is to agree")
    common: dict[str, Any] = {"by": "ann", "labels": (), "now": 1.0}
    for shown in ("", "Dan的退款"):
        agreed = decide(item, "accept", value=shown, task="translation", **common)
        assert (agreed.value, agreed.state) == ("", "accepted")
    (one,), _ = statements([rated], [agreed], guard, settings=every, task="translation")
    assert (one.label, one.rejected, one.state) == ("", "Dan的退款", "accepted")
    unused = FeedbackSettings(ratings=False)
    assert statements([rated], [agreed], guard, settings=unused, task="translation")[0] == []
    better = decide(item, "change", value="Zoe的退款", task="translation", **common)
    assert better.value == "Zoe的退款"
    with pytest.raises(InputError) as caught:
        decide(item, "change", value="Dan的退款", task="translation", **common)
    assert "the answer that was rated down" in str(caught.value.faults)
    with pytest.raises(InputError) as caught:
        decide(item, "accept", **common)
    assert "names no value" in str(caught.value.faults)


@pytest.mark.parametrize("task", ["question-answering", "translation"])
def test_where_nothing_was_answered_there_is_nothing_to_accept(task: Any) -> None:
    empty = replace(ITEM, kind="unsure", answer="", proposed="")
    with pytest.raises(InputError) as caught:
        decide(empty, "accept", by="ann", labels=(), now=1.0, task=task)
    assert "nothing was answered that could be accepted" in str(caught.value.faults)
    said = decide(empty, "change", value="三天", by="ann", labels=(), now=1.0, task=task)
    assert said.value == "三天"


ITEM = ReviewItem(
    id="fb_1",
    app="support",
    kind="correction",
    prediction="pred_1",
    text="我的包裹到哪了？",
    answer="refund",
    proposed="track_order",
)


def said(decision: str, **given: Any) -> Label:
    item = given.pop("item", ITEM)
    facts: dict[str, Any] = {"by": "王芳", "labels": LABELS, "now": 5.0}
    return decide(item, decision, **(facts | given))


def test_a_decision_becomes_a_label_about_the_item() -> None:
    made = said("accept", must=True)
    assert made.id.startswith("lab_")
    assert (made.record, made.parents) == ("fb_1", ("pred_1", "fb_1"))
    assert (made.value, made.state, made.must) == ("track_order", "accepted", True)
    assert (made.author, made.author_kind, made.at) == ("王芳", "person", 5.0)
    assert said("accept", value="track_order").value == "track_order"
    assert said("change", value=" 退款 ").value == "退款"
    assert said("change", value="gift card").value == "gift card"
    assert said("reject").state == "rejected"


def test_to_accept_where_nothing_is_proposed_says_that_the_answer_is_right() -> None:
    assert said("accept", item=replace(ITEM, kind="holdout", proposed="")).value == "refund"


@pytest.mark.parametrize(
    ("task", "value"),
    [("regression", "3.5"), ("translation", "Wo ist es?"), ("question-answering", "两天")],
)
def test_where_answers_are_close_rather_than_equal_the_hold_out_is_told_without_looking_at_one(
    prediction: Ask, guard: Guard, task: Task, value: str
) -> None:
    asked = [prediction(1, label="", output="3.61", holdout=True), prediction(2, confidence=0.1)]
    holdout, unsure = queue([], asked, guard, task=task)
    assert (holdout.answer, holdout.confidence, unsure.answer) == ("", None, "refund")
    assert "without an answer to lean on" in holdout.why
    item = replace(ITEM, kind="holdout", answer="3.61", proposed="")
    for accepted in ("", "3.61"):
        with pytest.raises(InputError) as caught:
            said("accept", item=item, task=task, value=accepted)
        assert "the only true one" in str(caught.value.faults)
    assert said("change", item=item, task=task, value=value).value == value
    assert said("reject", item=item, task=task).state == "rejected"


@pytest.mark.parametrize("task", ["classification", "multi-label"])
def test_an_answer_of_the_hold_out_that_is_right_or_wrong_may_be_accepted(
    prediction: Ask, guard: Guard, task: Task
) -> None:
    (item,) = queue([], [prediction(1, holdout=True)], guard, task=task)
    assert (item.answer, said("accept", item=item, task=task).value) == ("refund", "refund")


@pytest.mark.parametrize(
    ("decision", "given", "told"),
    [
        ("accpt", {}, "did you mean 'accept'"),
        ("accept", {"value": "退款"}, "decide `change`"),
        ("change", {}, "a label is expected"),
        ("change", {"value": "Refund"}, "is written 'refund' here"),
        ("change", {"value": "new", "new_labels": False}, "unknown label 'new'"),
        ("reject", {"must": True}, "no truth"),
        ("reject", {"by": " "}, "who decides"),
    ],
)
def test_a_wrong_decision_is_told_with_the_next_step(
    decision: str, given: dict[str, Any], told: str
) -> None:
    with pytest.raises(InputError, match="cannot be stored") as caught:
        said(decision, **given)
    (fault,) = caught.value.faults
    assert told in fault


def test_every_fault_of_a_decision_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        said("change", by="", value="<b>")
    assert len(caught.value.faults) == 2


def test_a_decision_closes_the_circle_to_the_next_turn(row: Row, guard: Guard) -> None:
    all_ = FeedbackSettings(review="all")
    rows = [row(1), row(2, kind="flag", value="wrong")]
    flag, correction = queue(rows, [], guard, settings=all_)
    labels = (
        said("accept", item=correction),
        said("change", item=flag, value="退款", must=True),
    )
    found, _ = statements(rows, labels, guard, settings=all_)
    assert [(one.label, one.state, one.kind) for one in found] == [
        ("track_order", "accepted", "user"),
        ("退款", "accepted", "person"),
    ]


def test_items_bring_the_second_text_along(prediction: Ask, guard: Guard) -> None:
    asked = [
        prediction(1, pair="包裹什么时候到", holdout=True),
        prediction(2, pair="x", passed_on=True),
    ]
    found = queue([], asked, guard)
    assert {item.kind: item.pair for item in found} == {"holdout": "包裹什么时候到", "unsure": "x"}


def test_a_rating_that_waits_says_how_the_answer_was_rated(row: Row, guard: Guard) -> None:
    settings = FeedbackSettings.model_validate({"review": "all"})
    rows = [row(1, kind="rating", value="down", answer="请稍等")]
    (item,) = queue(rows, [], guard, settings=settings, task="dialogue")
    assert (item.answer, item.proposed) == ("请稍等", "")
    assert item.why == "rated down, and to accept is to agree; every correction is reviewed"


def test_of_a_preference_that_waits_the_preferred_answer_is_proposed(
    row: Row, guard: Guard
) -> None:
    settings = FeedbackSettings.model_validate({"review": "all"})
    told = {"text": "退款要几天？", "group": "g"}
    rows = [
        row(1, kind="preference", value="pred_2", answer="请稍等", **told),
        row(2, id="pred_2", kind="outcome", value="", author="", answer="五天", **told),
    ]
    (item,) = queue(rows, [], guard, settings=settings, task="generation")
    assert (item.id, item.answer, item.proposed) == ("fb_1", "请稍等", "五天")
