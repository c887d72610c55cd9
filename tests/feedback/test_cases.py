"""Cases: opened by a flag, closed by a person, followed by the reporter."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chainring.contracts.case import Case
from chainring.contracts.errors import ConflictError, InputError
from chainring.contracts.feedback import FLAG_KINDS, Feedback
from chainring.feedback.cases import case, close, truth_of

Row = Callable[..., Feedback]
SECRET = b"key"


@pytest.fixture
def opened(row: Row) -> Case:
    return case(row(1, kind="flag", value="private", author="王芳"), secret=SECRET)


@pytest.mark.parametrize("kind", FLAG_KINDS)
def test_every_kind_of_flag_opens_a_case(row: Row, kind: str) -> None:
    made = case(row(1, kind="flag", value=kind, author="ann"), secret=SECRET)
    assert (made.kind, made.state, made.reporter) == (kind, "open", "ann")
    assert (made.prediction, made.opened_by, made.at) == ("pred_1", "fb_1", 1.0)


def test_the_same_flag_opens_the_same_case_and_its_id_does_not_tell_the_flags(row: Row) -> None:
    one, other = row(1, kind="flag", value="wrong"), row(2, kind="flag", value="wrong")
    opened = case(one, secret=SECRET)
    assert case(one, secret=SECRET) == opened
    assert case(other, secret=SECRET).id != opened.id
    assert "fb_1" not in opened.id
    assert case(one, secret=b"another project").id != opened.id, "nobody derives it without the key"


def test_what_is_no_flag_opens_no_case(row: Row) -> None:
    with pytest.raises(InputError, match="only a flag opens a case; fb_1 is a correction"):
        case(row(1), secret=SECRET)


def closed(opened: Case, **given: Any) -> Case:
    facts = {"outcome": "label corrected", "told": "Thank you. 已更正。", "owner": "bo"}
    return close(opened, **(facts | given))


def test_a_closed_case_says_what_was_done_and_told_and_keeps_who_reported_it(opened: Case) -> None:
    done = closed(opened, truth=" 退款 ", must=True)
    assert (done.state, done.outcome, done.told) == (
        "closed",
        "label corrected",
        "Thank you. 已更正。",
    )
    assert (done.truth, done.must, done.owner) == ("退款", True, "bo")
    assert (done.id, done.reporter, done.opened_by) == (opened.id, "王芳", "fb_1")


def test_the_truth_of_a_case_lies_in_the_text_that_was_answered(opened: Case) -> None:
    text = "see Carla in Lima soon"
    with pytest.raises(InputError) as caught:
        closed(opened, truth='[[4,999,"city"]]', task="tagging", text=text)
    assert "ends behind the text of 22 characters" in str(caught.value.faults)
    done = closed(opened, truth='[[13,17,"city"]]', task="tagging", text=text)
    assert done.truth == '[[13,17,"city"]]'


def test_a_closed_case_stays_closed(opened: Case) -> None:
    with pytest.raises(ConflictError, match="was closed by bo"):
        closed(closed(opened))


def test_every_fault_of_a_closing_is_told_at_once(opened: Case) -> None:
    with pytest.raises(InputError) as caught:
        closed(opened, outcome=" ", told="很" * 2001, owner="", must=True)
    assert [fault.partition(":")[0] for fault in caught.value.faults] == [
        "outcome", "told", "owner", "must",
    ]  # fmt: skip
    with pytest.raises(InputError, match="is written 'refund' here"):
        closed(opened, truth="Refund", labels=["refund"])


def test_the_truth_of_a_closed_case_is_what_the_next_turn_learns(opened: Case) -> None:
    label = truth_of(closed(opened, truth="退款", must=True), now=9.0)
    assert label is not None
    assert (label.record, label.value, label.must) == ("fb_1", "退款", True)
    assert (label.author, label.author_kind, label.state) == ("bo", "person", "accepted")
    assert truth_of(closed(opened), now=9.0) is None
    assert truth_of(opened, now=9.0) is None


def test_a_case_that_an_alarm_opened_has_nobody_to_tell(opened: Case) -> None:
    alarm = replace(opened, kind="drift", reporter="", because="texts have another length")
    assert closed(alarm, told="").because == "texts have another length"
    with pytest.raises(InputError, match="outcome"):
        closed(alarm, told="", outcome=" ")
    with pytest.raises(InputError, match="told"):
        closed(opened, told="")
