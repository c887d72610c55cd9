"""Snapshots: what users said and were answered, as tables that a turn can name and come back to.

Enters the traffic log as it stands, leaves a table whose address is kept beside what it was read
from: an unchanged log is not read again.

    snapshot_feedback(ring, reviewed)          # every reaction, and the answers that go with them
    kept_answers(ring, reviewed, guard)        # answers kept to decide between two models
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from chainring.contracts.codec import digest, identity
from chainring.contracts.feedback import Feedback
from chainring.contracts.forgotten import Forgotten
from chainring.contracts.guard import FORGOTTEN, Guard
from chainring.contracts.label import Label
from chainring.contracts.prediction import Prediction
from chainring.contracts.table import Table
from chainring.feedback.consents import refused_answers
from chainring.feedback.holdout import (
    asked,
    kept_to_decide,
    share_to_decide,
)
from chainring.feedback.settings import FeedbackSettings
from chainring.ring.askers import keys_of, user
from chainring.ring.built import Ring
from chainring.ring.sight import request_facts
from chainring.ring.steps import Made
from chainring.store.ledger import Ledger
from chainring.store.tables import write_table

KEPT = 1000
"""Answers kept to decide, at most: the newest ones. Two models answer them in each turn."""


def snapshot_feedback(ring: Ring, reviewed: Sequence[Label]) -> Made[Table[Feedback]]:
    """Store all feedback as it stands as a table: its address is the cursor of the source.

    What no snapshot names yet is new, whatever its number: PostgreSQL commits out of order. An
    unchanged log is not read again. `counts` tells how many answers of the hold-out users
    `refused`, where they did.
    """

    def rows() -> list[Feedback]:
        said = list(ring.traffic.feedback())
        return said + list(answers_beside(ring, said, [label.record for label in reviewed]))

    def counts(said: Iterable[Feedback]) -> dict[str, int]:
        refused = len(refused_answers(one for one in said if one.holdout))
        return {"refused": refused} if refused else {}

    return _kept_once(ring, _cursor(ring, reviewed), rows, counts)


def share_kept(ring: Ring) -> float:
    """Return the share of the hold-out's answers that is kept to decide between two models."""
    return share_to_decide(ring.recipe.feedback, ring.recipe.data.task)


def kept_answers(
    ring: Ring, reviewed: Sequence[Label], guard: Guard
) -> Made[Table[Feedback]] | None:
    """Return the answers of the hold-out that are kept to decide; None where there are none.

    An answer whose user refused is none of them.
    """
    settings, share = ring.recipe.feedback, share_kept(ring)
    if not share:
        return None

    def rows() -> list[Feedback]:
        sampled = {one.record for one in reviewed}
        kept = kept_to_decide(
            ring.traffic.predictions(holdout=True),
            sampled=sampled,
            size=KEPT,
            secret=ring.runner.secret,
            share=share,
        )
        refused = refused_answers(ring.traffic.feedback())
        may = guard.allows(settings.consent)
        permitted = [one for one in kept if may and _may_judge(one, settings, guard)]
        found = _rows(ring, (one.id for one in permitted if one.id not in refused))
        return [row for row in found if row.text.strip() and row.consent != FORGOTTEN]

    told = identity([share, settings.consent, settings.licence, guard])
    made = _kept_once(
        ring, digest(["kept with pairs, no refusal stands", _cursor(ring, reviewed), told]), rows
    )
    return made if made.noun.rows else None


def _may_judge(answer: Prediction, settings: FeedbackSettings, guard: Guard) -> bool:
    facts = request_facts(answer, (), settings)
    return all(guard.may("evaluate", one).allowed for one in facts)


def _cursor(ring: Ring, reviewed: Sequence[Label]) -> str:
    gone = [act.id for act in ring.ledger.facts(FORGOTTEN, Forgotten)]
    return digest([ring.traffic.cursor(), identity(list(reviewed)), *gone])


def _kept_once(
    ring: Ring,
    cursor: str,
    rows: Callable[[], list[Feedback]],
    counts: Callable[[Sequence[Feedback]], dict[str, int]] = lambda said: {},
) -> Made[Table[Feedback]]:
    known = ring.ledger.fact("snapshot", cursor, Table)
    if known is not None and ring.runner.trees.has(known.address):
        return Made(noun=known, execution="")
    folder = ring.runner.scratch / "feedback"
    folder.mkdir(parents=True, exist_ok=True)
    found = rows()
    found.sort(key=lambda row: row.id)
    count = write_table(folder, found)
    table: Table[Feedback] = Table(
        address=ring.runner.trees.put(folder, kind="feedback"), rows=count, counts=counts(found)
    )
    ring.ledger.add_fact("snapshot", cursor, table)
    return Made(noun=table, execution="")


def forgotten_marks(ledger: Ledger) -> tuple[str, ...]:
    """Return the marks of all that was ever forgotten: records that carry one stay away."""
    acts = ledger.facts(FORGOTTEN, Forgotten)
    return tuple(sorted({mark for act in acts for mark in act.marks}))


def answers_beside(
    ring: Ring, rows: Iterable[Feedback], reviewed: Iterable[str] = ()
) -> Iterator[Feedback]:
    """Yield the answers that a person reviewed, or that somebody preferred to another one.

    Whether or not anybody reacted to them: each is a row that says nothing itself.
    """
    preferred = (row.value for row in rows if row.kind == "preference")
    yield from _rows(ring, [*reviewed, *preferred])


def _rows(ring: Ring, identifiers: Iterable[str]) -> Iterator[Feedback]:
    """Yield the row of each answer; its author is the user who asked, and a key is no user.

    Many users share a key: counted by it, all that a gate judges by would be one voice.
    """
    keys = keys_of(ring)
    for answer, text in ring.traffic.answers(identifiers):
        row = asked(answer, text)
        yield replace(row, author=user((row.author,), keys))
