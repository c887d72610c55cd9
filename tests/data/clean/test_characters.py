"""Tokens, lines and hashes are what a slow reading finds; counts are of each document alone."""

from __future__ import annotations

import re

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.data.clean.characters import HAN, LETTER, PLAIN, Page, grams, kinds
from chainring.data.clean.languages import scripts
from chainring.text.language import language
from chainring.text.normalise import normalise

ALPHABET = "ab Zé09'’.\n，。退货包裹のﾊЖ-😀𠀀"
TEXTS = st.lists(st.text(ALPHABET, max_size=30), min_size=1, max_size=6)
HAN_CLASS = "\u3005\u3007\u3400-\u4dbf\u4e00-\u9fff\uf900-\ufaff\U00020000-\U0003ffff"
TOKEN = re.compile(
    rf"[{HAN_CLASS}]|(?:[^\W_{HAN_CLASS}](?:(?<=[^\W_])['’](?=[^\W_{HAN_CLASS}]))?)+"
)


def tokens_of(page: Page, texts: list[str], document: int) -> list[str]:
    found = page.tokens
    places = range(int(found.first[document]), int(found.first[document + 1]))
    begin = int(page.starts[document])
    cut = [(int(found.start[i]) - begin, int(found.lengths[i])) for i in places]
    return [texts[document][start : start + size] for start, size in cut]


@given(TEXTS)
def test_tokens_are_words_and_single_chinese_characters_of_each_document(texts: list[str]) -> None:
    page = Page.of(texts)
    for document, text in enumerate(texts):
        expected = TOKEN.findall(text)
        assert tokens_of(page, texts, document) == expected


@given(TEXTS)
def test_two_tokens_have_one_hash_exactly_when_they_are_equal_but_for_case(
    texts: list[str],
) -> None:
    page = Page.of(texts)
    words = [w.lower() for d in range(len(texts)) for w in tokens_of(page, texts, d)]
    hashes = page.tokens.hashes.tolist()
    assert len(set(zip(words, hashes, strict=True))) == len(set(words)) == len(set(hashes))


@given(TEXTS)
def test_lines_are_those_that_are_not_empty(texts: list[str]) -> None:
    page = Page.of(texts)
    expected = [len(line) for text in texts for line in text.split("\n") if line]
    assert page.lines.lengths.tolist() == expected
    assert page.lines.counts().tolist() == [sum(map(bool, text.split("\n"))) for text in texts]


@given(TEXTS)
def test_counts_of_a_kind_are_those_of_each_document_alone(texts: list[str]) -> None:
    page = Page.of(texts)
    assert page.count(LETTER).tolist() == [sum(map(str.isalpha, text)) for text in texts]
    assert page.count(HAN).tolist() == [len(re.findall(f"[{HAN_CLASS}]", t)) for t in texts]
    assert page.sizes.tolist() == [len(text) for text in texts]


@given(TEXTS)
def test_scripts_answer_as_the_rule_for_single_texts_does(texts: list[str]) -> None:
    assert scripts(Page.of(texts)) == [language(text) for text in texts]


def test_every_plain_character_is_left_as_it_is_by_normalise() -> None:
    plain = [chr(code) for code in np.flatnonzero(kinds() & PLAIN) if code > 0x20]
    joined = "a".join(plain) + "".join(plain) + "".join(reversed(plain))
    assert normalise(joined) == joined


@pytest.mark.parametrize("size", [1, 2, 3, 5, 9])
@pytest.mark.parametrize(
    "text", ["", "one", "a b c", "a b a b a b a b", "我我我我我我", "x 我 y 你"]
)
def test_grams_of_a_document_do_not_depend_on_its_neighbours(text: str, size: int) -> None:
    alone = grams(Page.of([text]).tokens, size)
    among = grams(Page.of(["our own words", text, "and others"]).tokens, size)
    first, last = int(among.first[1]), int(among.first[2])
    assert among.hashes[first:last].tolist() == alone.hashes.tolist()
    tokens = TOKEN.findall(text)
    expected = max(len(tokens) - size + 1, min(len(tokens), 1))
    assert len(alone.hashes) == expected
    shown = {tuple(tokens[i : i + size]) for i in range(expected)}
    assert len(set(alone.hashes.tolist())) == len(shown)


def test_hashes_are_the_same_on_every_machine() -> None:
    page = Page.of(["Where is my parcel?", "我的包裹到哪了？"])
    assert page.tokens.hashes[[0, -1]].tolist() == [HASH_OF_WHERE, HASH_OF_LE]


HASH_OF_WHERE, HASH_OF_LE = 17791184966494066484, 12203558718910198060
