from __future__ import annotations

import tempfile
from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainring.contracts.record import Record
from chainring.data.candidates import Candidate
from chainring.data.dropped import Dropped
from chainring.data.learnable import learnable
from chainring.data.settings import DataSettings
from chainring.data.splits import Placed


@pytest.fixture
def dropped(tmp_path: Path) -> Iterator[Dropped]:
    with Dropped(tmp_path) as found:
        yield found


def member(name: str, label: str, group: str, split: str = "train", draw: float = 0.5) -> Placed:
    record = Record(
        id=name, app="shop", text=name, digest=name, source="a.csv", locator=name, licence="owner",
        consent="owner", language="en", group=group,
    )  # fmt: skip
    about = Candidate(record=record, label=label, kind="source", given="", part="")
    return Placed(candidate=about, split=split, group=group, draw=draw, fixed=False)


def splits_of(members: list[Placed]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = defaultdict(set)
    for one in members:
        found[one.group].add(one.split)
    return found


def labels_of(members: list[Placed], split: str) -> Counter[str]:
    return Counter(one.candidate.label for one in members if one.split == split)


def test_a_label_that_only_validation_has_goes_to_training_with_its_whole_group(
    dropped: Dropped,
) -> None:
    members = [
        member("r1", "good", "g1"),
        member("r2", "good", "g1"),
        member("给5分", "good", "g2", "validation"),
        member("给1分", "bad", "g2", "validation"),
        member("给2分", "bad", "g2", "validation"),
    ]
    found = learnable(members, DataSettings(validation_share=0), dropped)
    assert splits_of(found) == {"g1": {"train"}, "g2": {"train"}}
    assert dropped.counts == {}


def test_an_empty_validation_gets_whole_groups_and_each_label_keeps_a_row_to_train_on(
    dropped: Dropped,
) -> None:
    crowd = [member(f"给{n}分", "good" if n > 2 else "bad", "g", draw=0.2) for n in range(1, 6)]
    singles = [member(f"s{n}", "good", f"s{n}", draw=0.3 + n / 100) for n in range(20)]
    found = learnable([*crowd, *singles], DataSettings(validation_share=0.1), dropped)
    assert all(len(splits) == 1 for splits in splits_of(found).values())
    assert labels_of(found, "validation") == {"good": 2}
    assert labels_of(found, "train") == {"good": 21, "bad": 2}


def test_an_empty_validation_gets_whole_conversations(
    dropped: Dropped,
) -> None:
    turns = [member(f"t{n}", "good", f"t{n}", draw=0.2 + n // 3 / 100) for n in range(30)]
    chats = [replace(one, candidate=_turn(one.candidate, n // 3)) for n, one in enumerate(turns)]
    found = learnable(chats, DataSettings(validation_share=0.13), dropped)
    moved = [one.candidate.record.episode for one in found if one.split == "validation"]
    assert moved == ["chat 0"] * 3


def _turn(one: Candidate, number: int) -> Candidate:
    return replace(one, record=replace(one.record, fields={"episode": f"chat {number}"}))


def test_where_every_group_is_large_the_first_of_the_least_goes_to_validation(
    dropped: Dropped,
) -> None:
    members = [
        member(f"{group}{n}", "ab"[n % 2], group, draw=draw)
        for group, draw, size in (("g", 0.2, 6), ("h", 0.4, 4), ("i", 0.3, 4))
        for n in range(size)
    ]
    found = learnable(members, DataSettings(validation_share=0.1), dropped)
    assert splits_of(found) == {"g": {"train"}, "h": {"train"}, "i": {"validation"}}


def test_one_group_alone_is_trained_on(
    dropped: Dropped,
) -> None:
    members: list[Any] = [member(f"r{n}", "ab"[n % 2], "g") for n in range(30)]
    assert learnable(members, DataSettings(), dropped) == members


def _of_group(one: Placed, number: int) -> Placed:
    return replace(one, candidate=replace(one.candidate, near=(number,)))


def _said(one: Placed, *near: int) -> Placed:
    said = replace(one.candidate, part="train", near=near)
    return replace(one, candidate=said)


def test_what_users_teach_goes_where_it_is_near_to_what_chooses(dropped: Dropped) -> None:
    """Of three near to one another, one stands in the group of the first row of the files."""
    files = [member(f"r{n}", "ab"[n % 2], f"g{n}", draw=0.2 + n / 100) for n in range(20)]
    files = [_of_group(one, n) for n, one in enumerate(files)]
    said = [
        _said(member("u1", "b", "g0"), 0),
        _said(member("u2", "b", "g5"), 5, 0),
        _said(member("u3", "b", "u3")),
    ]
    found = learnable([*files, *said], DataSettings(validation_share=0.05), dropped)
    assert [one.candidate.record.id for one in found if one.split == "validation"] == ["r0"]
    taught = {one.candidate.record.id for one in found if one.split == "train"}
    assert {name for name in taught if name[0] == "u"} == {"u3"}
    assert dropped.counts == {"near-duplicate of a validation row": 2}


def test_a_label_of_too_few_rows_beside_what_chooses_is_left_out(dropped: Dropped) -> None:
    files = [member(f"r{n}", "ab"[n % 2], f"g{n}", draw=0.2 + n / 100) for n in range(20)]
    files[0] = _of_group(files[0], 0)
    said = [_said(member("u1", "c", "g0"), 0), _said(member("u2", "c", "u2"))]
    found = learnable([*files, *said], DataSettings(validation_share=0.05), dropped)
    assert labels_of(found, "train") == {"a": 9, "b": 10}
    assert sum(dropped.counts.values()) == 2


def test_of_several_labels_each_keeps_a_row_to_train_on(dropped: Dropped) -> None:
    """So what a user says near to such a row brings none of them back."""
    labels = ["a|z", "b|z", "a|b", "a|b", "|", "a", "b"]
    files = [member(f"r{n}", one, f"g{n}", draw=n / 10) for n, one in enumerate(labels)]
    files = [_of_group(one, n) for n, one in enumerate(files)]
    recipe = DataSettings(task="multi-label", validation_share=0.3)
    said = [_said(member("u1", "a", "g0"), 0)]
    for more in ([], said):
        found = learnable([*files, *more], recipe, dropped)
        chosen = [one.candidate.record.id for one in found if one.split == "validation"]
        assert chosen == ["r0", "r2"]
    assert dropped.counts == {"near-duplicate of a validation row": 1}


def test_of_texts_with_tags_each_kind_keeps_a_row_to_train_on(dropped: Dropped) -> None:
    tags = ['[[0, 1, "city"]]', '[[0, 2, "name"]]', "[]", '[[1, 2, "name"]]', "[]"]
    files = [member(f"r{n}", one, f"g{n}", draw=n / 10) for n, one in enumerate(tags)]
    recipe = DataSettings(task="tagging", min_rows_per_label=1, validation_share=0.4)
    found = learnable(files, recipe, dropped)
    chosen = [one.candidate.record.id for one in found if one.split == "validation"]
    assert chosen == ["r1", "r2"]


def test_where_what_chose_is_of_too_rare_a_label_then_other_rows_choose(dropped: Dropped) -> None:
    files = [member(f"r{n}", "ab"[n % 2], f"g{n}", draw=0.2 + n / 100) for n in range(20)]
    files += [_of_group(member(f"c{n}", "c", f"gc{n}", draw=0.1), 30 + n) for n in range(2)]
    said = [_said(member("u1", "c", "gc0"), 30)]
    recipe = DataSettings(validation_share=0.05, min_rows_per_label=3)
    found = learnable([*files, *said], recipe, dropped)
    assert [one.candidate.record.id for one in found if one.split == "validation"] == ["r0"]
    assert dropped.counts == {
        "label 'c' has 2 rows; at least 3 needed": 2,
        "near-duplicate of a validation row": 1,
    }


def test_a_label_that_lost_nothing_stays_as_it_is_beside_what_chooses(dropped: Dropped) -> None:
    """The one row of `c` was counted with one that went for its other label: it stays."""
    labels = ["a", "b", "a", "b", "a", "c", "c|z"]
    files = [member(f"r{n}", one, f"g{n}", draw=n / 10) for n, one in enumerate(labels)]
    files = [_of_group(one, n) for n, one in enumerate(files)]
    recipe = DataSettings(task="multi-label")
    for more in ([], [_said(member("u1", "a", "g0"), 0)]):
        found = learnable([*files, *more], recipe, dropped)
        assert [one.candidate.record.id for one in found] == [f"r{n}" for n in range(6)]


VALUES = st.sampled_from(["a", "b", "a|b", "b|c", "a|z", "c|z", "|"])


@settings(max_examples=300)
@given(
    labels=st.lists(VALUES, min_size=3, max_size=12),
    said=st.lists(
        st.tuples(VALUES, st.lists(st.integers(0, 11), min_size=1, max_size=2)),
        min_size=1,
        max_size=4,
    ),
    task=st.sampled_from(["multi-label", "classification"]),
    minimum=st.integers(1, 3),
    share=st.sampled_from([0.05, 0.1, 0.3]),
)
def test_whatever_users_say_validation_is_not_empty_and_no_row_that_stays_moves(
    labels: list[str],
    said: list[tuple[str, list[int]]],
    task: Any,
    minimum: int,
    share: float,
) -> None:
    recipe = DataSettings(task=task, min_rows_per_label=minimum, validation_share=share)
    files = [member(f"r{n}", one, f"g{n}", draw=n / 100) for n, one in enumerate(labels)]
    files = [_of_group(one, n) for n, one in enumerate(files)]
    more = [_said(member(f"u{n}", one, f"u{n}"), *near) for n, (one, near) in enumerate(said)]
    found = []
    for every in (files, [*files, *more]):
        with tempfile.TemporaryDirectory() as folder, Dropped(Path(folder)) as dropped:
            found.append(learnable(every, recipe, dropped))
    was, now = ({one.candidate.record.id: one.split for one in every} for every in found)
    own = {name: split for name, split in now.items() if name[0] == "r"}
    assert "validation" in own.values() or "validation" not in was.values()
    assert own == was or own.keys() != was.keys()
    chosen = {n for one in found[1] if one.split == "validation" for n in one.candidate.near}
    assert all(chosen.isdisjoint(one.candidate.near) for one in found[1] if one.candidate.part)


def test_a_label_that_users_alone_gave_is_not_named_in_the_reason(dropped: Dropped) -> None:
    """Reasons stand in cards and lineage for good; the label may be a person's own words."""

    def said(one: Placed) -> Placed:
        record = replace(one.candidate.record, source="feedback")
        return replace(one, candidate=replace(one.candidate, record=record))

    members = [
        member("r1", "good", "g1"),
        member("r2", "good", "g2"),
        member("r3", "gift_card", "g3"),
        said(member("r4", "Ann is ill", "g4")),
    ]
    found = learnable(members, DataSettings(validation_share=0), dropped)
    assert labels_of(found, "train") == {"good": 2}
    assert dropped.counts == {
        "a label with fewer than 2 rows": 1,
        "label 'gift_card' has 1 row; at least 2 needed": 1,
    }
