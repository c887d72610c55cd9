from __future__ import annotations

import tempfile
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.label import Label
from chainring.contracts.record import Record
from chainring.data.candidates import Candidate
from chainring.data.dropped import Dropped
from chainring.data.settings import DataSettings
from chainring.data.splits import Placed, Shares, placed, unmoved

SECRET = b"a key"
SHARES = Shares(test=0.15, validation=0.1, secret=SECRET)


def member(
    name: str, label: str = "a", given: str = "", part: str = "", **fields: str
) -> Candidate:
    record = Record(
        id=name,
        app="shop",
        text=name,
        digest=name,
        source="a.csv",
        locator=name,
        licence="owner",
        consent="owner",
        language="en",
        group=" ".join((name, *fields.values())),
        fields=fields,
    )
    said = Label(
        id=f"l{name}", app="shop", record=name, value=label, author="a", author_kind="source"
    )
    labels = (said,) if label else ()
    return Candidate(
        record=record, label=label, kind="source", given=given, part=part, labels=labels
    )


def place(*group: Candidate, shares: Shares = SHARES) -> tuple[list[Placed], dict[str, int]]:
    with tempfile.TemporaryDirectory() as folder, Dropped(Path(folder)) as dropped:
        return placed(group, shares, dropped), dropped.counts


def named(split: str) -> str:
    """Return a name whose draw falls in a split."""
    return next(str(i) for i in range(1_000) if SHARES.split(SHARES.draw(str(i))) == split)


NAMES = st.lists(st.text("abc", min_size=1, max_size=4), min_size=1, max_size=6, unique=True)


def test_the_draw_gives_each_split_its_share() -> None:
    drawn = [SHARES.split(SHARES.draw(str(i))) for i in range(20_000)]
    assert drawn.count("test") / 20_000 == pytest.approx(0.15, abs=0.01)
    assert drawn.count("validation") / 20_000 == pytest.approx(0.10, abs=0.01)


def test_without_the_key_no_one_can_tell_the_split() -> None:
    other = Shares(test=0.15, validation=0.1, secret=b"another key")
    assert [SHARES.draw(str(i)) for i in range(9)] != [other.draw(str(i)) for i in range(9)]


def test_a_split_that_the_files_give_is_not_drawn() -> None:
    shares = Shares.beside({"", "test"}, DataSettings(), SECRET)
    assert (shares.test, shares.validation) == (0.0, 0.1)
    assert Shares.beside({"train"}, DataSettings(), SECRET).test == 0.15


@given(names=NAMES, joins=NAMES)
def test_rows_that_join_a_group_never_move_it_from_the_test_to_training(
    names: list[str], joins: list[str]
) -> None:
    before = place(*map(member, names))[0][0].split
    after = place(*map(member, dict.fromkeys([*names, *joins])))[0][0].split
    order = ("train", "validation", "test")
    assert order.index(after) >= order.index(before)


@given(names=NAMES, other=NAMES)
def test_two_groups_that_merge_stay_in_the_test_if_either_was(
    names: list[str], other: list[str]
) -> None:
    apart = {place(*map(member, group))[0][0].split for group in (names, other)}
    merged = place(*map(member, dict.fromkeys([*names, *other])))[0][0].split
    assert ("test" in apart) == (merged == "test")


@given(names=NAMES, data=st.data())
def test_the_order_of_rows_changes_no_split(names: list[str], data: st.DataObject) -> None:
    shuffled = data.draw(st.permutations(names))
    first, second = place(*map(member, names))[0], place(*map(member, shuffled))[0]
    assert (first[0].split, first[0].group) == (second[0].split, second[0].group)


@given(names=NAMES, said=NAMES)
def test_what_users_write_moves_no_row_of_the_files(names: list[str], said: list[str]) -> None:
    before = place(*map(member, names))[0][0].split
    feedback = [member(f"f{name}", part="train") for name in said]
    found, _ = place(*map(member, names), *feedback)
    assert {one.split for one in found} == {before}


def test_given_test_rows_all_stay_and_what_is_near_to_them_goes() -> None:
    group = [
        member("t1", given="test"),
        member("t2", "b", given="test"),
        member("v", given="validation"),
        member("r", given="train"),
        member("c", part="train"),
        member("h", part="holdout"),
        member("u", ""),
    ]
    found, counts = place(*group)
    assert [(one.candidate.record.id, one.split) for one in found] == [
        ("t1", "test"),
        ("t2", "test"),
    ]
    assert counts == {"near-duplicate of a test row": 5}


@pytest.mark.parametrize("other", ["train", "validation"])
def test_a_training_row_near_to_the_holdout_is_dropped_and_the_holdout_row_never(
    other: str,
) -> None:
    found, counts = place(member("r", given=other), member("h", part="holdout"), shares=_no_test())
    assert [(one.candidate.record.id, one.split) for one in found] == [("h", "holdout")]
    assert counts == {"near-duplicate of a holdout row": 1}


def _no_test() -> Shares:
    return Shares(test=0.0, validation=0.1, secret=SECRET)


def test_a_group_drawn_for_the_test_keeps_its_corrections_out_of_training() -> None:
    drawn = named("test")
    found, counts = place(member(drawn), member("c", "b", part="train"))
    assert [(one.candidate.record.id, one.split) for one in found] == [(drawn, "test")]
    assert counts == {"near-duplicate of a test row": 1}


def test_corrections_alone_are_always_trained_on() -> None:
    drawn = named("test")
    found, _ = place(member(drawn, part="train"))
    assert [one.split for one in found] == ["train"]


def test_a_row_of_the_holdout_that_was_corrected_gives_way_to_training_rows() -> None:
    drawn = named("train")
    found, counts = place(member(drawn), member("x", part="reacted"))
    assert [(one.candidate.record.id, one.split) for one in found] == [(drawn, "train")]
    assert counts == {"near-duplicate of a train row": 1}
    assert place(member("x", part="reacted"))[0][0].split == "reacted"


def test_unlabelled_text_near_to_labelled_rows_goes() -> None:
    drawn = named("train")
    found, counts = place(member("u", ""), member(drawn))
    assert [(one.candidate.record.id, one.split) for one in found] == [(drawn, "train")]
    assert counts == {"near-duplicate of a train row": 1}


def test_of_unlabelled_near_duplicates_the_first_stays() -> None:
    found, counts = place(member("u", ""), member("w", ""))
    assert [(one.candidate.record.id, one.split) for one in found] == [("u", "unlabelled")]
    assert counts == {"near-duplicate": 1}


def test_a_given_validation_row_stays_and_training_rows_near_to_it_go() -> None:
    found, counts = place(
        member("v", given="validation"), member("r"), member("c", part="train"), shares=_no_test()
    )
    assert [one.candidate.record.id for one in found] == ["v"]
    assert counts == {"near-duplicate of a validation row": 2}


def of_two(*, task: str = "inference") -> Shares:
    settings = DataSettings.model_validate({"task": task})
    return Shares.beside((), settings, SECRET)


@pytest.mark.parametrize("others", ["same", "other"])
def test_a_group_of_two_texts_has_one_draw_however_many_rows_it_has(others: str) -> None:
    drawn = []
    for number in range(400):
        note = f"{number:x} ".translate(str.maketrans("0123456789", "ghijklmnop"))
        texts = [note if others == "same" else f"{note}{n * 'x'}" for n in range(8)]
        group = [
            member(text + "and it rained all day long in the valley " * 5, pair="p" * n)
            for n, text in enumerate(texts)
        ]
        drawn.append(place(*group, shares=of_two())[0][0].split)
    assert drawn.count("test") / 400 == pytest.approx(0.15, abs=0.055)
    assert drawn.count("validation") / 400 == pytest.approx(0.10, abs=0.045)


def test_what_more_is_asked_about_one_long_text_moves_none_of_it() -> None:
    for number in range(200):
        text = f"{chr(0x4E00 + number)} and it rained all day long in the valley" * 4
        rows = [member(f"{text}{' ' * n}", pair="abcdefgh"[:n]) for n in range(1, 9)]
        one, *_ = place(rows[0], shares=of_two())[0]
        assert {found.split for found in place(*rows, shares=of_two())[0]} == {one.split}


def test_of_articles_copies_alone_go_and_none_stands_in_a_split(tmp_path: Path) -> None:
    articles = [member(name, "") for name in ("The boat costs 5.", "the boat costs 5", "It is 6.")]
    with Dropped(tmp_path) as dropped:
        found = unmoved(articles, of_two(task="question-answering"), dropped, form="text")
    assert [(one.candidate.record.id, one.split) for one in found] == [
        ("The boat costs 5.", "unlabelled"),
        ("It is 6.", "unlabelled"),
    ]
    assert dropped.counts == {"exact duplicate": 1}


def turn(name: str, episode: str, label: str = "a", group: str = "") -> Candidate:
    one = member(name, label, episode=episode)
    return replace(one, record=replace(one.record, group=group or name))


def chat(split: str) -> str:
    """Return a conversation whose turns are drawn for a split."""
    found = (f"chat {n}" for n in range(1_000))
    return next(c for c in found if place(turn("a", c))[0][0].split == split)


def test_turns_of_a_conversation_stand_in_one_split_and_the_draw_gives_each_its_share() -> None:
    drawn = []
    for number in range(2_000):
        turns = [turn(f"{number} {n}", f"chat {number}").record for n in range(4)]
        (draw,) = {SHARES.drawn([one]) for one in turns} | {SHARES.drawn(turns)}
        drawn.append(SHARES.split(draw))
    assert drawn.count("test") / 2_000 == pytest.approx(0.15, abs=0.03)
    assert drawn.count("validation") / 2_000 == pytest.approx(0.10, abs=0.03)


def test_what_is_said_in_two_conversations_stays_with_one_of_them() -> None:
    """Of equal ones one row stays, in the leader's split; what differs goes from the other one."""
    judged, taught = chat("test"), chat("train")
    for order in ((judged, taught), (taught, judged)):
        ((one,), counts) = place(*(turn(f"say {c}", c, group="say") for c in order))
        assert one.split == {judged: "test", taught: "train"}[one.candidate.record.episode]
        assert counts == {"near-duplicate": 1}
        labels = zip(order, "ab", strict=True)
        ((kept,), counts) = place(*(turn(f"say {c}", c, label) for c, label in labels))
        assert (kept.split, kept.candidate.record.episode) == (
            one.split,
            one.candidate.record.episode,
        )
        lost = {"test": "train", "train": "test"}[one.split]
        assert counts == {f"near-duplicate of a {one.split} row, in a {lost} conversation": 1}


def test_of_each_label_a_turn_stays_whose_conversation_is_of_the_split_of_the_group() -> None:
    """Whichever conversation has the least hash: a row is no copy of one that goes itself."""
    names = sorted((f"chat {n}" for n in range(100)), key=lambda c: SHARES.lead(turn("", c).record))
    split_of = {name: place(turn("a", name))[0][0].split for name in names}
    leader, *others = names
    away = [name for name in others if split_of[name] != split_of[leader]][:1]
    near = [name for name in others if split_of[name] == split_of[leader]][-2:]
    group = [turn(f"say {c}", c, "b") for c in (*away, *near)]
    found, counts = place(turn("say it", leader), *group)
    stay = {one.candidate.label: one.candidate.record.episode for one in found}
    assert stay == {"a": leader, "b": near[0]}
    assert counts == {"near-duplicate": 2}
    said = [turn(c, c, "b" if c != leader else "a", group="say") for c in (leader, *away, *near)]
    said = [replace(one, record=replace(one.record, text="say")) for one in said]
    ((one,), _) = place(*said)
    assert (one.candidate.label, one.candidate.record.episode) == ("b", near[0])


def test_conversations_with_users_move_nothing_and_unlabelled_turns_stay() -> None:
    drawn = named("train")
    said = [replace(turn(f"c{n}", f"chat {n}"), part="train") for n in range(50)]
    found, _ = place(member(drawn), *said)
    assert {one.split for one in found} == {"train"}
    assert place(turn("u", chat("test"), ""))[0][0].split == "unlabelled"
