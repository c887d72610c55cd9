"""The word map of a data set: words that keep company stand near each other."""

from __future__ import annotations

import random
from collections.abc import Mapping
from math import dist
from typing import Any

from tests.data.looking.conftest import MakeSet, row

from chainring.contracts.dataset import Row
from chainring.data.looking.word_map import word_map
from chainring.data.looking.words import word_counts

FIELDS = {
    "ships": ("en", "captain harbour anchor sailor mast voyage deck rudder".split()),
    "kitchen": ("en", "saucepan recipe butter oven flour dough spoon kettle".split()),
    "银行": ("zh", "银行 存款 贷款 利率 账户 柜台 信用卡 转账".split()),
}


def rows(count: int) -> list[Row]:
    rng = random.Random(0)
    found: list[Row] = []
    for number in range(count):
        language, words = FIELDS[rng.choice(list(FIELDS))]
        text = (
            " ".join(rng.sample(words, 4)) if language == "en" else "，".join(rng.sample(words, 4))
        )
        text += "，银行" if number % 5 == 0 else ""  # a word may stand in rows of both languages
        found.append(row(str(number), text=text, language=language))
    return found


def test_words_of_one_field_stand_together_in_both_languages(make_set: MakeSet) -> None:
    folder = make_set(rows(600))
    places = word_map(folder, seen=word_counts(folder, labels=()))
    assert len({place.word for place in places}) == len(places)
    at = {place.word: (place.x, place.y) for place in places}
    assert {place.word for place in places if place.chinese} >= {"银行", "存款", "信用卡"}
    for _, words in FIELDS.values():
        inside = [word for word in words if word in at]
        outside = [word for word in at if word not in words]
        for word in inside:
            near = min(
                (other for other in at if other != word), key=lambda o: dist(at[word], at[o])
            )
            assert near in inside, (word, near)
        assert inside
        assert outside


def test_the_same_data_set_gives_the_same_map(make_set: MakeSet) -> None:
    folder = make_set(rows(300))
    seen = word_counts(folder, labels=())
    assert word_map(folder, seen=seen) == word_map(folder, seen=seen)


def test_of_few_rows_there_is_no_map(make_set: MakeSet) -> None:
    folder = make_set(rows(60))
    assert word_map(folder, seen=word_counts(folder, labels=())) == []


def test_a_row_that_may_not_be_read_puts_no_word_on_the_map(make_set: MakeSet) -> None:
    kept = rows(400)
    facts = {"text": "zanzibar zeppelin zucchini", "source": "data/sealed.jsonl"}
    secret = [row(f"s{n}", **facts) for n in range(50)]
    folder = make_set([*kept, *secret])

    def allows(one: Mapping[str, Any]) -> bool:
        return bool(one["source"] != "data/sealed.jsonl")

    everything = word_counts(folder, labels=())
    assert "zeppelin" in {place.word for place in word_map(folder, seen=everything)}
    seen = word_counts(folder, labels=(), allows=allows)
    assert "zeppelin" not in {place.word for place in word_map(folder, seen=seen, allows=allows)}
