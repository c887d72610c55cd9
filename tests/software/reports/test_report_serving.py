"""What a report says where another model serves than the last verdict left."""

from __future__ import annotations

import pytest

from chainring.contracts.verdict import Verdict
from chainring.deployment.http.past import Champion, History
from chainring.ring.sentences import kept
from chainring.software.reports.report import _serving
from chainring.software.reports.report_words import WORDS

OLD, NEW = "blake2b:1111", "blake2b:2222"


def _said(serves: str, *, promote: bool, reason: str = "", by: str = "ann", code: str) -> str:
    champion = Champion(
        model=serves, form="exact", engine="torch", since=0.0, by=by, because=kept(reason)
    )
    verdict = Verdict(
        app="shop", challenger=NEW, champion=OLD, suite="s", value="better", promote=promote,
        pooled=None,
    )  # fmt: skip
    return "".join(_serving(History(champion=champion), verdict, WORDS[code]))


@pytest.mark.parametrize("code", ["en", "zh"])
def test_after_a_rollback_a_report_says_who_serves_and_that_it_is_not_the_model_below(
    code: str,
) -> None:
    told = _said(OLD, promote=True, reason="rollback to version 1: 太多投诉", code=code)
    for part in ("1111", "2222", "1970-01-01 00:00 UTC", "ann", "太多投诉"):
        assert part in told
    assert ("回退到版本 1" if code == "zh" else "rollback to version 1") in told


def test_a_model_that_was_held_and_that_a_person_promoted_is_told() -> None:
    told = _said(NEW, promote=False, reason="override: the suite is old", code="en")
    assert "ann (override: the suite is old): the last verdict had held it" in told
    zh = _said(NEW, promote=False, reason="override: 评测集太旧", code="zh")
    assert "人工推翻：评测集太旧" in zh


def test_nothing_is_told_where_the_last_verdict_left_the_model_that_serves() -> None:
    assert _said(NEW, promote=True, reason="better", by="gate", code="en") == ""
    assert _said(OLD, promote=False, reason="first", by="gate", code="en") == ""
