"""The ledger: append-only facts, lineage, references and leases, in SQLite or PostgreSQL.

Enters nouns, leaves nouns. A change is a later row with the same id; a reference is written by
compare-and-append; a lease carries a fencing number that its writes must show.
"""

from __future__ import annotations

import contextlib
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import partial
from typing import Any, TypeVar

import sqlalchemy as sa

from chainring.contracts.codec import decode, digest, encode
from chainring.contracts.errors import ConflictError, SpaceError, UnwrittenError
from chainring.contracts.lineage import Lineage
from chainring.store import schema
from chainring.store.holder import holder_name, is_gone
from chainring.store.schema import connect, facts, leases, lineage, lineage_trees, refs

N = TypeVar("N")


@dataclass(frozen=True, slots=True, kw_only=True)
class Ref:
    """The newest version of a reference: who wrote it, why, and what it holds (a noun's JSON)."""

    name: str
    number: int
    body: str
    by: str
    reason: str
    at: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Lease:
    """The right to turn an application's ring until `expires`; `fence` rises with each holder."""

    name: str
    holder: str
    fence: int
    expires: float


class Ledger:
    """Facts of one application.

    Parameters
    ----------
    url
        `sqlite:////path/ledger.db` or `postgresql://...`.
    app
        The application whose rows are read and written.
    """

    def __init__(self, url: str, *, app: str) -> None:
        self.url, self.app = url, app
        self.engine = connect(url)

    def close(self) -> None:
        """Close the connections."""
        schema.close(self.engine)

    def add_fact(self, kind: str, identifier: str, noun: object, *, about: str = "") -> int:
        """Append a fact (a newer one supersedes an older of the same kind and id); return seq."""
        with self.engine.begin() as connection:
            return self._append(connection, kind, identifier, noun, about=about)

    def add_once(self, kind: str, identifier: str, noun: object, *, about: str = "") -> bool:
        """Append a fact unless there is one of this kind and id; return whether it was appended.

        Of several processes that do so at once one appends it.
        """
        with self.engine.begin() as connection:
            if connection.dialect.name == "postgresql":  # SQLite: the transaction is the lock
                key = digest([self.app, kind, identifier], size=8).rpartition(":")[2]
                number = int.from_bytes(bytes.fromhex(key), signed=True)
                connection.execute(sa.select(sa.func.pg_advisory_xact_lock(number)))
            is_there = connection.execute(self._versions(kind, identifier).limit(1)).first()
            if is_there is None:
                self._append(connection, kind, identifier, noun, about=about)
        return is_there is None

    @contextmanager
    def changing(
        self, kind: str, identifier: str, noun: type[N]
    ) -> Iterator[tuple[N | None, Callable[..., int]]]:
        """Hand out the newest version of a fact, and what appends facts as `add_fact` does.

        Whoever else changes the fact in this way waits until the block has ended. A block that
        raises appends nothing.
        """
        versions = self._versions(kind, identifier)
        with self.engine.begin() as connection:
            # PostgreSQL: the first version is the lock, the same one for all; then read anew
            connection.execute(versions.order_by(facts.c.seq).limit(1).with_for_update())
            body = connection.execute(versions.order_by(facts.c.seq.desc()).limit(1)).scalar()
            yield None if body is None else decode(noun, body), partial(self._append, connection)

    def fact(self, kind: str, identifier: str, noun: type[N]) -> N | None:
        """Return the newest version of one fact."""
        query = self._versions(kind, identifier).order_by(facts.c.seq.desc()).limit(1)
        with self._reading() as connection:
            body = connection.execute(query).scalar()
        return None if body is None else decode(noun, body)

    def facts(self, kind: str, noun: type[N], *, about: str | None = None) -> list[N]:
        """Return the newest version of every fact of a kind, in the order of their last change."""
        of_kind = (facts.c.app == self.app, facts.c.kind == kind)
        if about is None:
            newest = sa.select(sa.func.max(facts.c.seq)).where(*of_kind).group_by(facts.c.id)
            query = sa.select(facts.c.id, facts.c.body).where(facts.c.seq.in_(newest))
        else:  # grouped by id, SQLite would read every fact of the kind; of one thing there are few
            query = sa.select(facts.c.id, facts.c.body).where(*of_kind, facts.c.about == about)
        found: dict[str, str] = {}
        with self._reading() as connection:
            for name, body in connection.execute(query.order_by(facts.c.seq)):
                found.pop(name, None)  # a later version takes its place at the end
                found[name] = body
        return [decode(noun, body) for body in found.values()]

    def ref(self, name: str) -> Ref | None:
        """Return the newest version of a reference."""
        history = self.ref_history(name, limit=1)
        return history[0] if history else None

    def ref_history(self, name: str, *, limit: int = 1000) -> list[Ref]:
        """Return the versions of a reference, newest first."""
        query = (
            sa.select(refs)
            .where(refs.c.app == self.app, refs.c.name == name)
            .order_by(refs.c.number.desc())
            .limit(limit)
        )
        with self._reading() as connection:
            rows = connection.execute(query).mappings().all()
        return [Ref(**{field: row[field] for field in Ref.__slots__}) for row in rows]

    def append_ref(
        self,
        name: str,
        noun: object,
        *,
        expected: int,
        by: str,
        reason: str,
        lease: Lease | None = None,
    ) -> Ref:
        """Append version `expected + 1` of a reference.

        Raises
        ------
        ConflictError
            When another version was appended since, or the lease was lost to another holder.
        """
        row = {
            "app": self.app,
            "name": name,
            "number": expected + 1,
            "at": time.time(),
            "by": by,
            "reason": reason,
            "body": encode(noun),
        }
        top = sa.select(sa.func.coalesce(sa.func.max(refs.c.number), 0)).where(
            refs.c.app == self.app, refs.c.name == name
        )
        with self.engine.begin() as connection:
            if lease is not None:
                _check_fence(connection, self.app, lease)
            found = connection.execute(top).scalar_one()
            if found != expected:
                raise ConflictError(_moved(name, expected, found))
            try:
                with connection.begin_nested():
                    connection.execute(refs.insert().values(row))
            except sa.exc.IntegrityError as error:
                raise ConflictError(_moved(name, expected, expected + 1)) from error
        return Ref(**{field: row[field] for field in Ref.__slots__})  # type: ignore[arg-type]

    @contextmanager
    def lease(self, name: str, *, ttl_s: float = 120.0, holder: str = "") -> Iterator[Lease]:
        """Hold the lease `name`; it must be renewed by `renew` before `ttl_s` runs out.

        One whose holder was a process of this machine that has ended is free at once.

        Raises
        ------
        ConflictError
            When somebody else holds it.
        """
        taken = self._take(name, holder or holder_name(), ttl_s)
        try:
            yield taken
        finally:
            with contextlib.suppress(sa.exc.OperationalError, SpaceError, UnwrittenError):
                self._release(taken)

    def renew(self, lease: Lease, *, ttl_s: float = 120.0) -> None:
        """Hold on to a lease; raises ConflictError when it was lost."""
        with self.engine.begin() as connection:
            _check_fence(connection, self.app, lease)
            connection.execute(
                leases.update()
                .where(leases.c.app == self.app, leases.c.name == lease.name)
                .values(expires=time.time() + ttl_s)
            )

    def add_lineage(self, row: Lineage, *, lease: Lease | None = None) -> None:
        """Append the lineage of one step execution with the trees that it made."""
        with self.engine.begin() as connection:
            if lease is not None:
                _check_fence(connection, self.app, lease)
            connection.execute(
                lineage.insert().values(
                    id=row.id,
                    app=row.app,
                    step=row.step,
                    key=row.key,
                    turn=row.turn,
                    body=encode(row),
                )
            )
            for address in sorted(set(row.trees)):
                connection.execute(lineage_trees.insert().values(address=address, lineage=row.id))

    def lineage_by_key(self, key: str) -> Lineage | None:
        """Return the newest execution with this memo key."""
        query = sa.select(lineage.c.body).where(lineage.c.key == key)
        return self._one(query.order_by(lineage.c.seq.desc()).limit(1))

    def lineage_by_id(self, identifier: str) -> Lineage | None:
        """Return one execution."""
        return self._one(sa.select(lineage.c.body).where(lineage.c.id == identifier))

    def lineage_of_tree(self, address: str) -> Lineage | None:
        """Return the first execution that made a tree."""
        query = (
            sa.select(lineage.c.body)
            .join(lineage_trees, lineage_trees.c.lineage == lineage.c.id)
            .where(lineage_trees.c.address == address, lineage.c.app == self.app)
            .order_by(lineage.c.seq)
            .limit(1)
        )
        return self._one(query)

    def all_lineage(self, *, step: str | None = None) -> list[Lineage]:
        """Return every execution of the application (of one step), oldest first."""
        query = sa.select(lineage.c.body).where(lineage.c.app == self.app).order_by(lineage.c.seq)
        if step is not None:
            query = query.where(lineage.c.step == step)
        with self._reading() as connection:
            return [decode(Lineage, body) for body in connection.execute(query).scalars()]

    def trees(self) -> set[str]:
        """Return every tree that the lineage of the application names."""
        query = sa.select(lineage_trees.c.address).where(schema.of_app(lineage_trees, self.app))
        with self._reading() as connection:
            return set(connection.execute(query).scalars())

    def _versions(self, kind: str, identifier: str) -> sa.Select[Any]:
        return sa.select(facts.c.body).where(
            facts.c.app == self.app, facts.c.kind == kind, facts.c.id == identifier
        )

    def _append(
        self, connection: sa.Connection, kind: str, identifier: str, noun: object, about: str = ""
    ) -> int:
        row = {
            "app": self.app,
            "kind": kind,
            "id": identifier,
            "about": about,
            "at": time.time(),
            "body": encode(noun),
        }
        result = connection.execute(facts.insert().values(row).returning(facts.c.seq))
        return int(result.scalar_one())

    def _one(self, query: sa.Select[Any]) -> Lineage | None:
        with self._reading() as connection:
            body = connection.execute(query).scalar()
        return None if body is None else decode(Lineage, body)

    @contextmanager
    def _reading(self) -> Iterator[sa.Connection]:
        with self.engine.connect().execution_options(read_only=True) as connection:
            yield connection

    def _take(self, name: str, holder: str, ttl_s: float) -> Lease:
        now = time.time()
        where = sa.and_(leases.c.app == self.app, leases.c.name == name)
        try:
            with self.engine.begin() as connection:
                query = sa.select(leases).where(where).with_for_update()
                row = connection.execute(query).mappings().first()
                if row is not None and _is_held(row, holder, now):
                    raise ConflictError(
                        f"another process is at work on {name!r} of {self.app!r} (it holds the "
                        f"lease for at most {row['expires'] - now:.0f} s more); try again then"
                    )
                fence = 1 if row is None else int(row["fence"]) + 1
                values = {"holder": holder, "fence": fence, "expires": now + ttl_s}
                if row is None:
                    connection.execute(leases.insert().values(app=self.app, name=name, **values))
                else:
                    connection.execute(leases.update().where(where).values(values))
        except sa.exc.IntegrityError as error:
            raise ConflictError(f"another process just took the lease {name!r}") from error
        return Lease(name=name, holder=holder, fence=fence, expires=now + ttl_s)

    def _release(self, lease: Lease) -> None:
        with self.engine.begin() as connection:
            connection.execute(
                leases.update()
                .where(
                    leases.c.app == self.app,
                    leases.c.name == lease.name,
                    leases.c.fence == lease.fence,
                )
                .values(expires=0.0)
            )


def _is_held(row: sa.RowMapping, holder: str, now: float) -> bool:
    by = str(row["holder"])
    return row["expires"] > now and by != holder and not is_gone(by)


def _check_fence(connection: sa.Connection, app: str, lease: Lease) -> None:
    query = sa.select(leases.c.fence).where(leases.c.app == app, leases.c.name == lease.name)
    fence = connection.execute(query.with_for_update()).scalar()
    if fence != lease.fence:
        raise ConflictError(
            f"the lease {lease.name!r} was taken over by another process (fence {fence}, ours "
            f"{lease.fence}); nothing was written. Run the command again"
        )


def _moved(name: str, expected: int, found: int) -> str:
    return (
        f"the reference {name!r} moved from version {expected} to {found} meanwhile; nothing was "
        "written. Look at `chainring status` and run the command again"
    )
