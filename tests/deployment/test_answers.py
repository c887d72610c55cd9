from __future__ import annotations

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.codec import decode, encode
from chainring.contracts.deployment import Deployment
from chainring.contracts.ids import id_time
from chainring.contracts.prediction import LENGTH, Answer, Prediction
from chainring.contracts.request import Request
from chainring.deployment.answers import as_kept, as_sent, is_holdout, prediction
from chainring.text.chat import conversation
from chainring.text.normalise import group_key
from chainring.text.shifts import shifts_of

SECRET = b"s" * 32
DEPLOYMENT = Deployment(
    app="shop",
    model="blake2b:model",
    form="blake2b:form",
    form_name="bf16",
    engine="openvino",
    labels=("a", "b"),
    threshold=0.5,
    verdict="blake2b:verdict",
    dataset="blake2b:data",
)


def answer(text: str) -> Answer:
    return Answer(label="a", confidence=0.75, passed_on=False, text=text, scores={"a": 0.75})


def test_a_prediction_says_who_answered_what_to_whom() -> None:
    request = Request(text="我要退款", app="shop", episode="e1", author="u1")
    found = prediction(
        DEPLOYMENT, request, answer("我要退款"), secret=SECRET, latency_ms=1.5, at=1_700_000_000.0
    )
    assert (found.app, found.model, found.form) == ("shop", "blake2b:model", "bf16")
    assert (found.label, found.confidence, found.scores) == ("a", 0.75, {"a": 0.75})
    assert (found.language, found.episode, found.author) == ("zh", "e1", "u1")
    assert (found.latency_ms, found.at, found.variant) == (1.5, 1_700_000_000.0, "champion")
    assert found.id.startswith("pred_")
    assert id_time(found.id) == 1_700_000_000.0


@pytest.mark.parametrize(("said", "found"), [("退款", "zh"), ("Hello, a refund", "en")])
def test_a_conversation_has_the_language_of_its_messages(said: str, found: str) -> None:
    text = conversation(
        [{"role": "system", "content": "请简短。Be short"}, {"role": "user", "content": said}]
    )
    assert prediction(DEPLOYMENT, Request(text=text), answer(text), secret=SECRET).language == found


def test_a_prediction_keeps_what_was_written_beside_the_second_text() -> None:
    said = Answer(
        label="", confidence=0.2, passed_on=True, text="How long?", pair="It takes two days.",
        output="two days",
    )  # fmt: skip
    asked = Request(text="How long?", app="other")
    found = prediction(DEPLOYMENT, asked, said, secret=SECRET, variant="shadow")
    assert (found.output, found.pair, found.passed_on) == ("two days", "It takes two days.", True)
    assert (found.app, found.variant) == (DEPLOYMENT.app, "shadow")


def test_another_second_text_is_another_digest_and_another_group() -> None:
    found = [
        prediction(
            DEPLOYMENT, Request(text="How long?", pair=pair),
            replace(answer("How long?"), pair=pair), secret=SECRET,
        )
        for pair in ("", "It takes two days.", "Shoes cost 9.")
    ]  # fmt: skip
    assert len({one.request for one in found}) == len({one.group for one in found}) == 3


def test_a_passage_that_was_looked_up_moves_no_question_into_the_hold_out() -> None:
    for question in [f"第{number}号柜台在哪里？" for number in "一二三四五六七八九十"]:
        found = [
            prediction(
                DEPLOYMENT, Request(text=question), replace(answer(question), pair=passage),
                secret=SECRET,
            )
            for passage in ("", "柜台在一楼。", "A parcel takes three days.")
        ]  # fmt: skip
        assert {one.group for one in found} == {group_key(question, key=SECRET)}
        assert len({(one.request, one.holdout) for one in found}) == 1
        assert [one.looked_up for one in found] == [False, True, True]
        assert [one.given_pair for one in found] == ["", "", ""]


def test_a_prediction_says_whether_its_answer_was_cut() -> None:
    whole = answer("hello")
    for said, finish in ((whole, "stop"), (replace(whole, finish=LENGTH), "length")):
        found = prediction(DEPLOYMENT, Request(text="hello"), said, secret=SECRET)
        assert decode(Prediction, encode(found)).finish == finish


def test_the_same_text_has_two_ids_and_one_digest_group_and_hold_out() -> None:
    first, second = (
        prediction(DEPLOYMENT, Request(text=text), answer(text), secret=SECRET)
        for text in ("Where is my parcel?",) * 2
    )
    assert first.id != second.id
    assert (first.request, first.group, first.holdout) == (
        second.request,
        second.group,
        second.holdout,
    )


def test_the_prediction_carries_the_hold_out_of_its_group_at_the_given_share() -> None:
    asked = [Request(text=f"{name} refund") for name in ("shirt", "coat", "hat", "shoe", "sock")]
    for request in asked * 4:
        for share in (0.0, 0.2, 0.5, 1.0):
            found = prediction(
                DEPLOYMENT, request, answer(request.text), secret=SECRET, holdout_share=share
            )
            assert found.holdout is is_holdout(found.group, share=share)
    assert found.holdout, "at a share of one everything is held out"


def test_near_duplicates_share_their_group_but_not_their_digest() -> None:
    first, second = (
        prediction(DEPLOYMENT, Request(text=text), answer(text), secret=SECRET)
        for text in ("Where is my parcel?", "where is my PARCEL")
    )
    assert first.group == second.group
    assert first.request != second.request


def test_digest_and_group_need_the_key_and_hold_nothing_of_what_was_redacted() -> None:
    asked = Request(text="call 13912345678")
    first = prediction(DEPLOYMENT, asked, answer("call [phone]"), secret=SECRET)
    other = prediction(DEPLOYMENT, asked, answer("call [phone]"), secret=b"t" * 32)
    also = Request(text="call 13912345679")
    same = prediction(DEPLOYMENT, also, answer("call [phone]"), secret=SECRET)
    assert len({first.request, other.request}) == len({first.group, other.group}) == 2
    assert (same.request, same.group) == (first.request, first.group)


def test_a_fifth_of_the_groups_is_held_out() -> None:
    groups = [
        group_key(chr(0x4E00 + n // 500) + chr(0x4E00 + n % 500), key=SECRET) for n in range(5000)
    ]
    assert len(set(groups)) == 5000
    share = sum(map(is_holdout, groups)) / 5000
    assert abs(share - 0.2) < 0.023, "4 standard errors"


@pytest.mark.parametrize(
    ("group", "held_out"),
    [
        ("0" * 32, True),
        ("3" * 16 + "f" * 16, True),
        ("34" * 16, False),
        ("f" * 32, False),
    ],
)
def test_the_hold_out_is_the_lowest_fifth_of_the_hash(group: str, held_out: bool) -> None:
    assert is_holdout(group) is held_out


def test_without_a_share_nothing_is_held_out() -> None:
    assert not is_holdout("0" * 32, share=0.0)


@given(st.binary(min_size=16, max_size=16).map(bytes.hex), st.floats(0, 1), st.floats(0, 1))
def test_a_larger_hold_out_contains_the_smaller(group: str, one: float, other: float) -> None:
    low, high = sorted((one, other))
    assert is_holdout(group, share=high) >= is_holdout(group, share=low)


def test_tags_are_kept_in_the_text_of_the_log_and_told_in_the_one_that_was_sent() -> None:
    sent = "call  13812345678 the lamp"
    seen = Answer(  # of a model whose texts are normalised, not redacted
        label="",
        confidence=0.9,
        passed_on=False,
        text="call 13812345678 the lamp",
        output='[[5,9,"area"],[21,25,"item"]]',
        shifts=shifts_of(sent),
    )
    kept = as_kept(seen, form="tags")
    row = prediction(DEPLOYMENT, Request(text=sent), kept, secret=SECRET)
    row = decode(Prediction, encode(row))
    assert row.output == '[[5,12,"area"],[17,21,"item"]]'
    assert as_sent(row.output, row) == '[[6,17,"area"],[22,26,"item"]]'
    assert as_kept(seen, form="text") == seen


def test_a_row_of_before_the_shifts_is_read() -> None:
    row = prediction(DEPLOYMENT, Request(text="x"), answer("x"), secret=SECRET)
    old = encode(row).replace('"shifts":[],', "")
    assert "shifts" not in old
    assert decode(Prediction, old) == row
