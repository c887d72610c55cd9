"""Whose word counts where one author said several: the last one.

Enters feedback in the order in which it was said, leaves what stands; what does not is dropped with
its reason. An author belongs to an application, `Feedback.via`; one whose application is unknown
may be that of each, so that a later word takes the place of his: a consent that was withdrawn after
an upgrade is withdrawn. So it is where the application has another key since: who refuses, takes
back all of its kind that was said under his name of this answer.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from types import MappingProxyType

from chainring.contracts.feedback import Feedback, may_be_one
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.label import Label
from chainring.contracts.terms import is_refusal
from chainring.feedback.dropped import Dropped
from chainring.feedback.statement import Statement

SUPERSEDED, SAID_BEFORE = "superseded by its author", "said before by its author"
_NO_DECISIONS: Mapping[str, Label] = MappingProxyType({})
_KEY = re.compile("[0-9a-f]{12}")
"""The id of a key, which stands for the author where a program names none."""


def is_person(author: str) -> bool:
    """Return whether an author was named: many may stand behind one key, or behind no name.

    >>> is_person("ann"), is_person(""), is_person("0123456789ab")
    (True, False, False)
    """
    return bool(author) and _KEY.fullmatch(author) is None


def newest_of(
    rows: Iterable[Feedback],
    dropped: Dropped,
    *,
    kinds: Collection[str],
    decisions: Mapping[str, Label] = _NO_DECISIONS,
) -> list[Feedback]:
    """Return the newest statement of each author on each answer, whatever it says or allows.

    One that a person decided on stays, see `decided_of`.
    """
    newest: dict[tuple[str, str], dict[str, Feedback]] = defaultdict(dict)
    said = [row for row in rows if row.kind in kinds]
    for row in said:
        of_author = newest[row.author, row.prediction]
        if row.consent == FORGOTTEN:
            dropped.add(FORGOTTEN, row)  # it is nameless now: it must not supersede a nameless one
            continue
        for older in taken(of_author, row):
            dropped.add(SUPERSEDED, older)
        if row.id not in decisions:
            of_author[row.via] = row
    return _ordered([*in_order(newest.values()), *decided_of(said, decisions, dropped)])


def decided_of(
    said: Iterable[Feedback], decisions: Mapping[str, Label], dropped: Dropped
) -> list[Feedback]:
    """Return what a person decided on; what its author says later takes none of it away.

    Each stands under the consent that its author gave last of the answer, so that it can be
    withdrawn. Of two that were accepted the one that was decided last stands.
    """
    own = _by_author(said)
    kept = []
    for row in (row for every in own.values() for row in every if row.id in decisions):
        every = [one for one in own[row.author, row.prediction] if may_be_one(one.via, row.via)]
        later = [one for one in own[row.author, row.prediction] if _takes_consent(one, row)]
        if any(_is_decided_after(one, row, decisions) for one in every):
            dropped.add(SUPERSEDED, row)
        else:
            kept.append(replace(row, consent=max(later, key=_said).consent))
    return kept


def waiting(
    said: Iterable[Feedback], decisions: Mapping[str, Label], kinds: Collection[str]
) -> set[str]:
    """Return what was said after a person decided on its author's earlier word of the same answer.

    It waits for a person, too: to repeat oneself undoes no decision.
    """
    own = _by_author(row for row in said if row.kind in kinds)
    decided = [row for every in own.values() for row in every if row.id in decisions]
    return {
        one.id
        for row in decided
        for one in own[row.author, row.prediction]
        if one.id not in decisions and _said(one) > _said(row) and may_be_one(one.via, row.via)
    }


def _by_author(said: Iterable[Feedback]) -> dict[tuple[str, str], list[Feedback]]:
    """Return what each author says of each answer, without what was forgotten."""
    own: dict[tuple[str, str], list[Feedback]] = defaultdict(list)
    for row in said:
        if row.consent != FORGOTTEN:
            own[row.author, row.prediction].append(row)
    return own


def _takes_consent(one: Feedback, row: Feedback) -> bool:
    """Whether the consent of `row` is that of `one`, which its author said then or later."""
    return _said(one) >= _said(row) and (may_be_one(one.via, row.via) or refuses(one))


def _is_decided_after(one: Feedback, row: Feedback, decisions: Mapping[str, Label]) -> bool:
    first, then = decisions[row.id], decisions.get(one.id)
    if then is None or {first.state, then.state} != {"accepted"}:
        return False
    return (then.at, _said(one)) > (first.at, _said(row))


def refuses(row: Feedback) -> bool:
    """Return whether somebody who is named refuses that it is used."""
    return is_person(row.author) and is_refusal(row.consent)


def taken(of_author: dict[str, Feedback], row: Feedback) -> list[Feedback]:
    """Take out, of what one author said by application, what the one who says `row` may have said.

    Of a refusal that is all, for who has a new key refuses still: a namesake's word that is lost
    harms less than one that was taken back and teaches.
    """
    names = [name for name in of_author if refuses(row) or may_be_one(name, row.via)]
    return [of_author.pop(name) for name in names]


def in_order(of_authors: Iterable[dict[str, Feedback]]) -> list[Feedback]:
    """Return what stands of all authors as it was said."""
    return _ordered(row for of_author in of_authors for row in of_author.values())


def _ordered(rows: Iterable[Feedback]) -> list[Feedback]:
    return sorted(rows, key=_said)


def _said(row: Feedback) -> tuple[float, str]:
    return row.at, row.id


def last_words(said: Sequence[Statement], dropped: Dropped) -> list[Statement]:
    """Return what each author says of a text in the end, whichever answer it was said of.

    Two words of one author would be taken for two people who differ. Of equal ones the earliest
    stays, which may have taught already. Those without a name may be two people, as may those
    behind one key; and what a person decided on stays.
    """
    of_one: dict[tuple[str, str, str], list[Statement]] = defaultdict(list)
    kept = []
    for one in said:
        row = one.about
        if one.decision is not None or not is_person(row.author):
            kept.append(one)
        else:
            of_one[row.author, row.text, row.given_pair].append(one)
    for every in of_one.values():
        stand: dict[str, set[str]] = defaultdict(set)
        ends = {one.about.via: one for one in every}
        for one in every:
            via, said_by = one.about.via, stand[one.label]
            last = max((ends[name] for name in ends if may_be_one(name, via)), key=_order)
            if one.label != last.label:
                dropped.add(SUPERSEDED, one.about)
                continue
            if any(may_be_one(name, via) for name in said_by):
                dropped.add(SAID_BEFORE, one.about)
            else:
                kept.append(one)
            said_by.add(via)
    return sorted(kept, key=_order)


def _order(one: Statement) -> tuple[float, str]:
    return one.order
