"""That the ring closes is a rule: what one step makes another one uses, but for outer sources."""

from __future__ import annotations

import dataclasses
import typing
from typing import Any

import pytest

from chainring.contracts.table import Table
from chainring.contracts.work import Work
from chainring.ring.steps import STEPS, noun_of

OUTER = {
    "Source": "text that people wrote before there was a ring",
    "Machine": "the computer as it was found",
    "Policy": "what the owner of the project allows",
    "Request": "a question that somebody asks",
    "Answer": "what the engine says inside a request; the step makes the prediction of it",
    "Reaction": "what a person does about an answer",
    "Measure": "by what the owner of the project lets models be judged",
    "Check": "a condition that guards of later issues hand to the gate; none is made by a step yet",
}
"""Frozen: a name is added here only with the reason why no step can make it."""


def nouns_in(hint: Any) -> set[str]:
    """Return the names of the nouns in a type hint; a table of records is records."""
    origin = typing.get_origin(hint)
    if origin is Table or origin is not None:
        return set().union(*(nouns_in(part) for part in typing.get_args(hint)), set())
    if not (isinstance(hint, type) and dataclasses.is_dataclass(hint)) or hint is Work:
        return set()
    return {hint.__name__} if hint.__module__.startswith("chainring.contracts.") else set()


def hints(name: str) -> dict[str, Any]:
    return typing.get_type_hints(STEPS[name].function())


MADE = {name: nouns_in(hints(name)["return"]) for name in STEPS}
USED = {
    name: set().union(*(nouns_in(hint) for of, hint in hints(name).items() if of != "return"))
    for name in STEPS
}


def test_every_noun_that_is_made_is_used() -> None:
    made, used = set().union(*MADE.values()), set().union(*USED.values())
    assert made - used == set()


def test_every_noun_that_is_used_is_made_but_for_the_outer_sources() -> None:
    made, used = set().union(*MADE.values()), set().union(*USED.values())
    assert used - made - set(OUTER) == set()


def test_no_outer_source_is_listed_that_a_step_makes_or_none_uses() -> None:
    made, used = set().union(*MADE.values()), set().union(*USED.values())
    assert set(OUTER) & made == set()
    assert set(OUTER) - used == set()


def test_from_every_noun_the_way_leads_back_to_it() -> None:
    """Closed as a whole, not in small circles: a record comes back to a record through users."""
    reached = {"Record"}
    while True:
        further = reached.union(*(MADE[name] for name in STEPS if USED[name] & reached))
        if further == reached:
            break
        reached = further
    assert reached >= {
        "Record", "Label", "Dataset", "Model", "Forms", "Evaluation", "Verdict", "Deployment",
        "Prediction", "Feedback", "Case",
    }  # fmt: skip
    before_users = {name for name in STEPS if name not in ("prediction", "feedback", "corrections")}
    from_feedback = {"Feedback"}
    for _ in STEPS:
        from_feedback |= set().union(
            *(MADE[name] for name in {*before_users, "corrections"} if USED[name] & from_feedback)
        )
    assert {"Record", "Dataset", "Model", "Deployment"} <= from_feedback


@pytest.mark.parametrize("name", STEPS)
def test_each_step_makes_exactly_one_noun_and_what_the_table_says(name: str) -> None:
    assert len(MADE[name]) == 1
    if STEPS[name].memo:
        hint = hints(name)["return"]
        assert (typing.get_origin(hint) or hint) is noun_of(STEPS[name])


def test_the_order_of_the_table_is_one_in_which_they_can_run() -> None:
    """Each slow step finds its nouns made before it; what comes back from users is the snapshot."""
    from_before = {"Feedback", "Label", "Case", "Model"}  # of earlier turns
    there = set(OUTER) | from_before
    for name, step in STEPS.items():
        if step.memo:
            assert USED[name] <= there, name
            there |= MADE[name]
