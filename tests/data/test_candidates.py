from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.label import AuthorKind, Label, ReviewState
from chainring.contracts.record import Record
from chainring.contracts.tasks import Form
from chainring.data.candidates import Candidate, collapsed, joined, settled
from chainring.data.dropped import DROPPED_FILE, Dropped
from chainring.text.normalise import fold


@pytest.fixture
def dropped(tmp_path: Path) -> Iterator[Dropped]:
    with Dropped(tmp_path) as found:
        yield found


def record(name: str, text: str = "text", **more: Any) -> Record:
    return Record(
        id=name,
        app="shop",
        text=text,
        digest=text,
        source="a.csv",
        locator=name,
        licence="owner",
        consent="owner",
        language="en",
        group=fold(text),
        **more,
    )


def label(
    about: str,
    value: str,
    kind: AuthorKind = "source",
    state: ReviewState = "accepted",
    **more: Any,
) -> Label:
    return Label(
        id=f"{about}-{value}-{kind}",
        app="shop",
        record=about,
        value=value,
        author="a",
        author_kind=kind,
        state=state,
        **more,
    )


def candidate(
    name: str, text: str, value: str, kind: AuthorKind = "source", part: str = ""
) -> Candidate:
    said = (label(name, value, kind),)
    about = record(name, text, parents=(f"fb_{name}",) if part else ())
    return Candidate(record=about, label=value, kind=kind, given="", part=part, labels=said)


@pytest.mark.parametrize(
    ("said", "stands"),
    [
        ([("source", "a")], ("source", "a")),
        ([("source", "a"), ("source", "a"), ("user", "b")], ("user", "b")),
        ([("user", "a"), ("user", "a"), ("person", "b")], ("person", "b")),
        ([("model", "a"), ("source", "b")], ("source", "b")),
        ([("user", "a"), ("user", "b"), ("user", "b")], ("user", "b")),
        ([("user", "a"), ("user", "b"), ("source", "b")], None),
        ([("person", "a"), ("person", "b")], None),
    ],
)
def test_a_person_is_heard_before_a_user_before_the_source_and_then_the_majority(
    said: list[tuple[AuthorKind, str]], stands: tuple[AuthorKind, str] | None
) -> None:
    assert settled(said) == stands
    assert settled(reversed(said)) == stands


@pytest.mark.parametrize("names", [("MIT", "MIT|Apache-2.0"), ("MIT | Apache-2.0", "MIT")])
def test_a_row_names_each_licence_once_where_one_record_has_several(names: tuple[str, str]) -> None:
    first, other = (candidate(name, "text", "a") for name in names)
    first, other = (
        replace(one, record=replace(one.record, licence=one.record.id)) for one in (first, other)
    )
    row = replace(first, merged=(other,)).row(split="train", group="g", weight=1.0)
    assert row.licence == "Apache-2.0|MIT"


def test_only_labels_that_stand_make_a_candidate(dropped: Dropped) -> None:
    found = list(
        joined(
            [record("r1"), record("r2"), record("r3")],
            [],
            [label("r1", "a"), label("r2", "a", state="rejected"), label("r2", "b", "person")],
            dropped,
        )
    )
    assert [(one.record.id, one.label) for one in found] == [("r1", "a"), ("r2", "b"), ("r3", "")]
    assert found[1].kind == "person"
    assert [one.id for one in found[1].labels] == ["r2-b-person"]


def test_a_record_whose_labels_tie_is_dropped(dropped: Dropped) -> None:
    said = [label("r1", "a", "user"), label("r1", "b", "user")]
    assert not list(joined([record("r1")], [], said, dropped))
    assert dropped.counts == {"labels disagree": 1}


def test_a_correction_that_waits_or_was_rejected_teaches_nothing_at_all(dropped: Dropped) -> None:
    said = [label("c1", "a", "user", "pending"), label("c2", "a", "user", "rejected")]
    waiting = [
        record(name, parents=(f"fb_{name}",), fields={"part": "train"}) for name in ("c1", "c2")
    ]
    assert not list(joined([], waiting, said, dropped))
    assert dropped.counts == {"rejected or without a label": 1, "waits for a review": 1}


def test_exact_duplicates_become_one_row_that_names_them_all(dropped: Dropped) -> None:
    same = [
        candidate("r1", "Hello", "a"),
        candidate("r2", "hello", "a"),
        candidate("c1", "HELLO", "a", "user", "train"),
    ]
    (kept,) = collapsed(same, dropped)
    row = kept.row(split="train", group="g", weight=2.0)
    assert row.id == "r1"
    assert row.records == ("r1", "r2", "c1")
    assert row.labels == ("r1-a-source", "r2-a-source", "c1-a-user")
    assert row.feedback == ("fb_c1",)
    assert row.weight == 1.0
    assert dropped.counts == {"exact duplicate": 2}


def test_a_users_word_on_a_text_supersedes_the_sources(dropped: Dropped) -> None:
    same = [candidate("r1", "hello", "a"), candidate("c1", "hello", "b", "user", "train")]
    (kept,) = collapsed(same, dropped)
    assert (kept.label, kept.record.id) == ("b", "c1")
    assert kept.row(split="train", group="g", weight=2.0).weight == 2.0
    assert dropped.counts == {"conflicting duplicate": 1}


def test_exact_duplicates_that_tie_all_go(dropped: Dropped) -> None:
    same = [candidate("r1", "hello", "a"), candidate("r2", "hello", "b")]
    assert collapsed(same, dropped) == []
    assert dropped.counts == {"conflicting duplicate": 2}


def test_of_near_duplicates_the_first_of_each_label_stays_and_is_named(tmp_path: Path) -> None:
    near = [
        candidate("r1", "I do want it", "yes"),
        candidate("r2", "I do not want it", "no"),
        candidate("r3", "I do want it now", "yes"),
        candidate("r4", "I do not want it now", "no"),
    ]
    with Dropped(tmp_path) as dropped:
        assert [one.record.id for one in collapsed(near, dropped)] == ["r1", "r2"]
    assert dropped.counts == {"near-duplicate": 2}
    lines = [json.loads(line) for line in (tmp_path / DROPPED_FILE).read_text().splitlines()]
    assert [(one["record"], one["kept"]) for one in lines] == [("r3", "r1"), ("r4", "r2")]


def test_of_two_texts_only_what_is_near_by_both_may_stand_for_another(dropped: Dropped) -> None:
    group = [
        replace(candidate(f"r{n}", text, value), alike=alike)
        for n, (text, value, alike) in enumerate(
            [
                ("has diabetes", "yes", (1, 1)),
                ("has a rash", "yes", (1, 2)),
                ("has a rash now", "yes", (1, 2)),
                ("has no rash now", "no", (1, 2)),
            ]
        )
    ]
    assert [one.record.id for one in collapsed(group, dropped)] == ["r0", "r1", "r3"]
    assert dropped.counts == {"near-duplicate": 1}


DISTINCT = [
    ("给5分", "给1分"), ("收到了👍", "收到了👎"), ("3+4=?", "3-4=?"), ("C++ 怎么学", "C# 怎么学"),
    ("收益率+3%", "收益率-3%"), ("x<5", "x>5"), ("1.5", "15"), ("2:30 叫我", "230 叫我"),
    ("谢谢:)", "谢谢:("),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), DISTINCT)
@pytest.mark.parametrize("form", ["one", "number", "text"])
def test_texts_that_a_number_a_sign_or_an_emoji_tells_apart_keep_their_values(
    one: str, other: str, form: Form, dropped: Dropped
) -> None:
    group = [candidate("r1", one, "5"), candidate("r2", other, "1")]
    kept = collapsed(group, dropped, form=form)
    assert [(found.record.text, found.label) for found in kept] == [(one, "5"), (other, "1")]
    assert dropped.counts == {}


def test_where_numbers_tell_values_apart_every_text_stays(dropped: Dropped) -> None:
    stars = [candidate(f"r{n}", f"给{n}星", "good" if n > 2 else "bad") for n in range(1, 6)]
    assert collapsed(stars, dropped) == stars
    assert dropped.counts == {}


def test_where_numbers_tell_nothing_apart_one_row_names_them_all(dropped: Dropped) -> None:
    same = [candidate(f"r{n}", f"Where is order {n}?", "track") for n in range(1, 6)]
    (kept,) = collapsed(same, dropped)
    row = kept.row(split="train", group="g", weight=1.0)
    assert row.records == ("r1", "r2", "r3", "r4", "r5")
    assert dropped.counts == {"near-duplicate": 4}


def test_where_only_copies_go_near_duplicates_stay(dropped: Dropped) -> None:
    texts = ["Where is order 1?", "where is order 1?", "Where is order 2?", "Where are order 2?"]
    group = [candidate(f"r{n}", text, "track") for n, text in enumerate(texts)]
    kept = collapsed(group, dropped, thinned=False)
    assert [one.record.id for one in kept] == ["r0", "r2", "r3"]
    assert dropped.counts == {"exact duplicate": 1}


def test_the_mean_of_numbers_is_of_one_text_alone(dropped: Dropped) -> None:
    group = [
        candidate(f"r{n}", text, value)
        for n, (text, value) in enumerate([("给1星", "1"), ("给1星。", "2"), ("给5星", "5")])
    ]
    kept = collapsed(group, dropped, form="number")
    assert [(one.record.text, one.label) for one in kept] == [("给1星", "1.5"), ("给5星", "5")]


COPIES = [
    ("Hello there", "HELLO THERE!"), ("Where is my order?", "where is my order"),
    ("你好，退货", "你好 退货"), ("订单 5 到了？", "订单5，到了。"), ("3 + 4", "3+4"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), COPIES)
def test_one_text_has_one_label_whatever_its_capitals_spaces_and_marks(
    one: str, other: str, dropped: Dropped
) -> None:
    group = [candidate("r1", one, "a"), candidate("r2", other, "b")]
    assert collapsed(group, dropped) == []
    assert dropped.counts == {"conflicting duplicate": 2}


@pytest.mark.parametrize(("one", "other"), COPIES)
def test_a_persons_label_stands_whatever_the_marks_of_the_text(
    one: str, other: str, dropped: Dropped
) -> None:
    group = [candidate("r1", one, "stock"), candidate("r2", other, "shipping", "person", "train")]
    assert [one.label for one in collapsed(group, dropped)] == ["shipping"]
    assert dropped.counts == {"conflicting duplicate": 1}


def test_second_texts_tell_rows_apart(dropped: Dropped) -> None:
    about = [record(f"r{n}", "a premise", fields={"pair": f"it is {n}"}) for n in range(2)]
    said = ("entailed", "contradicted")
    group = [
        Candidate(record=one, label=value, kind="source", given="", part="")
        for one, value in zip(about, said, strict=True)
    ]
    assert collapsed(group, dropped) == group


def test_one_text_with_one_second_text_is_one_row_whatever_the_marks_of_either(
    dropped: Dropped,
) -> None:
    pairs = [("A premise", "It is so"), ("a premise.", "it is so?")]
    group = [
        Candidate(
            record=record(f"r{n}", text, fields={"pair": pair}),
            label=("entailed", "contradicted")[n],
            kind=("source", "user")[n],
            given="",
            part="",
        )
        for n, (text, pair) in enumerate(pairs)
    ]
    assert [one.label for one in collapsed(group, dropped)] == ["contradicted"]


def test_capitals_tell_tagged_texts_apart(dropped: Dropped) -> None:
    group = [candidate("r1", "Apple", '[[0,5,"org"]]'), candidate("r2", "apple", "[]")]
    assert collapsed(group, dropped, form="tags") == group


def test_a_mark_of_must_reaches_the_row() -> None:
    about = record("c1")
    said = (label("c1", "a", "user", must=True),)
    one = Candidate(record=about, label="a", kind="user", given="", part="train", labels=said)
    assert one.row(split="train", group="g", weight=1.0).must


def test_every_candidate_is_kept_or_dropped_once(dropped: Dropped) -> None:
    group = [candidate(f"r{i}", "abcdefgh"[i % 4], "xy"[i % 2]) for i in range(8)]
    kept = collapsed(group, dropped)
    assert len(kept) + sum(dropped.counts.values()) == len(group)
    assert dropped.counts == {"exact duplicate": 4, "near-duplicate": 2}
