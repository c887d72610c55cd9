from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.test_redact import FRAGMENTS, NUMBERISH

from chainring.text.personal import bank_cards, emails, identity_cards, phones
from chainring.text.places import (
    REACH,
    View,
    around_ats,
    digit_runs,
    labels,
    near_digits,
    number_starts,
    occurrences,
)

ANY = FRAGMENTS | NUMBERISH
LONG = st.lists(ANY | st.just("the quick brown fox " * 5) | st.just("天气很好" * 30)).map("".join)


@given(LONG)
def test_looking_where_a_number_can_begin_finds_what_looking_everywhere_finds(text: str) -> None:
    plain = text.lower()
    for finder in (identity_cards, bank_cards, phones):
        assert finder(plain, number_starts(plain)) == finder(plain)


@given(LONG)
def test_mail_addresses_stand_within_the_runs_around_an_at(text: str) -> None:
    plain = text.lower()
    runs = around_ats(plain)
    assert all("@" in plain[start:end] for start, end in runs)
    pieces = [[(s + a, s + b) for a, b in emails(plain[s:e])] for s, e in runs]
    assert emails(plain) == [span for piece in pieces for span in piece]


@given(st.text(alphabet="ab1@2", max_size=30), st.lists(st.text(alphabet="ab1@2", min_size=1)))
def test_occurrences_are_all_places_of_all_words(plain: str, words: list[str]) -> None:
    everywhere = [i for word in words for i in range(len(plain)) if plain.startswith(word, i)]
    assert occurrences(words, plain) == everywhere


@given(
    st.lists(st.sampled_from(["qq", "病历号", "1", "22", " ", "-" * 60, "好" * 95])).map("".join)
)
def test_labels_are_the_occurrences_with_a_digit_within_reach(plain: str) -> None:
    runs = digit_runs(plain)
    view = View(text=plain, plain=plain, starts=[], runs=runs, near=near_digits(plain, runs))
    found = [
        at
        for at in occurrences(["qq", "病历号"], plain)
        if any(0 <= run - at <= REACH for run in runs)
    ]
    assert labels(["qq", "病历号"], view) == found


@pytest.mark.parametrize(("plain", "runs"), [("", []), ("12", [0]), ("a1 23-4", [1, 3, 6])])
def test_each_run_of_digits_begins_once(plain: str, runs: list[int]) -> None:
    assert digit_runs(plain) == runs
