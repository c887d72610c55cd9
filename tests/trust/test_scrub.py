"""Scrubbing takes out what was chosen, and leaves every other byte as it was."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts.codec import decode, encode
from chainring.contracts.dataset import Row
from chainring.contracts.feedback import OWN_WORDS, Feedback
from chainring.contracts.label import Label
from chainring.contracts.record import Record
from chainring.store.tables import read_rows, write_rows
from chainring.trust.scrub import Chosen, concerned, partners, rows_by_split, scrub

ANN = Chosen(records={"rec_a"}, answers={"pred_a", "fb_a"}, texts={"我的秘密"})


def record(identifier: str, text: str, *, parents: tuple[str, ...] = ()) -> Record:
    return Record(
        id=identifier,
        app="shop",
        text=text,
        digest="d",
        source="data/a.jsonl",
        locator="row 1",
        licence="CC0",
        consent="owner",
        language="zh",
        group="g",
        subject="5ab1",
        parents=parents,
        fields={"label": "refund", "author": "ann", "answer": "我的秘密"},
    )


def row(identifier: str, text: str, *records: str, split: str = "train") -> Row:
    return Row(
        id=identifier,
        text=text,
        label="refund",
        language="zh",
        split=split,
        source="data/a.jsonl",
        licence="CC0",
        group="g",
        records=records or (identifier,),
        author="ann",
        protected="woman",
        episode="e1",
    )


def scrubbed(tmp_path: Path, lines: list[str], chosen: Chosen = ANN) -> list[str] | None:
    source, target = tmp_path / "rows.jsonl", tmp_path / "after.jsonl"
    source.write_text("".join(lines), encoding="utf-8")
    count = scrub(source, target, chosen)
    assert count == concerned(source, chosen)
    return target.read_text(encoding="utf-8").splitlines(keepends=True) if count else None


def test_a_record_loses_text_names_and_fields_and_keeps_its_papers(tmp_path: Path) -> None:
    mine, other = record("rec_a", "我的秘密"), record("rec_b", "我的秘密")
    after = scrubbed(tmp_path, [encode(mine) + "\n", encode(other) + "\n"])
    assert after is not None
    assert after[1] == encode(other) + "\n"
    expected = replace(mine, text="", subject=None, fields={"label": "refund"})
    assert decode(Record, after[0]) == expected


def test_a_record_made_of_a_forgotten_reaction_goes_with_it(tmp_path: Path) -> None:
    derived = record("rec_c", "words", parents=("pred_b", "fb_a"))
    after = scrubbed(tmp_path, [encode(derived) + "\n"])
    assert after is not None
    assert decode(Record, after[0]).text == ""


@pytest.mark.parametrize("kind", OWN_WORDS)
def test_a_reaction_loses_what_was_said_and_who_said_it(tmp_path: Path, kind: Any) -> None:
    said = Feedback(
        id="fb_a",
        app="shop",
        prediction="pred_b",
        kind=kind,
        value="own words",
        author="ann",
        at=1.0,
        comment="more words",
        text="我的秘密",
        key='["ann"]',
        episode="e1",
    )
    after = scrubbed(tmp_path, [encode(said) + "\n"])
    assert after is not None
    blank = replace(said, value="", author="", comment="", text="", key="", episode="")
    assert decode(Feedback, after[0]) == blank


def test_the_label_that_a_user_gave_goes_with_what_they_said(tmp_path: Path) -> None:
    """Any word may be given as a new label, so it is a person's own."""
    said = Label(
        id="lab_1", app="shop", record="rec_a", value="Ann is ill", author="ann", author_kind="user"
    )
    theirs = record("rec_a", "我的秘密")
    mine = replace(theirs, source="feedback", fields={"label": "Ann is ill", "part": "train"})
    dropped = {
        "reason": "label 'Ann is ill' has 1 row; at least 2 needed",
        "record": "rec_a", "source": "feedback",
    }  # fmt: skip
    after = scrubbed(
        tmp_path, [encode(said) + "\n", encode(mine) + "\n", json.dumps(dropped) + "\n"]
    )
    assert after is not None
    assert decode(Label, after[0]) == replace(said, author="", value="", state="rejected")
    assert decode(Record, after[1]).fields == {"part": "train"}
    assert json.loads(after[2])["reason"] == "a label has 1 row; at least 2 needed"
    assert scrubbed(tmp_path, after) is None


def test_a_rating_keeps_its_value_and_a_label_keeps_its_name(tmp_path: Path) -> None:
    said = Feedback(
        id="fb_a", app="shop", prediction="pred_a", kind="rating", value="up", author="ann", at=1.0
    )
    label = Label(
        id="lab_1", app="shop", record="rec_a", value="refund", author="ann", author_kind="source"
    )
    after = scrubbed(tmp_path, [encode(said) + "\n", encode(label) + "\n"])
    assert after is not None
    assert decode(Feedback, after[0]) == replace(said, author="")
    assert decode(Label, after[1]) == replace(label, author="")


def test_what_is_not_concerned_is_not_written(tmp_path: Path) -> None:
    assert scrubbed(tmp_path, [encode(record("rec_b", "我的秘密")) + "\n"]) is None
    assert not (tmp_path / "after.jsonl").exists()


def test_scrubbing_twice_finds_nothing_the_second_time(tmp_path: Path) -> None:
    after = scrubbed(tmp_path, [encode(record("rec_a", "我的秘密")) + "\n"])
    assert after is not None
    assert scrubbed(tmp_path, after) is None


def test_an_id_that_a_text_only_mentions_is_no_reason(tmp_path: Path) -> None:
    assert scrubbed(tmp_path, [encode(record("rec_b", "see rec_a")) + "\n"]) is None


def test_a_golden_line_goes_whole_when_nobody_else_wrote_it(tmp_path: Path) -> None:
    lines = [{"text": t, "probabilities": [0.5, 0.5]} for t in ("我的秘密", "我的秘密!")]
    source, target = tmp_path / "golden.jsonl", tmp_path / "after.jsonl"
    source.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    assert scrub(source, target, ANN) == 1
    (left,) = target.read_text(encoding="utf-8").splitlines()
    assert json.loads(left) == lines[1]


def test_weights_and_cards_have_no_rows(tmp_path: Path) -> None:
    (tmp_path / "card.md").write_text("rec_a 我的秘密")
    assert scrub(tmp_path / "card.md", tmp_path / "after", ANN) == 0


def parquet(folder: Path, rows: list[Row], chosen: Chosen) -> tuple[int, Path]:
    (folder / "before").mkdir()
    (folder / "after").mkdir()
    write_rows(folder / "before", rows)
    count = scrub(folder / "before/rows.parquet", folder / "after/rows.parquet", chosen)
    assert count == concerned(folder / "before/rows.parquet", chosen)
    return count, folder / "after"


def test_rows_of_a_data_set_keep_everything_but_words_and_names(tmp_path: Path) -> None:
    mine, other = row("rec_a", "我的秘密"), row("rec_b", "我的秘密", split="test")
    count, after = parquet(tmp_path, [mine, other], ANN)
    assert count == 1
    blank = replace(mine, text="", author="", protected="", episode="")
    assert read_rows(after, forgotten=True) == [blank, other]
    assert read_rows(after) == [other]
    assert parquet_schema(tmp_path / "before") == parquet_schema(after)


def parquet_schema(folder: Path) -> Any:
    import pyarrow.parquet as pq

    return pq.read_schema(folder / "rows.parquet")


def test_a_shared_row_takes_the_words_of_the_one_who_stays(tmp_path: Path) -> None:
    chosen = replace(ANN, stand_ins={"rec_b": "the words of Bo"})
    shared = row("rec_a", "The words of Bo!!", "rec_a", "rec_b")
    _, after = parquet(tmp_path, [shared], chosen)
    (found,) = read_rows(after)
    assert found == replace(shared, text="the words of Bo", author="", protected="", episode="")


def test_a_shared_row_stays_when_the_second_of_them_goes(tmp_path: Path) -> None:
    shared = row("rec_b", "the words of Bo", "rec_b", "rec_a")
    count, _ = parquet(tmp_path, [shared], ANN)
    assert count == 0
    assert partners(tmp_path / "before/rows.parquet", ANN) == set()


def test_rows_are_counted_by_split_also_after_they_were_scrubbed(tmp_path: Path) -> None:
    rows = [row("rec_a", "我的秘密"), row("rec_b", "x"), row("rec_c", "y", "rec_a", "rec_b")]
    _, after = parquet(tmp_path, [*rows, row("rec_d", "z", "rec_a", split="test")], ANN)
    for folder in (tmp_path / "before", after):
        assert rows_by_split(folder / "rows.parquet", ANN) == {"train": 1, "test": 1}


def test_a_text_beside_the_tables_goes_without_an_id_when_nobody_else_wrote_it(
    tmp_path: Path,
) -> None:
    lines = [{"reason": "too short", "text": t} for t in ("我的秘密", "another text")]
    source, target = tmp_path / "dropped.jsonl", tmp_path / "after.jsonl"
    source.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    assert scrub(source, target, ANN) == 1
    after = [json.loads(line) for line in target.read_text(encoding="utf-8").splitlines()]
    assert after == [lines[0] | {"text": ""}, lines[1]]


def test_second_texts_targets_and_written_values_go_as_well(tmp_path: Path) -> None:
    two = replace(row("rec_a", "my secret", "rec_a", "rec_b"), pair="its answer", target="so")
    shared = row("rec_a", "another", "rec_a", "rec_b")
    source, target = tmp_path / "rows.parquet", tmp_path / "after" / "rows.parquet"
    write_rows(tmp_path, [two, shared])
    target.parent.mkdir()
    stays = replace(ANN, stand_ins={"rec_b": "Another!"})
    assert scrub(source, target, stays) == 2
    gone, kept = read_rows(target.parent, forgotten=True)
    assert (gone.text, gone.pair, gone.target) == ("", "", "")
    assert kept.text == "Another!"


def test_a_written_value_of_a_label_goes_and_a_label_stays(tmp_path: Path) -> None:
    own = Label(
        id="lab_1",
        app="shop",
        record="rec_a",
        value="我的译文",
        author="ann",
        author_kind="user",
        private=True,
    )
    theirs = replace(own, value="refund", private=False, author_kind="source")
    lines = [encode(own) + "\n", encode(theirs) + "\n"]
    after = scrubbed(tmp_path, lines)
    assert after is not None
    assert [json.loads(line)["value"] for line in after] == ["", "refund"]


def test_an_answer_that_somebody_did_not_want_goes_with_their_row(tmp_path: Path) -> None:
    theirs = replace(row("rec_a", "我的秘密"), label="", rejected="您的秘密是……")
    other = replace(row("rec_b", "hello"), label="", rejected="bye")
    write_rows(tmp_path, [theirs, other])
    out = tmp_path / "after" / "rows.parquet"
    out.parent.mkdir()
    assert scrub(tmp_path / "rows.parquet", out, ANN) == 1
    first, second = read_rows(out.parent, forgotten=True)
    assert (first.text, first.rejected) == ("", "")
    assert second == other


def test_a_reaction_loses_what_its_answer_quotes_of_a_record_that_goes(tmp_path: Path) -> None:
    row: dict[str, Any] = {
        "id": "fb_1",
        "prediction": "pred_1",
        "text": "How long?",
        "value": "five days",
    }
    row |= {"pair": "A refund takes five days.", "answer": "five", "looked_up": True}
    lines = [row, row | {"looked_up": False}, row | {"prediction": "pred_2"}]
    source, target = tmp_path / "rows.jsonl", tmp_path / "after.jsonl"
    source.write_text("".join(json.dumps(one) + "\n" for one in lines), encoding="utf-8")
    chosen = Chosen(records={"rec_1"}, answers=(), quotes={"pred_1": "five"})
    assert scrub(source, target, chosen) == 1
    after = [json.loads(line) for line in target.read_text("utf-8").splitlines()]
    assert after == [row | {"pair": "", "answer": ""}, *lines[1:]]
    assert concerned(target, chosen) == 0


QUOTED = Chosen(records={"rec_x"}, answers=(), quotes={"pred_1": "Ann Lee, 贝克街3号"})


def lesson(name: str, about: str, **fields: str) -> Record:
    """Return a record made of a reaction to an answer."""
    mine = record(name, "Who?", parents=(about, f"fb_{name}"))
    return replace(mine, source="feedback", fields={"part": "train", **fields})


@pytest.mark.parametrize("reaction", ["confirmation", "review", "rating"])
def test_what_an_answer_quoted_goes_from_the_records_that_were_made_of_it(
    tmp_path: Path, reaction: str
) -> None:
    quote = QUOTED.quotes["pred_1"]
    told = lesson("rec_a", "pred_1", target=quote, reaction=reaction)
    refused = lesson("rec_b", "pred_1", target="nobody", rejected=quote)
    others = lesson("rec_c", "pred_2", target=quote, rejected=quote)
    after = scrubbed(tmp_path, [encode(one) + "\n" for one in (told, refused, others)], QUOTED)
    assert after is not None
    first, second, third = (decode(Record, line) for line in after)
    assert first == replace(told, fields={"part": "train", "reaction": reaction})
    assert second == replace(refused, fields={"part": "train", "target": "nobody"})
    assert third == others
    assert scrubbed(tmp_path, after, QUOTED) is None


def test_a_label_that_says_what_an_answer_quoted_is_accepted_no_more(tmp_path: Path) -> None:
    quote = QUOTED.quotes["pred_1"]
    label = Label(
        id="lab_1", app="shop", record="rec_a", value=quote, author="zoe", author_kind="person",
        parents=("pred_1", "fb_1"), private=True,
    )  # fmt: skip
    own = replace(label, value="nobody")
    after = scrubbed(tmp_path, [encode(label) + "\n", encode(own) + "\n"], QUOTED)
    assert after is not None
    assert decode(Label, after[0]) == replace(label, value="", state="rejected")
    assert decode(Label, after[1]) == own


def test_rows_of_a_data_set_lose_what_an_answer_quoted(tmp_path: Path) -> None:
    quote = QUOTED.quotes["pred_1"]
    base = replace(row("rec_a", "Who?"), label="", feedback=("pred_1", "fb_1"), author="zoe")
    told = replace(base, target=quote)
    refused = replace(base, id="rec_b", records=("rec_b",), target="nobody", rejected=quote)
    disliked = replace(base, id="rec_c", records=("rec_c",), rejected=quote)
    others = replace(base, id="rec_d", records=("rec_d",), target=quote, feedback=("pred_2",))
    count, after = parquet(tmp_path, [told, refused, disliked, others], QUOTED)
    assert count == 3
    gone = [replace(one, text="", author="", protected="", target="", rejected="", episode="")
            for one in (told, disliked)]  # fmt: skip
    left = replace(refused, rejected="")
    assert read_rows(after, forgotten=True) == [gone[0], left, gone[1], others]
    assert concerned(after / "rows.parquet", QUOTED) == 0
