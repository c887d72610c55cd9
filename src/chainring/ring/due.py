"""When to turn: new usable corrections, a labelled drop, or the timetable; never drift alone.

A turn whose verdict asked a person something is due again once everything is answered.
"""

from __future__ import annotations

import math
import time
from dataclasses import dataclass

from chainring.contracts.codec import decode
from chainring.contracts.evaluation import Evaluation, Share
from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.label import Label, review_guideline
from chainring.contracts.prediction import Prediction
from chainring.contracts.record import Record
from chainring.contracts.said import Said, joined
from chainring.contracts.tasks import TASKS
from chainring.contracts.verdict import Verdict
from chainring.feedback.corrections import STATEMENTS, statements
from chainring.feedback.statement import Statement
from chainring.ring.asked import asks, open_asks, said_by_people
from chainring.ring.askers import asker, keys_of
from chainring.ring.built import Ring, current
from chainring.ring.grading import grading
from chainring.ring.sentences import say
from chainring.ring.snapshots import answers_beside
from chainring.ring.turn import Turn, last_turn, named_feedback
from chainring.stats.intervals import mean_grade
from chainring.stats.sequential import capital_for, log_capital_of_change
from chainring.store.newest import versions
from chainring.store.tables import read_table
from chainring.trust.guard import guard

_REACTION = "fb_"
MIN_PROMISE = 30
"""So many reviewed answers, at least, say how good a champion was."""
FIRM_PROMISE = 100
"""From twice as many reviewed answers on, so many of the first say it."""
MAX_SHOWN = 0.1
"""So much of a hold-out may have been told beside its answers, and it still promises."""
FALSE_ALARMS = 0.0125
"""Level of each test: with the two promises it may be held to, and the 2.5 % by which these may be
too high, at most 5 % of the champions that did not fall ever seem to have fallen."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Due:
    """Whether a turn is due, and why (or why not)."""

    due: bool
    because: str
    corrections: int = 0


def due(ring: Ring, *, now: float | None = None) -> Due:
    """Say whether the ring should turn now.

    Order: answers that decide end a turn that has begun; the cooldown holds everything else back;
    then corrections, a labelled drop, the timetable.
    """
    settings, moment = ring.recipe.watch, time.time() if now is None else now
    last = last_turn(ring.ledger)
    if last is None:
        return Due(due=True, because=say("never turned"))
    fresh, waits = new_corrections(ring, last)
    rest_h = (moment - last.started) / 3600
    asked, waiting = asks(ring), open_asks(ring)
    if asked and not waiting:
        because = say("all answered", count=len(asked))
        return Due(due=True, because=because, corrections=fresh)
    if 0 <= rest_h < settings.cooldown_hours:  # below 0 the clock was set back: no rest is known
        return Due(
            due=False,
            because=say("cooldown", hours=f"{settings.cooldown_hours - rest_h:.1f}"),
            corrections=fresh,
        )
    if fresh >= settings.min_corrections:
        because = say("corrections", fresh=fresh, least=settings.min_corrections)
        return Due(due=True, because=because, corrections=fresh)
    drop = labelled_drop(ring, since=last)
    if drop is not None:
        return Due(due=True, because=drop, corrections=fresh)
    if settings.max_days and not 0 <= rest_h < settings.max_days * 24:
        days = f"{rest_h / 24:.1f}"
        because = say("timetable", days=days) if rest_h >= 0 else say("clock went back")
        return Due(due=True, because=because, corrections=fresh)
    told = [say("few corrections", fresh=fresh, least=settings.min_corrections)]
    told += [say("waits", count=waits)] if waits else []
    told += [say("would decide", count=len(waiting))] if waiting else []
    return Due(due=False, because=joined(told), corrections=fresh)


def new_corrections(ring: Ring, last: Turn) -> tuple[int, int]:
    """Count what would teach now and did not in the turn `last`, and what waits for a review.

    A correction counts, and whatever a person decided: an unsure answer, a case, a doubtful one.
    Where nothing was said, decided or forgotten since it was counted, it is not counted again.
    """
    told = versions(ring.ledger, "label", FORGOTTEN, "key")
    known = (ring.traffic.cursor(), told, last, ring.recipe)
    counted: tuple[object, tuple[int, int]] = ring.counted.get("corrections", (None, (0, 0)))
    if counted[0] != known:
        counted = ring.counted["corrections"] = known, _count_corrections(ring, last)
    return counted[1]


def _count_corrections(ring: Ring, last: Turn) -> tuple[int, int]:
    labels = said_by_people(ring)
    recent, known = _given_since(labels, last), _taught(ring, last)
    decided = {one.id for one in recent}
    said = [one for one in _statements(ring, labels, recent) if one.part == "train"]
    fresh = sum(
        one.state == "accepted" and (_decision(one) in decided or _is_untold(one, known))
        for one in said
        if one.about.kind == "correction" or one.decision is not None
    )
    return fresh, sum(one.state == "pending" for one in said)


def _given_since(labels: list[Label], last: Turn) -> list[Label]:
    """Return the labels that a turn did not know; by the clock where it did not count them."""
    if last.corrections:
        return labels[last.labels :]
    return [one for one in labels if one.at is not None and one.at > last.started]


def _statements(ring: Ring, labels: list[Label], recent: list[Label]) -> list[Statement]:
    """Return what the next turn would be told; of what says no label itself, the recent decisions.

    The reactions to older ones are not all read: what is said of reviewed answers is not complete.
    """
    about = list(dict.fromkeys(one.record for one in recent))
    rows = _reactions(ring, about)
    rows += answers_beside(ring, rows, about)
    told = [one for one in labels if not one.decides]
    rules, recipe = guard(ring.recipe.privacy.policy()), ring.recipe
    return statements(rows, told, rules, settings=recipe.feedback, task=recipe.data.task)[0]


def _reactions(ring: Ring, decided: list[str]) -> list[Feedback]:
    """Return the reactions that say a label, and all that a person decided on: not the whole log.

    Nothing is learnt from one whose text is gone. Where answers are written ratings and preferences
    teach as well.
    """
    if TASKS[ring.recipe.data.task].form == "text":
        return list(ring.traffic.feedback())
    rows = {row.id: row for row in ring.traffic.feedback(kinds=STATEMENTS, legible=True)}
    others = [name for name in decided if name not in rows]
    about = [name for name in others if not name.startswith(_REACTION)]
    named = [name for name in others if name.startswith(_REACTION)]
    found = [*ring.traffic.feedback_on(*about), *ring.traffic.feedback_named(*named)]
    return list((rows | {row.id: row for row in found}).values())


def _is_untold(one: Statement, known: set[str]) -> bool:
    """Whether a turn was not told a reaction; a reviewed answer is new by its decision alone."""
    return one.about.id not in known and one.about.id != one.about.prediction


def _taught(ring: Ring, last: Turn) -> set[str]:
    """Return the ids of what stood in a turn; of one before it was kept, of all it was told."""
    if not last.corrections or not ring.runner.trees.has(last.corrections):
        return named_feedback(ring, last.feedback)
    records = read_table(Record, ring.runner.trees.open(last.corrections))
    return {one.locator for one in records if one.fields.get("state") == "accepted"}


def _decision(one: Statement) -> str:
    return "" if one.decision is None else one.decision.id


def labelled_drop(ring: Ring, *, since: Turn | None = None) -> str | None:
    """Return a sentence when reviewed hold-out answers of the champion became worse.

    It counts as a drop when bets against "the share that is right lies at most `max_drop_points`
    below the lower end of what was right before" win, begun anew with every 25 reviews: a long good
    service hides no drop. The suite is no measure of it: live questions are harder than a project's
    own rows.

    Parameters
    ----------
    since
        The last turn: a drop without a review that it did not know has had its turn.
    """
    _, champion = current(ring)
    if champion is None:
        return None
    labels = said_by_people(ring)
    recent = {one.id for one in (labels if since is None else _given_since(labels, since))}
    answered = _reviewed(ring, champion.model, labels) if recent else []
    if not any(label.id in recent for _, label in answered):
        return None
    grade = grading(ring, champion.model)
    right = [grade(prediction, label.value) for prediction, label in answered]
    (low, before), later = _promise(ring, champion.model, right, labels)
    found = _fallen(later, low - ring.recipe.watch.max_drop_points / 100)
    if found is None:
        return None
    share = sum(found) / len(found)
    return say("drop", share=f"{share:.1%}", rows=len(found), low=f"{low:.1%}", before=before)


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


def promised_accuracies(ring: Ring, model: str) -> dict[str, float]:
    """Return the accuracy that a model was judged at: of all, by language, by true label.

    Of a slice it is the low end of its interval: a few rows that went well are no promise.
    """
    found = promoted(ring, model)
    if found is None:
        return {}
    promised = {"all": _suite(found).estimate}
    for name, share in found.slices.items():
        kind, _, value = name.partition(":")
        if kind in ("language", "label") and value:
            promised[value if kind == "language" else f"label {value}"] = share.low
    return promised


def promoted(ring: Ring, model: str) -> Evaluation | None:
    """Return the first evaluation of a model: later ones hold what it answered as champion."""
    for row in ring.ledger.all_lineage(step="evaluation"):
        evaluation = decode(Evaluation, row.result)
        if evaluation.model == model:
            return evaluation
    return None


def _suite(evaluation: Evaluation) -> Share:
    return evaluation.slices.get("part:suite", evaluation.accuracy)


def verdicts(ring: Ring) -> dict[str, Verdict]:
    """Return every verdict by the id of its execution."""
    rows = ring.ledger.all_lineage(step="verdict")
    return {row.id: decode(Verdict, row.result) for row in rows}
