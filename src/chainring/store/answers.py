"""Answers as they came: what a model answered since a moment, and what answered beside it.

Enters the traffic log, leaves predictions, oldest first. A cursor remembers what was seen, so that
a server that looks every minute reads each row once. PostgreSQL commits out of order: a row that
is committed after a later one was seen is missed, which a count of thousands can bear.

    seen: Cursor = {}
    newer(traffic, model, since=release.at, cursor=seen)
"""

from __future__ import annotations

from collections.abc import Iterable

import sqlalchemy as sa

from chainring.contracts.codec import decode
from chainring.contracts.prediction import Prediction
from chainring.store.schema import predictions, served
from chainring.store.traffic import Traffic

Cursor = dict[str, int]
_BATCH = 500


def newer(
    traffic: Traffic, model: str, *, since: float, cursor: Cursor, limit: int | None = None
) -> list[Prediction]:
    """Return what a model answered since a moment, unseen (shadow) or served; move the cursor."""
    found: list[Prediction] = []
    for segment, engine in traffic.engines().items():
        query = (
            sa.select(predictions.c.seq, predictions.c.body)
            .where(
                predictions.c.app == traffic.app,
                predictions.c.model == model,
                predictions.c.at >= since,
                predictions.c.seq > cursor.get(segment, 0),
            )
            .order_by(predictions.c.seq)
            .limit(limit)
        )
        with engine.connect().execution_options(read_only=True) as connection:
            for seq, body in connection.execute(query):
                found.append(decode(Prediction, body))
                cursor[segment] = int(seq)
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


def by_id(traffic: Traffic, identifiers: Iterable[str]) -> dict[str, Prediction]:
    """Return the answers of these ids that are there."""
    found: dict[str, Prediction] = {}
    wanted = list(identifiers)
    for engine in traffic.engines().values():
        with engine.connect().execution_options(read_only=True) as connection:
            for start in range(0, len(wanted), _BATCH):
                some = predictions.c.id.in_(wanted[start : start + _BATCH])
                query = sa.select(predictions.c.body).where(predictions.c.app == traffic.app, some)
                rows = (decode(Prediction, body) for body in connection.execute(query).scalars())
                found |= {row.id: row for row in rows}
    return found
