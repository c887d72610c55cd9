from __future__ import annotations

import re
from dataclasses import replace
from itertools import product
from typing import Any

import pytest

from chainring.contracts.errors import InputError
from chainring.contracts.ids import episode_key, keyed
from chainring.data.settings import DataSettings
from chainring.data.splits import Shares
from chainring.data.summary import lines, tilted
from chainring.text.normalise import group_key

THINGS = "手机 耳机 衣服 裤子 鞋子 客服 物流 包装 屏幕 电池 键盘 鼠标 书包 水杯 台灯 椅子".split()
RATED = [
    (text.format(thing), label)
    for thing in THINGS
    for text, label in (
        ("{}收到了👍", "good"), ("{}收到了👎", "bad"),
        ("这个{}给5分", "good"), ("这个{}给1分", "bad"),
        ("{}C++的", "good"), ("{}C#的", "bad"), ("{}涨+3%", "good"), ("{}涨-3%", "bad"),
    )
]  # fmt: skip


BY_CHAT = DataSettings(columns={"episode": "chat"})


def paid(number: int) -> tuple[str, str]:
    """Return a movement of which only the time and the amount say what it is."""
    odd = number % 3 == 0
    hour, amount = (number % 5, 50_000 + 97 * number) if odd else (10 + number % 9, 90 + number)
    text = f"{hour:02d}:{number % 60:02d} 转账 {amount}.00 元给新收款人"
    return text, "odd" if odd else "usual"


def test_rows_that_numbers_signs_and_emoji_tell_apart_are_all_learnt_or_judged(
    workshop: Any,
) -> None:
    workshop.write_rows("a.jsonl", RATED)
    data = workshop.dataset()
    assert sum(data.splits.values()) == len(RATED)
    assert data.counts == {}
    groups: dict[str, set[str]] = {}
    for row in workshop.rows(data):
        groups.setdefault(row.group, set()).add(row.split)
    assert all(len(splits) == 1 for splits in groups.values())
    (line,) = [one for one in workshop.said if one.startswith("dataset")]
    assert "left out" not in line


def test_stars_keep_their_numbers(workshop: Any) -> None:
    workshop.settings = DataSettings.model_validate({"task": "regression"})
    rows = [(f"这个{thing}我给{n}星", n) for thing in THINGS for n in range(1, 6)]
    workshop.write_rows("a.jsonl", [{"text": text, "target": n} for text, n in rows])
    data = workshop.dataset()
    assert {(row.text, int(row.target)) for row in workshop.rows(data)} == set(rows)


def test_a_text_without_a_number_to_learn_stays_unlabelled(workshop: Any) -> None:
    workshop.settings = DataSettings.model_validate({"task": "regression"})
    rows = [{"text": f"这个{thing}我给{n}星", "target": n} for thing in THINGS for n in (1, 5)]
    workshop.write_rows("a.jsonl", [*rows, {"text": "还没有评"}, {"text": "还没有评。"}])
    assert workshop.dataset().splits["unlabelled"] == 1


def test_at_1_movements_that_differ_in_time_and_amount_are_learnt_and_judged(
    workshop: Any,
) -> None:
    rows = [paid(n) for n in range(200)]
    assert len({re.sub(r"\d", "0", text) for text, _ in rows}) < 4
    workshop.settings = DataSettings(min_jaccard=1.0)
    workshop.write_rows("a.jsonl", rows)
    data = workshop.dataset()
    assert data.counts == {}
    assert min(data.splits[split] for split in ("train", "validation", "test")) > 9


def test_where_all_rows_are_near_duplicates_the_fault_says_so(workshop: Any) -> None:
    secret = workshop.work.secret
    shares = Shares.beside({""}, workshop.settings, secret)
    drawn = next(
        name
        for name in map("".join, product(THINGS, THINGS))
        if shares.split(shares.draw(group_key(f"{name} 10", key=secret))) == "test"
    )
    rows = [(f"{drawn} {n}", "odd" if n % 3 else "usual") for n in range(10, 100)]
    workshop.write_rows("a.jsonl", rows)
    with pytest.raises(InputError, match=r"90 of 90 rows are near.* min_jaccard = 1 under"):
        workshop.dataset()


def conversations(workshop: Any, split: str, count: int) -> list[str]:
    """Return conversations of which every turn is drawn for a split."""
    secret, found = workshop.work.secret, list[str]()
    shares = Shares.beside({""}, workshop.settings, secret)
    for name in map(str, range(100)):
        lead = keyed(secret, "leads", episode_key(secret, "", name))
        found += [name] if shares.split(shares.draw(lead)) == split else []
    return found[:count]


def in_turns(names: list[str]) -> list[dict[str, object]]:
    return [
        {"text": text, "label": label, "chat": names[n // 4 % len(names)]}
        for n, (text, label) in enumerate(RATED)
    ]


@pytest.mark.parametrize("count", [1, 2])
def test_where_few_conversations_leave_nothing_to_train_on_the_fault_says_so(
    workshop: Any, count: int
) -> None:
    workshop.settings = BY_CHAT
    workshop.write_rows("a.jsonl", in_turns(conversations(workshop, "test", count)))
    told = rf"128 of 128 rows are turns of conversations \({count}, the largest of {128 // count}"
    with pytest.raises(InputError, match=told + r".*; add conversations, or, where"):
        workshop.dataset()


def test_an_empty_test_is_told_where_conversations_are_few(workshop: Any) -> None:
    workshop.settings = BY_CHAT
    taught = conversations(workshop, "train", 2)
    workshop.write_rows("a.jsonl", in_turns(taught))
    assert workshop.dataset().splits["test"] == 0
    assert workshop.said[-1].startswith(
        "dataset: the test is empty: 128 rows are turns of few conversations (2), and each is"
    )
    said = len(workshop.said)
    workshop.write_rows("a.jsonl", in_turns(taught + conversations(workshop, "test", 1)))
    assert workshop.dataset().splits["test"] > 0
    workshop.settings = DataSettings()
    workshop.dataset()
    workshop.settings = BY_CHAT.model_copy(update={"test_share": 0.0})
    workshop.write_rows("a.jsonl", in_turns(taught))
    assert workshop.dataset().splits["test"] == 0
    assert "the test is empty" not in str(workshop.said[said:])


@pytest.mark.parametrize(("turns", "is_told"), [(2, False), (64, False), (65, True)])
def test_an_empty_test_is_laid_to_conversations_where_most_rows_are_of_them(
    workshop: Any, turns: int, is_told: bool
) -> None:
    workshop.write_rows("a.jsonl", RATED)
    data = workshop.dataset()
    made = replace(data, splits={"train": len(RATED)})
    rows = [
        replace(row, split="train", episode="chat" if n < turns else "")
        for n, row in enumerate(workshop.rows(data))
    ]
    found = [one for one in lines(made, rows, test_share=0.1) if "the test is empty" in one]
    assert bool(found) is is_told


def test_what_is_left_out_is_said_with_the_labels_that_are_lost(workshop: Any) -> None:
    twice = [("到了没有呀", "good"), ("到了没有呀", "bad")]
    lone = [(f"{thing}的发票丢了", thing) for thing in THINGS[:7]]
    workshop.write_rows("a.jsonl", [*RATED, *twice, *lone])
    workshop.dataset()
    head, *lost = [one for one in workshop.said if one.startswith("dataset")]
    assert head.endswith("; left out 9: labels left out 7, conflicting duplicate 2")
    assert len(lost) == 6
    made = workshop.dataset()
    silent = "confirms that the text was passed on, which says no label"
    counts = {"part: train": 4, "the cap: waits for a review": 1, silent: 18}
    (line, *_) = lines(made, workshop.rows(made), counts)
    assert line.endswith(f"left out 27: {silent} 18, labels left out 7, conflicting duplicate 2")
    assert "at least 2 needed" in lost[0]
    assert lost[-1] == "dataset: 2 more labels are left out; dropped.jsonl names them"


def test_labels_that_no_row_of_the_test_has_are_named(workshop: Any) -> None:
    workshop.write_rows("test.jsonl", RATED[:8])
    more = [(f"{thing}的发票丢了", "invoice") for thing in THINGS]
    workshop.write_rows("train.jsonl", [*RATED[8:], *more])
    workshop.dataset()
    assert workshop.said[-1] == "dataset: never judged, for no row of the test has them: invoice"


def test_the_holdout_is_said_to_be_tilted_where_users_refused_what_they_saw() -> None:
    (line,) = tilted(40, 6, 200)
    assert "of 200 texts that the hold-out is sampled from, users refused 6" in line
    assert "off by up to 3.0 points" in line
    assert list(tilted(40, 4, 200)) == list(tilted(0, 6, 200)) == list(tilted(40, 0, 0)) == []
