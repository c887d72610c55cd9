from __future__ import annotations

import pytest

from chainring.contracts.errors import InputError
from chainring.contracts.values import Tag, tags_of, tags_text
from chainring.data.tags import moved
from chainring.data.values import LOST_TAGS, value_of
from chainring.text.normalise import normalise
from chainring.text.redact import redact


def prepared(text: str) -> str:
    return redact(normalise(text)).text


def tag_of(text: str, words: str, kind: str) -> Tag:
    return text.index(words), text.index(words) + len(words), kind


@pytest.mark.parametrize(
    ("raw", "words"),
    [
        ("Anna lives in Rome", ["Anna", "Rome"]),
        ("  Ａｎｎａ   lives in　Ｒｏｍｅ ", ["Ａｎｎａ", "Ｒｏｍｅ"]),
        ("小王住在\u200b北京，电话13912345678", ["小王", "北京"]),
        ("write to a.b@example.com in Rome", ["Rome"]),
        ("call 13912345678 or Anna", ["13912345678", "Anna"]),
    ],
)
def test_tags_stand_on_the_same_words_after_preparation(raw: str, words: list[str]) -> None:
    tags = [tag_of(raw, word, "x") for word in words]
    text = prepared(raw)
    found = moved(raw, text, tags, prepared)
    assert found is not None
    assert [text[start:end] for start, end, _ in found] == [prepared(word) for word in words]


def test_a_tag_whose_words_are_hidden_in_a_larger_secret_leaves_its_row_out() -> None:
    raw = "write to anna@example.com"
    value = value_of(
        tags_text([tag_of(raw, "anna", "name")]),
        prepared(raw),
        raw=raw,
        form="tags",
        clean=normalise,
    )
    assert value.reason == LOST_TAGS


def test_a_tag_behind_the_text_is_a_fault() -> None:
    with pytest.raises(InputError, match="ends behind the text of 4 characters"):
        value_of('[[0,9,"x"]]', "Anna", raw="Anna", form="tags", clean=normalise)


def test_values_are_cleaned_and_written_in_one_way() -> None:
    said = value_of("b | a", "t", raw="t", form="several", clean=normalise)
    assert said.text == "a|b"
    assert value_of("", "t", raw="t", form="number", clean=normalise).text == ""
    kept = value_of('[[0, 4, "n"]]', "Anna", raw="Anna", form="tags", clean=normalise)
    assert tags_of(kept.text) == [(0, 4, "n")]
