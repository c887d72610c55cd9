"""Unlabelled text that quotes a judging row is not learnt from; common phrases are no quotes."""

from __future__ import annotations

import random
from typing import Any

from tests.data.clean.conftest import english
from tests.data.test_dataset import ROWS, by_split

EN = (
    "My grandmother ordered the green lamp with three legs in March and it never came to her "
    "house in the village beyond the river"
)
ZH = "我奶奶三月份订购的那盏有三条腿的绿色台灯一直没有送到河对岸村子里她的家中"
BEFORE = "People wrote to us a lot this year and we answered every one of them. One said: "
NOTICE = "this message is meant for nobody but the one it was sent to and may be confidential"


def test_a_page_that_quotes_a_test_row_in_either_language_is_not_learnt_from(workshop: Any) -> None:
    workshop.write_rows("test.jsonl", [*ROWS[::4], (EN, "track"), (ZH, "track")])
    workshop.write_rows("train.jsonl", ROWS[1::4] + ROWS[2::4])
    quoted = " ".join(EN.split()[3:17]).upper()
    pages = [
        BEFORE + quoted + ", and more.",
        "今年很多人给我们写信，我们都一一回复了。其中一位写道：" + ZH[2:30] + "，后来就解决了。",
        "Somebody else told us at the fair: " + " ".join(EN.split()[3:15]),
        "展会上还有人对我们说起：" + ZH[2:20],
    ]
    workshop.write("pages.txt", "\n".join(pages) + "\n")
    data = workshop.dataset()
    assert by_split(workshop.rows(data))["unlabelled"] == set(pages[2:])
    assert data.counts["overlaps with an evaluation text"] == 2
    assert (EN, "track") in [(row.text, row.label) for row in workshop.rows(data, "test")]


def test_a_notice_that_stands_in_many_texts_is_no_quote(workshop: Any) -> None:
    workshop.write_rows("test.jsonl", [*ROWS[::4], (f"{EN[:60]} {NOTICE}", "track")])
    workshop.write_rows("train.jsonl", ROWS[1::4] + ROWS[2::4])
    pages = [f"{english(random.Random(n), words=40)} {NOTICE}" for n in range(11)]
    workshop.write("pages.txt", "\n".join(pages) + "\n")
    data = workshop.dataset()
    assert "overlaps with an evaluation text" not in data.counts
    workshop.write("pages.txt", "\n".join(pages[:2]) + "\n")
    assert workshop.dataset().counts["overlaps with an evaluation text"] == 2


def test_labelled_rows_are_left_to_the_rule_of_near_duplicates(workshop: Any) -> None:
    workshop.write_rows("test.jsonl", [*ROWS[::4], (EN, "track")])
    long = BEFORE + EN + ". We sent her another one and she was glad and wrote a letter to us."
    workshop.write_rows("train.jsonl", [*ROWS[1::4], *ROWS[2::4], (long, "track")])
    rows = workshop.rows(workshop.dataset(), "train", "validation")
    assert long in {row.text for row in rows}
