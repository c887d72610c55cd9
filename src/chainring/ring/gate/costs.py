"""What mistakes cost, as a recipe says it: the section `[gate.costs]`, with its faults.

    [gate]
    measure = "cost"

    [gate.costs]
    pass_on = 2            # a person looks at it

    [gate.costs.missed]
    fraud = 50             # fraud in truth, answered as anything else
    ok = 3                 # ok in truth, answered as anything else: a false alarm

    [gate.costs.missed.dispute]
    fraud = 1              # a dispute in truth, answered as fraud ...
    ok = 20                # ... or as ok

Enters the file as it was parsed, leaves sentences:

    gate.costs.missed.fraud: -50 found; expected a number of at least 0
"""

from __future__ import annotations

import math
from collections.abc import Collection, Iterator, Mapping
from typing import Any

from pydantic import BaseModel, ConfigDict, Field

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.errors import RecipeError, did_you_mean, nearest
from chainring.contracts.measure import ANY, PASS_ON, Measure
from chainring.contracts.tasks import TASKS

SECTION = "gate.costs"
COST = "cost"


class CostSettings(BaseModel):
    """What passing on and mistakes cost, in any one unit; right answers cost nothing."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    pass_on: float = Field(
        PASS_ON,
        gt=0,
        allow_inf_nan=False,
        description="what it costs that a text goes to a person",
    )
    missed: dict[str, float | dict[str, float]] = Field(
        default_factory=dict,
        description="by true label, what another answer costs: a number for any other, or one for"
        " each answer; what is not named costs 1",
    )

    @property
    def pairs(self) -> tuple[tuple[str, str, float], ...]:
        """The true label, the answered one (or any other) and the cost, sorted."""
        return tuple(
            (truth, answer, float(cost))
            for truth, told in sorted(self.missed.items())
            for answer, cost in sorted(
                (told if isinstance(told, dict) else {ANY: told}).items(),
            )
        )


def cost_faults(data: Mapping[str, Any]) -> Iterator[str]:
    """Yield what is wrong with measure and costs of a parsed recipe, each with its path."""
    gate = data.get("gate")
    gate = gate if isinstance(gate, Mapping) else {}
    measure, section = gate.get("measure", "accuracy"), gate.get("costs")
    yield from _task_faults(measure, data)
    if section is None:
        return
    if not isinstance(section, Mapping):
        yield f"{SECTION}: {section!r} found; expected a section [{SECTION}] with keys of its own"
        return
    if measure != COST:
        yield f'{SECTION}: costs judge nothing by {measure!r}; write measure = "cost" in [gate]'
    for key in section:
        if key not in CostSettings.model_fields:
            hint = did_you_mean(key, CostSettings.model_fields)
            yield f"{SECTION}.{key}: unknown key{hint}; labels stand in [{SECTION}.missed]"
    yield from _number("pass_on", section.get("pass_on", PASS_ON), above=True)
    yield from _missed(section.get("missed", {}))


def require_known(measure: Measure, labels: Collection[str]) -> None:
    """Refuse costs whose labels are slips of one of `labels`.

    Raises
    ------
    RecipeError
        With every such name and the nearest label.
    """
    faults = [
        f"{SECTION}.missed: no row that teaches has the label {name!r}; did you mean {near!r}?"
        for name, near in uncosted(measure, labels)
        if is_slip(name, near, measure)
    ]
    if faults:
        raise RecipeError("the costs name labels that the data does not have", faults=faults)


def uncosted(measure: Measure, labels: Collection[str]) -> Iterator[tuple[str, str | None]]:
    """Yield each label that the costs name and none of `labels` is, with the nearest of them."""
    known = {*labels, OUT_OF_SCOPE}
    for name in measure.named:
        if name not in known:
            yield name, nearest(name, labels)


def is_slip(name: str, near: str | None, measure: Measure) -> bool:
    """Whether a name was meant for the label near it.

    A rare label may have a neighbour that the costs name, too, as `verified` has `unverified`, or
    国际转账 has 国内转账: that one has to be the same word but for capitals, or for two letters
    that changed places.
    """
    if near is None or near not in measure.named:
        return near is not None
    return _is_same(name.casefold(), near.casefold())


def _is_same(one: str, other: str) -> bool:
    """Whether two words are the same, or are when two letters side by side change places.

    >>> _is_same("fruad", "fraud"), _is_same("plan_a", "plan_b"), _is_same("frauds", "fraud")
    (True, False, False)
    """
    if len(one) != len(other):
        return False
    apart = [place for place, (a, b) in enumerate(zip(one, other, strict=True)) if a != b]
    if len(apart) != 2 or apart[1] - apart[0] != 1:
        return not apart
    first, second = apart
    swapped = (one[first], one[second]) == (other[second], other[first])
    return swapped and one[first : second + 1].isalpha()  # 12 and 21 are two numbers


def _task_faults(measure: Any, data: Mapping[str, Any]) -> Iterator[str]:
    section = data.get("data")
    task = section.get("task", "classification") if isinstance(section, Mapping) else None
    if measure == "accuracy" or not isinstance(task, str) or task not in TASKS:
        return
    if TASKS[task].form != "one":
        alike = ", ".join(name for name, facts in TASKS.items() if facts.form == "one")
        yield (
            f"gate.measure: {measure!r} counts one label a row; data.task is {task!r}. Leave it "
            f"out, or take a task of one label: {alike}"
        )


def _missed(missed: Any) -> Iterator[str]:
    if not isinstance(missed, Mapping):
        yield f"{SECTION}.missed: {missed!r} found; expected costs by true label"
        return
    for truth, told in missed.items():
        path = f"missed.{truth}"
        if not isinstance(told, Mapping):
            yield from _number(path, told)
            continue
        for answer, cost in told.items():
            if answer == truth:
                yield f"{SECTION}.{path}.{answer}: a right answer costs nothing; take the line out"
            elif answer == OUT_OF_SCOPE:
                yield (
                    f"{SECTION}.{path}.{answer}: what passing on costs is {SECTION}.pass_on, alike "
                    "for all labels; take the line out"
                )
            else:
                yield from _number(f"{path}.{answer}", cost)


def _number(path: str, found: Any, *, above: bool = False) -> Iterator[str]:
    is_number = isinstance(found, int | float) and not isinstance(found, bool)
    if not is_number or not math.isfinite(found) or found < 0 or (above and found == 0):
        expected = "above 0: what is free is passed on whole" if above else "of at least 0"
        yield f"{SECTION}.{path}: {found!r} found; expected a number {expected}"
