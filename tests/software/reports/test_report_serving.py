"""What a report says where another model serves than the last verdict left."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainring.contracts.deployment import Deployment
from chainring.contracts.release import Release, Stage
from chainring.contracts.verdict import Verdict
from chainring.deployment.http.past import Champion, History
from chainring.ring.sentences import kept
from chainring.software.api import Project
from chainring.software.reports import report
from chainring.software.reports.report import _serving
from chainring.software.reports.report_words import WORDS
from chainring.text.house_words import decider

OLD, NEW = "blake2b:1111", "blake2b:2222"


def _release(model: str, stage: Stage) -> Release:
    candidate = Deployment(
        app="shop", model=model, form="blake2b:f", form_name="exact", engine="linear",
        labels=("a", "b"), threshold=0.5, verdict="v", dataset="blake2b:d",
    )  # fmt: skip
    return Release(
        id="rel_1", app="shop", stage=stage, candidate=candidate, champion=OLD,
        champion_version=1, at=1.0, since=1.0,
    )  # fmt: skip


def _said(
    serves: str,
    *,
    promote: bool,
    reason: str = "",
    by: str = "ann",
    code: str,
    release: Release | None = None,
) -> str:
    champion = Champion(
        model=serves, form="exact", engine="torch", since=0.0, by=by, because=kept(reason)
    )
    verdict = Verdict(
        app="shop", challenger=NEW, champion=OLD, suite="s", value="better", promote=promote,
        pooled=None,
    )  # fmt: skip
    return "".join(_serving(History(champion=champion), verdict, WORDS[code], release=release))


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


@pytest.mark.parametrize("promote", [True, False])
@pytest.mark.parametrize(
    ("code", "told"),
    [
        ("en", "model 2222, which is being released (stage canary)"),
        ("zh", "正在发布（金丝雀阶段）"),
    ],
)
def test_a_model_that_is_being_released_is_not_told_as_one_that_does_not_serve(
    code: str, told: str, promote: bool
) -> None:
    release = _release(NEW, "canary")
    said = _said(OLD, promote=promote, reason="first", by="gate", code=code, release=release)
    assert told in said
    assert "which does not serve" not in said
    assert "它未在服务" not in said
    other = _release("blake2b:3333", "canary")
    assert told not in _said(OLD, promote=promote, code=code, release=other)


def test_a_report_looks_whether_a_release_runs(
    project: Project, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = _release(project.champion().deployment.model, "keys")
    monkeypatch.setattr(report, "running", lambda _: (None, release))
    page = report.write_report(project, tmp_path / "report.html").read_text("utf-8")
    assert "which is being released (stage keys)" in page


@pytest.mark.parametrize("by", ["gate", "release", "server", "operator"])
def test_whatever_promotes_by_itself_is_named_in_chinese_and_is_no_person(by: str) -> None:
    said = _said(OLD, promote=True, reason="first", by=by, code="zh")
    assert by not in said
    assert "操作人" not in said
    assert f"由{decider(by, 'zh')}上线" in said
    assert f"by {by}" in _said(OLD, promote=True, reason="first", by=by, code="en")
