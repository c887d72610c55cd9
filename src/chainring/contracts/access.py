"""Access: who may read, export, train on or judge with which records, and for which purpose.

Enters the rules of a recipe in their order and the facts of one record, leaves a decision with its
reason. The first rule that fits decides; where none fits, the owner may do everything, a key of
role `operate`, `admin` or `annotate` may read what its verbs show, and a key of role `ask` or
`react` never sees a text, whatever a rule says.

    rule = Rule(number=1, allow=False, actions=("train",), where={"consent": ("care only",)})
    decide([rule], RING, "train", "service", Facts(consent="care only"))
    # Decision(allowed=False, because='rule 1')

A fact that is not known counts against the caller: it fits every pattern of a rule that denies and
none of a rule that allows. Of several labels (`flu|hiv`, or kinds of tags) or licences one is
enough for a rule that denies; a rule that allows has to fit all of them. A pattern of several
(`MIT|CC0`) fits where all that it names stand there, in whatever order.

========  ===================  ==============
fact      English example      Chinese example
========  ===================  ==============
source    clinic/notes.jsonl   门诊/记录.jsonl
licence   CC-BY-NC-4.0         仅供内部
consent   care only            仅用于诊疗
========  ===================  ==============
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from dataclasses import dataclass, field
from fnmatch import fnmatchcase
from typing import Literal, get_args

from chainring.contracts.dataset import LABEL_SEPARATOR, Row, licences_in
from chainring.contracts.errors import InputError
from chainring.contracts.record import Record
from chainring.contracts.terms import plain
from chainring.contracts.values import labels_in

Action = Literal["read", "export", "train", "evaluate"]
ACTIONS: tuple[Action, ...] = get_args(Action)
SEEING = ("owner", "admin", "operate", "annotate")
"""Roles that may be shown a text where no rule keeps it back."""
ROLES = (*SEEING, "ask", "react")
FACTS = ("source", "licence", "consent", "language", "label", "split")

_DRESSED = str.maketrans({"？": "[?]", "＊": "[*]", "［": "[[]"})
"""Signs that a plain spelling would turn into those of a pattern: they stand for themselves."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Who:
    """A caller: `owner` sits at the machine that holds the project, the others hold a key.

    `name` is the key's, or the name of the owner's account; `key` is the id of the key.
    """

    role: str
    name: str = ""
    key: str = ""


RING = Who(role="owner", name="ring")
"""Who trains and judges: the ring itself, whoever started the turn."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What the rules ask of a record; None where it is not known."""

    source: str | None = None
    licence: str | None = None
    consent: str | None = None
    language: str | None = None
    label: str | None = None
    split: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """One rule: whom it concerns, which acts, for which purposes, and on which records.

    All of it are patterns with `*` and `?`, of which one has to fit; capitals do not matter.
    `where` maps a name of `FACTS` to its patterns; every fact that stands there has to fit.
    """

    number: int
    allow: bool
    who: tuple[str, ...] = ("*",)
    actions: tuple[str, ...] = ACTIONS
    purposes: tuple[str, ...] = ("*",)
    where: dict[str, tuple[str, ...]] = field(default_factory=dict)

    def concerns(self, who: Who, action: str, purpose: str) -> bool:
        """Whether the rule speaks of this caller, act and purpose, on whatever records."""
        return action in self.actions and self.names(who) and fits(self.purposes, purpose)

    def names(self, who: Who) -> bool:
        """Whether `who` of the rule fits the caller's role or name; no name stands for a role."""
        called = [who.role] if plain(who.name) in ("", *ROLES) else [who.role, who.name]
        return any(fits(self.who, name) for name in called)

    def holds_for(self, facts: Facts) -> bool:
        """Whether the rule speaks of a record with these facts."""
        return all(
            self._has(name, patterns, getattr(facts, name)) for name, patterns in self.where.items()
        )

    def _has(self, name: str, patterns: tuple[str, ...], value: str | None) -> bool:
        if value is None:
            return "*" in patterns or not self.allow
        if name not in ("label", "licence"):
            return fits(patterns, value)
        if fits([one for one in patterns if LABEL_SEPARATOR in one], value):
            return True
        every = set(_labels(value) if name == "label" else licences_in(value)) or {value}
        found = {one for pattern in patterns for one in _named(pattern, every)}
        return found == every if self.allow else bool(found)


@dataclass(frozen=True, slots=True, kw_only=True)
class Decision:
    """Whether it may be done, and which rule said so."""

    allowed: bool
    because: str


def decide(rules: Iterable[Rule], who: Who, action: str, purpose: str, facts: Facts) -> Decision:
    """Return whether a caller may do this with a record of these facts.

    >>> decide([], Who(role="ask"), "read", "explanation", Facts()).because
    'a key of role ask sees no texts'
    """
    if who.role not in SEEING:
        return Decision(allowed=False, because=f"a key of role {who.role} sees no texts")
    for rule in rules:
        if rule.concerns(who, action, purpose) and rule.holds_for(facts):
            return Decision(allowed=rule.allow, because=f"rule {rule.number}")
    allowed = who.role == "owner" or action == "read"
    return Decision(allowed=allowed, because=f"no rule: {who.role}")


def fits(patterns: Iterable[str], value: str) -> bool:
    """Whether one of the patterns fits a value; capitals, width and spaces do not matter.

    >>> fits(("CC-BY-NC*", "unstated"), "cc-by-nc-4.0")
    True
    """
    told = plain(value)
    return any(fnmatchcase(told, plain(pattern.translate(_DRESSED))) for pattern in patterns)


def _named(pattern: str, every: Collection[str]) -> set[str]:
    """Return which of several values a pattern names: none, where one of its own is not there."""
    found = [{one for one in every if fits((part,), one)} for part in licences_in(pattern)]
    return set().union(*found) if all(found) and len(found) <= len(every) else set()


def _labels(value: str) -> tuple[str, ...]:
    """Return the labels that a value names, of whatever task it is."""
    if value.startswith("["):
        try:
            return labels_in("tags", value)
        except InputError:
            pass  # a label that begins so
    return labels_in("several", value)


def record_facts(record: Record, *, label: str | None = None, split: str | None = None) -> Facts:
    """Return the facts of a record; its label and split as the source gave them, if not told."""
    return Facts(
        source=record.source,
        licence=record.licence,
        consent=record.consent,
        language=record.language,
        label=record.fields.get("label") if label is None else label,
        split=record.fields.get("split") if split is None else split,
    )


def row_facts(row: Row) -> Facts:
    """Return the facts of a row of a data set."""
    return Facts(
        source=row.source,
        licence=row.licence,
        consent=row.consent or None,
        language=row.language,
        label=row.label,
        split=row.split,
    )
