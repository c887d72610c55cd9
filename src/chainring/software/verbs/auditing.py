"""What a caller may see, and what was done with privilege: decided, then kept as a fact.

Every verb that gives out texts takes them through `looking`; every other privileged act calls
`record`. The fact is written before a verb returns: no text without its line, none where it fails.

    with looking(project, "review") as sight:
        text = sight.text(row.text, row_facts(row))
"""

from __future__ import annotations

import getpass
import os
import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING

from chainring.contracts.access import RING, ROLES, SEEING, Rule, Who
from chainring.contracts.act import Act
from chainring.contracts.errors import NotAllowedError, UnknownNameError
from chainring.contracts.ids import new_id
from chainring.ring.sight import Sight
from chainring.store.newest import newest_first

if TYPE_CHECKING:
    from chainring.software.api import Project

KIND = "act"
PURPOSES = {
    "why": "explanation",
    "review": "review",
    "cases": "review",
    "report": "report",
    "data report": "report",
    "data show": "inspection",
    "data trace": "explanation",
    "backup": "backup",
    "package": "package",
}
"""What a verb is called for, where the caller states no other purpose."""


def owner() -> Who:
    """Return the owner: whoever runs this process, by the name of the account."""
    try:
        name = getpass.getuser()
    except (KeyError, OSError, ImportError):  # an account without a name, in a container
        name = ""
    return Who(role="owner", name=name)


def stated_purpose() -> str:
    """Return the purpose that the environment states (CHAINRING_PURPOSE), or nothing."""
    return os.environ.get("CHAINRING_PURPOSE", "").strip()[:64]


def sight_of(
    project: Project,
    verb: str,
    *,
    who: Who | None = None,
    action: str = "read",
    texts: bool = True,
) -> Sight:
    """Return what a caller may be shown by a verb; nothing is written."""
    access = project.ring.recipe.access
    return Sight(
        access.all_rules(),
        who=who or project.who,
        purpose=project.purpose or PURPOSES.get(verb, access.purpose),
        action=action,
        blind=not texts,
    )


@contextmanager
def looking(
    project: Project,
    verb: str,
    *,
    about: str = "",
    who: Who | None = None,
    action: str = "read",
    texts: bool = True,
) -> Iterator[Sight]:
    """Hand out a sight and keep what was seen by it as an act.

    Who asks for no texts, or never sees any (a key of role `ask` or `react`), leaves no act.
    """
    sight = sight_of(project, verb, who=who, action=action, texts=texts)
    try:
        yield sight
    finally:
        if texts and sight.who.role in SEEING and (sight.shown or sight.withheld):
            _keep(project, verb, sight, about=about)


@contextmanager
def training(project: Project, verb: str, *, about: str = "") -> Iterator[Sight]:
    """Hand out what tells which records a model may learn from outside of a turn.

    The rules are asked as in a turn: it is the ring that trains, for the project's purpose. Kept as
    an act is who had it done.
    """
    access = project.ring.recipe.access
    sight = Sight(access.all_rules(), who=RING, purpose=access.purpose, action="train")
    try:
        yield sight
    finally:
        if sight.shown or sight.withheld:
            _keep(project, verb, sight, about=about, who=project.who)


def _keep(project: Project, verb: str, sight: Sight, *, about: str, who: Who | None = None) -> None:
    record(
        project,
        verb,
        action=sight.action,
        who=who or sight.who,
        purpose=sight.purpose,
        rows=sight.shown,
        withheld=sight.withheld.total(),
        decision=sight.decision,
        because=sight.because,
        about=about,
    )


def record(
    project: Project,
    verb: str,
    *,
    action: str = "",
    who: Who | None = None,
    purpose: str = "",
    rows: int = 0,
    withheld: int = 0,
    decision: str = "allowed",
    because: str = "",
    about: str = "",
) -> Act:
    """Keep a privileged act; `because` and `about` hold no text of a record, and no path."""
    caller = who or project.who
    act = Act(
        id=new_id(KIND),
        app=project.app,
        at=time.time(),
        who=caller.name,
        role=caller.role,
        verb=verb,
        action=action or verb,
        decision=decision,
        because=because,
        purpose=purpose,
        rows=rows,
        withheld=withheld,
        about=about,
        key=caller.key,
    )
    project.ring.ledger.add_fact(KIND, act.id, act, about=about)
    return act


def require_whole_export(project: Project, verb: str) -> None:
    """Refuse to copy everything out while a rule keeps any record from being exported.

    A backup cannot leave rows out and still be restored, nor a model words that it learnt from;
    so the rule counts, not what it fits now.

    Raises
    ------
    NotAllowedError
        With the rule, and what would let it be done.
    """
    sight = sight_of(project, verb, action="export")
    barred = _barring(project.ring.recipe.access.all_rules(), sight)
    record(
        project,
        verb,
        action="export",
        purpose=sight.purpose,
        decision="allowed" if barred is None else "denied",
        because="" if barred is None else f"rule {barred.number}",
    )
    if barred is not None:
        raise NotAllowedError(
            f"{verb}: it holds words of any record, and rule {barred.number} of [access] keeps "
            f"some from being exported for the purpose {sight.purpose!r}; a rule before it with "
            f"action = 'export', purpose = {sight.purpose!r} and allow = true lets it be done"
        )


def _barring(rules: Iterable[Rule], sight: Sight) -> Rule | None:
    """Return the first rule that keeps any record back, if none before it lets all of them out."""
    for rule in rules:
        if rule.concerns(sight.who, sight.action, sight.purpose):
            if not rule.allow:
                return rule
            if not rule.where:
                return None
    return None


def audit(
    project: Project, *, who: str = "", verb: str = "", since: float = 0.0, limit: int = 100
) -> list[Act]:
    """Return the newest acts, newest first.

    Parameters
    ----------
    who
        Name or role of the caller; empty: everybody's.
    verb
        The verb, `data show` for one of a group; empty: every one.
    since
        Seconds since 1970.
    """
    found: list[Act] = []
    names, verbs = set[str](ROLES), set[str]()
    for one in newest_first(project.ring.ledger, KIND, Act):
        if len(found) >= limit:
            return found
        names.add(one.who)
        verbs.add(one.verb)
        if who in ("", one.who, one.role) and verb in ("", one.verb) and one.at >= since:
            found.append(one)
    if who and who not in names:
        raise UnknownNameError("caller", who, names)
    if verb and verb not in verbs:
        raise UnknownNameError("act", verb, verbs)
    return found
