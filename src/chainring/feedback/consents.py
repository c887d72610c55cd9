"""Whose refusal stands: an answer that anybody refused teaches and judges nothing.

Enters reactions, leaves the answers that are refused, each with how it was said. A refusal is taken
back by a consent that its own author gives later, never by another's, and never by silence. One
whose author was forgotten stands for good: nobody is left to take it back.

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

REFUSED = "refused"
_SILENCE = ("", "none")


def refused_answers(said: Iterable[Feedback]) -> dict[str, str]:
    """Return the refusal that stands on each answer that has one.

    Who has a name takes his refusal back by whatever key; the nameless are told apart by theirs.
    """
    return {
        name: REFUSED if rows[0].refused else rows[0].consent
        for name, rows in _standing(said).items()
    }


def standing_refusals(said: Iterable[Feedback]) -> set[str]:
    """Return the ids of the reactions whose refusal stands; of one author's the last."""
    return {row.id for rows in _standing(said).values() for row in rows}


def _standing(said: Iterable[Feedback]) -> dict[str, list[Feedback]]:
    """Return of each answer that is refused the reactions that refuse it."""
    refusals: dict[str, dict[tuple[str, str], Feedback]] = defaultdict(dict)
    forgotten: dict[str, list[Feedback]] = defaultdict(list)
    for row in sorted(said, key=lambda row: (row.at, row.id)):
        of_answer = refusals[row.prediction]
        if row.refused:
            forgotten[row.prediction].append(row)
        elif is_refusal(row.consent):
            of_answer[row.speaker] = row
        elif row.consent != FORGOTTEN and plain(row.consent) not in _SILENCE:
            for via, author in [*of_answer]:
                if author == row.author and (is_person(author) or may_be_one(via, row.via)):
                    del of_answer[via, author]
    stand = {name: [*forgotten[name], *rows.values()] for name, rows in refusals.items()}
    return {name: rows for name, rows in stand.items() if rows}


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
