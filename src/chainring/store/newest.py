"""What the newest facts of a kind say, for those who ask again and again: each is decoded once.

names = Newest(ledger, "label", Label, said=lambda label: label.value)
names.all() is names.all()  # True until a label is added
next(newest_first(ledger, "act", Act))  # the last one; no other is decoded
newest_of_each(ledger, "project key", "fingerprint", Fingerprint)  # of whoever shares the ledger
versions(ledger, "label")          # rises whenever a label is added or changed
executions(ledger, "evaluation")   # rises with each execution of a step
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Generic, TypeVar

import sqlalchemy as sa

from chainring.contracts.codec import decode
from chainring.store.ledger import Ledger
from chainring.store.schema import facts, lineage

N = TypeVar("N")
S = TypeVar("S")
_BATCH = 500


class Newest(Generic[S]):
    """What is `said` by each that `Ledger.facts` of a kind returns; safe to ask from threads.

    Which facts are the newest is asked each time, since a row with a lower number may be committed
    after one with a higher. A fact that is changed in place (`forget_labels`) is not seen, so that
    `said` should leave out what may be forgotten: nothing else of a fact is kept in memory.
    """

    def __init__(self, ledger: Ledger, kind: str, noun: type[N], *, said: Callable[[N], S]) -> None:
        self._engine = ledger.engine
        self._read_one: Callable[[str], S] = lambda body: said(decode(noun, body))
        self._where = sa.and_(facts.c.app == ledger.app, facts.c.kind == kind)
        self._lock = threading.Lock()
        self._count = 0
        self._known: dict[int, S] = {}
        self._all: tuple[S, ...] = ()

    def all(self) -> tuple[S, ...]:
        """Return what they say, by their last change: the same tuple until one comes."""
        count = sa.select(sa.func.count()).select_from(facts).where(self._where)
        reading = self._engine.connect().execution_options(read_only=True)
        with self._lock, reading as connection:
            found = int(connection.execute(count).scalar_one())
            if found != self._count:  # rows are added only
                self._read(connection)
                self._count = found
            return self._all

    def _read(self, connection: sa.Connection) -> None:
        newest = sa.select(sa.func.max(facts.c.seq)).where(self._where).group_by(facts.c.id)
        numbers = sorted(connection.execute(newest).scalars())
        known = {number: self._known[number] for number in numbers if number in self._known}
        known |= self._decoded(connection, [one for one in numbers if one not in known])
        self._known, self._all = known, tuple(known[number] for number in numbers)

    def _decoded(self, connection: sa.Connection, numbers: Sequence[int]) -> dict[int, S]:
        found = {}
        for start in range(0, len(numbers), _BATCH):
            some = facts.c.seq.in_(numbers[start : start + _BATCH])
            query = sa.select(facts.c.seq, facts.c.body).where(some)
            for number, body in connection.execute(query):
                found[number] = self._read_one(body)
        return found


def newest_first(ledger: Ledger, kind: str, noun: type[N]) -> Iterator[N]:
    """Yield what `Ledger.facts` of a kind returns, the last changed first, as far as asked for."""
    where = sa.and_(facts.c.app == ledger.app, facts.c.kind == kind)
    newest = sa.func.max(facts.c.seq)
    query = sa.select(newest).where(where).group_by(facts.c.id).order_by(newest.desc())
    with ledger.engine.connect().execution_options(read_only=True) as connection:
        numbers = connection.execute(query).scalars().all()
    for start in range(0, len(numbers), _BATCH):
        some = facts.c.seq.in_(numbers[start : start + _BATCH])
        bodies = sa.select(facts.c.body).where(some).order_by(facts.c.seq.desc())
        with ledger.engine.connect().execution_options(read_only=True) as connection:
            found = connection.execute(bodies).scalars().all()
        yield from (decode(noun, body) for body in found)


def newest_of_each(ledger: Ledger, kind: str, identifier: str, noun: type[N]) -> dict[str, N]:
    """Return the newest version of one fact of each application that has it, by its name."""
    query = sa.select(facts.c.app, facts.c.body).where(
        facts.c.kind == kind, facts.c.id == identifier
    )
    with ledger.engine.connect().execution_options(read_only=True) as connection:
        rows = connection.execute(query.order_by(facts.c.seq)).all()
    return {app: decode(noun, body) for app, body in rows}


def versions(ledger: Ledger, *kinds: str) -> int:
    """Return how many versions facts of some kinds have: rows are added only."""
    where = sa.and_(facts.c.app == ledger.app, facts.c.kind.in_(kinds))
    query = sa.select(sa.func.count()).select_from(facts).where(where)
    with ledger.engine.connect().execution_options(read_only=True) as connection:
        return int(connection.execute(query).scalar_one())


def executions(ledger: Ledger, step: str) -> int:
    """Return how often a step ran: rows are added only."""
    where = sa.and_(lineage.c.app == ledger.app, lineage.c.step == step)
    query = sa.select(sa.func.count()).select_from(lineage).where(where)
    with ledger.engine.connect().execution_options(read_only=True) as connection:
        return int(connection.execute(query).scalar_one())
