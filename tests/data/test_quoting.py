"""What quotes a judging row is not learnt from; common phrases are no quotes."""

from __future__ import annotations

import random
from typing import Any

from tests.data.clean.conftest import english
from tests.data.test_dataset import ROWS, by_split

from chainring.data.settings import DataSettings

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


def test_a_labelled_row_that_holds_a_test_row_in_either_language_is_not_learnt_from(
    workshop: Any,
) -> None:
    workshop.write_rows("test.jsonl", [*ROWS[::4], (EN, "track"), (ZH, "track")])
    mail = BEFORE + EN + ". We sent her another one and she was glad and wrote a letter to us."
    post = "今年很多人给我们写信，我们都一一回复了。其中一位写道：" + ZH + "，后来就解决了。"
    few = "At the fair somebody told us: " + " ".join(EN.split()[3:19]) + ". So it goes."
    wenige = "展会上还有人对我们说起：" + ZH[2:28] + "，是这样的。"
    rows = [(text, "track") for text in (mail, post, few, wenige)]
    workshop.write_rows("train.jsonl", [*ROWS[1::4], *ROWS[2::4], *rows])
    data = workshop.dataset()
    learnt = {row.text for row in workshop.rows(data, "train", "validation")}
    assert learnt & {text for text, _ in rows} == {few, wenige}
    assert data.counts["overlaps with an evaluation text"] == 2
    assert {EN, ZH} <= {row.text for row in workshop.rows(data, "test")}


def test_a_correction_that_holds_a_reviewed_row_of_the_holdout_is_not_learnt_from(
    workshop: Any, correction: Any
) -> None:
    workshop.write_rows("rows.jsonl", ROWS)
    said = [
        correction(1, EN, "track", part="holdout", author_kind="person"),
        correction(2, BEFORE + EN + ", and that was all.", "track", author_kind="person"),
    ]
    data = workshop.dataset(said)
    assert [row.text for row in workshop.rows(data, "holdout")] == [EN]
    (drop,) = [
        one
        for one in workshop.dropped(data.address)
        if one["reason"] == "overlaps with an evaluation text"
    ]
    assert "fb_2" in drop["feedback"]


def test_a_notice_in_many_labelled_rows_is_no_quote(workshop: Any) -> None:
    tests = [(f"{EN[:60]} {NOTICE}", "track"), (NOTICE, "track")]
    workshop.write_rows("test.jsonl", [*ROWS[::4], *tests])
    mails = [f"{english(random.Random(n), words=40)} {NOTICE}" for n in range(11)]
    rows = [*ROWS[1::4], *ROWS[2::4]]
    workshop.write_rows("train.jsonl", [*rows, *((mail, "track") for mail in mails)])
    learnt = {row.text for row in workshop.rows(workshop.dataset(), "train", "validation")}
    assert learnt >= set(mails)
    workshop.write_rows("train.jsonl", [*rows, *((mail, "track") for mail in mails[:2])])
    learnt = {row.text for row in workshop.rows(workshop.dataset(), "train", "validation")}
    assert not learnt & set(mails)


def test_second_texts_count_and_labelled_rows_of_two_texts_stay(workshop: Any) -> None:
    workshop.settings = DataSettings(task="matching", unlabelled=("data/pages.jsonl",))
    short = [{"text": text, "pair": f"of {text}", "label": label} for text, label in ROWS]
    judged = [
        {"text": "what of it", "pair": ZH, "label": "track"},
        {"text": EN, "pair": "it did", "label": "track"},
    ]
    workshop.write_rows("test.jsonl", [*short[::4], *judged])
    shared = {"text": EN, "pair": english(random.Random(4), words=60), "label": "track"}
    workshop.write_rows("train.jsonl", [*short[1::4], *short[2::4], shared])
    pages: list[dict[str, object]] = [
        {"text": f"今年很多人给我们写信：{ZH}，后来就解决了。", "pair": "one"},
        {"text": "two of them", "pair": f"{BEFORE}{EN}, and much more of it."},
        {"text": "The people over there sell lamps.", "pair": "three"},
    ]
    workshop.write_rows("pages.jsonl", pages)
    data = workshop.dataset()
    assert by_split(workshop.rows(data))["unlabelled"] == {pages[2]["text"]}
    assert shared["pair"] in {row.pair for row in workshop.rows(data, "train", "validation")}


def test_a_page_that_holds_the_answer_of_a_test_row_is_not_learnt_from(workshop: Any) -> None:
    workshop.settings = DataSettings(task="translation", unlabelled=("data/pages.txt",))
    short = [{"text": text, "target": f"{text} ({label})"} for text, label in ROWS]
    workshop.write_rows("test.jsonl", [*short[::4], {"text": EN, "target": ZH}])
    workshop.write_rows("train.jsonl", [*short[1::4], *short[2::4]])
    stays = "展会上还有人对我们说起：" + ZH[2:20]
    workshop.write("pages.txt", f"今年很多人给我们写信：{ZH}，后来就解决了。\n{stays}\n")
    assert by_split(workshop.rows(workshop.dataset()))["unlabelled"] == {stays}


def test_an_article_that_holds_the_answer_of_a_test_row_stays(workshop: Any) -> None:
    workshop.settings = DataSettings(task="question-answering")
    asked = [{"text": text, "target": text[:20], "split": "train"} for text, _ in ROWS]
    judges = [
        {"text": "what of the lamp", "target": EN, "split": "test"},
        {"text": "台灯怎么了", "target": ZH, "split": "test"},
    ]
    articles = [BEFORE + EN + ", and more.", "其中一位写道：" + ZH + "，后来就解决了。"]
    workshop.write_rows("help.jsonl", [*asked, *judges, *({"text": one} for one in articles)])
    data = workshop.dataset()
    assert by_split(workshop.rows(data))["unlabelled"] == set(articles)
    assert "overlaps with an evaluation text" not in data.counts
