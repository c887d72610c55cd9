from __future__ import annotations

import ast
import re
from importlib.resources import files
from string import Formatter

import pytest

from chainring.contracts.feedback import FLAG_KINDS
from chainring.deployment.http.pages.ring import _champion, _tiles
from chainring.deployment.http.pages.strings import STRINGS, Strings
from chainring.deployment.http.pages.table import assets
from chainring.deployment.http.past import Champion, History
from chainring.deployment.http.routes import ROUTES

KINDS = ("flag", "correction", "holdout", "unsure", "doubtful", "deciding", "suspect", "cluster")
NOT_TRANSLATED = {"site"}


@pytest.mark.parametrize("key", STRINGS)
def test_each_key_has_words_in_both_languages(key: str) -> None:
    english, chinese = STRINGS[key]
    assert english.strip()
    assert chinese.strip()
    assert not re.search("[\u4e00-\u9fff]", english)
    if key not in NOT_TRANSLATED and not key.startswith("field."):
        assert re.search("[\u4e00-\u9fff]", chinese)


@pytest.mark.parametrize("key", STRINGS)
def test_both_languages_fill_in_the_same_fields(key: str) -> None:
    def fields(text: str) -> set[str | None]:
        return {field for _, field, _, _ in Formatter().parse(text) if field}

    assert fields(STRINGS[key][0]) == fields(STRINGS[key][1])


def _sources() -> dict[str, str]:
    pages = files("chainring.deployment.http") / "pages"
    found = {p.name: p.read_text("utf-8") for p in pages.iterdir() if p.name.endswith(".py")}
    return found | {n: c.decode() for n, (c, _, _) in assets().items() if n.endswith(".js")}


def test_each_key_that_a_page_or_a_script_names_has_words() -> None:
    named = {
        (name, key)
        for name, source in _sources().items()
        for key in re.findall(r'\bsay\(\s*"([\w. ]+)"', source)
    }
    assert len(named) > 60
    assert not {(name, key) for name, key in named if key not in STRINGS}


def test_a_script_only_uses_words_that_its_page_sends() -> None:
    common = ("failed", "offline", "sent")
    sent = {"ask.js": ("ask.", "correct.", "comment.", "flag."), "review.js": ("review.",),
            "cases.js": ("cases.",)}  # fmt: skip
    for name, prefixes in sent.items():
        source = _sources()[name]
        used = re.findall(r'\bsay\("([\w. ]+)"', source)
        assert used
        assert all(key.startswith((*prefixes, "correct.", *common)) for key in used), name


def test_words_that_are_put_together_exist() -> None:
    for kind in FLAG_KINDS:
        assert f"flag.{kind}" in STRINGS
    for route in ROUTES:
        assert f"route.{route.method} {route.path}" in STRINGS


def test_all_that_why_returns_has_words() -> None:
    source = (files("chainring.ring") / "why.py").read_text("utf-8")
    keys = {
        key.value
        for found in ast.walk(ast.parse(source))
        if isinstance(found, ast.Dict)
        for key in found.keys
        if isinstance(key, ast.Constant) and isinstance(key.value, str)
    }
    splits = {"train", "validation", "test", "unlabelled"}
    assert len(keys) > 40
    assert sorted(key for key in keys | splits if f"term.{key}" not in STRINGS) == []


def test_what_waits_and_why_a_model_serves_is_said_in_chinese() -> None:
    champion = Champion(model="m", form="f", engine="e", since=0.0, because="better")
    past = History(champion=champion, waiting=dict.fromkeys(KINDS, 1))
    say = Strings("zh")
    drawn = str(_tiles(past, say)) + str(_champion(champion, say))
    assert not re.search("better|" + "|".join(KINDS), re.sub("<[^>]+>", " ", drawn))


def test_a_word_that_is_missing_is_our_own_mistake_unless_one_stands_in() -> None:
    with pytest.raises(KeyError):
        Strings("en")("no.such.key")
    assert Strings("zh").known("no.such.key", "instead") == "instead"
