"""Help and slips of the command line in Chinese."""

from __future__ import annotations

import json
from collections.abc import Iterator
from importlib.resources import files
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.software.conftest import ALONE, child

from chainring.software.cli import app
from chainring.software.commands.help_words import _SLIP, USAGE

CHINESE = ALONE | {"CHAINRING_LANGUAGE": "zh", "COLUMNS": "100"}


def sentences(command: Any) -> Iterator[str]:
    for one in (command, *command.params):
        if getattr(one, "help", None):
            yield " ".join(one.help.split("\n\n")[0].split())
    for inner in getattr(command, "commands", {}).values():
        yield from sentences(inner)


def test_every_command_and_option_has_its_chinese_and_none_is_left_over() -> None:
    words = json.loads((files("chainring.software.commands") / "help_zh.json").read_text("utf-8"))
    assert set(sentences(typer.main.get_command(app))) == set(words)


@pytest.mark.parametrize(
    "words",
    [
        "trun",
        "nothing",
        "turn --forse",
        "why",
        "react a",
        "serve --port x",
        "serve --port 99999",
        "serve --workers 0",
        "serve --port",
        "turn extra",
        "turn --force=3",
        "data nothing",
        "pretrain",
    ],
)
def test_every_slip_is_told_in_chinese(words: str) -> None:
    with pytest.raises(_SLIP) as caught:
        typer.main.get_command(app).main(words.split(), standalone_mode=False)
    english = caught.value.format_message()
    told = USAGE.in_chinese(english)
    assert any("一" <= character <= "鿿" for character in told), english


def test_help_is_chinese_where_chinese_is_asked_for_and_english_elsewhere() -> None:
    told = child("serve", "--help", environment=CHINESE)
    assert told.returncode == 0
    for words in ("用法：", "serve [选项]", "监听端口", "显示帮助并退出。", "[默认：.]"):
        assert words in told.stdout
    told = child("serve", "--help", "--language", "zh", environment=ALONE | {"COLUMNS": "100"})
    assert "监听端口" in told.stdout
    told = child("serve", "--help", environment=ALONE | {"COLUMNS": "100", "LANG": "C.UTF-8"})
    assert "port to listen on" in told.stdout


@pytest.mark.parametrize("words", ["", "release", "data", "data clean", "words train", "keys"])
def test_no_help_loses_its_end_where_the_terminal_is_narrow(words: str) -> None:
    told = child(*words.split(), "--help", environment=CHINESE | {"COLUMNS": "80"})
    assert told.returncode == 0
    assert "…" not in told.stdout


def test_in_chinese_a_command_ends_with_the_status_that_it_has_in_english(shop: Path) -> None:
    slip = child("turn", "--forse", environment=CHINESE)
    assert (slip.returncode, "没有选项 --forse" in slip.stderr) == (2, True)
    fault = child("status", "-p", "nowhere", environment=CHINESE)
    assert (fault.returncode, fault.stderr.startswith("chainring: ")) == (1, True)
    lost = f"pred_{26 * '0'}"
    own = child("react", lost, "confirmation", "-p", str(shop), environment=CHINESE)
    assert (own.returncode, lost in own.stderr) == (1, True)
    assert child("status", "-p", str(shop), environment=CHINESE).returncode == 0
