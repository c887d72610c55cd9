"""The map: which words stand on it, that like ones are near, and that no name covers another."""

from __future__ import annotations

import re
from html import escape
from itertools import combinations
from typing import Any
from xml.etree import ElementTree

import numpy as np
import pytest

from chainring.contracts.errors import InputError, UnknownNameError
from chainring.data.words.map import Method, Place, content_words, word_map
from chainring.data.words.picture import overlap, page, picture
from chainring.data.words.vectors import WordVectors
from chainring.stats.charts.svg import Box, width_of

FACTS: dict[str, Any] = {
    "settings": {"min_count": 5}, "words": 400, "dimensions": 8, "kind": "glove",
    "corpus": {"words": 12_345}, "licence": "CC0 <1.0>",
}  # fmt: skip
LEFT = ("parcel", "courier", "快递", "包裹", "delivery", "物流")
RIGHT = ("refund", "payment", "退款", "发票", "invoice", "账单")


@pytest.fixture
def vectors() -> WordVectors:
    """Return words of two fields, among stop words and marks, in two directions."""
    rng = np.random.default_rng(0)
    words = ("the", "的", *LEFT, "4471", "a", "退", *RIGHT)
    made = rng.normal(scale=0.1, size=(len(words), 8))
    made[:, 0] += [1.0 if word in LEFT else -1.0 for word in words]
    return WordVectors(words, made.astype(np.float32), facts=FACTS)


def crowd(count: int = 300) -> list[Place]:
    rng = np.random.default_rng(1)
    return [
        Place(word=("词语" if i % 2 else "word") + str(i), x=x, y=y, chinese=i % 2 == 1)
        for i, (x, y) in enumerate(rng.normal(size=(count, 2)).tolist())
    ]


def boxes(drawn: str) -> dict[str, Box]:
    """Return where each name of the picture stands, measured anew from its element."""
    found = {}
    for one in ElementTree.fromstring(drawn).iter("{http://www.w3.org/2000/svg}text"):
        text, size = one.text or "", float(one.attrib["font-size"])
        wide = width_of(text, size)
        back = {"start": 0.0, "middle": wide / 2, "end": wide}[one.attrib["text-anchor"]]
        left, base = float(one.attrib["x"]) - back, float(one.attrib["y"])
        if re.search(r"\d$", text):
            top, bottom = base - size * 0.85, base + size * 0.2
            found[text] = Box(left=left, top=top, right=left + wide, bottom=bottom)
    return found


def smaller(box: Box) -> Box:
    """Allow for numbers that are rounded in the picture."""
    return Box(left=box.left + 0.1, top=box.top + 0.1, right=box.right - 0.1, bottom=box.bottom)


def test_content_words_of_both_languages_are_shown_and_neither_stop_words_nor_numbers(
    vectors: WordVectors,
) -> None:
    assert {vectors.words[i] for i in content_words(vectors, count=99)} == {*LEFT, *RIGHT}
    four = [vectors.words[i] for i in content_words(vectors, count=4)]
    assert four == ["parcel", "courier", "快递", "包裹"]


@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_words_of_one_field_stand_together(vectors: WordVectors, method: Method) -> None:
    places = word_map(vectors, method=method)
    at = {place.word: np.array([place.x, place.y]) for place in places}
    centre = {side: np.mean([at[word] for word in side], axis=0) for side in (LEFT, RIGHT)}
    for side, other in ((LEFT, RIGHT), (RIGHT, LEFT)):
        for word in side:
            to_own = np.linalg.norm(at[word] - centre[side])
            assert to_own < np.linalg.norm(at[word] - centre[other])


@pytest.mark.parametrize("method", ["tsne", "pca"])
def test_the_same_vectors_give_the_same_map(vectors: WordVectors, method: Method) -> None:
    assert word_map(vectors, method=method) == word_map(vectors, method=method)


def test_too_few_words_and_an_unknown_method_are_refused(vectors: WordVectors) -> None:
    few = WordVectors(("parcel", "the"), np.ones((2, 8), dtype=np.float32), facts=FACTS)
    with pytest.raises(InputError, match="1 content words, 5 are needed"):
        word_map(few)
    with pytest.raises(UnknownNameError, match="did you mean 'tsne'"):
        word_map(vectors, method="tsn")  # type: ignore[arg-type]


def test_no_name_covers_another_or_leaves_the_picture() -> None:
    found = boxes(picture(crowd()))
    assert len(found) >= 100
    for one, other in combinations(found.values(), 2):
        assert not overlap(smaller(one), smaller(other))
    assert all(box.left >= 0 and box.right <= 1100 and box.bottom <= 760 for box in found.values())


def test_the_most_frequent_word_gets_its_name_and_every_word_a_dot() -> None:
    places = crowd()
    drawn = picture(places)
    assert places[0].word in boxes(drawn)
    titles = [one.text for one in ElementTree.fromstring(drawn).iter() if one.tag.endswith("title")]
    assert {place.word for place in places} <= set(titles)


@pytest.mark.parametrize(("language", "said"), [("en", "Map of words"), ("zh", "词语地图")])
def test_the_page_stands_alone_in_both_languages(language: str, said: str) -> None:
    found = page(crowd(20), facts=FACTS, language=language)
    assert said in found
    assert "12,345" in found
    assert "CC0 &lt;1.0&gt;" in found
    assert "prefers-color-scheme:dark" in found
    assert not re.search(r"<script|<link|src=|url\(|@import", found)


@pytest.mark.parametrize("language", ["en", "zh"])
def test_below_the_map_every_word_is_read_without_pointing_at_its_dot(language: str) -> None:
    places = [*crowd(60), Place(word="<包裹>", x=1.0, y=2.0, chinese=True)]
    found = page(places, facts=FACTS, language=language)
    below = found.partition("</svg>")[2]
    assert "<details><summary>" in below
    assert all(escape(place.word) in below for place in places)
    assert re.search("<span lang=zh>[^<]*&lt;包裹&gt;</span>", below)


def test_a_file_of_its_own_brings_its_colours() -> None:
    assert "prefers-color-scheme" not in picture(crowd(20))
    assert "prefers-color-scheme" not in picture(crowd(20))


def test_words_in_one_place_still_make_a_picture() -> None:
    places = [Place(word=f"word{i}", x=1.0, y=2.0, chinese=False) for i in range(6)]
    assert "nan" not in picture(places).lower()
    with pytest.raises(UnknownNameError, match="unknown language 'fr'"):
        picture(places, language="fr")
