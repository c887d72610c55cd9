from __future__ import annotations

import re
import time

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.ids import id_time, keyed, new_id

MOMENTS = st.floats(0, 4e9)


@given(MOMENTS)
def test_an_id_tells_its_time_to_the_millisecond(now: float) -> None:
    found = id_time(new_id("pred", now=now))
    assert found is not None
    assert abs(found - now) <= 0.001


@given(MOMENTS, MOMENTS)
def test_ids_sort_by_their_time(one: float, two: float) -> None:
    early, late = sorted((one, two))
    if int(early * 1000) < int(late * 1000):
        assert new_id("pred", now=early) < new_id("pred", now=late)


def test_an_id_is_of_now_and_none_comes_twice() -> None:
    before = time.time()
    ids = {new_id("fb", now=1e9) for _ in range(20_000)}
    assert len(ids) == 20_000
    found = id_time(new_id("a_b"))
    assert found is not None
    assert before - 0.01 <= found <= time.time() + 0.01


def test_an_id_can_be_read_aloud_and_typed() -> None:
    assert re.fullmatch(r"pred_[0-9a-hjkmnp-tv-z]{26}", new_id("pred"))


@pytest.mark.parametrize("text", ["", "pred", "pred_", "pred_01", "blake2b:00", "退款", "_" * 30])
def test_what_is_no_id_has_no_time(text: str) -> None:
    assert id_time(text) is None


SECRET, OTHER = b"k" * 32, b"l" * 32


@given(st.lists(st.text(max_size=5), max_size=3), st.lists(st.text(max_size=5), max_size=3))
def test_a_keyed_digest_tells_parts_apart_wherever_they_are_cut(
    one: list[str], two: list[str]
) -> None:
    assert (keyed(SECRET, *one) == keyed(SECRET, *two)) == (one == two)


def test_a_keyed_digest_needs_the_key() -> None:
    assert keyed(SECRET, "13912345678") != keyed(OTHER, "13912345678")
    assert len(keyed(SECRET, "x", size=8)) == 16
    assert keyed(SECRET, "half \ud800") != keyed(SECRET, "half ")
