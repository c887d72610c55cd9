"""Reactions of every kind, right and wrong, become feedback or one error with all faults."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.dataset import Task
from chainring.contracts.errors import InputError
from chainring.contracts.feedback import OWN_WORDS, Feedback, FeedbackKind
from chainring.contracts.ids import id_time, new_id
from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.contracts.values import tags_of
from chainring.feedback.collect import KINDS, feedback, said_after
from chainring.text.shifts import shifts_of

Build = Callable[..., Prediction]
LABELS = ("refund", "track_order", "退款")
LOST = new_id("pred")


def react(prediction: Prediction | None, kind: str, value: str = "", **given: Any) -> Feedback:
    about = LOST if prediction is None else prediction.id
    reaction = Reaction(prediction=about, kind=kind, value=value, **given)  # type: ignore[arg-type]
    return feedback(prediction, reaction, labels=LABELS, now=1_700_000_000.0, app="support")


def faults(prediction: Prediction | None, kind: str, value: str = "", **given: Any) -> list[str]:
    with pytest.raises(InputError) as caught:
        react(prediction, kind, value, **given)
    return list(caught.value.faults)


@pytest.mark.parametrize(
    ("kind", "value", "stored"),
    [
        ("rating", "down", "down"),
        ("confirmation", "", "refund"),
        ("confirmation", "refund", "refund"),
        ("correction", " 退款 ", "退款"),
        ("correction", "ｇｉｆｔ card", "gift card"),
        ("flag", "unfair", "unfair"),
        ("preference", "pred_01kb3d5e7f9g1h3j5k7m9n1p3q", "pred_01kb3d5e7f9g1h3j5k7m9n1p3q"),
        ("outcome", "已退货 call 13912345678", "已退货 call [phone]"),
        ("comment", "that helped", ""),
    ],
)
def test_each_kind_is_stored_with_its_value(
    prediction: Build, kind: str, value: str, stored: str
) -> None:
    assert react(prediction(1), kind, value).value == stored


@pytest.mark.parametrize("kind", KINDS)
def test_a_kind_that_takes_a_persons_words_is_known_to_forgetting(
    prediction: Build, kind: FeedbackKind
) -> None:
    words = "my lawyer Jane Roe"
    try:
        stored = react(prediction(1, label=words), kind, words)
    except InputError:
        return
    assert stored.value == "" or kind in OWN_WORDS


def test_the_last_word_of_an_author_on_an_answer_is_the_latest_although_the_clock_was_set_back(
    prediction: Build,
) -> None:
    asked = prediction(1)
    first = react(asked, "correction", "track_order", author="bo")
    early = replace(first, at=first.at - 3600.0)
    later = said_after([first], early)
    assert first.at < later.at < first.at + 1.0
    assert later == replace(early, at=later.at)
    assert said_after([first, later], early).at > later.at
    assert said_after([replace(first, author="ann")], early) == early
    assert said_after([early], first) == first
    for one, other in (("", "a" * 12), ("a" * 12, "")):
        assert said_after([replace(first, via=one)], replace(early, via=other)).at > first.at
    assert said_after([replace(first, via="b" * 12)], replace(early, via="a" * 12)).at == early.at


@pytest.mark.parametrize(
    ("kind", "value", "private"),
    [
        ("outcome", "Jane Roe was sent to hospital", True),
        ("preference", "我更喜欢律师的回答 13912345678", True),
        ("preference", "pred_13912345678", True),
        ("preference", "pred_janeroe", True),
        ("preference", "pred_01kb3d5e7f9g1h3j5k7m9n1p3q", False),
        ("correction", "refund", False),
        ("rating", "up", False),
        ("flag", "private", False),
        ("comment", "that helped", False),  # it lies in `comment`
    ],
)
def test_what_a_person_said_in_words_lies_where_it_can_be_erased(
    prediction: Build, kind: str, value: str, private: bool
) -> None:
    stored = react(prediction(1), kind, value)
    assert stored.private is private
    assert "13912345678" not in stored.value


def test_what_is_stored_hangs_on_its_prediction(prediction: Build) -> None:
    asked = prediction(1, holdout=True, episode="e1")
    stored = react(asked, "correction", "track_order", author="bo", consent="training")
    assert stored.id.startswith("fb_")
    assert id_time(stored.id) == 1_700_000_000.0
    assert (stored.prediction, stored.app, stored.model) == ("pred_1", "support", "m1")
    assert (stored.answer, stored.group, stored.holdout) == ("refund", "g1", True)
    assert (stored.author, stored.consent, stored.episode) == ("bo", "training", "e1")
    assert react(asked, "rating", "up").author == "asker"


def test_a_comment_keeps_no_personal_data_in_either_language(prediction: Build) -> None:
    stored = react(
        prediction(1), "comment", "", comment="我的手机13912345678，mail bob@example.com"
    )
    assert stored.comment == "我的手机[phone]，mail [email]"
    hidden = react(prediction(1), "comment", "call 139\u200b12345678")
    assert hidden.comment == "call [phone]"


def test_a_reaction_to_an_unknown_prediction_is_kept_as_an_orphan() -> None:
    stored = react(None, "correction", "refund", author="bo")
    assert (stored.prediction, stored.app, stored.model) == (LOST, "support", "")
    assert react(None, "confirmation").value == ""


def test_confirming_that_a_text_was_passed_on_names_no_label(prediction: Build) -> None:
    asked = prediction(1, passed_on=True)
    assert react(asked, "confirmation").value == ""
    assert react(asked, "confirmation", "refund").value == "refund"


def test_the_same_key_of_one_author_on_one_answer_is_one_feedback(prediction: Build) -> None:
    one = react(prediction(1), "rating", "up", author="ann", key="k")
    again = react(prediction(1), "rating", "up", author="ann", key="k")
    assert one.key == again.key != ""
    others = {
        react(prediction(1), "rating", "up", author="bo", key="k").key,
        react(prediction(2), "rating", "up", author="ann", key="k").key,
        react(prediction(1), "rating", "up", author="ann", key="l").key,
        react(prediction(1), "rating", "up", author='ann", "k', key="k").key,
    }
    assert len(others | {one.key}) == 5
    assert react(prediction(1), "rating", "up").key == ""


@pytest.mark.parametrize(
    ("kind", "value", "told"),
    [
        ("ratin", "up", "did you mean 'rating'"),
        ("rating", "upp", "did you mean 'up'"),
        ("flag", "harmfull", "did you mean 'harmful'"),
        ("correction", "", "a label is expected"),
        ("correction", "Track Order", "is written 'track_order' here"),
        ("correction", "<b>", "no name for a label"),
        ("confirmation", "退款", "send the kind 'correction'"),
        ("comment", " \u200b ", "a text is expected"),
        ("comment", "很" * 2001, "2,001 characters"),
        ("preference", "", "expected, found nothing"),
        ("outcome", "x" * 201, "use `comment`"),
    ],
)
def test_a_wrong_value_is_told_with_the_next_step(
    prediction: Build, kind: str, value: str, told: str
) -> None:
    (fault,) = faults(prediction(1), kind, value)
    assert told in fault


def test_every_fault_is_told_at_once(prediction: Build) -> None:
    found = faults(
        None,
        "rating",
        "sideways",
        comment="x" * 2001,
        author="a" * 201,
        episode="two\nlines",
        key="\ud800",
    )
    assert [fault.partition(":")[0] for fault in found] == [
        "author", "episode", "key", "value", "comment",
    ]  # fmt: skip


@pytest.mark.parametrize(
    "chosen", ["13912345678", "pred_13912345678", "pred_zhang.wei@example.org", f"fb_{26 * '0'}"]
)
def test_an_id_that_no_answer_can_have_is_refused_for_nothing_would_forget_it(chosen: str) -> None:
    said = Reaction(prediction=chosen, kind="rating", value="up")
    with pytest.raises(InputError, match="no answer has this id") as caught:
        feedback(None, said, labels=(), now=0.0)
    assert chosen not in str(caught.value)
    for prefix in ("pred", "shad"):
        later = replace(said, prediction=new_id(prefix))
        assert feedback(None, later, labels=(), now=0.0).prediction == later.prediction


def test_a_reaction_to_nothing_is_refused() -> None:
    with pytest.raises(InputError, match="prediction: the id of an answer is expected"):
        feedback(None, Reaction(prediction="", kind="rating", value="up"), labels=(), now=0.0)


def test_new_labels_can_be_closed(prediction: Build) -> None:
    reaction = Reaction(prediction="pred_1", kind="correction", value="gift_card")
    with pytest.raises(InputError, match="unknown label 'gift_card'"):
        feedback(prediction(1), reaction, labels=LABELS, now=0.0, new_labels=False)


@given(
    kind=st.sampled_from([*KINDS, "other"]),
    value=st.text(max_size=50),
    comment=st.text(max_size=50),
    author=st.text(max_size=10),
)
def test_no_reaction_does_anything_but_become_feedback_or_an_input_error(
    prediction: Build, kind: str, value: str, comment: str, author: str
) -> None:
    try:
        stored = react(prediction(1), kind, value, comment=comment, author=author)
    except InputError as error:
        assert error.faults  # noqa: PT017
    else:
        assert stored.comment.encode("utf-8").decode() == stored.comment
        assert stored.value.encode("utf-8").decode() == stored.value


SENT = "call 13812345678 the lamp does not work"
KEPT = "call [phone] the lamp does not work"


def tagged(
    prediction: Build, value: str, *, kind: FeedbackKind = "correction", **given: Any
) -> Feedback:
    about = prediction(1, label="", output='[[17,21,"item"]]')
    about = replace(about, shifts=shifts_of(SENT, rules="redact.v2"))
    return feedback(
        None if given.get("unknown") else about,
        Reaction(prediction=LOST if given.get("unknown") else "pred_1", kind=kind, value=value),
        labels=["item", "contact"],
        now=2.0,
        task="tagging",
        text=given.get("text", KEPT),
    )


@pytest.mark.parametrize("text", [KEPT, ""])
@pytest.mark.parametrize("word", ["lamp", "13812345678", "work"])
def test_places_of_a_correction_count_in_the_text_as_it_was_sent(
    prediction: Build, word: str, text: str
) -> None:
    start = SENT.index(word)
    ((first, last, _),) = tags_of(
        tagged(prediction, f'[[{start}, {start + len(word)}, "item"]]', text=text).value
    )
    assert KEPT[first:last] == word.replace("13812345678", "[phone]")


@pytest.mark.parametrize(
    ("value", "cause"),
    [
        ('[[35, 40, "item"]]', "ends behind the text of 39 characters"),
        ('[[5, 9, "contact"]]', "takes a part of what is hidden as one, 5 to 16"),
    ],
)
def test_tags_that_do_not_fit_the_text_as_it_was_sent_are_refused(
    prediction: Build, value: str, cause: str
) -> None:
    with pytest.raises(InputError, match=cause):
        tagged(prediction, value)


def test_tags_are_confirmed_as_they_were_told(prediction: Build) -> None:
    assert tagged(prediction, "", kind="confirmation").value == '[[17,21,"item"]]'
    assert tagged(prediction, '[[21,25,"item"]]', kind="confirmation").value == '[[17,21,"item"]]'
    with pytest.raises(InputError, match="does not confirm"):
        tagged(prediction, '[[17,21,"item"]]', kind="confirmation")


@pytest.mark.parametrize("kind", ["correction", "confirmation"])
def test_tags_of_an_answer_that_is_not_known_have_no_place(
    prediction: Build, kind: FeedbackKind
) -> None:
    with pytest.raises(InputError, match="not known"):
        tagged(prediction, '[[21,25,"item"]]', kind=kind, unknown=True)
    assert tagged(prediction, "", kind="confirmation", unknown=True).value == ""


@pytest.mark.parametrize(
    ("task", "facts", "said"),
    [
        ("multi-label", {"label": "delivery|refund"}, "refund|delivery"),
        ("multi-label", {"label": "|"}, "[]"),
        ("regression", {"label": "", "output": "3.5"}, "3.50"),
        ("tagging", {"label": "", "output": '[[0,4,"item"]]'}, '[[0, 4, "item"]]'),
    ],
)
def test_a_value_written_otherwise_confirms_the_answer(
    prediction: Build, task: Task, facts: dict[str, str], said: str
) -> None:
    asked = prediction(1, **facts)
    reaction = Reaction(prediction=asked.id, kind="confirmation", value=said)
    labels = ("delivery", "refund")
    found = feedback(asked, reaction, labels=labels, now=1.0, app="support", task=task, text="item")
    assert found.value == asked.value
    other = Reaction(prediction=asked.id, kind="confirmation", value="something else")
    with pytest.raises(InputError, match="does not confirm"):
        feedback(asked, other, labels=labels, now=1.0, app="support", task=task, text="item")
