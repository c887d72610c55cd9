"""Answers as they came: what a model answered since a moment, and what answered beside it.

Enters the traffic log, leaves predictions, oldest first. A cursor remembers what was seen, so that
a server that looks every minute passes each row once, those of other models as well; a month that
was over before the moment is not looked at. PostgreSQL commits out of order: a row that is
committed after a later one was passed is missed, which a count of thousands can bear.

    seen: Cursor = {}
    newer(traffic, Stream(model="blake2b:3f2a…", since=release.at), seen)
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice
from typing import Any

import sqlalchemy as sa

from chainring.contracts.codec import decode
from chainring.contracts.payload import unpacked
from chainring.contracts.prediction import Prediction
from chainring.store.outline import Outline, outline, outlined
from chainring.store.schema import feedback, payloads, predictions, served
from chainring.store.traffic import STRAY, Traffic

Cursor = dict[str, int]
_BATCH = 500
_DAY_S = 86400


@dataclass(frozen=True, slots=True, kw_only=True)
class Stream:
    """Answers of one model since a moment: of the served ones, or with those `unseen`, too."""

    model: str
    since: float
    unseen: bool = False


def newer(
    traffic: Traffic, stream: Stream, cursor: Cursor, *, limit: int | None = None
) -> list[Prediction]:
    """Return what lies behind the cursor, and move it once all of it is read."""
    found: list[Prediction] = []
    reached: Cursor = {}
    for segment, connection in _segments(traffic, stream):
        left = None if limit is None else limit - len(found)
        if left is not None and left <= 0:
            break
        end = _end(connection, traffic)
        after = cursor.get(segment, 0)
        query = _behind(traffic, stream, after, predictions.c.body)
        rows = connection.execute(query.limit(left)).all()
        found += [decode(Prediction, body) for _, body in rows]
        last = int(rows[-1].seq) if rows else after
        reached[segment] = last if len(rows) == left else max(last, end)
    cursor |= reached
    return found


def count(traffic: Traffic, stream: Stream, cursor: Cursor) -> int:
    """Return how many answers lie behind the cursor."""
    total = 0
    for segment, connection in _segments(traffic, stream):
        rows = _behind(traffic, stream, cursor.get(segment, 0)).subquery()
        query = sa.select(sa.func.count()).select_from(rows)
        total += int(connection.execute(query).scalar_one())
    return total


def skip(traffic: Traffic, stream: Stream, cursor: Cursor, *, rows: int) -> None:
    """Move the cursor over so many answers without reading them."""
    left, reached = rows, Cursor()
    for segment, connection in _segments(traffic, stream):
        if left <= 0:
            break
        query = _behind(traffic, stream, cursor.get(segment, 0)).limit(left)
        passed = connection.execute(query).scalars().all()
        left -= len(passed)
        if passed:
            reached[segment] = int(passed[-1])
    cursor |= reached


def _segments(traffic: Traffic, stream: Stream) -> Iterator[tuple[str, sa.Connection]]:
    """Yield the segments that may hold answers since the moment, the oldest first."""
    month = datetime.fromtimestamp(max(0.0, stream.since - _DAY_S), UTC).strftime("%Y-%m")
    for segment, engine in sorted(traffic.engines().items()):
        if segment == STRAY or segment >= month:  # PostgreSQL's one comes after every month
            with engine.connect().execution_options(read_only=True) as connection:
                yield segment, connection


def _end(connection: sa.Connection, traffic: Traffic) -> int:
    """Return the number of the segment's last answer, asked for before the rows are read."""
    mine = sa.select(predictions.c.seq).where(predictions.c.app == traffic.app)
    last = connection.execute(mine.order_by(predictions.c.seq.desc()).limit(1)).scalar()
    return int(last or 0)


def _behind(
    traffic: Traffic, stream: Stream, after: int, *more: sa.ColumnElement[str]
) -> sa.Select[Any]:
    query: sa.Select[Any] = sa.select(predictions.c.seq, *more)
    return query.where(
        predictions.c.app == traffic.app,
        predictions.c.model == stream.model,
        predictions.c.at >= stream.since,
        predictions.c.seq > after,
        sa.true() if stream.unseen else served,
    ).order_by(predictions.c.seq)


def ends(traffic: Traffic) -> Cursor:
    """Return the number of the last answer of each segment: it rises with every answer."""
    found: Cursor = {}
    for segment, engine in sorted(traffic.engines().items()):
        with engine.connect().execution_options(read_only=True) as connection:
            found[segment] = _end(connection, traffic)
    return found


def to_sample(traffic: Traffic) -> list[Outline]:
    """Return the served answers of the hold-out that still have a text, newest first."""
    query = (
        sa.select(*outlined(predictions.c))
        .join(payloads, payloads.c.id == predictions.c.id)
        .where(predictions.c.app == traffic.app, served, predictions.c.holdout)
        .where(payloads.c.body.is_not(None))
        .order_by(predictions.c.seq.desc())
    )
    found: list[Outline] = []
    for _, engine in sorted(traffic.engines().items(), reverse=True):
        with engine.connect().execution_options(read_only=True) as connection:
            found += [outline(*row) for row in connection.execute(query)]
    return found


def latest(traffic: Traffic, model: str, *, limit: int) -> list[Prediction]:
    """Return the last served answers of a model, newest first."""
    found: list[Prediction] = []
    for _, engine in sorted(traffic.engines().items(), reverse=True):
        query = (
            sa.select(predictions.c.body)
            .where(predictions.c.app == traffic.app, predictions.c.model == model, served)
            .order_by(predictions.c.seq.desc())
            .limit(limit - len(found))
        )
        with engine.connect().execution_options(read_only=True) as connection:
            found += [decode(Prediction, body) for body in connection.execute(query).scalars()]
        if len(found) >= limit:
            break
    return found


def unsure(traffic: Traffic, *, below: float, window: int) -> list[Outline]:
    """Return the answers outside the hold-out that were passed on or less sure than `below`.

    The newest first; of the `window` newest answers.
    """
    found: list[Outline] = []
    left = window
    mine = sa.and_(predictions.c.app == traffic.app, served)
    for _, engine in sorted(traffic.engines().items(), reverse=True):
        newest = sa.select(predictions).where(mine).order_by(predictions.c.seq.desc())
        rows = newest.limit(left).subquery()
        doubted = sa.or_(rows.c.passed_on, rows.c.confidence < below)
        chosen = sa.select(*outlined(rows.c)).where(~rows.c.holdout, doubted)
        query = chosen.order_by(rows.c.seq.desc())
        with engine.connect().execution_options(read_only=True) as connection:
            found += [outline(*row) for row in connection.execute(query)]
            count = sa.select(sa.func.count()).select_from(predictions).where(mine)
            left -= int(connection.execute(count).scalar_one())
        if left <= 0:
            break
    return found


def by_id(traffic: Traffic, identifiers: Iterable[str]) -> dict[str, Prediction]:
    """Return the answers of these ids that are there; each month is asked for its own."""
    found: dict[str, Prediction] = {}
    engines, homes = traffic.engines(), defaultdict[str, list[str]](list)
    for name in identifiers:
        homes[traffic.home("predictions", {"id": name})].append(name)
    for segment in engines.keys() & homes.keys():
        wanted = homes[segment]
        with engines[segment].connect().execution_options(read_only=True) as connection:
            for start in range(0, len(wanted), _BATCH):
                some = predictions.c.id.in_(wanted[start : start + _BATCH])
                query = sa.select(predictions.c.body).where(predictions.c.app == traffic.app, some)
                rows = (decode(Prediction, body) for body in connection.execute(query).scalars())
                found |= {row.id: row for row in rows}
    return found


def texts(traffic: Traffic, identifiers: Iterable[str]) -> Iterator[tuple[Prediction, str]]:
    """Yield the answers of these ids that still have a text, with it, in their order.

    Ids are taken and rows read as far as is asked for, a batch ahead at most.
    """
    left = iter(identifiers)
    both = sa.select(predictions.c.id, predictions.c.body, payloads.c.body)
    both = both.join(payloads, payloads.c.id == predictions.c.id)
    while some := list(islice(left, _BATCH)):
        query = both.where(predictions.c.id.in_(some), payloads.c.body.is_not(None))
        found: dict[str, tuple[str, str]] = {}
        for engine in traffic.engines().values():
            with engine.connect().execution_options(read_only=True) as connection:
                found |= {name: (one, text) for name, one, text in connection.execute(query)}
        for one, packed in (found[name] for name in some if name in found):
            if text := unpacked(packed)[0]:
                yield decode(Prediction, one), text


def by_day(traffic: Traffic) -> list[tuple[str, str, int]]:
    """Return (day, kind, count) of predictions (`answers`, `passed on`) and feedback.

    Ratings count under `thumbs up` and `thumbs down`, too.
    """
    found: dict[tuple[str, str], int] = defaultdict(int)
    table = feedback
    asked = _by_day(predictions, traffic.app, sa.literal("answers")).where(served)
    passed = _by_day(predictions, traffic.app, sa.literal("passed on")).where(served)
    queries = (
        asked,
        passed.where(predictions.c.passed_on),
        _by_day(table, traffic.app, table.c.kind),
        *(
            _by_day(table, traffic.app, sa.literal(f"thumbs {rated}")).where(
                table.c.kind == "rating", table.c.body.contains(f'"value":"{rated}"')
            )
            for rated in ("up", "down")
        ),
    )
    for engine in traffic.engines().values():
        with engine.connect().execution_options(read_only=True) as connection:
            for query in queries:
                for day, kind, count in connection.execute(query):
                    found[_day(day * _DAY_S), kind] += count
    return [(day, kind, count) for (day, kind), count in sorted(found.items())]


def _by_day(table: sa.Table, app: str, kind: sa.ColumnElement[str]) -> sa.Select[Any]:
    day = sa.cast(sa.func.floor(table.c.at / _DAY_S), sa.BigInteger)
    columns = (day.label("day"), kind.label("kind"), sa.func.count())
    found: sa.Select[Any] = sa.select(*columns).where(table.c.app == app)  # type: ignore[assignment]
    return found.group_by(sa.text("day"), sa.text("kind"))


def _day(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m-%d")
