"""Verbs tell their results in the language that is asked for, else in that of the locale."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.text.english import english_in
from tests.text.sentence_tables import require_complete
from typer.testing import CliRunner

from chainring.contracts.errors import UnknownNameError
from chainring.hardware import sentences as hardware
from chainring.software.cli import app
from chainring.software.telling import result_words as telling_words
from chainring.software.telling import sentences
from chainring.software.telling.command_words import because
from chainring.software.telling.speech import asked_for, spoken
from chainring.text.house_words import DECIDERS

PLACES = ("CHAINRING_LANGUAGE", "LC_ALL", "LC_MESSAGES", "LANG")


@pytest.fixture(autouse=True)
def _nowhere(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in PLACES:
        monkeypatch.delenv(name, raising=False)


def run(*words: str) -> str:
    """Return what a verb prints."""
    result = CliRunner().invoke(app, list(words))
    assert result.exit_code == 0, result.output
    return result.stdout


def test_every_sentence_has_a_chinese_one_with_the_same_values() -> None:
    for table in (sentences.SENTENCES, hardware.SENTENCES, hardware.WORDS):
        require_complete(table)
    require_complete(telling_words.SENTENCES)


@pytest.mark.parametrize(
    ("asked", "places", "language"),
    [
        (None, {}, "en"),
        (None, {"LANG": "zh_CN.UTF-8"}, "zh"),
        (None, {"LANG": "C.UTF-8"}, "en"),
        (None, {"LC_ALL": "C", "LANG": "zh_CN.UTF-8"}, "en"),
        (None, {"LC_MESSAGES": "zh_TW", "LANG": "en_GB"}, "zh"),
        (None, {"LC_ALL": "", "LANG": "zh_CN"}, "zh"),
        (None, {"CHAINRING_LANGUAGE": "en", "LANG": "zh_CN"}, "en"),
        (None, {"CHAINRING_LANGUAGE": "zh", "LC_ALL": "en_GB"}, "zh"),
        ("zh", {"CHAINRING_LANGUAGE": "en"}, "zh"),
    ],
)
def test_the_first_that_is_set_counts(
    asked: str | None, places: dict[str, str], language: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in places.items():
        monkeypatch.setenv(name, value)
    assert spoken(asked) == language


def test_another_language_is_refused_with_the_known_ones() -> None:
    with pytest.raises(UnknownNameError, match="zh"):
        spoken("de")


def test_that_another_language_is_refused_is_told_in_the_one_of_the_place(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    words = ("turn", "--language", "fr")
    assert asked_for(words) == "en"
    monkeypatch.setenv("CHAINRING_LANGUAGE", "zh")
    assert asked_for(words) == "zh"
    monkeypatch.setenv("CHAINRING_LANGUAGE", "fr")
    assert asked_for(words) == "en"


def test_status_and_turn_hold_no_english_sentence_in_chinese(grown: Path) -> None:
    told = run("status", "--language", "zh", "--project", str(grown))
    assert "在服务" in told
    assert english_in(told) == []
    assert run("--language", "zh", "status", "--project", str(grown)) == told
    assert "没有变化" in run("turn", "--language", "zh", "--project", str(grown))
    assert "version 2 serves" in run("status", "--project", str(grown))


@pytest.mark.parametrize("by", list(DECIDERS))
def test_who_decides_without_a_name_is_told_alike_in_status_and_audit(by: str) -> None:
    facts = dict.fromkeys(("app", "version", "model", "form", "because"), "1")
    assert f"；{DECIDERS[by]}：" in telling_words.say("serves", by=by, **facts).zh
    assert because(f"stopped by {by}").zh.endswith(DECIDERS[by])


def test_json_stays_as_it_is(grown: Path) -> None:
    english = json.loads(run("status", "--json", "--project", str(grown)))
    chinese = json.loads(run("status", "--json", "--language", "zh", "--project", str(grown)))
    assert english["due"] == chinese["due"]
    assert english_in(chinese["champion"]["form_because"])


def test_a_turn_that_learns_tells_it_in_chinese(
    untouched: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import shutil

    folder = shutil.copytree(untouched, tmp_path / "shop")
    monkeypatch.setenv("LANG", "zh_CN.UTF-8")
    told = run("turn", "--project", str(folder))
    assert "候选 linear.v1 胜出" in told
    assert "已上线，用时" in told
    assert english_in(told) == []


def test_the_doctor_speaks_chinese(tmp_path: Path) -> None:
    told = run("doctor", "--language", "zh", "--project", str(tmp_path))
    assert "内存" in told
    # the two other lines name the processor as its maker does
    lines = [line for line in told.splitlines() if not line.startswith(("处理器", "数值精度"))]
    assert not english_in("\n".join(lines))
