"""Whose refusal stands: an answer that anybody refused teaches and judges nothing.

Enters reactions, leaves the answers that are refused, each with how it was said. A refusal is taken
back by a consent that its own author gives later, never by another's, and never by silence.

    refused_answers(rows)    # {'pred_1': 'refused'}
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import replace

from chainring.contracts.feedback import Feedback, may_be_one
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.terms import is_refusal, plain
from chainring.feedback.last_words import is_person

_SILENCE = ("", "none")


def refused_answers(said: Iterable[Feedback]) -> dict[str, str]:
    """Return the refusal that stands on each answer that has one.

    Who has a name takes his refusal back by whatever key; the nameless are told apart by theirs.
    """
    refusals: dict[str, dict[tuple[str, str], str]] = defaultdict(dict)
    for row in sorted(said, key=lambda row: (row.at, row.id)):
        of_answer = refusals[row.prediction]
        if is_refusal(row.consent):
            of_answer[row.speaker] = row.consent
        elif row.consent != FORGOTTEN and plain(row.consent) not in _SILENCE:
            for via, author in [*of_answer]:
                if author == row.author and (is_person(author) or may_be_one(via, row.via)):
                    del of_answer[via, author]
    return {name: next(iter(stand.values())) for name, stand in refusals.items() if stand}


def under_refusals(rows: Iterable[Feedback]) -> list[Feedback]:
    """Return rows in the order in which they were said, each under the refusal of its answer."""
    ordered = sorted(rows, key=lambda row: (row.at, row.id))
    refused = refused_answers(ordered)
    return [
        replace(row, consent=refused[row.prediction])
        if row.prediction in refused and row.consent != FORGOTTEN
        else row
        for row in ordered
    ]
