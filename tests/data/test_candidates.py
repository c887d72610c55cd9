from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.label import AuthorKind, Label, ReviewState
from chainring.contracts.record import Record
from chainring.data.candidates import Candidate, collapsed, joined, settled
from chainring.data.dropped import Dropped


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
        group=text.lower(),
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


def test_of_near_duplicates_the_first_of_each_label_stays(dropped: Dropped) -> None:
    near = [
        candidate("r1", "I do want it", "yes"),
        candidate("r2", "I do not want it", "no"),
        candidate("r3", "I do want it!!", "yes"),
        candidate("r4", "I do not want it.", "no"),
    ]
    assert [one.record.id for one in collapsed(near, dropped)] == ["r1", "r2"]
    assert dropped.counts == {"near-duplicate": 2}


def test_a_mark_of_must_reaches_the_row() -> None:
    about = record("c1")
    said = (label("c1", "a", "user", must=True),)
    one = Candidate(record=about, label="a", kind="user", given="", part="train", labels=said)
    assert one.row(split="train", group="g", weight=1.0).must


def test_every_candidate_is_kept_or_dropped_once(dropped: Dropped) -> None:
    group = [candidate(f"r{i}", "abcdefgh"[i % 4], "xy"[i % 2]) for i in range(8)]
    kept = collapsed(group, dropped)
    assert len(kept) + sum(dropped.counts.values()) == len(group)
    assert dropped.counts == {"exact duplicate": 2, "near-duplicate": 4}
