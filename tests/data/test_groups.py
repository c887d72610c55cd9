"""Near-duplicates of files and of users: no text that a user writes moves a row of the files."""

from __future__ import annotations

import tempfile
from collections import Counter
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from chainring.contracts.dataset import Dataset, Row
from chainring.contracts.record import Record
from chainring.data.settings import DataSettings
from chainring.text.near import near_groups

THINGS = "coat shoes lamp skirt kettle towel boots belt gloves blanket pillow mirror".split()
ROWS = [
    *((f"please take back this {thing}, it does not suit me", "return") for thing in THINGS),
    *((f"my {thing} did not come", "track") for thing in THINGS),
]
SENTENCES = st.builds(
    "{} on earth is the red parcel that I ordered{}".format,
    st.sampled_from(["where", "when", "why", "哪里", ""]),
    st.sampled_from(["", " today", " today please", " now", "，请问"]),
)
GIVEN = st.sampled_from(["", "train", "validation", "test"])
LABELS = st.sampled_from(["track", "return"])

WHERE = "where on earth is the red parcel that I ordered"
WHEN = "when on earth is the red parcel that I ordered today"
BETWEEN = f"{WHERE} today"
"""A text near to both of the others, which are not near to each other."""


def made(workshop: Any, rows: list[Any], said: list[Record] = []) -> tuple[Dataset, list[Row]]:  # noqa: B006
    more = [dict(zip(("text", "label", "split"), row, strict=False)) for row in rows]
    workshop.settings = DataSettings(review_doubtful=False, min_rows_per_label=1)
    workshop.write_rows("help.jsonl", [*ROWS, *more])
    data = workshop.dataset(said)
    return data, workshop.rows(data)


def splits(rows: list[Row]) -> dict[str, str]:
    return {row.text: row.split for row in rows if row.text not in dict(ROWS)}


def test_what_was_said_of_a_reviewed_answer_is_told_as_that_and_not_as_a_copy(
    workshop: Any, correction: Any
) -> None:
    reviewed = correction(1, WHERE, "track", part="holdout")
    said = [
        replace(correction(2, WHERE, "return", part="reacted"), parents=("pred_1", "fb_2")),
        replace(correction(3, WHERE, "track", part="reacted"), parents=("pred_1", "fb_3")),
        correction(4, BETWEEN, "return", part="reacted"),
    ]
    data, found = made(workshop, [], [reviewed, *said])
    assert [row.split for row in found if row.source == "feedback"] == ["holdout"]
    assert data.counts == {
        "reaction to an answer that judges": 2,
        "near-duplicate of a holdout row": 1,
    }


@pytest.mark.parametrize("part", ["train", "reacted", "holdout"])
def test_a_text_between_a_test_row_and_a_training_row_moves_neither_and_goes(
    workshop: Any, correction: Any, part: str
) -> None:
    rows = [(WHERE, "track", "test"), (WHEN, "track", "train")]
    before, _ = made(workshop, rows)
    data, found = made(workshop, rows, [correction(1, BETWEEN, "track", part=part)])
    assert splits(found) == {WHERE: "test", WHEN: "train"}
    assert (data.frozen, data.training) == (before.frozen, before.training)
    assert data.counts["near-duplicate of a test row"] == 1
    (gone,) = [one for one in workshop.dropped(data.address) if "feedback" in one]
    assert gone["reason"] == "near-duplicate of a test row"
    assert gone["feedback"] == ["pred_1", "fb_1"]


def test_a_text_between_validation_and_training_goes(workshop: Any, correction: Any) -> None:
    rows = [(WHERE, "track", "validation"), (WHEN, "track", "train")]
    data, found = made(workshop, rows, [correction(1, BETWEEN, "track")])
    assert splits(found) == {WHERE: "validation", WHEN: "train"}
    assert data.counts["near-duplicate of a validation row"] == 1


def test_a_text_between_two_training_rows_joins_the_nearest_and_thins_neither(
    workshop: Any, correction: Any
) -> None:
    rows = [(WHERE, "track", "train"), (WHEN, "track", "train")]
    for said, kept in ((BETWEEN, WHEN), (f"{WHERE} to", WHERE)):
        data, found = made(workshop, rows, [correction(1, said, "track")])
        assert splits(found) == {WHERE: "train", WHEN: "train"}
        (gone,) = [one for one in workshop.dropped(data.address) if "feedback" in one]
        assert gone["reason"] == "near-duplicate"
        assert gone["kept"] == next(row.id for row in found if row.text == kept)


def test_a_reviewed_row_of_the_holdout_stays_and_all_training_rows_near_to_it_go(
    workshop: Any, correction: Any
) -> None:
    rows = [(WHERE, "track", "train"), (WHEN, "track", "validation")]
    said = [
        correction(1, BETWEEN, "track", part="holdout"),
        correction(2, f"{BETWEEN} or not", "track"),
        correction(3, f"{BETWEEN} or not", "track", part="reacted"),
    ]
    data, found = made(workshop, rows, said)
    assert splits(found) == {BETWEEN: "holdout"}
    assert data.counts == {"near-duplicate of a holdout row": 4}


def test_a_chain_of_users_leads_no_training_row_to_the_holdout(
    workshop: Any, correction: Any
) -> None:
    rows = [(WHERE, "track", "train")]
    chain = [correction(1, BETWEEN, "track"), correction(2, WHEN, "track", part="holdout")]
    data, found = made(workshop, rows, chain)
    assert splits(found) == {WHERE: "train", WHEN: "holdout"}
    assert data.counts == {"near-duplicate of a holdout row": 1}


def test_what_users_reacted_to_gives_way_to_what_teaches_near_to_it(
    workshop: Any, correction: Any
) -> None:
    rows = [(WHERE, "track", "train")]
    chain = [correction(1, BETWEEN, "return"), correction(2, WHEN, "track", part="reacted")]
    data, found = made(workshop, rows, chain)
    assert splits(found) == {WHERE: "train", BETWEEN: "train"}
    assert data.counts == {"near-duplicate of a train row": 1}


def test_texts_without_a_label_give_way_to_what_users_say_of_them(
    workshop: Any, correction: Any
) -> None:
    rows = [(WHERE, "track", "train"), (WHEN, "")]
    data, found = made(workshop, rows, [correction(1, BETWEEN, "return")])
    assert splits(found) == {WHERE: "train", BETWEEN: "train"}
    assert data.counts == {"near-duplicate of a train row": 1}


@settings(max_examples=25)
@given(
    rows=st.lists(st.tuples(SENTENCES, LABELS, GIVEN), min_size=3, max_size=9),
    said=st.lists(
        st.tuples(SENTENCES, LABELS, st.sampled_from(["train", "holdout", "reacted"])),
        min_size=2,
        max_size=15,
    ),
)
def test_whatever_users_write_the_suite_stays_and_no_row_of_the_files_moves(
    rows: list[tuple[str, str, str]],
    said: list[tuple[str, str, str]],
    new_workshop: Any,
    correction: Any,
) -> None:
    feedback = [correction(n, text, value, part=part) for n, (text, value, part) in enumerate(said)]
    rows = [*rows, ("do you open on Sundays", "track", "validation")]  # it is never empty
    with tempfile.TemporaryDirectory() as folder:
        before, without = made(new_workshop(Path(folder)), rows)
    with tempfile.TemporaryDirectory() as folder:
        after, found = made(new_workshop(Path(folder)), rows, feedback)
    assert after.frozen == before.frozen
    was = {row.id: row.split for row in without}
    now = {row.id: row.split for row in found if not row.feedback}
    assert all(was.get(name, split) == split for name, split in now.items())
    is_apart = {text for text, *_ in rows}.isdisjoint(text for text, *_ in said)
    if is_apart and "holdout" not in {part for *_, part in said}:
        assert was.items() <= now.items()


@settings(max_examples=40)
@given(
    secret=st.integers(0, 255),
    said=st.lists(st.tuples(SENTENCES.filter(lambda text: text != WHERE), LABELS), min_size=1),
    minimum=st.integers(1, 3),
    task=st.sampled_from(["classification", "multi-label"]),
)
def test_no_texts_of_users_part_where_a_small_project_chooses_its_validation(
    secret: int,
    said: list[tuple[str, str]],
    minimum: int,
    task: Any,
    new_workshop: Any,
    correction: Any,
) -> None:
    """The draw leaves validation empty; which rows it gets is told by the files alone."""
    rows = [(WHERE, "track"), ("my money back", "return"), ("one more", "return")]
    rows += [("a coat in red", "return"), ("who brings it", "track")]
    if task == "multi-label":
        rows += [("is it my turn", "late|track"), ("so slow again", "late|return")]
    feedback = [correction(n, text, value) for n, (text, value) in enumerate(said)]
    found = []
    for more in ([], feedback):
        with tempfile.TemporaryDirectory() as folder:
            workshop = new_workshop(Path(folder))
            workshop.work = replace(workshop.work, secret=bytes([secret]) * 32)
            workshop.settings = DataSettings(
                task=task,
                review_doubtful=False,
                min_rows_per_label=minimum,
                test_share=0.0,
                validation_share=0.3,
            )
            workshop.write_rows("help.jsonl", [*rows, ("my lamp did not come at all", "track")])
            found.append(workshop.rows(workshop.dataset(more)))
    was = {row.id: row.split for row in found[0]}
    now = {row.id: row.split for row in found[1]}
    assert all(now.get(name, split) == split for name, split in was.items())
    assert "validation" in now.values()
    chosen = [row.text for row in found[1] if row.split == "validation"]
    taught = [row.text for row in found[1] if row.split == "train"]
    both = near_groups([*chosen, *taught], min_jaccard=0.8)
    assert set(both[: len(chosen)]).isdisjoint(both[len(chosen) :])


def test_of_pairs_no_text_of_a_user_makes_two_of_the_files_alike(
    workshop: Any, correction: Any
) -> None:
    """Two rows about one long note are copies only where their second texts are near, too."""
    workshop.settings = DataSettings(task="matching", min_rows_per_label=1, test_share=0.0)
    note = " ".join(f"{thing} and {other}" for thing in THINGS for other in THINGS[:6])
    rows = [{"text": note, "pair": pair, "label": "same"} for pair in (WHERE, WHEN)]
    rows += [{"text": thing * 9, "pair": thing, "label": "other"} for thing in THINGS]
    workshop.write_rows("pairs.jsonl", rows)
    said = [correction(1, note, "same", pair=BETWEEN)]
    data = workshop.dataset(said)
    assert {row.pair for row in workshop.rows(data) if row.text == note} == {WHERE, WHEN}
    assert Counter(data.counts) == {"near-duplicate": 1}
