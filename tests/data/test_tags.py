from __future__ import annotations

import pytest

from chainring.contracts.errors import InputError
from chainring.contracts.values import Tag, tags_of, tags_text
from chainring.data.tags import moved
from chainring.data.values import LOST_TAGS, redacted, redacted_target, value_of
from chainring.text.normalise import normalise


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
    text = redacted(raw)
    found = moved(raw, text, tags, redacted)
    assert found is not None
    assert [text[start:end] for start, end, _ in found] == [redacted(word) for word in words]


def test_a_tag_whose_words_are_hidden_in_a_larger_secret_leaves_its_row_out() -> None:
    raw = "write to anna@example.com"
    value = value_of(
        tags_text([tag_of(raw, "anna", "name")]),
        redacted(raw),
        raw=raw,
        form="tags",
        clean=normalise,
        prepare=redacted,
    )
    assert value.reason == LOST_TAGS


def test_without_redaction_a_tag_behind_a_number_keeps_its_place() -> None:
    raw = "13912345678  from Rome"
    tags = tags_text([tag_of(raw, "Rome", "city")])
    text = normalise(raw)
    value = value_of(tags, text, raw=raw, form="tags", clean=normalise, prepare=normalise)
    assert [text[start:end] for start, end, _ in tags_of(value.text)] == ["Rome"]


@pytest.mark.parametrize(
    ("raw", "target", "kept"),
    [
        ("13912345678 from Rome", '[[17, 21, "city"]]', '[[13,17,"city"]]'),
        ("小王的手机13912345678，住北京", '[[0, 2, "人"], [18, 20, "地"]]',
         '[[0,2,"人"],[14,16,"地"]]'),
        ("write to anna@example.com", '[[9, 13, "name"]]', LOST_TAGS),
        ("how far is it?", "3.50", "3.50"),
        ("call me", "Rufen Sie  13912345678 an", "Rufen Sie [phone] an"),
        ("call me", '[[0, 400, "x"]]', '[[0, 400, "x"]]'),
    ],
)  # fmt: skip
def test_what_a_source_says_is_right_is_redacted_and_tags_move_along(
    raw: str, target: str, kept: str
) -> None:
    text = redacted(raw)
    found = redacted_target(target, text, raw=raw)
    assert found == kept
    if found == LOST_TAGS:  # the record is then left out with that reason
        value = value_of(found, text, raw=text, form="tags", clean=normalise, prepare=redacted)
        assert value.reason == LOST_TAGS


def test_a_tag_behind_the_text_is_a_fault() -> None:
    with pytest.raises(InputError, match="ends behind the text of 4 characters"):
        value_of('[[0,9,"x"]]', "Anna", raw="Anna", form="tags", clean=normalise, prepare=redacted)


def test_values_are_cleaned_and_written_in_one_way() -> None:
    said = value_of("b | a", "t", raw="t", form="several", clean=normalise, prepare=redacted)
    assert said.text == "a|b"
    assert value_of("", "t", raw="t", form="number", clean=normalise, prepare=redacted).text == ""
    kept = value_of(
        '[[0, 4, "n"]]', "Anna", raw="Anna", form="tags", clean=normalise, prepare=redacted
    )
    assert tags_of(kept.text) == [(0, 4, "n")]
