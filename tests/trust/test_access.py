"""Keys and roles: guessing, altering, expiry, revocation and every verb of both roles."""

import dataclasses
import json
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.codec import decode, encode
from chainring.contracts.errors import InputError, NotAllowedError
from chainring.contracts.roles import ROLES, VERB_ROLES, verbs_of
from chainring.trust.access import (
    Key,
    KeyRing,
    make_key,
    rotated,
    sees_texts,
)

SECRET, KEY = make_key("ask", "web shop")
OTHER_SECRET, OTHER = make_key("operate", "网店")


def test_a_secret_opens_its_own_key_among_others() -> None:
    assert KeyRing([OTHER, KEY]).check(SECRET) is KEY
    assert KeyRing([OTHER, KEY]).check(OTHER_SECRET).name == "网店"


def test_what_is_stored_survives_json_and_holds_no_part_of_the_secret() -> None:
    stored = encode(KEY)
    assert KeyRing([decode(Key, stored)]).check(SECRET) == KEY
    assert SECRET.rpartition("_")[2] not in stored
    assert set(json.loads(stored)) == {
        "id", "role", "name", "salt", "hash", "at", "expires", "revoked", "only", "per_minute",
        "per_day", "replaces", "meter",
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
            KeyRing([KEY, OTHER]).check(altered)


@given(st.text(max_size=300))
def test_no_text_at_all_opens_a_key_or_breaks_the_check(guess: str) -> None:
    with pytest.raises(NotAllowedError):
        KeyRing([KEY, OTHER]).check(guess)


def test_a_secret_cannot_be_given_a_higher_role_or_a_longer_tail() -> None:
    for forged in (SECRET.replace("_ask_", "_operate_"), SECRET + "0", SECRET + "0" * 500):
        with pytest.raises(NotAllowedError):
            KeyRing([KEY, OTHER]).check(forged)


def test_ended_keys_are_refused_in_the_same_words_as_wrong_ones() -> None:
    secret, key = make_key("ask", "till noon", expires=200.0, now=100.0)
    assert KeyRing([key]).check(secret, now=199.9) is key
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
            KeyRing(keys).check(tried, now=now)
        messages.add(str(caught.value))
    assert len(messages) == 1


def test_every_fault_of_a_wish_for_a_key_is_told_at_once() -> None:
    with pytest.raises(InputError) as caught:
        make_key("operator", "  ", expires=1.0, now=2.0)
    assert len(caught.value.faults) == 3
    assert "did you mean 'operate'?" in str(caught.value)
    with pytest.raises(InputError, match="printable"):
        make_key("ask", "a\nb")


BESIDE = {"labels", "models"}


@pytest.mark.parametrize(
    ("role", "verbs"),
    [
        ("ask", {"predict", "why", "embed", "chat", "react", "case", "status", *BESIDE}),
        ("react", {"react", "case", *BESIDE}),
        ("annotate", {"review", "decide", "status", *BESIDE}),
        ("operate", {*VERB_ROLES} - {"keys", "audit"}),
        ("admin", {*VERB_ROLES}),
    ],
)
def test_each_role_reaches_these_verbs_and_no_other(role: str, verbs: set[str]) -> None:
    assert verbs_of(role) == verbs


def test_a_key_held_to_some_verbs_reaches_those_alone() -> None:
    _, key = make_key("ask", "search box", only=["embed"])
    assert key.reaches("embed")
    assert not key.reaches("predict")
    with pytest.raises(InputError, match="does not reach 'review'"):
        make_key("ask", "x", only=["review"])
    with pytest.raises(InputError, match="did you mean 'predict'"):
        make_key("ask", "x", only=["predcit"])


def test_a_rotated_key_passes_on_its_terms_and_goes_on_for_its_grace() -> None:
    terms: Any = {"only": ["predict"], "per_minute": 60, "per_day": 1000, "now": 0.0}
    secret, key = make_key("ask", "web shop", expires=1000.0, **terms)
    new_secret, fresh, old = rotated(key, grace_s=50.0, now=500.0)
    assert KeyRing([fresh, old]).check(secret, now=549.9) == old
    assert KeyRing([fresh, old]).check(new_secret, now=551.0) == fresh
    with pytest.raises(NotAllowedError):
        KeyRing([fresh, old]).check(secret, now=550.0)
    assert (fresh.name, fresh.role, fresh.only) == (key.name, key.role, key.only)
    assert (fresh.per_minute, fresh.per_day, fresh.expires) == (60, 1000, 1500.0)
    assert (fresh.replaces, fresh.meter) == (key.id, key.id)
    assert rotated(fresh, grace_s=0.0, now=501.0)[1].meter == key.id
    with pytest.raises(InputError, match="revoked"):
        rotated(dataclasses.replace(key, revoked=True), grace_s=0.0)


def test_an_unknown_role_or_verb_is_closed() -> None:
    assert not verbs_of("root")
    assert not KEY.reaches("predcit")


def test_only_those_who_operate_see_the_texts_of_why() -> None:
    assert [role for role in (*ROLES, "root") if sees_texts(role)] == ["operate", "admin"]
