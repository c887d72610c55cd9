"""What becomes of feedback: the newest word, caps, hold-out, consent, decisions; both languages."""

import json
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import settings as hypothesis
from hypothesis import strategies as st

from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import Guard
from chainring.contracts.label import Label
from chainring.contracts.placement import Choice, Placement
from chainring.contracts.prediction import Prediction
from chainring.contracts.record import Record
from chainring.contracts.table import Table
from chainring.contracts.work import Work
from chainring.feedback.caps import author_limit
from chainring.feedback.corrections import corrections, statements
from chainring.feedback.holdout import asked
from chainring.feedback.settings import FeedbackSettings
from chainring.feedback.statement import Statement
from chainring.hardware.executor import LocalExecutor
from chainring.store.tables import read_table, write_table
from chainring.store.trees import TreeStore
from chainring.trust.access import _issue

Row = Callable[..., Feedback]
Review = Callable[..., Label]
AUTO = FeedbackSettings()
CPU = Choice(value="cpu", because="test")


def no_predictor(*_: object, **__: object) -> None:
    raise AssertionError("no model is opened here")


def made(
    tmp_path: Path,
    rows: list[Feedback],
    guard: Guard,
    reviewed: tuple[Label, ...] = (),
    settings: FeedbackSettings = AUTO,
) -> tuple[Table[Record], list[Record], list[dict[str, str]]]:
    trees = TreeStore(tmp_path / "store")
    work = Work(
        app="support",
        trees=trees,
        scratch=tmp_path / "scratch",
        secret=b"secret",
        seed=0,
        placement=Placement(device=CPU, precision=CPU, threads=CPU, executor=CPU),
        executor=LocalExecutor(),
        open_predictor=no_predictor,  # type: ignore[arg-type]
        say=lambda _: None,
    )
    folder = work.folder("feedback")
    count = write_table(folder, rows)
    table: Table[Feedback] = Table(address=trees.put(folder, kind="feedback"), rows=count)
    result = corrections(table, reviewed, guard, work=work, settings=settings)
    place = trees.open(result.address)
    lines = (place / "dropped.jsonl").read_text(encoding="utf-8").splitlines()
    return result, list(read_table(Record, place)), [json.loads(line) for line in lines]


def said(
    rows: list[Feedback], guard: Guard, *reviewed: Label, settings: FeedbackSettings = AUTO
) -> tuple[list[Statement], Counter[str]]:
    found, dropped = statements(rows, reviewed, guard, settings=settings)
    return found, dropped.counts


def test_feedback_on_a_wrong_answer_becomes_a_training_record(
    tmp_path: Path, row: Row, guard: Guard
) -> None:
    rows = [
        row(1, text="我的包裹到哪了？手机13912345678", language="zh", consent="training"),
        row(2, kind="confirmation", value="refund", text="Money back please", author="bo"),
    ]
    table, (chinese, english), dropped = made(tmp_path, rows, guard)
    assert chinese.text == "我的包裹到哪了？手机[phone]"
    assert chinese.parents == ("pred_1", "fb_1")
    assert (chinese.language, chinese.consent, chinese.group) == ("zh", "training", "g1")
    assert (chinese.source, chinese.licence) == ("feedback", "user feedback")
    assert chinese.fields == {
        "label": "track_order",
        "author": "ann",
        "author_kind": "user",
        "state": "accepted",
        "part": "train",
        "reaction": "correction",
    }
    assert (english.fields["label"], english.fields["reaction"]) == ("refund", "confirmation")
    assert chinese.id != english.id
    assert (table.rows, table.counts, dropped) == (2, {"part: train": 2}, [])


def test_turns_of_one_conversation_share_a_key_that_tells_nothing_of_its_name(
    tmp_path: Path, row: Row, prediction: Callable[..., Prediction], review: Review, guard: Guard
) -> None:
    """What was corrected and what was reviewed of the hold-out are one conversation, too."""
    answer = prediction(9, holdout=True, episode="13912345678")
    rows = [
        row(1, episode="13912345678"),
        row(2, episode="another"),
        row(3, episode=""),
        asked(answer, "where is my parcel"),
    ]
    _, found, _ = made(tmp_path, rows, guard, (review(answer.id, "refund"),))
    keys = {one.locator: one.episode for one in found}
    assert keys[rows[0].id] == keys[answer.id] != keys[rows[1].id]
    assert (keys[rows[2].id], "episode" in found[2].fields) == ("", False)
    assert not [one for one in found if "1391234567" in str(one.fields)]


@pytest.mark.parametrize("looked_up", [True, False])
@pytest.mark.parametrize("given", [{}, {"id": "pred_1", "kind": "outcome", "holdout": True}])
def test_a_passage_is_the_pair_of_a_record_only_where_the_asker_named_it(
    tmp_path: Path, row: Row, review: Review, guard: Guard, looked_up: bool, given: dict[str, Any]
) -> None:
    wrong = row(1, pair="罗马的人27岁。", looked_up=looked_up, **given)
    decided = (review("pred_1", "21"),) if given else ()
    _, (record,), _ = made(tmp_path, [wrong], guard, decided)
    assert record.fields.get("pair", "") == ("" if looked_up else "罗马的人27岁。")
    assert record.fields["part"] == ("holdout" if given else "train")


def test_the_same_snapshot_gives_the_same_tree_in_whatever_order_it_is_written(
    tmp_path: Path, row: Row, guard: Guard
) -> None:
    rows = [row(number, author=f"a{number % 3}") for number in range(20)]
    one, _, _ = made(tmp_path / "one", rows, guard)
    other, _, _ = made(tmp_path / "other", rows[::-1], guard)
    assert one == other


def test_without_feedback_there_is_an_empty_table(tmp_path: Path, guard: Guard) -> None:
    table, records, dropped = made(tmp_path, [], guard)
    assert (table.rows, records, dropped, table.counts) == (0, [], [], {})


def test_ratings_preferences_outcomes_comments_and_flags_make_no_record(
    row: Row, guard: Guard
) -> None:
    kinds = [("rating", "up"), ("preference", "pred_2"), ("outcome", "ok"), ("flag", "wrong")]
    rows = [row(n, kind=kind, value=value) for n, (kind, value) in enumerate(kinds)]
    rows.append(row(9, kind="comment", value="", comment="应该是 track_order"))
    assert said(rows, guard) == ([], {})


def test_the_newest_statement_of_an_author_on_an_answer_wins(row: Row, guard: Guard) -> None:
    rows = [
        row(1, prediction="pred_1", value="track_order"),
        row(2, prediction="pred_1", value="退款"),
        row(3, prediction="pred_1", kind="rating", value="down"),
        row(4, prediction="pred_1", value="cancel", author="bo"),
        row(5, prediction="pred_2", value="cancel"),
        row(6, prediction="pred_2", kind="confirmation", value="refund"),
    ]
    found, dropped = said(rows, guard)
    assert {(one.about.author, one.about.prediction): one.label for one in found} == {
        ("ann", "pred_1"): "退款",
        ("bo", "pred_1"): "cancel",
        ("ann", "pred_2"): "refund",
    }
    assert dropped == {"superseded by its author": 2}


def test_the_last_word_of_an_author_on_one_text_stands_whichever_answer_it_was_about(
    row: Row, review: Callable[..., Label], guard: Guard
) -> None:
    same = {"text": "Where is my parcel?", "group": "g"}
    rows = [
        row(1, value="track_order", **same),
        row(2, value="退款", **same),
        row(3, value="cancel", **(same | {"author": "bo"})),
        row(4, value="cancel", **(same | {"text": "where is my parcel"})),
        *(row(n, value=value, **(same | {"author": author}))
          for n, (author, value) in enumerate(TWO_BEHIND_ONE, 5)),
    ]  # fmt: skip
    found, dropped = said(rows, guard)
    assert [one.about.id for one in found] == [f"fb_{n}" for n in (2, 3, 4, 5, 6, 7, 8)]
    assert dropped == {"superseded by its author": 1}
    decided = review("fb_1", "track_order")
    found, _ = statements(rows, [decided], guard, settings=FeedbackSettings())
    assert {"fb_1", "fb_2"} <= {one.about.id for one in found}
    found, _ = statements(rows, [], guard, settings=FeedbackSettings(), task="translation")
    assert {"fb_1", "fb_2"} <= {one.about.id for one in found}


def test_a_word_said_again_is_not_new_and_one_that_cannot_teach_takes_none_away(row: Row) -> None:
    guard = Guard(redact=True, log="redacted", retention_s=1.0, allowed_consents=("training",))
    same = {"text": "Where is my parcel?", "group": "g", "consent": "training"}
    first = row(1, value="track_order", **same)
    for later in (
        row(2, value="track_order", **same),
        row(2, value="退款", **(same | {"consent": "none"})),
        row(2, kind="confirmation", value="", passed_on=True, **same),
    ):
        found, dropped = said([first, later], guard)
        assert [one.about.id for one in found] == ["fb_1"], later
        assert sum(dropped.values()) == 1
    between, again = row(2, value="退款", **same), row(3, value="track_order", **same)
    found, dropped = said([first, between, again], guard)
    assert [one.about.id for one in found] == ["fb_1"]
    assert dropped == {"superseded by its author": 1, "said before by its author": 1}


KEY = _issue("ask", "a web shop", None, 0.0)[1].id
TWO_BEHIND_ONE = [("", "track_order"), ("", "退款"), (KEY, "track_order"), (KEY, "退款")]


def test_consent_that_is_withdrawn_takes_the_older_statement_along(row: Row) -> None:
    guard = Guard(redact=True, log="redacted", retention_s=1.0, allowed_consents=("training",))
    rows = [
        row(1, prediction="pred_1", consent="training"),
        row(2, prediction="pred_1", consent="none"),
        row(3, consent="training"),
    ]
    found, dropped = said(rows, guard)
    assert [one.about.id for one in found] == ["fb_3"]
    assert dropped == {"superseded by its author": 1, "consent not allowed: none": 1}


SHOP, HELP = "a" * 12, "b" * 12


@pytest.mark.parametrize(
    "vias", [("", SHOP), (SHOP, ""), ("", "", SHOP), (SHOP, "", SHOP)], ids=str
)
@pytest.mark.parametrize("answers", ["one", "several"])
def test_an_author_whose_application_is_unknown_is_the_same_in_each(
    row: Row, vias: tuple[str, ...], answers: str
) -> None:
    """Of before an upgrade, or of the terminal: nobody can tell the two apart."""
    guard = Guard(redact=True, log="redacted", retention_s=1.0, allowed_consents=("training",))
    same: dict[str, Any] = {"text": "Where is my parcel?", "group": "g", "consent": "training"}
    same |= {"prediction": "pred_1"} if answers == "one" else {}
    labels = ("track_order", "退款", "cancel")
    rows = [row(n, value=labels[n], via=via, **same) for n, via in enumerate(vias)]
    found, dropped = said(rows, guard)
    assert [one.about.id for one in found] == [rows[-1].id]
    assert dropped == {"superseded by its author": len(rows) - 1}
    if answers == "one":
        withdrawn = [*rows[:-1], replace(rows[-1], consent="no, withdrawn")]
        assert said(withdrawn, guard)[0] == []
    found, _ = said([replace(one, value="退款", author=KEY) for one in rows], guard)
    assert len(found) == 1, "one request, corrected alike"


def test_an_author_of_two_applications_is_two_people(row: Row, guard: Guard) -> None:
    same = {"text": "Where is my parcel?", "group": "g"}
    old, first = row(1, value="cancel", **same), row(2, value="track_order", via=SHOP, **same)
    other = row(3, value="退款", via=HELP, **same)
    assert [one.about.id for one in said([first, other], guard)[0]] == ["fb_2", "fb_3"]
    assert [one.about.id for one in said([old, first, other], guard)[0]] == ["fb_2", "fb_3"]
    last = replace(old, at=4.0)
    assert [one.about.id for one in said([first, other, last], guard)[0]] == ["fb_1"]


@pytest.mark.parametrize("author", ["ann", ""])
def test_who_refuses_through_a_new_key_takes_back_what_came_by_the_old_one(
    row: Row, guard: Guard, author: str
) -> None:
    same: dict[str, Any] = {"prediction": "pred_1", "author": author}
    before = row(1, via=SHOP, consent="training", **same)
    refusal = row(2, via=HELP, consent="refused", **same)
    found, dropped = said([before, refusal], guard)
    assert found == []
    assert dropped.get("superseded by its author", 0) == bool(author)
    again = row(3, via=SHOP, consent="training", **same)
    found, _ = said([before, refusal, again], guard)
    assert [one.about.id for one in found] == (["fb_3"] if author else []), "who has no name?"


def test_what_an_author_said_before_an_upgrade_counts_for_his_cap(row: Row, guard: Guard) -> None:
    few = FeedbackSettings(max_rows_per_author=3)
    rows = [row(n, via="" if n < 3 else SHOP) for n in range(5)]
    states = [one.state for one in said(rows, guard, settings=few)[0]]
    assert states == ["accepted"] * 3 + ["pending"] * 2


def test_what_cannot_be_used_is_dropped_with_its_reason_and_without_its_text(
    tmp_path: Path, row: Row, guard: Guard
) -> None:
    rows = [
        row(1, text=""),
        row(2, model="", text="", answer=""),
        row(3, kind="confirmation", value="", passed_on=True, text="SECRET 秘密"),
        row(4),
        row(5, group="g4"),
    ]
    table, records, dropped = made(tmp_path, rows, guard)
    reasons = {
        "text erased or not logged": 1,
        "its prediction is unknown": 1,
        "confirms that the text was passed on, which says no label": 1,
        "said before by its author": 1,
    }
    assert table.counts == {**reasons, "part: train": 1}
    assert [record.parents[1] for record in records] == ["fb_4"]
    assert {line["feedback"] for line in dropped} == {"fb_1", "fb_2", "fb_3", "fb_5"}
    assert set(dropped[0]) == {"reason", "feedback", "prediction"}
    assert "秘密" not in json.dumps(dropped, ensure_ascii=False)


def test_the_same_request_corrected_alike_by_two_people_is_two_statements(
    row: Row, guard: Guard
) -> None:
    rows = [row(1, group="g"), row(2, group="g", author="bo"), row(3, group="g", value="退款")]
    assert len(said(rows, guard)[0]) == 3


def test_of_repeated_statements_the_one_that_a_person_decided_on_stays(
    row: Row, review: Review, guard: Guard
) -> None:
    rows = [row(1, group="g"), row(2, group="g"), row(3, group="g")]
    assert [one.about.id for one in said(rows, guard)[0]] == ["fb_1"]
    found, dropped = said(rows, guard, review("fb_2"))
    assert [one.about.id for one in found] == ["fb_2"]
    assert dropped == {"said before by its author": 2}


def test_confirmations_can_be_turned_off(row: Row, guard: Guard) -> None:
    rows = [row(1, kind="confirmation", value="refund"), row(2)]
    found, dropped = said(rows, guard, settings=FeedbackSettings(confirmations=False))
    assert [one.about.id for one in found] == ["fb_2"]
    assert dropped == {"confirmations are not used": 1}


def test_with_review_of_all_every_undecided_correction_waits(
    tmp_path: Path, row: Row, review: Review, guard: Guard
) -> None:
    decided = (
        review("fb_1"),
        review("fb_2", state="rejected"),
        review("fb_4", author_kind="model"),
    )
    table, records, _ = made(
        tmp_path, [row(n) for n in (1, 2, 3, 4)], guard, decided, FeedbackSettings(review="all")
    )
    assert [record.fields["state"] for record in records] == [
        "accepted", "rejected", "pending", "pending",
    ]  # fmt: skip
    assert table.counts["every correction is reviewed: waits for a review"] == 2
    assert records[2].fields["why"] == "every correction is reviewed"


def test_leaving_the_name_out_lifts_no_cap(row: Row, guard: Guard) -> None:
    rows = [row(number, author="") for number in range(60)]
    found, _ = said(rows, guard)
    assert Counter(one.state for one in found) == {"accepted": 50, "pending": 10}
    assert all(one.state == "accepted" for one in found[:50])


def test_a_persons_decision_lifts_the_cap_for_what_was_decided(
    row: Row, review: Review, guard: Guard
) -> None:
    rows = [row(number) for number in range(60)]
    found, _ = said(rows, guard, *(review(f"fb_{n}") for n in range(50, 60)))
    assert Counter(one.state for one in found) == {"accepted": 60}


@pytest.mark.parametrize(
    ("counts", "limit"),
    [
        ({"only": 30}, 50),  # one user of a small project is not held back by a share
        ({str(n): 40 for n in range(5)}, 50),  # a fifth each: the share cannot be kept by all
        ({"hostile": 95, **{str(n): 1 for n in range(5)}}, 20),
        ({"hostile": 20, **{str(n): 1 for n in range(5)}}, 10),
        ({str(n): 100 for n in range(100)}, 50),
    ],
)
def test_the_share_of_one_author_is_bounded_where_it_can_be(
    counts: dict[str, int], limit: int
) -> None:
    assert author_limit(counts, settings=AUTO) == limit


EVENTS = st.lists(
    st.tuples(
        st.sampled_from(["ann", "bo", "", "王芳", "x", "y", "z"]),
        st.integers(0, 12),
        st.sampled_from(["track_order", "退款", "cancel"]),
        st.sampled_from(["correction", "confirmation", "rating"]),
        st.booleans(),
    ),
    max_size=60,
)


@given(events=EVENTS, cap=st.integers(1, 6), data=st.data())
@hypothesis(deadline=None)
def test_caps_supersession_and_hold_out_hold_for_any_history(
    row: Row,
    guard: Guard,
    events: list[tuple[str, int, str, str, bool]],
    cap: int,
    data: st.DataObject,
) -> None:
    rows = [
        row(n, author=author, prediction=f"pred_{asked}", value=value, kind=kind, holdout=asked < 4)
        for n, (author, asked, value, kind, _) in enumerate(events)
    ]
    chosen = FeedbackSettings(max_rows_per_author=cap)
    found, dropped = said(rows, guard, settings=chosen)

    last = {
        (one.author, one.prediction): one
        for one in rows
        if one.kind in ("correction", "confirmation")
    }
    assert {(one.about.author, one.about.prediction): one.label for one in found} == {
        pair: one.value for pair, one in last.items()
    }
    stated = sum(one.kind in ("correction", "confirmation") for one in rows)
    assert len(found) + sum(dropped.values()) == stated

    accepted = Counter(one.about.author for one in found if one.state == "accepted")
    assert all(number <= cap for number in accepted.values())
    assert all(one.about.author not in accepted or accepted[one.about.author] == cap
               for one in found if one.state == "pending")  # fmt: skip
    assert all((one.part == "train") != one.about.holdout for one in found)

    shuffled = data.draw(st.permutations(rows))
    assert said(shuffled, guard, settings=chosen) == (found, dropped)


def test_what_is_said_of_the_hold_out_never_trains(
    tmp_path: Path, row: Row, review: Review, guard: Guard
) -> None:
    rows = [
        row(1, holdout=True),
        row(2, holdout=True, kind="flag", value="wrong"),
        row(3, holdout=True, kind="confirmation", value="refund"),
        row(4),
    ]
    _, records, _ = made(tmp_path, rows, guard, (review("fb_1"), review("fb_2", "退款")))
    parts = {record.parents[1]: record.fields["part"] for record in records}
    assert parts == {"fb_1": "reacted", "fb_2": "reacted", "fb_3": "reacted", "fb_4": "train"}


def test_a_reviewed_hold_out_answer_judges_with_the_true_label_of_its_reviewer(
    tmp_path: Path,
    prediction: Callable[..., Prediction],
    review: Review,
    guard: Guard,
) -> None:
    rows = [
        asked(prediction(1, holdout=True, language="zh"), "怎么退货？我的邮箱a@b.com"),
        asked(prediction(2, passed_on=True, confidence=0.2), "hello"),
        asked(prediction(3, holdout=True), None),
        asked(prediction(4, holdout=True), "asdf"),
        asked(prediction(5, holdout=True), "not reviewed"),
    ]
    reviewed = (
        review("pred_1", "return", must=True),
        review("pred_2", "out_of_scope"),
        review("pred_3"),
        review("pred_4", state="rejected"),
        review("pred_9"),
        review("rec_1"),
    )
    table, (first, second), _ = made(tmp_path, rows, guard, reviewed)
    assert first.text == "怎么退货？我的邮箱[email]"
    assert first.parents == ("pred_1",)
    assert first.fields == {
        "label": "return",
        "author": "asker",
        "author_kind": "person",
        "state": "accepted",
        "part": "holdout",
        "reaction": "review",
        "must": "true",
    }
    assert (second.fields["part"], second.fields["label"]) == ("train", "out_of_scope")
    assert table.counts == {
        "left out by a person": 1,
        "part: holdout": 1,
        "part: train": 1,
        "reviewed answer not in the snapshot": 1,
        "text erased or not logged": 1,
    }


def test_a_sampled_answer_that_was_corrected_too_gives_both_its_rows(
    row: Row, prediction: Callable[..., Prediction], review: Review, guard: Guard
) -> None:
    corrected = row(1, holdout=True, value="wrong_label", consent="training")
    own = asked(prediction(1, holdout=True), corrected.text)
    found, _ = said([corrected, own], guard, review("pred_1", "退款"))
    assert {(one.part, one.label, one.about.consent) for one in found} == {
        ("reacted", "wrong_label", "training"),
        ("holdout", "退款", "training"),
    }
    alone, _ = said([corrected], guard, review("pred_1", "退款"))
    assert {(one.part, one.label) for one in alone} == {
        ("reacted", "wrong_label"),
        ("holdout", "退款"),
    }


@pytest.mark.parametrize(
    ("consents", "given"),
    [
        ([], "owner"),
        (["none"], None),
        (["refused"], None),
        (["training", "No "], None),
        (["none", "training"], "training"),
    ],
)
def test_a_review_makes_no_consent_for_users_who_gave_none(
    row: Row,
    prediction: Callable[..., Prediction],
    review: Review,
    guard: Guard,
    consents: list[str],
    given: str | None,
) -> None:
    strict = replace(guard, allowed_consents=("training", "owner"))
    reactions = [
        row(n, prediction="pred_1", kind="comment", value="", author=f"u{n}", consent=consent)
        for n, consent in enumerate(consents, 5)
    ]
    own = asked(prediction(1), "Where is my parcel?")
    found, dropped = said([own, *reactions], strict, review("pred_1", "退款"))
    assert [one.about.consent for one in found] == ([given] if given else [])
    assert sum(dropped.values()) == (given is None)


def test_a_flag_teaches_only_what_a_person_found_true(
    row: Row, review: Review, guard: Guard
) -> None:
    flags = [row(n, kind="flag", value="wrong") for n in (1, 2, 3)]
    found, dropped = said(
        flags, guard, review("fb_1", "退款", must=True), review("fb_2", state="rejected")
    )
    (one,) = found
    assert (one.label, one.kind, one.part, one.about.id) == ("退款", "person", "train", "fb_1")
    assert one.decision is not None
    assert one.decision.must
    assert dropped == {"left out by a person": 1}


def test_an_accepted_answer_that_says_nothing_is_no_row(
    row: Row, prediction: Callable[..., Prediction], review: Review, guard: Guard
) -> None:
    """Neither of the hold-out nor to train on: its text would stand there with no value."""
    rows = [
        replace(asked(prediction(n, holdout=n == 1, label=""), "who found penicillin"), answer="")
        for n in (1, 2)
    ]
    decided = [review(f"pred_{n}", "") for n in (1, 2)]
    found, dropped = said(rows, guard, *decided)
    assert (found, dropped) == ([], {"says no label": 2})


def test_of_two_decisions_the_last_given_counts(row: Row, review: Review, guard: Guard) -> None:
    flag = row(1, kind="flag", value="wrong")
    first, second = review("fb_1", "cancel"), replace(review("fb_1", "退款"), id="lab_2")
    assert [one.label for one in said([flag], guard, first, second)[0]] == ["退款"]


def test_where_the_owner_does_not_redact_the_text_stays(tmp_path: Path, row: Row) -> None:
    guard = Guard(redact=False, log="redacted", retention_s=1.0)
    _, (record,), _ = made(tmp_path, [row(1, text="call 13912345678")], guard)
    assert record.text == "call 13912345678"
