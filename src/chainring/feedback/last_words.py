"""Whose word counts where one author said several: the last one.

Enters feedback in the order in which it was said, leaves what stands; what does not is dropped with
its reason.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Collection, Iterable, Sequence

from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import FORGOTTEN
from chainring.feedback.dropped import Dropped
from chainring.feedback.statement import Statement

SUPERSEDED, SAID_BEFORE = "superseded by its author", "said before by its author"
_KEY = re.compile("[0-9a-f]{12}")
"""The id of a key, which stands for the author where a program names none."""


def newest_of(
    rows: Iterable[Feedback], dropped: Dropped, *, kinds: Collection[str]
) -> list[Feedback]:
    """Return the newest statement of each author on each answer, whatever it says or allows."""
    newest: dict[tuple[tuple[str, str], str], Feedback] = {}
    for row in rows:
        if row.kind in kinds and row.consent == FORGOTTEN:
            dropped.add(FORGOTTEN, row)  # it is nameless now: it must not supersede a nameless one
        elif row.kind in kinds:
            older = newest.pop((row.speaker, row.prediction), None)
            if older is not None:
                dropped.add(SUPERSEDED, older)
            newest[row.speaker, row.prediction] = row
    return list(newest.values())


def last_words(said: Sequence[Statement], dropped: Dropped) -> list[Statement]:
    """Return what each author says of a text in the end, whichever answer it was said of.

    Two words of one author would be taken for two people who differ. Of equal ones the earliest
    stays, which may have taught already. Those without a name may be two people, as may those
    behind one key; and what a person decided on stays.
    """
    of_one: dict[tuple[tuple[str, str], str, str], list[Statement]] = defaultdict(list)
    kept = []
    for one in said:
        row = one.about
        if one.decision is not None or not row.author or _KEY.fullmatch(row.author):
            kept.append(one)
        else:
            of_one[row.speaker, row.text, row.given_pair].append(one)
    for every in of_one.values():
        last = next(one for one in every if one.label == every[-1].label)
        kept.append(last)
        for one in every:
            if one is not last:
                is_same = one.label == last.label
                dropped.add(SAID_BEFORE if is_same else SUPERSEDED, one.about)
    return sorted(kept, key=lambda one: one.order)
