from __future__ import annotations

from typing import Any

import pytest

from chainring.contracts.label import Label, ReviewState
from chainring.contracts.record import Record
from chainring.data.settings import DataSettings


def decision(about: str, value: str, state: ReviewState = "accepted", **more: Any) -> Label:
    return Label(
        id=more.pop("id", f"dec_{about}_{value}"),
        app="shop",
        record=about,
        value=value,
        author="reviewer",
        author_kind="person",
        state=state,
        **more,
    )


def states(found: list[Label]) -> dict[tuple[str, str], str]:
    return {(label.author_kind, label.value): label.state for label in found}


@pytest.fixture
def shop(workshop: Any) -> Any:
    workshop.write_rows("help.jsonl", [("Where is my parcel?", "track"), ("我要退货", "return")])
    return workshop


def run(shop: Any, corrections: Any = (), decisions: tuple[Label, ...] = ()) -> list[Label]:
    return list(shop.read(Label, shop.labels(shop.records(), corrections, decisions)))


def test_the_label_column_of_the_source_is_accepted(shop: Any) -> None:
    english, chinese = run(shop)
    assert (english.value, english.author_kind, english.state) == ("track", "source", "accepted")
    assert (chinese.value, chinese.author) == ("return", "source")
    records = shop.read(Record, shop.records())
    assert [english.record, chinese.record] == [record.id for record in records]


def test_a_row_without_a_label_gets_none(shop: Any) -> None:
    shop.write_rows("help.jsonl", [{"text": "just text"}])
    assert run(shop) == []


def test_a_users_correction_becomes_a_label_that_names_its_feedback(
    shop: Any, correction: Any
) -> None:
    label = run(shop, [correction(1, "wheres my stuff", "track")])[-1]
    assert (label.author, label.author_kind, label.state) == ("ann", "user", "accepted")
    assert label.parents == ("pred_1", "fb_1")
    assert label.record == "rec_fb1"


def test_what_feedback_says_is_pending_stays_pending_and_is_counted(
    shop: Any, correction: Any
) -> None:
    made = shop.records()
    table = shop.labels(made, [correction(1, "wheres my stuff", "track", state="pending")])
    assert shop.read(Label, table)[-1].state == "pending"
    assert table.counts == {"waits for a review": 1}


def test_a_person_who_agrees_accepts_a_pending_correction(shop: Any, correction: Any) -> None:
    pending = correction(1, "wheres my stuff", "track", state="pending")
    found = run(shop, [pending], (decision("fb_1", "track", must=True),))[2:]
    assert states(found) == {("user", "track"): "accepted", ("person", "track"): "accepted"}
    assert all(label.must for label in found)
    assert "dec_fb_1_track" in found[0].parents


def test_a_person_who_changes_a_correction_supersedes_it(shop: Any, correction: Any) -> None:
    found = run(shop, [correction(1, "x y z", "track")], (decision("rec_fb1", "refund"),))[2:]
    assert states(found) == {("user", "track"): "rejected", ("person", "refund"): "accepted"}


def test_a_rejected_correction_is_kept_with_its_state(shop: Any, correction: Any) -> None:
    rejected = decision("fb_1", "track", "rejected")
    found = run(shop, [correction(1, "x y z", "track")], (rejected,))[2:]
    assert states(found) == {("user", "track"): "rejected", ("person", "track"): "rejected"}


def test_the_last_decision_counts_whatever_the_clock_says(shop: Any, correction: Any) -> None:
    first = decision("pred_1", "refund", at=200.0)
    last = decision("fb_1", "stock", at=100.0)
    found = run(shop, [correction(1, "x y z", "track")], (first, last))[2:]
    assert [label.value for label in found if label.state == "accepted"] == ["stock"]


def test_a_person_may_change_a_label_of_the_source(shop: Any) -> None:
    record = shop.read(Record, shop.records())[1]
    found = run(shop, (), (decision(record.id, "exchange"),))
    about = [label for label in found if label.record == record.id]
    assert states(about) == {("source", "return"): "rejected", ("person", "exchange"): "accepted"}


def test_a_person_may_name_a_text_that_had_no_label(shop: Any) -> None:
    shop.write_rows("help.jsonl", [{"text": "just text"}])
    record = shop.read(Record, shop.records())[0]
    (label,) = run(shop, (), (decision(record.id, "chat"),))
    assert (label.record, label.value, label.author_kind) == (record.id, "chat", "person")


def test_a_decision_about_nothing_here_is_counted(shop: Any) -> None:
    table = shop.labels(shop.records(), (), (decision("fb_99", "track"),))
    assert table.counts == {"decisions on nothing here": 1}
    assert table.rows == 2


def test_what_feedback_let_through_of_one_user_stands(shop: Any, correction: Any) -> None:
    shop.settings = DataSettings(review_doubtful=False)
    said = [correction(i, f"text {i}", "track", author="bob") for i in range(120)]
    table = shop.labels(shop.records(), said)
    assert {label.state for label in shop.read(Label, table)} == {"accepted"}
    assert table.counts == {}


def _field(shop: Any) -> None:
    tracks = [f"where is my parcel number {w}" for w in "one two three four five six".split()]
    returns = [f"I want to return the {w}" for w in "coat hat shoe bag shirt belt".split()]
    tracks += [f"我的{w}到哪了" for w in ("包裹", "快递", "鞋子", "衣服", "帽子", "箱子")]
    returns += [f"我要退掉这件{w}" for w in ("包裹", "快递", "鞋子", "衣服", "帽子", "箱子")]
    shop.write_rows("help.jsonl", [(t, "track") for t in tracks] + [(t, "return") for t in returns])


def test_a_correction_that_contradicts_the_data_waits_and_a_fitting_one_counts(
    shop: Any, correction: Any
) -> None:
    _field(shop)
    said = [
        correction(1, "where is my parcel number seven", "return"),
        correction(2, "我的快递现在到哪了", "return"),
        correction(3, "where is my parcel number eight", "track"),
        correction(4, "do you sell gift cards", "gift_card"),
    ]
    table = shop.labels(shop.records(), said)
    found = {label.record: label.state for label in shop.read(Label, table)}
    assert [found[f"rec_fb{i}"] for i in (1, 2, 3, 4)] == [
        "pending",
        "pending",
        "accepted",
        "accepted",
    ]
    assert table.counts == {"doubtful: waits for a review": 2}
    shop.settings = DataSettings(review_doubtful=False)
    assert {label.state for label in run(shop, said)} == {"accepted"}


def test_a_doubtful_correction_that_a_person_accepted_counts(shop: Any, correction: Any) -> None:
    _field(shop)
    said = [correction(1, "where is my parcel number seven", "return")]
    found = run(shop, said, (decision("fb_1", "return"),))
    assert {label.state for label in found} == {"accepted"}


def _against(shop: Any, value: str, said: list[Record], *decisions: Label) -> dict[str, str]:
    """Write a row that teaches among others, and return the states of what users say of it."""
    shop.settings = DataSettings(test_share=0, validation_share=0, min_rows_per_label=1)
    more = [("Is it here?", "track"), ("我要退货", "return"), ("send it back", "return")]
    shop.write_rows("help.jsonl", [("Where is my parcel 4?", value), *more])
    return {one.record: one.state for one in run(shop, said, decisions) if one.parents}


def test_a_users_label_of_a_text_that_the_files_label_otherwise_waits(
    shop: Any, correction: Any
) -> None:
    said = [
        correction(1, "where is my  PARCEL 4", "return"),
        correction(2, "Where is my parcel 4?", "track"),
        correction(3, "Where is my parcel 5?", "return"),
    ]
    states = _against(shop, "track", said)
    assert list(states.values()) == ["pending", "accepted", "accepted"]
    table = shop.labels(shop.records(), said)
    assert table.counts == {"the files say otherwise: waits for a review": 1}
    held = next(one for one in shop.read(Label, table) if one.state == "pending")
    assert held.parents[-1] == shop.read(Record, shop.records())[0].id
    data = shop.dataset(said)
    assert {row.text: row.label for row in shop.rows(data)}["Where is my parcel 4?"] == "track"
    assert "conflicting duplicate" not in data.counts
    shop.settings = DataSettings(review_doubtful=False)
    assert {one.state for one in run(shop, said)} == {"accepted"}


def test_a_correction_of_the_files_that_a_person_accepted_replaces_their_row(
    shop: Any, correction: Any
) -> None:
    said = [correction(1, "Where is my parcel 4?", "return")]
    accepted = decision("fb_1", "return")
    assert set(_against(shop, "track", said, accepted).values()) == {"accepted"}
    rows = shop.rows(shop.dataset(said, (accepted,)))
    assert [row.label for row in rows if row.text.startswith("Where is my")] == ["return"]


def test_where_a_person_spoke_or_the_files_contradict_themselves_nothing_is_asked(
    shop: Any, correction: Any
) -> None:
    text = "Where is my parcel 4?"
    reviewed = correction(1, text, "return", author_kind="person", reaction="review")
    said = [reviewed, correction(2, text, "return")]
    assert _against(shop, "track", said) == {"rec_fb1": "accepted", "rec_fb2": "accepted"}
    rows = [(text, "track"), (text, "return"), ("Is it here?", "track"), ("我要退货", "return")]
    shop.write_rows("help.jsonl", rows)
    assert {one.state for one in run(shop, said[1:])} == {"accepted"}


def test_a_users_number_goes_by_the_files_of_the_same_text(shop: Any, correction: Any) -> None:
    _stars(shop)
    said = [correction(n, "it was good", "", target=t) for n, t in enumerate(("5", "1.0"))]
    shop.write_rows("help.jsonl", [{"text": "it was good", "target": 1}, {"text": "bad"}])
    shop.settings = DataSettings(task="regression", test_share=0)
    assert [one.state for one in run(shop, said)][1:] == ["pending", "accepted"]


def test_what_judges_a_model_does_not_choose_its_training_rows(shop: Any, correction: Any) -> None:
    _field(shop)
    text = "where is my parcel number one"
    judges = [correction(i, text, "return", part="holdout", author_kind="person") for i in range(9)]
    asked = correction(20, "where is my parcel number seven", "return", author="eve")
    found = {label.record: label.state for label in run(shop, [*judges, asked])}
    assert found["rec_fb20"] == "pending"


def _stars(shop: Any, **settings: Any) -> None:
    shop.settings = DataSettings(task="regression", **settings)
    texts = ("good", "不错", "bad", "糟透了", "okay", "一般", "fine", "nice", "poor", "awful")
    rows = [{"text": f"it was {t}", "target": 1 + n % 5} for n, t in enumerate(texts * 3)]
    shop.write_rows("help.jsonl", rows)


def test_a_users_number_far_outside_the_files_waits(shop: Any, correction: Any) -> None:
    _stars(shop)
    said = [
        correction(n, f"so {n}", "", target=t) for n, t in enumerate(("9", "-3", "50", "1e300"))
    ]
    table = shop.labels(shop.records(), said)
    found = [one.state for one in shop.read(Label, table) if one.author_kind == "user"]
    assert found == ["accepted", "accepted", "pending", "pending"]
    assert table.counts == {"far outside the data's 1 to 5: waits for a review": 2}
    accepted = (decision("fb_2", "50"),)
    after = [one for one in run(shop, said, accepted) if one.author_kind == "user"]
    assert [one.state for one in after] == ["accepted"] * 3 + ["pending"]
    _stars(shop, review_doubtful=False)
    assert {one.state for one in run(shop, said)} == {"accepted"}


def test_users_do_not_move_the_yardstick_of_numbers(shop: Any, correction: Any) -> None:
    _stars(shop)
    before = shop.dataset().spread
    said = [correction(n, f"so {n} 很", "", target="9") for n in range(5)]
    after = shop.dataset(said)
    assert any(row.feedback for row in shop.rows(after, "train"))
    assert after.spread == before > 0


def test_a_thumbs_down_that_a_person_agreed_with_stays_one(shop: Any, correction: Any) -> None:
    rated = correction(1, "how long does it take", "", rejected="wait", state="accepted")
    found = run(shop, [rated], (decision("fb_1", "", private=True),))[2:]
    assert [(one.value, one.state) for one in found] == [("", "accepted")] * 2


def test_a_thumbs_down_once_accepted_with_its_answer_stays_one(shop: Any, correction: Any) -> None:
    rated = correction(1, "how long does it take", "", rejected="wait", reaction="rating")
    found = run(shop, [rated], (decision("fb_1", "wait", private=True),))[2:]
    assert [(one.value, one.state) for one in found] == [("", "accepted")] * 2
    other = run(shop, [rated], (decision("pred_1", "wait", private=True),))[2:]
    assert [one.value for one in other if one.state == "accepted"] == ["wait"]
