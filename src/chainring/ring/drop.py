"""A labelled drop: reviewed hold-out answers of the champion became worse than it promised.

labelled_drop(ring)        # a sentence, or None

By accuracy it is fewer that are right. By another measure it is more that is lost: by cost what a
row costs, by balanced accuracy what is wrong, weighed by its label as common as labels were in the
rows that promised, of fewer than five rows as of five. That a wrong answer counts, and not a right
one, keeps a model without a mistake from falling because a label becomes rarer.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from chainring.contracts.label import Label, review_guideline
from chainring.contracts.measure import Measure
from chainring.contracts.prediction import Prediction
from chainring.contracts.said import Said
from chainring.contracts.worth import Worth
from chainring.ring.asked import said_by_people
from chainring.ring.askers import asker, keys_of
from chainring.ring.built import Ring, current
from chainring.ring.gate.sentences import figure
from chainring.ring.grading import grading
from chainring.ring.promise import judged_rows, lost_of, most_lost, promoted
from chainring.ring.sentences import say
from chainring.ring.turn import Turn
from chainring.stats.intervals import mean_grade
from chainring.stats.sequential import capital_for, log_capital_of_change
from chainring.stats.worth import label_shares, mean_worth

MIN_PROMISE = 30
"""So many reviewed answers, at least, say how good a champion was."""
FIRM_PROMISE = 100
"""From twice as many reviewed answers on, so many of the first say it."""
RARE_PROMISE, FIRM_RARE_PROMISE = 100, 400
"""The same by another measure: what is dear or rare is hardly among thirty."""
LEAST_ROWS = 5
"""By balanced accuracy a label weighs as with so many of the rows that promise where fewer have it:
these are a sample, and what one of them has may be five times as common."""
MAX_SHOWN = 0.1
"""So much of a hold-out may have been told beside its answers, and it still promises."""
FALSE_ALARMS = 0.0125
"""Level of each test: with the two promises it may be held to, and the 2.5 % by which these may be
too high, at most 5 % of the champions that did not fall ever seem to have fallen."""


def given_since(labels: list[Label], last: Turn) -> list[Label]:
    """Return the labels that a turn did not know; by the clock where it did not count them."""
    if last.corrections:
        return labels[last.labels :]
    return [one for one in labels if one.at is not None and one.at > last.started]


def labelled_drop(ring: Ring, *, since: Turn | None = None) -> str | None:
    """Return a sentence when reviewed hold-out answers of the champion became worse.

    It counts as a drop when bets against "the share that is right lies at most `max_drop_points`
    below the lower end of what was right before" win, begun anew with every 25 reviews: a long good
    service hides no drop. The suite is no measure of it: live questions are harder than a project's
    own rows. By another measure the claim is "no more is lost than the high end of what was lost
    before, and `max_drop_points` more".

    Parameters
    ----------
    since
        The last turn: a drop without a review that it did not know has had its turn.
    """
    _, champion = current(ring)
    if champion is None:
        return None
    labels = said_by_people(ring)
    recent = {one.id for one in (labels if since is None else given_since(labels, since))}
    answered = _reviewed(ring, champion.model, labels) if recent else []
    if not any(label.id in recent for _, label in answered):
        return None
    measure = ring.recipe.gate.judging
    if measure.name != "accuracy":
        return _dearer(ring, champion.model, answered, measure)
    grade = grading(ring, champion.model)
    right = [grade(prediction, label.value) for prediction, label in answered]
    (low, before), later = _promise(ring, champion.model, right, labels)
    found = _fallen(later, low - ring.recipe.watch.max_drop_points / 100)
    if found is None:
        return None
    share = sum(found) / len(found)
    return say("drop", share=f"{share:.1%}", rows=len(found), low=f"{low:.1%}", before=before)


def _dearer(
    ring: Ring, model: str, answered: Sequence[tuple[Prediction, Label]], measure: Measure
) -> str | None:
    """Return a sentence where more is lost by a measure than was promised."""
    before, lost, worth, most = _promised(ring, model, answered, measure)
    newest = _risen(lost, most + ring.recipe.watch.max_drop_points / 100 * worth.points)
    if newest is None:
        return None
    now, by = mean_worth(newest), measure.name
    if by != "cost":
        now, most = max(0.0, 1.0 - now), max(0.0, 1.0 - most)
    told = {"now": figure(now, by), "most": figure(most, by), "before": before}
    return say(f"drop by {by}", rows=len(newest), **told)


def _promised(
    ring: Ring, model: str, answered: Sequence[tuple[Prediction, Label]], measure: Measure
) -> tuple[Said, list[float], Worth, float]:
    """Return by what a champion promised, what was lost since, how it counts, and the most lost."""
    rows = judged_rows(ring, model, "holdout")
    if len(rows) >= RARE_PROMISE:
        worth = _worth(measure, [row.truth for row in rows])
        before = say("judged on", rows=len(rows))
        return (
            before,
            _lost(ring, model, answered, worth),
            worth,
            most_lost(lost_of(worth, rows), worth),
        )
    firm = len(answered) >= 2 * FIRM_RARE_PROMISE
    count = FIRM_RARE_PROMISE if firm else RARE_PROMISE
    first = answered[:count]
    worth = _worth(measure, [label.value for _, label in first])
    lost = _lost(ring, model, answered, worth)
    before = say("its first", rows=len(first))
    return before, lost[count:], worth, most_lost(lost[:count], worth)


def _worth(measure: Measure, truths: Sequence[str]) -> Worth:
    """Return what answers are worth, labels as common as in rows that promise."""
    shares = label_shares(truths)
    if measure.name == "balanced_accuracy":
        least = LEAST_ROWS / len(truths)
        shares = {label: max(share, least) for label, share in shares.items()}
    return Worth(measure=measure, shares=shares)


def _lost(
    ring: Ring, model: str, answered: Sequence[tuple[Prediction, Label]], worth: Worth
) -> list[float]:
    grade = grading(ring, model)
    return [
        worth.lost(said.value, row.label, passed_on=row.passed_on, right=grade(row, said.value))
        for row, said in answered
    ]


def _risen(lost: list[float], most: float) -> list[float] | None:
    """Return the newest losses, where their mean is clearly over `most`, as it was not before."""
    capital, start = log_capital_of_change(lost, mean=most, low=0.0)
    return lost[start:] if capital >= capital_for(FALSE_ALARMS) else None


def _fallen(right: list[float], least: float) -> list[float] | None:
    """Return the newest grades, where their mean is clearly under `least`, which it was before."""
    if least <= 0:
        return None
    wrong = [-math.ceil(100 * grade) / 100 for grade in right]  # few values: each is bet on once
    capital, start = log_capital_of_change(wrong, mean=-least, low=-1.0)
    return right[start:] if capital >= capital_for(FALSE_ALARMS) else None


def _promise(
    ring: Ring, model: str, right: list[float], labels: list[Label]
) -> tuple[tuple[float, Said], list[float]]:
    """Return what reviewed answers are measured against, and the grades that are measured.

    Of the hold-out that it was judged on where that had rows enough, else of its own first answers.
    What was told beside a shown answer may be too kind: of the judged it counts as wrong.
    """
    judged = promoted(ring, model)
    share = None if judged is None else judged.slices.get("part:holdout")
    if share is not None and share.rows >= MIN_PROMISE:
        shown = sum(_was_shown(ring, one) for one in _last_words(labels).values()) / share.rows
        if shown <= MAX_SHOWN:
            return (share.low - shown, say("judged on", rows=share.rows)), right
    firm = len(right) >= 2 * FIRM_PROMISE
    count = FIRM_PROMISE if firm else MIN_PROMISE
    first, later = right[:count], right[count:]
    return (mean_grade(first).low, say("its first", rows=len(first))), later


def _reviewed(ring: Ring, model: str, labels: list[Label]) -> list[tuple[Prediction, Label]]:
    """Return the answers of a model that a person reviewed as a random sample, as reviewed.

    Of several for one asker the first that was reviewed: they are right or wrong together.
    """
    last = _last_words(labels)
    rows = (one for one, _ in ring.traffic.answers(list(last)))
    mine = [one for one in rows if one.holdout and one.model == model]
    keys, first = keys_of(ring), dict[str, Prediction]()
    for one in mine:
        if not _was_shown(ring, last[one.id]):
            first.setdefault(asker(one, keys), one)
    return [(one, last[one.id]) for one in first.values()]


def _last_words(labels: list[Label]) -> dict[str, Label]:
    """Return what a person said last of each record, where that is a label of a random sample."""
    last = {one.record: one for one in labels if one.author_kind == "person"}
    return {name: one for name, one in last.items() if one.state == "accepted" and not one.decides}


def _was_shown(ring: Ring, label: Label) -> bool:
    """Whether a label may have been an answer that an earlier version let be accepted.

    Such a review calls a number or a text entirely right; those of now are told without a look at
    it, and all of them would be a drop beside the others.
    """
    is_sampled = label.author_kind == "person" and label.guideline == review_guideline("holdout")
    return is_sampled and not label.unseen and ring.recipe.data.facts.form in ("number", "text")
