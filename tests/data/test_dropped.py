from __future__ import annotations

import json
from pathlib import Path

from chainring.data.dropped import DROPPED_FILE, Dropped, told
from chainring.data.sentences import told_reasons


def test_each_drop_is_counted_by_reason_and_written_with_its_place(tmp_path: Path) -> None:
    with Dropped(tmp_path) as dropped:
        dropped.add("empty text", source="data/帮助.csv", locator="line 2")
        dropped.add("empty text", source="data/帮助.csv", locator="line 9")
        dropped.add("consent not allowed: none", source="b.csv", locator="line 1")
    assert dropped.counts == {"consent not allowed: none": 1, "empty text": 2}
    lines = (tmp_path / DROPPED_FILE).read_text(encoding="utf-8").splitlines()
    assert json.loads(lines[0]) == {
        "reason": "empty text",
        "source": "data/帮助.csv",
        "locator": "line 2",
    }
    assert len(lines) == 3


def test_the_file_is_there_when_nothing_was_dropped(tmp_path: Path) -> None:
    with Dropped(tmp_path):
        pass
    assert (tmp_path / DROPPED_FILE).read_text(encoding="utf-8") == ""


def test_a_reaction_that_says_no_label_is_told_in_chinese() -> None:
    counts = {"reaction to an answer that judges": 3, "says no label": 2}
    assert told(counts).zh == "对用作评判的回答的反馈 3、未说明标签 2"


def test_a_number_stands_apart_from_a_reason_that_ends_in_one() -> None:
    dropped = told({"access: rule 2": 31, "empty text": 4})
    assert (dropped, dropped.zh) == (
        "access: rule 2: 31, empty text 4",
        "访问规则第 2 条不允许：31、文本为空 4",
    )
    passed = told_reasons([("status 404", 31), ("content type image/png", 7)])
    assert (passed, passed.zh) == (
        "31 status 404; 7 content type image/png",
        "状态码 404：31；内容类型为 image/png：7",
    )
