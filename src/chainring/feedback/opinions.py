"""What people say of written answers without writing one: ratings, and preferences among answers.

Enters feedback with its answers, leaves statements whose `label` is the text that was liked and
whose `rejected` is the one that was not.

=================================  ================  ============
said of an answer                  label             rejected
=================================  ================  ============
rating `up`                        the answer
rating `down`                                        the answer
preference, the id of another one  the other answer  the answer
=================================  ================  ============

An author's correction or confirmation of an answer takes the place of their preference, and that of
their rating. Nothing of the hold-out is an opinion: only its reviewed sample judges.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence

from chainring.contracts.feedback import Feedback, FeedbackKind, may_be_one
from chainring.contracts.guard import FORGOTTEN, Guard
from chainring.contracts.label import Label
from chainring.contracts.terms import is_refusal
from chainring.feedback.dropped import Dropped
from chainring.feedback.last_words import (
    SUPERSEDED,
    decided_of,
    in_order,
    refuses,
    taken,
    waiting,
)
from chainring.feedback.settings import FeedbackSettings
from chainring.feedback.statement import Statement, part_of, state_of, unusable

STRENGTH: dict[FeedbackKind, int] = {
    "rating": 0, "preference": 1, "confirmation": 2, "correction": 2,
}  # fmt: skip
OPINIONS: tuple[FeedbackKind, ...] = ("rating", "preference")


def opinions(
    rows: Sequence[Feedback],
    decisions: Mapping[str, Label],
    guard: Guard,
    dropped: Dropped,
    *,
    settings: FeedbackSettings,
) -> Iterator[Statement]:
    """Yield the ratings and preferences that teach, in the order of the rows.

    Parameters
    ----------
    rows
        In the order they were made; an answer that is preferred stands among them as a row of its
        own (see `holdout.asked`).
    decisions
        People's decisions by what they are about.
    """
    answers = {row.id: row for row in rows if row.id == row.prediction}
    later = waiting(rows, decisions, OPINIONS)
    for row in _strongest(rows, decisions, dropped):
        liked, rejected, reason = _said(row, answers, settings)
        reason = unusable(row, row.consent, guard) or reason
        decision = decisions.get(row.id)
        if reason:
            if decision is None:  # what a person decided upon is told by `corrections`
                dropped.add(reason, row)
            continue
        state, why = state_of(decision, is_later=row.id in later)
        yield Statement(
            about=row,
            label=liked,
            kind="user",
            part=part_of(row),
            state=state,
            why=why,
            decision=decision,
            rejected=rejected,
            written=True,
        )


def _strongest(
    rows: Sequence[Feedback], decisions: Mapping[str, Label], dropped: Dropped
) -> list[Feedback]:
    """Return each author's last opinion on each answer where nothing stronger was said.

    A refusal is the strongest: it stands, and what it takes back teaches no more. An opinion that
    a person decided on stays beside a later one.
    """
    strongest: dict[tuple[str, str], dict[str, Feedback]] = defaultdict(dict)
    for row in rows:
        if row.kind not in STRENGTH or row.id == row.prediction:
            continue
        if row.consent == FORGOTTEN:
            if row.kind in OPINIONS:
                dropped.add(FORGOTTEN, row)
            continue
        of_author = strongest[row.author, row.prediction]
        for older in taken(of_author, row):
            if STRENGTH[older.kind] > STRENGTH[row.kind] and not refuses(row):
                older, row = row, older
            if older.kind in OPINIONS and older.id not in decisions:
                dropped.add(SUPERSEDED, older)
        of_author[row.via] = row
    last = in_order(strongest.values())
    stand = [row for row in last if row.kind in OPINIONS and row.id not in decisions]
    decided = decided_of((row for row in rows if row.kind in OPINIONS), decisions, dropped)
    for row in decided:
        said = strongest[row.author, row.prediction].values()
        if any(one.kind not in OPINIONS and may_be_one(one.via, row.via) for one in said):
            dropped.add(SUPERSEDED, row)
        else:
            stand.append(row)
    return stand


def _said(
    row: Feedback, answers: Mapping[str, Feedback], settings: FeedbackSettings
) -> tuple[str, str, str]:
    """Return the liked text, the rejected one, and why they teach nothing, if so."""
    if row.holdout:
        return "", "", "an opinion on the hold-out, of which only reviewed answers judge"
    if not row.answer:  # what was written and passed on was shown all the same
        return "", "", "an opinion on no answer"
    if row.kind == "rating":
        reason = "" if settings.ratings else "ratings are not used"
        return (row.answer, "", reason) if row.value == "up" else ("", row.answer, reason)
    other = answers.get(row.value)
    if other is None or other.id == row.prediction or other.consent == FORGOTTEN:
        return "", "", "the preferred answer is not there, or is the answer itself"
    if is_refusal(other.consent):
        return "", "", f"consent not allowed: {other.consent}"
    if (other.text, other.given_pair) != (row.text, row.given_pair):
        return "", "", "the preferred answer is to another text"
    if not other.answer or other.answer == row.answer:
        return "", "", "both answers are the same, or the preferred one is empty"
    return other.answer, row.answer, ""
