"""Keys and roles: guessing, altering, expiry, revocation and every verb of both roles."""

import dataclasses
import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.codec import decode, encode
from chainring.contracts.errors import InputError, NotAllowedError, UnknownNameError
from chainring.trust.access import VERB_ROLES, Key, allow, check_key, make_key, sees_texts

SECRET, KEY = make_key("ask", "web shop")
OTHER_SECRET, OTHER = make_key("operate", "网店")


def test_a_secret_opens_its_own_key_among_others() -> None:
    assert check_key(SECRET, [OTHER, KEY]) is KEY
    assert check_key(OTHER_SECRET, [OTHER, KEY]).name == "网店"


def test_what_is_stored_survives_json_and_holds_no_part_of_the_secret() -> None:
    stored = encode(KEY)
    assert check_key(SECRET, [decode(Key, stored)]) == KEY
    assert SECRET.rpartition("_")[2] not in stored
    assert set(json.loads(stored)) == {
        "id", "role", "name", "salt", "hash", "at", "expires", "revoked",
    }  # fmt: skip


def test_the_random_part_has_256_bits_and_two_keys_share_nothing() -> None:
    assert len(bytes.fromhex(SECRET.rpartition("_")[2])) == 32
    again, key = make_key("ask", "web shop")
    assert again.rpartition("_")[2] != SECRET.rpartition("_")[2]
    assert {key.id, key.salt, key.hash}.isdisjoint({KEY.id, KEY.salt, KEY.hash})


@given(st.integers(0, len(SECRET) - 1), st.characters(codec=None))
def test_a_secret_with_one_other_character_opens_nothing(place: int, character: str) -> None:
    altered = SECRET[:place] + character + SECRET[place + 1 :]
    if altered != SECRET:
        with pytest.raises(NotAllowedError):
            check_key(altered, [KEY, OTHER])


@given(st.text(max_size=300))
def test_no_text_at_all_opens_a_key_or_breaks_the_check(guess: str) -> None:
    with pytest.raises(NotAllowedError):
        check_key(guess, [KEY, OTHER])


def test_a_secret_cannot_be_given_a_higher_role_or_a_longer_tail() -> None:
    for forged in (SECRET.replace("_ask_", "_operate_"), SECRET + "0", SECRET + "0" * 500):
        with pytest.raises(NotAllowedError):
            check_key(forged, [KEY, OTHER])


def test_ended_keys_are_refused_in_the_same_words_as_wrong_ones() -> None:
    secret, key = make_key("ask", "till noon", expires=200.0, now=100.0)
    assert check_key(secret, [key], now=199.9) is key
    revoked = dataclasses.replace(KEY, revoked=True)
    messages = set()
    for tried, keys, now in [
        (secret, [key], 200.0),
        (SECRET, [revoked], 0.0),
        (SECRET[:-1] + "x", [KEY], 0.0),
        ("cr_ask_000000000000_00", [KEY], 0.0),
        ("", [], 0.0),
    ]:
        with pytest.raises(NotAllowedError) as caught:
            check_key(tried, keys, now=now)
        messages.add(str(caught.value))
    assert len(messages) == 1


def test_every_fault_of_a_wish_for_a_key_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        make_key("operator", "  ", expires=1.0, now=2.0)
    assert len(caught.value.faults) == 3
    assert "did you mean 'operate'?" in str(caught.value)
    with pytest.raises(InputError, match="printable"):
        make_key("ask", "a\nb")


def test_an_asker_reaches_asking_only_and_an_operator_everything() -> None:
    reached = set()
    for verb in VERB_ROLES:
        allow("operate", verb)
        try:
            allow("ask", verb)
        except NotAllowedError as error:
            assert "needs a key of role operate" in str(error)  # noqa: PT017
        else:
            reached.add(verb)
    assert reached == {"predict", "react", "why", "status", "labels", "case"}


def test_an_unknown_role_or_verb_is_closed() -> None:
    with pytest.raises(NotAllowedError):
        allow("admin", "predict")
    with pytest.raises(UnknownNameError, match="did you mean 'predict'"):
        allow("operate", "predcit")


def test_only_an_operator_sees_texts() -> None:
    assert sees_texts("operate")
    assert not sees_texts("ask")
    assert not sees_texts("admin")
