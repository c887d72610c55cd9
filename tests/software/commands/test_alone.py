"""A verb alone does what it does in the whole command line."""

import pytest
import typer
from typer.testing import CliRunner

from chainring.software.cli import app
from chainring.software.commands.alone import verb_alone

VERBS = [verb.name or verb.callback.__name__ for verb in app.registered_commands if verb.callback]


@pytest.mark.parametrize("verb", VERBS)
def test_a_verb_alone_helps_with_the_words_of_the_whole(verb: str) -> None:
    alone = verb_alone(app, [verb, "--help"])
    assert len(alone.registered_commands) == 1
    assert _said(alone, verb, "--help") == _said(app, verb, "--help")


@pytest.mark.parametrize("words", [[], ["--help"], ["data", "report"], ["trun"], ["turns"]])
def test_what_names_no_verb_gets_the_whole_command_line(words: list[str]) -> None:
    assert verb_alone(app, words) is app


def test_a_wrong_option_is_refused_alike() -> None:
    assert "No such option" in _said(verb_alone(app, ["turn"]), "turn", "--forec")
    assert _said(verb_alone(app, ["turn"]), "turn", "--forec") == _said(app, "turn", "--forec")


def _said(app: typer.Typer, *words: str) -> str:
    return CliRunner().invoke(app, list(words)).output
