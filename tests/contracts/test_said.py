"""What is said to people carries both languages, and is kept in both."""

import copy
import json
import pickle
from dataclasses import dataclass, field

import pytest

from chainring.contracts.codec import decode, digest, encode, identity, plain
from chainring.contracts.errors import InputError, RefusedError
from chainring.contracts.said import Said, in_language, joined, told_by

SAID = Said("no limit is set", zh="未设上限")


@dataclass(frozen=True, slots=True, kw_only=True)
class Noun:
    """A noun with sentences in every kind of field that holds them."""

    because: str
    notes: tuple[str, ...] = ()
    left_out: dict[str, str] = field(default_factory=dict)
    speed: str | None = None


NOUN = Noun(because=SAID, notes=(SAID, "free"), left_out={"int8": SAID}, speed=SAID)


def test_a_stored_sentence_keeps_both_languages_in_every_kind_of_field() -> None:
    again = decode(Noun, encode(NOUN))
    assert again == NOUN
    for one in (again.because, again.notes[0], again.left_out["int8"], again.speed or ""):
        assert in_language(one, "zh") == "未设上限"
    assert type(again.notes[1]) is str


def test_a_noun_stored_with_its_english_alone_opens_and_is_shown_as_it_is() -> None:
    again = decode(Noun, '{"because":"no limit is set","notes":["old"]}')
    assert again.because == "no limit is set"
    assert in_language(again.because, "zh") == "no limit is set"


def test_digests_and_plain_data_hold_the_english_alone() -> None:
    english = Noun(
        because=str(SAID), notes=(str(SAID), "free"), left_out={"int8": str(SAID)}, speed=str(SAID)
    )
    assert digest(NOUN) == digest(english)
    assert identity(NOUN) == identity(english)
    assert json.dumps(plain(NOUN)) == json.dumps(plain(english))


def test_a_text_field_with_another_mapping_is_a_fault() -> None:
    with pytest.raises(InputError, match="two languages"):
        decode(Noun, '{"because":{"en":"a"}}')


@pytest.mark.parametrize("again", [pickle.loads(pickle.dumps(SAID)), copy.deepcopy(SAID)])
def test_a_sentence_keeps_its_chinese_on_its_way_to_another_process(again: Said) -> None:
    assert (again, again.zh) == (SAID, SAID.zh)


def test_joined_sentences_are_joined_in_each_language() -> None:
    both = joined([SAID, "free"])
    assert (both, both.zh) == ("no limit is set; free", "未设上限；free")


def test_an_error_brings_the_chinese_of_what_it_says() -> None:
    assert in_language(told_by(RefusedError(SAID)), "zh") == "未设上限"
    assert str(RefusedError(SAID)) == "no limit is set"
    assert told_by(RefusedError("plain")) == "plain"
