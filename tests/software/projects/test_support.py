"""The built-in project's own text: how much there is, in both languages, and what was set aside."""

from __future__ import annotations

import json
import tomllib
from collections import Counter
from pathlib import Path

import pytest

import chainring
from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.text.near import near_groups

SUPPORT = Path(chainring.__file__).parent / "software" / "projects" / "support"
LANGUAGES = ("en", "zh")


def rows(kind: str, language: str) -> list[dict[str, str]]:
    """Return the rows of one file: `data/utterances`, `articles/articles` or `later/users`."""
    lines = (SUPPORT / f"{kind}.{language}.jsonl").read_text(encoding="utf-8").splitlines()
    return [json.loads(line) for line in lines]


@pytest.mark.parametrize("language", LANGUAGES)
def test_there_are_twenty_intents_of_forty_utterances_and_a_hundred_out_of_scope(
    language: str,
) -> None:
    said = rows("data/utterances", language)
    counts = Counter(row["label"] for row in said)
    outside = counts.pop(OUT_OF_SCOPE)
    assert len(counts) >= 20
    assert min(counts.values()) >= 40
    assert outside >= 100
    assert len({row["text"] for row in said}) == len(said)


@pytest.mark.parametrize("language", LANGUAGES)
def test_forty_articles_answer_the_intents(language: str) -> None:
    articles = rows("articles/articles", language)
    assert len(articles) >= 40
    assert all(row["title"].strip() and row["text"].strip() for row in articles)
    intents = {row["label"] for row in rows("data/utterances", language)} - {OUT_OF_SCOPE}
    assert intents <= {row["label"] for row in articles}


def test_every_intent_has_a_name_in_both_languages() -> None:
    recipe = tomllib.loads((SUPPORT / "chainring.toml").read_text(encoding="utf-8"))
    intents = {row["label"] for row in rows("data/utterances", "en")} - {OUT_OF_SCOPE}
    named = recipe["project"]["labels"]
    assert set(named) == intents
    assert all(name["en"] and name["zh"] for name in named.values())


def test_both_languages_have_the_same_intents() -> None:
    english, chinese = (
        {row["label"] for row in rows("data/utterances", language)} for language in LANGUAGES
    )
    assert english == chinese


@pytest.mark.parametrize("language", LANGUAGES)
def test_later_users_speak_in_two_ways_and_of_one_thing_that_the_first_text_lacks(
    language: str,
) -> None:
    asked = rows("later/users", language)
    assert len({row["wording"] for row in asked}) == 2
    known = {row["label"] for row in rows("data/utterances", language)}
    assert len({row["label"] for row in asked} - known) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_what_later_users_ask_is_no_copy_of_the_first_text(language: str) -> None:
    first = [row["text"] for row in rows("data/utterances", language)]
    later = [row["text"] for row in rows("later/users", language)]
    groups = near_groups([*first, *later], min_jaccard=0.8)
    assert not set(groups[: len(first)]) & set(groups[len(first) :])
