from __future__ import annotations

import re
from importlib.resources import files
from string import Formatter

import pytest

from chainring.contracts.feedback import FLAG_KINDS
from chainring.deployment.http.pages.strings import STRINGS, Strings
from chainring.deployment.http.pages.table import assets
from chainring.deployment.http.routes import ROUTES

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


def test_a_word_that_is_missing_is_our_own_mistake_unless_one_stands_in() -> None:
    with pytest.raises(KeyError):
        Strings("en")("no.such.key")
    assert Strings("zh").known("no.such.key", "instead") == "instead"
