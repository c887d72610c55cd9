"""Whose word counts where one author said several: the last one.

Enters feedback in the order in which it was said, leaves what stands; what does not is dropped with
its reason.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterable, Mapping

from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.label import Label
from chainring.feedback.dropped import Dropped

_KEY = re.compile("[0-9a-f]{12}")
"""The id of a key, which stands for the author where a program names none."""


def newest_of(
    rows: Iterable[Feedback], dropped: Dropped, *, kinds: Collection[str]
) -> list[Feedback]:
    """Return the newest statement of each author on each answer, whatever it says or allows."""
    newest: dict[tuple[str, str], Feedback] = {}
    for row in rows:
        if row.kind in kinds and row.consent == FORGOTTEN:
            dropped.add(FORGOTTEN, row)  # it is nameless now: it must not supersede a nameless one
        elif row.kind in kinds:
            older = newest.pop((row.author, row.prediction), None)
            if older is not None:
                dropped.add("superseded by its author", older)
            newest[row.author, row.prediction] = row
    return list(newest.values())


def last_words(
    rows: Iterable[Feedback], decisions: Mapping[str, Label], dropped: Dropped
) -> list[Feedback]:
    """Return the last word of each author on one text, whichever answer it was about.

    Two of one author would be taken for two people who differ. Those without a name may be two
    people, as may those behind one key; and what a person decided on stays.
    """
    last: dict[tuple[str, str, str], Feedback] = {}
    kept = []
    for row in rows:
        is_one = bool(row.author and row.text) and not _KEY.fullmatch(row.author)
        if not is_one or row.id in decisions:
            kept.append(row)
            continue
        about = row.author, row.text, row.given_pair
        if (older := last.pop(about, None)) is not None:
            dropped.add("superseded by its author", older)
        last[about] = row
    return sorted([*kept, *last.values()], key=lambda row: (row.at, row.id))
