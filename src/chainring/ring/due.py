"""When to turn: new usable corrections, a labelled drop, or the timetable; never drift alone.

A turn whose verdict asked a person something is due again once everything is answered.
"""

from __future__ import annotations

import time
from dataclasses import dataclass

from chainring.contracts.codec import decode
from chainring.contracts.feedback import Feedback
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.label import Label
from chainring.contracts.record import Record
from chainring.contracts.said import joined
from chainring.contracts.tasks import TASKS
from chainring.contracts.verdict import Verdict
from chainring.feedback.corrections import STATEMENTS, statements
from chainring.feedback.statement import Statement
from chainring.ring.asked import asks, open_asks, said_by_people
from chainring.ring.built import Ring
from chainring.ring.drop import given_since, labelled_drop
from chainring.ring.sentences import say
from chainring.ring.snapshots import answers_beside
from chainring.ring.turn import Turn, last_turn, named_feedback
from chainring.store.newest import versions
from chainring.store.tables import read_table
from chainring.trust.guard import guard

_REACTION = "fb_"


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
    recent, known = given_since(labels, last), _taught(ring, last)
    decided = {one.id for one in recent}
    said = [one for one in _statements(ring, labels, recent) if one.part == "train"]
    fresh = sum(
        one.state == "accepted" and (_decision(one) in decided or _is_untold(one, known))
        for one in said
        if one.about.kind == "correction" or one.decision is not None
    )
    return fresh, sum(one.state == "pending" for one in said)


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
    """Return all reactions to answers of which one says a label or a person decided: not the log.

    Any of them may refuse its answer, or take a refusal back; that tells which of an author's equal
    words teaches. Nothing is learnt from an answer whose text is gone. Where answers are written
    ratings and preferences teach as well.
    """
    if TASKS[ring.recipe.data.task].form == "text":
        return list(ring.traffic.feedback())
    said = list(ring.traffic.feedback(kinds=STATEMENTS, legible=True))
    said += ring.traffic.feedback_named(*(one for one in decided if one.startswith(_REACTION)))
    about = [one for one in decided if not one.startswith(_REACTION)]
    about += [row.prediction for row in said]
    beside = ring.traffic.feedback_on(*dict.fromkeys(about))
    return list({row.id: row for row in [*said, *beside]}.values())


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


def verdicts(ring: Ring) -> dict[str, Verdict]:
    """Return every verdict by the id of its execution."""
    rows = ring.ledger.all_lineage(step="verdict")
    return {row.id: decode(Verdict, row.result) for row in rows}
