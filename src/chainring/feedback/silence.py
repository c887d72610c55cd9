"""What silence says: answers that nobody reacted to, where review shows that these are right.

Users who correct what is wrong leave alone what is right; but many leave alone what is wrong, too.
Which users these are is not assumed: of the hold-out's reviewed sample, the answers without a
reaction tell how often silence means *right*. Only where the lower 95 % bound of that share
reaches `min_silent_right` do the other silent answers teach what was answered, as labels of a
model, below every word of a person. The hold-out itself stays silent.

    silent_rows(rows, decisions, settings=settings)     # ([...], True): these teach

| answer | reaction | reviewed as | counts |
|---|---|---|---|
| where is my parcel → delivery_status, hold-out | none | delivery_status | silent and right |
| 物流太久了 → refund, hold-out | none | delivery_late | silent and wrong |
| can I pay by card → payment, not hold-out | none | – | teaches `payment`, if silence may |
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from chainring.contracts.dataset import OUT_OF_SCOPE
from chainring.contracts.feedback import Feedback
from chainring.contracts.label import Label
from chainring.feedback.settings import FeedbackSettings
from chainring.stats.intervals import lower_bound

UNSURE_SILENCE = "nobody reacted, and review does not show that such answers are right"


def silent_rows(
    rows: Sequence[Feedback], decisions: Mapping[str, Label], *, settings: FeedbackSettings
) -> tuple[list[Feedback], bool]:
    """Return the silent answers outside the hold-out, and whether silence is sure enough to teach.

    Parameters
    ----------
    rows
        A snapshot: reactions, and a row of its own for each answer (its id is its prediction's).
    decisions
        People's decisions by what they are about.
    """
    if not settings.silence:
        return [], False
    reacted = {row.prediction for row in rows if row.id != row.prediction}
    quiet = [row for row in rows if row.id == row.prediction and row.id not in reacted]
    judged = [row for row in quiet if row.holdout and _is_truth(decisions.get(row.id))]
    right = sum(_is_right(row, decisions[row.id].value) for row in judged)
    sure = bool(judged) and lower_bound(right, len(judged)) >= settings.min_silent_right
    return [
        row for row in quiet if not row.holdout and not row.passed_on and row.id not in decisions
    ], sure


def _is_truth(decision: Label | None) -> bool:
    return decision is not None and decision.state == "accepted"


def _is_right(row: Feedback, truth: str) -> bool:
    return row.passed_on if truth == OUT_OF_SCOPE else row.answer == truth
