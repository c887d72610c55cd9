"""When to turn: new usable corrections, a labelled drop, or the timetable; never drift alone.

A turn whose verdict asked a person something is due again once everything is answered.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from chainring.contracts.codec import decode
from chainring.contracts.evaluation import Evaluation, Share
from chainring.contracts.label import Label
from chainring.contracts.record import Record
from chainring.contracts.verdict import Verdict
from chainring.feedback.corrections import statements
from chainring.feedback.statement import Statement
from chainring.ring.asked import asks, open_asks
from chainring.ring.built import Ring, current
from chainring.ring.grading import grading
from chainring.ring.snapshots import answers_beside
from chainring.ring.turn import Turn, last_turn, named_feedback
from chainring.stats.intervals import mean_grade
from chainring.store.tables import read_table
from chainring.trust.guard import guard


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
        return Due(due=True, because="the ring has not turned yet")
    fresh, waits = new_corrections(ring, last)
    rest_h = (moment - last.started) / 3600
    asked, waiting = asks(ring), open_asks(ring)
    if asked and not waiting:
        because = f"all {len(asked)} answers that decide have been answered"
        return Due(due=True, because=because, corrections=fresh)
    if 0 <= rest_h < settings.cooldown_hours:  # below 0 the clock was set back: no rest is known
        return Due(
            due=False,
            because=f"cooldown: {settings.cooldown_hours - rest_h:.1f} h left",
            corrections=fresh,
        )
    if fresh >= settings.min_corrections:
        because = f"{fresh} new usable corrections (at least {settings.min_corrections})"
        return Due(due=True, because=because, corrections=fresh)
    drop = labelled_drop(ring)
    if drop is not None:
        return Due(due=True, because=drop, corrections=fresh)
    if settings.max_days and rest_h >= settings.max_days * 24:
        because = f"timetable: {rest_h / 24:.1f} days since the last turn"
        return Due(due=True, because=because, corrections=fresh)
    because = f"{fresh} of {settings.min_corrections} new usable corrections; no labelled drop"
    if waits:
        because += f"; {waits} wait for a review (`chainring review`)"
    if waiting:
        because += f"; {len(waiting)} answers would decide the last verdict (`chainring review`)"
    return Due(due=False, because=because, corrections=fresh)


def new_corrections(ring: Ring, last: Turn) -> tuple[int, int]:
    """Count what would teach now and did not in the turn `last`, and what waits for a review.

    A correction counts, and whatever a person decided: an unsure answer, a case, a doubtful one.
    """
    labels = ring.ledger.facts("label", Label)
    recent, known = labels[last.labels :], _taught(ring, last)
    decided = {one.id for one in recent}
    said = [one for one in _statements(ring, labels, recent) if one.part == "train"]
    fresh = sum(
        one.state == "accepted" and (one.about.id not in known or _decision(one) in decided)
        for one in said
        if one.about.kind == "correction" or one.decision is not None
    )
    return fresh, sum(one.state == "pending" for one in said)


def _statements(ring: Ring, labels: list[Label], recent: list[Label]) -> list[Statement]:
    """Return what the next turn would be told; of answers reviewed alone the recent ones."""
    rows = list(ring.traffic.feedback())
    rows += answers_beside(ring, rows, [one.record for one in recent])
    told = sorted((one for one in labels if not one.decides), key=lambda one: one.id)
    rules, recipe = guard(ring.recipe.privacy.policy()), ring.recipe
    return statements(rows, told, rules, settings=recipe.feedback, task=recipe.data.task)[0]


def _taught(ring: Ring, last: Turn) -> set[str]:
    """Return the ids of what stood in a turn; of one before it was kept, of all it was told."""
    if not last.corrections or not ring.runner.trees.has(last.corrections):
        return named_feedback(ring, last.feedback)
    records = read_table(Record, ring.runner.trees.open(last.corrections))
    return {one.locator for one in records if one.fields.get("state") == "accepted"}


def _decision(one: Statement) -> str:
    return "" if one.decision is None else one.decision.id


def labelled_drop(ring: Ring) -> str | None:
    """Return a sentence when reviewed hold-out answers of the champion fell below its suite.

    It counts as a drop when the upper end of the reviewed share's 95 % interval lies more than
    `max_drop_points` below the accuracy it was promoted on.
    """
    _, champion = current(ring)
    promised = None if champion is None else promoted_accuracy(ring, champion.model)
    if champion is None or promised is None:
        return None
    reviewed = ring.ledger.facts("label", Label)
    truth = {one.record: one for one in reviewed if one.author_kind == "person"}  # the last word
    grade = grading(ring, champion.model)
    right = []
    for identifier, label in truth.items():
        prediction = ring.traffic.prediction(identifier)
        if label.state != "accepted" or label.decides:
            continue
        if prediction is not None and prediction.holdout:
            if prediction.model == champion.model:
                right.append(grade(prediction, label.value))
    if not right:
        return None
    found = mean_grade(right)
    if found.high >= promised - ring.recipe.watch.max_drop_points / 100:
        return None
    return (
        f"labelled drop: {found.estimate:.1%} of {len(right)} reviewed answers are right (95 % at "
        f"most {found.high:.1%}), {promised:.1%} on the suite"
    )


def promoted_accuracy(ring: Ring, model: str) -> float | None:
    """Return the suite accuracy that a model was judged at, newest first."""
    found = promoted(ring, model)
    return None if found is None else _suite(found).estimate


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
    """Return the last evaluation of a model."""
    for row in reversed(ring.ledger.all_lineage(step="evaluation")):
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
