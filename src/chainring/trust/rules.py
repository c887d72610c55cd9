"""What a recipe says of who may do what with which records.

Enters the section `[access]` of chainring.toml, leaves frozen settings and, by `all_rules`, the
rules in their order; their faults all at once, each with the nearest name.

    [[access.rules]]
    action = "train"
    where = { consent = "care only" }
    allow = false
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Annotated, Literal

from pydantic import BaseModel, ConfigDict, Field, model_validator

from chainring.contracts.access import ACTIONS, ROLES, Rule, fits
from chainring.contracts.dataset import SPLITS
from chainring.contracts.errors import did_you_mean, nearest

TEACH, JUDGE = ("train", "validation", "unlabelled"), ("test", "holdout", "reacted")
"""The splits that training reaches, and those that judging reaches."""

_Pattern = Annotated[str, Field(min_length=1, max_length=200)]
Patterns = _Pattern | Annotated[tuple[_Pattern, ...], Field(min_length=1, max_length=100)]
_Action = Literal["read", "export", "train", "evaluate", "*"]
Actions = _Action | Annotated[tuple[_Action, ...], Field(min_length=1, max_length=5)]


class WhereSettings(BaseModel):
    """Which records a rule is about: patterns with * and ?, or lists of them."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    source: Patterns = Field(
        "*", description="file or source of the records; of users' texts it is 'feedback'"
    )
    licence: Patterns = Field("*", description="licence of the records")
    consent: Patterns = Field("*", description="consent of the records")
    language: Patterns = Field("*", description="language of the records")
    label: Patterns = Field("*", description="label of the records")
    split: Patterns = Field(
        "*", description="split of the rows: train, validation, test, holdout, reacted, unlabelled"
    )


class RuleSettings(BaseModel):
    """One rule; what is left out means everybody, every act, every record, every purpose."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    who: Patterns = Field(
        "*",
        description="role (owner, admin, operate, annotate), name of a key, or name of the owner's "
        "account",
    )
    action: Actions = Field("*", description="what is done: read, export, train or evaluate")
    where: WhereSettings = WhereSettings()
    purpose: Patterns = Field("*", description="what it is done for")
    allow: bool = Field(description="true lets it be done, false forbids it")

    @property
    def actions(self) -> tuple[str, ...]:
        """The acts, `*` spelled out."""
        named = _tuple(self.action)
        return ACTIONS if "*" in named else tuple(one for one in ACTIONS if one in named)

    @model_validator(mode="after")
    def _can_ever_fit(self) -> RuleSettings:
        faults = [*_who_faults(self), *_split_faults(self)]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def rule(self, number: int) -> Rule:
        """Return the rule as the noun that decides."""
        told = {name: _tuple(getattr(self.where, name)) for name in WhereSettings.model_fields}
        return Rule(
            number=number,
            allow=self.allow,
            who=_tuple(self.who),
            actions=self.actions,
            purposes=_tuple(self.purpose),
            where={name: patterns for name, patterns in told.items() if "*" not in patterns},
        )


class AccessSettings(BaseModel):
    """Who may read, export, train on and judge with which records.

    The first rule that fits decides. Where none fits, this machine's owner may do everything, and
    keys of role admin, operate and annotate may read.
    """

    model_config = ConfigDict(extra="forbid", frozen=True)

    purpose: str = Field(
        "service",
        min_length=1,
        max_length=64,
        description="what this project's models are for",
    )
    rules: tuple[RuleSettings, ...] = Field(
        (), max_length=1000, description="the rules, in their order"
    )

    @model_validator(mode="after")
    def _all_are_reached(self) -> AccessSettings:
        faults = [*_unreached(self.all_rules())]
        if faults:
            raise ValueError("; ".join(faults))
        return self

    def all_rules(self) -> tuple[Rule, ...]:
        """Return the rules, numbered from 1."""
        return tuple(one.rule(number) for number, one in enumerate(self.rules, 1))

    def of_the_ring(self) -> tuple[Rule, ...]:
        """Return the rules of training and judging: those that change what a turn makes."""
        return tuple(one for one in self.all_rules() if {"train", "evaluate"} & {*one.actions})


def _tuple(value: str | tuple[str, ...]) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value)


def _who_faults(rule: RuleSettings) -> Iterator[str]:
    names = _tuple(rule.who)
    for name in names:
        near = nearest(name, ROLES)
        if name not in ROLES and near is not None and not set(name) & set("*?["):
            yield f"who: {name!r} is near a role and is none; did you mean {near!r}?"
    for role in ("ask", "react"):
        if rule.allow and role in names and {"read", "export"} & {*rule.actions}:
            yield f"who: a key of role {role} never sees texts, so that this can never be allowed"
    learns = [one for one in rule.actions if one in ("train", "evaluate")]
    if learns and rule.action != "*" and not fits(names, "owner"):
        yield (
            f"who: {' and '.join(learns)} are done by the ring, whoever starts it; leave `who` out "
            "or name 'owner'"
        )


def _split_faults(rule: RuleSettings) -> Iterator[str]:
    patterns = _tuple(rule.where.split)
    for pattern in patterns:
        if not any(fits((pattern,), split) for split in SPLITS):
            yield f"where.split: {pattern!r} is no split{did_you_mean(pattern, SPLITS)}"
            return
    for action, reached in (("train", TEACH), ("evaluate", JUDGE)):
        if rule.actions == (action,) and not any(fits(patterns, split) for split in reached):
            yield f"where.split: {action} reaches {', '.join(reached)} only"


def _unreached(rules: Sequence[Rule]) -> Iterator[str]:
    for place, rule in enumerate(rules):
        for before in rules[:place]:
            decides_all = not before.where and "*" in before.who and "*" in before.purposes
            if decides_all and {*rule.actions} <= {*before.actions}:
                yield f"rule {rule.number} is never reached: rule {before.number} decides before it"
                break
