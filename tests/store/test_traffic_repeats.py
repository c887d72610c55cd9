"""A key that comes twice: the same reaction is known again, another one is told apart."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from typing import Any

import pytest

from chainring.contracts.feedback import Feedback
from chainring.store.traffic import Traffic
from chainring.store.traffic_repeats import stored_before

Make = Callable[..., Any]


def repeated(traffic: Traffic, first: Feedback, again: Feedback) -> Feedback | None:
    """Return what is found for a reaction whose key was there."""
    (identifier,) = traffic.commit([], [again])
    assert identifier == first.id
    return stored_before(traffic, again, identifier)


@pytest.mark.parametrize(
    "change",
    [
        {"value": "invoice"},
        {"kind": "flag", "value": "wrong"},
        {"comment": "not that one"},
        {"comment": ""},
        {"consent": "training"},
    ],
)
def test_another_reaction_with_the_same_key_is_told_apart(
    traffic: Traffic, predicted: Make, said: Make, change: dict[str, Any]
) -> None:
    row = predicted()
    first = said(row.id, key="k", comment="谢谢")
    traffic.commit([(row, "where is it")], [first])
    again = said(row.id, key="k", comment="谢谢")
    found = repeated(traffic, first, again)
    assert found is not None
    assert (found.id, found.comment) == (first.id, "谢谢")
    assert repeated(traffic, first, replace(again, **change)) is None


@pytest.mark.parametrize("is_private", [True, False])
def test_words_that_were_erased_are_not_compared(
    traffic: Traffic, predicted: Make, said: Make, is_private: bool
) -> None:
    row = predicted()
    first = said(row.id, key="k", value="Guten Tag", comment="so", private=is_private)
    traffic.commit([(row, "good day")], [first])
    again = said(row.id, key="k", value="Guten Tag", comment="so", private=is_private)
    other = replace(again, value="Moin")
    assert repeated(traffic, first, other) is None
    traffic.erase([first.id])
    found = repeated(traffic, first, again)
    assert found is not None
    assert found.value == ("" if is_private else "Guten Tag")
    assert (repeated(traffic, first, other) is None) is not is_private


def test_a_confirmation_whose_answer_was_not_known_yet_is_the_same(
    traffic: Traffic, predicted: Make, said: Make
) -> None:
    row = predicted()
    orphan = said(row.id, key="k", kind="confirmation", value="")
    traffic.commit([], [orphan])
    traffic.commit([(row, "where is it")], [])
    known = said(row.id, key="k", kind="confirmation", value="track_order")
    found = repeated(traffic, orphan, known)
    assert found is not None
    assert found.id == orphan.id
