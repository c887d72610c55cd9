"""The traffic log: predictions and feedback, in files of their own, so that serving never waits.

SQLite: one file a month, found from the time inside an id; PostgreSQL: the ledger's own database.
`Traffic.commit` is one transaction a segment; `chainring.store.writer` groups what a server hands
over. Texts are payloads: erasable by id, with an end of their own.
"""

from __future__ import annotations

import math
import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import closing, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import sqlalchemy as sa

from chainring.contracts.codec import decode, digest, encode
from chainring.contracts.feedback import Feedback
from chainring.contracts.ids import id_time
from chainring.contracts.payload import unpacked
from chainring.contracts.prediction import Prediction
from chainring.store import schema
from chainring.store.schema import connect, payloads, predictions, served
from chainring.store.traffic_rows import (
    insert_feedback,
    insert_predictions,
    read_feedback,
    read_prediction,
    told,
)

STRAY = "0000-00"
"""Segment of reactions to ids that name no month of ours: nobody's id makes a file of its own."""

_DAY_S = 86400
_BATCH = 500


class Traffic:
    """Predictions and feedback of one application.

    Parameters
    ----------
    place
        Folder of the monthly SQLite files, or a `postgresql://` url.
    retention_s
        How long texts are kept, in seconds; their rows stay as facts without text.
    """

    def __init__(self, place: Path | str, *, app: str, retention_s: float = 90 * 86400.0) -> None:
        self.app, self.retention_s = app, retention_s
        self._folder = place if isinstance(place, Path) else None
        self._engines: dict[str, sa.Engine] = {}
        self._lock = threading.Lock()
        if isinstance(place, str):
            self._engines["all"] = connect(place)
            _create(self._engines["all"])

    def close(self) -> None:
        """Close the connections."""
        for engine in self._engines.values():
            schema.close(engine)

    def commit(
        self, answered: Sequence[tuple[Prediction, str | None]], reacted: Sequence[Feedback]
    ) -> list[str]:
        """Write predictions (with their texts) and feedback durably, one transaction a segment.

        Returns the id of each feedback as stored: one whose (author, key) was there before keeps
        the first one's id.
        """
        work: dict[str, tuple[list[tuple[Prediction, str | None]], list[Feedback]]]
        work = defaultdict(lambda: ([], []))
        for prediction, text in answered:
            work[self._segment(prediction.id)][0].append((prediction, text))
        for feedback in reacted:
            work[self._segment_of_feedback(feedback.prediction, set(work))][1].append(feedback)
        stored: dict[str, str] = {}
        for segment, (rows, reactions) in work.items():
            with self._engine(segment).begin() as connection:
                insert_predictions(connection, rows, retention_s=self.retention_s)
                stored |= insert_feedback(connection, reactions, retention_s=self.retention_s)
        return [stored[feedback.id] for feedback in reacted]

    def prediction(self, identifier: str) -> Prediction | None:
        """Return one prediction by its id."""
        return next((one for one, _ in self.answers([identifier])), None)

    def answers(self, identifiers: Iterable[str]) -> Iterator[tuple[Prediction, str | None]]:
        """Yield predictions by their ids, each once, with the text; None when it was erased."""
        names = list(dict.fromkeys(identifiers))
        homes: dict[str, list[str]] = defaultdict(list)
        for name in names:
            homes[self._segment(name)].append(name)
        found: dict[str, tuple[Prediction, str | None]] = {}
        for segment, here in homes.items():
            if not self._has(segment):
                continue
            with self._reading(segment) as connection:
                for start in range(0, len(here), _BATCH):
                    some = predictions.c.id.in_(here[start : start + _BATCH])
                    query = told.where(some, predictions.c.app == self.app)
                    for body, texts in connection.execute(query):
                        answer, text = read_prediction(body, texts)
                        found[answer.id] = answer, text
        yield from (found[name] for name in names if name in found)

    def text(self, identifier: str) -> str | None:
        """Return the text of a prediction or the comment of a feedback; None when erased."""
        for _, text in self.answers([identifier]):
            return text
        query = sa.select(payloads.c.body).where(payloads.c.id == identifier)
        bodies = (self._scalar(segment, query) for segment in self._segments())
        return next((unpacked(body)[0] for body in bodies if body is not None), None)

    def feedback_on(self, *answers: str) -> list[Feedback]:
        """Return what people said of predictions, month by month in the order it was stored."""
        places = sorted(filter(self._has, {STRAY, *map(self._segment, answers)}))
        return list(self._said(places, schema.feedback.c.prediction, answers))

    def feedback_named(self, *identifiers: str) -> list[Feedback]:
        """Return feedback by its ids."""
        return list(self._said(self._segments(), schema.feedback.c.id, identifiers))

    def feedback(
        self, *, kinds: Sequence[str] | None = None, since: float = -math.inf, legible: bool = False
    ) -> Iterator[Feedback]:
        """Yield all feedback (of some kinds, given since), joined with text and answer.

        `legible` leaves out what is about an answer whose text is gone, or is not there yet.
        """
        said = schema.feedback.c
        chosen = [] if kinds is None else [said.kind.in_(kinds)]
        recent = [] if since == -math.inf else [said.at >= since]
        recent += [payloads.c.body.is_not(None)] if legible else []
        for segment in self._segments():
            yield from self._read_feedback(segment, sa.and_(sa.true(), *chosen, *recent))

    def orphans(self) -> list[Feedback]:
        """Return feedback whose prediction is not there (yet)."""
        return [row for row in self.feedback() if not row.model]

    def orphan_count(self) -> int:
        """Return how many there are."""
        said, here = schema.feedback, predictions.c.id
        beside = said.join(predictions, here == said.c.prediction, isouter=True)
        lost = sa.and_(said.c.app == self.app, here.is_(None))
        query = sa.select(sa.func.count()).select_from(beside).where(lost)
        return sum(self._scalar(segment, query) for segment in self._segments())

    def predictions(
        self,
        *,
        holdout: bool | None = None,
        unsure_below: float | None = None,
        limit: int | None = None,
    ) -> Iterator[Prediction]:
        """Yield predictions, newest first; of the hold-out or unsure ones only when asked."""
        query = sa.select(predictions.c.body).where(predictions.c.app == self.app, served)
        if holdout is not None:
            query = query.where(predictions.c.holdout == holdout)
        if unsure_below is not None:
            unsure = predictions.c.confidence < unsure_below
            query = query.where(sa.or_(predictions.c.passed_on, unsure))
        query = query.order_by(predictions.c.seq.desc())
        left = limit
        for segment in reversed(self._segments()):
            with self._reading(segment) as connection:
                bodies = connection.execute(query.limit(left)).scalars().all()
            yield from (decode(Prediction, body) for body in bodies)
            if left is not None:
                left -= len(bodies)
                if left <= 0:
                    return

    def counts(self) -> dict[str, int]:
        """Return numbers of predictions, passed on, and feedback by kind."""
        totals: dict[str, int] = defaultdict(int)
        passed = sa.func.sum(sa.cast(predictions.c.passed_on, sa.Integer))
        for segment in self._segments():
            with self._reading(segment) as connection:
                mine = sa.and_(predictions.c.app == self.app, served)
                row = connection.execute(sa.select(sa.func.count(), passed).where(mine)).one()
                totals["predictions"] += row[0]
                totals["passed_on"] += row[1] or 0
                kinds = sa.select(schema.feedback.c.kind, sa.func.count()).where(
                    schema.feedback.c.app == self.app
                )
                for kind, count in connection.execute(kinds.group_by(schema.feedback.c.kind)):
                    totals[kind] += count
        return dict(totals)

    def cursor(self) -> str:
        """Return a digest that changes whenever what `feedback` yields may have changed.

        Numbers and sums, not the highest number alone: PostgreSQL commits out of order. Rows that
        wait for their prediction and texts that were erased count too.
        """
        said = schema.feedback
        seen = sa.select(
            sa.func.count(), sa.func.sum(said.c.seq), sa.func.count(predictions.c.id)
        ).select_from(said.join(predictions, predictions.c.id == said.c.prediction, isouter=True))
        erased = sa.select(sa.func.count(payloads.c.erased_at))
        found = []
        for segment in self._segments():
            with self._reading(segment) as connection:
                rows = connection.execute(seen.where(said.c.app == self.app)).one()
                found.append([segment, *(int(n or 0) for n in rows)])
                found[-1].append(connection.execute(erased).scalar_one())
        return digest(encode(found).encode())

    def erase(self, identifiers: Sequence[str]) -> int:
        """Erase texts by id, leaving tombstones; return how many were there."""
        count = 0
        for segment in self._segments():
            for start in range(0, len(identifiers), _BATCH):
                some = payloads.c.id.in_(identifiers[start : start + _BATCH])
                erasure = payloads.update().where(some, payloads.c.body.is_not(None))
                with self._engine(segment).begin() as connection:
                    done = connection.execute(erasure.values(body=None, erased_at=time.time()))
                if done.rowcount:  # by and by: the log of all at once takes as much room as they
                    self._truncate_log(segment, waits=False)
                count += done.rowcount
            self._truncate_log(segment)
        return count

    def erased(self) -> list[str]:
        """Return the ids of texts and comments that were erased."""
        gone = payloads.c.erased_at.is_not(None), schema.of_app(payloads, self.app)
        found: list[str] = []
        for segment in self._segments():
            with self._reading(segment) as connection:
                found += connection.execute(sa.select(payloads.c.id).where(*gone)).scalars()
        return found

    def engines(self) -> dict[str, sa.Engine]:
        """Return the engine of every segment, for backup."""
        return {segment: self._engine(segment) for segment in self._segments()}

    def segment_engine(self, segment: str) -> sa.Engine:
        """Return the engine of one segment, created when missing (for restore)."""
        return self._engine("all" if self._folder is None else segment)

    def home(self, table: str, row: Mapping[str, Any]) -> str:
        """Return the segment where a row of one of the tables belongs (for restore).

        The comment of a feedback lies with it, which its id alone does not tell.
        """
        if table == "feedback":
            return self._segment_of_feedback(row["prediction"], set())
        return self._segment(row["id"])

    def _truncate_log(self, segment: str, *, waits: bool = True) -> None:
        """Move the erasure into the database file and empty the log that still holds the text.

        Who reads meanwhile is waited for, which keeps all others from writing; or nobody is, and
        the log is emptied another time.
        """
        if self._folder is None:
            return
        with closing(self._engine(segment).raw_connection()) as connection:
            cursor = connection.cursor()
            (patience_ms,) = cursor.execute("PRAGMA busy_timeout").fetchone()
            try:
                if not waits:
                    cursor.execute("PRAGMA busy_timeout = 0")
                cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            finally:
                cursor.execute(f"PRAGMA busy_timeout = {int(patience_ms)}")

    def _said(
        self, segments: Iterable[str], column: sa.Column[str], names: Sequence[str]
    ) -> Iterator[Feedback]:
        for segment in segments:
            for start in range(0, len(names), _BATCH):
                some = column.in_(names[start : start + _BATCH])
                yield from self._read_feedback(segment, some)

    def _read_feedback(self, segment: str, where: sa.ColumnElement[bool]) -> Iterator[Feedback]:
        said, comment = schema.feedback, payloads.alias()
        query = (
            sa.select(said.c.body, predictions.c.body, payloads.c.body, comment.c.body)
            .join(predictions, predictions.c.id == said.c.prediction, isouter=True)
            .join(payloads, payloads.c.id == said.c.prediction, isouter=True)
            .join(comment, comment.c.id == said.c.id, isouter=True)
            .where(said.c.app == self.app, where)
            .order_by(said.c.seq)
        )
        with self._reading(segment) as connection:
            rows = connection.execute(query).all()
        yield from (read_feedback(*row) for row in rows)

    def _scalar(self, segment: str, query: sa.Select[Any]) -> Any:
        with self._reading(segment) as connection:
            return connection.execute(query).scalar()

    @contextmanager
    def _reading(self, segment: str) -> Iterator[sa.Connection]:
        with self._engine(segment).connect().execution_options(read_only=True) as connection:
            yield connection

    def _segment(self, identifier: str) -> str:
        if self._folder is None:
            return "all"
        at = id_time(identifier)
        return STRAY if at is None or not 0 < at < 4e9 else _month(at)

    def _segment_of_feedback(self, prediction: str, made: set[str]) -> str:
        """Return the month of the answer, if this log has that month or is about to begin it."""
        segment, now = self._segment(prediction), time.time()
        known = {*made, _month(now - _DAY_S), _month(now + _DAY_S)}
        return segment if segment in known or self._has(segment) else STRAY

    def _has(self, segment: str) -> bool:
        if self._folder is None:
            return segment == "all"
        return (self._folder / f"{segment}.db").exists()

    def _segments(self) -> list[str]:
        if self._folder is None:
            return ["all"]
        return sorted(path.stem for path in self._folder.glob("????-??.db"))

    def _engine(self, segment: str) -> sa.Engine:
        with self._lock:
            if segment not in self._engines:
                assert self._folder is not None
                engine = connect(f"sqlite:///{self._folder / f'{segment}.db'}")
                _create(engine)
                self._engines[segment] = engine
            return self._engines[segment]


def _create(engine: sa.Engine) -> None:
    if engine.dialect.name == "postgresql":
        with engine.begin() as connection:
            connection.execute(sa.text("SELECT pg_advisory_xact_lock(7310230)"))
            schema.traffic.create_all(connection)
        return
    with engine.begin() as connection:
        schema.traffic.create_all(connection)


def _month(at: float) -> str:
    return datetime.fromtimestamp(at, UTC).strftime("%Y-%m")
