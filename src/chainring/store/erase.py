"""Erasing in databases: answers, reactions, cases and decisions lose words; their rows stay.

    forget_answers(traffic, predictions=["pred_01kb…"], feedback=["fb_01kb…"])
    forget_cases(ledger, {"pred_01kb…", "fb_01kb…"}, written=False)
    forget_labels(ledger, labels_about(ledger, {"pred_01kb…", "fb_01kb…"}))
    compact(ledger.engine)

SQLite overwrites what is deleted (`secure_delete`) and is written anew (VACUUM), so that no page
keeps a moved copy; the write-ahead log is emptied. PostgreSQL takes old rows out with a plain
VACUUM, once no transaction sees them; its own archives and backups are out of reach.
"""

from __future__ import annotations

import json
import re
import sqlite3
import time
from collections.abc import Callable, Collection, Iterable, Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from functools import lru_cache
from itertools import islice
from typing import Any, TypeVar

import sqlalchemy as sa

from chainring.contracts.case import Case
from chainring.contracts.codec import decode, encode
from chainring.contracts.feedback import TOLD, Feedback, bare, is_in_words
from chainring.contracts.guard import FORGOTTEN
from chainring.contracts.label import Label
from chainring.contracts.payload import unpacked
from chainring.contracts.prediction import Prediction, shadow_of
from chainring.store import schema
from chainring.store.files import not_compacted
from chainring.store.ledger import Ledger
from chainring.store.schema import facts, payloads, predictions
from chainring.store.traffic import Traffic

N = TypeVar("N", Case, Label)
Ids = Collection[str]
VACUUM_WAIT_S = 30.0
"""So long PostgreSQL is asked again to let go of old rows; SQLite waits as long."""
_BATCH = 500
_AUTHOR = re.compile(r'"author":("(?:[^"\\]|\\.)+")')


def said_by(
    traffic: Traffic, author: str, *, spell: Callable[[str], str] = str
) -> tuple[list[str], list[str]]:
    """Return the ids of an author's requests, and of the author's reactions.

    `spell` brings names into the spelling in which they are compared.
    """
    asked: list[str] = []
    said: list[str] = []
    spelled, wanted, table = lru_cache(maxsize=4096)(spell), spell(author), schema.feedback
    named = ~predictions.c.body.contains('"author":""')
    mine = sa.select(table.c.id, table.c.author).where(
        table.c.author != "", table.c.app == traffic.app
    )
    for engine in traffic.engines().values():
        with engine.connect().execution_options(read_only=True, yield_per=_BATCH) as connection:
            query = sa.select(predictions.c.body).where(predictions.c.app == traffic.app, named)
            near = (
                body
                for body in connection.execute(query).scalars()
                if any(spelled(json.loads(name)) == wanted for name in _AUTHOR.findall(body))
            )
            rows = (decode(Prediction, body) for body in near)
            asked += [row.id for row in rows if spelled(row.author) == wanted]
            said += [name for name, who in connection.execute(mine) if spelled(who) == wanted]
    return asked, said


def reactions_to(traffic: Traffic, asked: Iterable[str]) -> list[str]:
    """Return the ids of the reactions to answers."""
    table, found = schema.feedback, []
    for some in batches(asked):
        query = sa.select(table.c.id).where(table.c.prediction.in_(some))
        for engine in traffic.engines().values():
            with engine.connect().execution_options(read_only=True) as connection:
                found += list(connection.execute(query).scalars())
    return found


def texts_of(traffic: Traffic, identifiers: Iterable[str]) -> dict[str, str]:
    """Return the texts and comments that are still there, by id."""
    found: dict[str, str] = {}
    for some in batches(identifiers):
        held = payloads.c.id.in_(some), payloads.c.body.is_not(None)
        query = sa.select(payloads.c.id, payloads.c.body).where(*held)
        for engine in traffic.engines().values():
            with engine.connect().execution_options(read_only=True) as connection:
                rows = ((str(name), unpacked(body)) for name, body in connection.execute(query))
                found |= {name: text or own for name, (text, _, own) in rows}
    return found


def texts_past_their_time(traffic: Traffic, *, now: float | None = None) -> list[str]:
    """Return the ids of texts and comments whose time is over and that were not erased yet."""
    moment = time.time() if now is None else now
    over = sa.and_(payloads.c.body.is_not(None), payloads.c.expires <= moment)
    query = sa.select(payloads.c.id).where(over, schema.of_app(payloads, traffic.app))
    found: list[str] = []
    for engine in traffic.engines().values():
        with engine.connect().execution_options(read_only=True) as connection:
            found += connection.execute(query).scalars()
    return found


def words_past_their_time(traffic: Traffic, *, now: float | None = None) -> list[str]:
    """Return the ids of reactions whose words lie in their own row, past the time of texts.

    Earlier versions wrote what is told in words (`is_in_words`) there, where it had no end.
    """
    table, moment = schema.feedback, time.time() if now is None else now
    query = sa.select(table.c.body).where(
        table.c.app == traffic.app,
        table.c.kind.in_(TOLD),
        table.c.at <= moment - traffic.retention_s,
        ~table.c.body.contains('"value":""'),
    )
    found: list[str] = []
    for engine in traffic.engines().values():
        with engine.connect().execution_options(read_only=True) as connection:
            rows = (decode(Feedback, body) for body in connection.execute(query).scalars())
            found += [row.id for row in rows if is_in_words(row.kind, row.value)]
    return found


def forget_answers(
    traffic: Traffic, *, predictions: Ids, feedback: Ids, refusing: Ids = ()
) -> None:
    """Take text, comment, names and words out of answers and reactions; done twice it does nothing.

    A request's digest and group go, too: with the project key they would tell what it said. Of
    reactions that are `refusing` stays that they refused.
    """
    predictions = [*predictions, *map(shadow_of, predictions)]
    for engine in traffic.engines().values():
        with engine.begin() as connection:
            for some in batches(predictions):
                _blank_predictions(connection, some)
            for some in batches(feedback):
                _blank_feedback(connection, some, refusing)
            for some in batches([*predictions, *feedback]):
                connection.execute(
                    payloads.update()
                    .where(payloads.c.id.in_(some), payloads.c.erased_at.is_(None))
                    .values(body=None, erased_at=time.time())
                )
        compact(engine)


def forget_words(traffic: Traffic, feedback: Collection[str]) -> None:
    """Take the words out of reactions and leave all else; done twice it does nothing."""
    for engine in traffic.engines().values():
        changed = False
        with engine.begin() as connection:
            for some in batches(feedback):
                for row in _reactions(connection, some):
                    change = schema.feedback.update().where(schema.feedback.c.id == row.id)
                    connection.execute(change.values(body=encode(replace(row, value=""))))
                    changed = True
        if changed:
            compact(engine)


def _reactions(connection: sa.Connection, identifiers: Sequence[str]) -> list[Feedback]:
    query = sa.select(schema.feedback.c.body).where(schema.feedback.c.id.in_(identifiers))
    return [decode(Feedback, body) for body in connection.execute(query).scalars()]


def _blank_predictions(connection: sa.Connection, identifiers: Sequence[str]) -> None:
    table = predictions
    query = sa.select(table.c.body).where(table.c.id.in_(identifiers))
    for body in connection.execute(query).scalars().all():
        row = decode(Prediction, body)
        blank = replace(row, author="", via="", episode="", request="", group="", finish=FORGOTTEN)
        change = table.update().where(table.c.id == row.id)
        connection.execute(change.values(body=encode(blank)))


def _blank_feedback(connection: sa.Connection, identifiers: Sequence[str], refusing: Ids) -> None:
    table = schema.feedback
    for row in _reactions(connection, identifiers):
        blank = bare(row, refused=row.refused or row.id in refusing)
        change = table.update().where(table.c.id == row.id)
        connection.execute(change.values(body=encode(blank), author="", dedupe=row.id))


def cases_about(ledger: Ledger, identifiers: Collection[str]) -> list[Case]:
    """Return the cases that answers or reactions of these ids opened."""
    found = ledger.facts("case", Case)
    return [one for one in found if {one.prediction, one.opened_by} & set(identifiers)]


def forget_cases(ledger: Ledger, identifiers: Collection[str], *, written: bool) -> None:
    """Take the words and the reporter out of cases, of their earlier versions, too.

    `written` says that the values of the task are texts: the truth is words, too.
    """

    def blank(case: Case) -> Case:
        truth = "" if written else case.truth
        return replace(case, outcome="", told="", reporter="", via="", truth=truth)

    about = [one.id for one in cases_about(ledger, identifiers)]
    _rewrite(ledger, "case", Case, about, blank)


def forget_truths(ledger: Ledger, identifiers: Collection[str]) -> None:
    """Take the written truths out of cases; what was done and told stays."""
    about = [one.id for one in cases_about(ledger, identifiers) if one.truth]
    _rewrite(ledger, "case", Case, about, lambda case: replace(case, truth=""))


def labels_about(ledger: Ledger, identifiers: Collection[str]) -> list[Label]:
    """Return the decisions in words on answers, reactions or records of these ids."""
    wanted = set(identifiers)
    return [
        one
        for one in ledger.facts("label", Label)
        if one.private and one.value and not wanted.isdisjoint((one.record, *one.parents))
    ]


def forget_labels(ledger: Ledger, labels: Iterable[Label]) -> None:
    """Take the words out of these decisions, of their earlier versions, too.

    What is empty is accepted no more: no answer may be judged by it.
    """

    def blank(label: Label) -> Label:
        return replace(label, value="", state="rejected")

    _rewrite(ledger, "label", Label, [one.id for one in labels], blank)


def _rewrite(
    ledger: Ledger, kind: str, noun: type[N], about: Sequence[str], blank: Callable[[N], N]
) -> None:
    """Put another body in place of every version of some facts, all in one transaction."""
    with ledger.engine.begin() as connection:
        for some in batches(about):
            where = sa.and_(facts.c.app == ledger.app, facts.c.kind == kind, facts.c.id.in_(some))
            versions = sa.select(facts.c.seq, facts.c.body).where(where)
            for seq, body in connection.execute(versions).all():
                change = facts.update().where(facts.c.seq == seq)
                connection.execute(change.values(body=encode(blank(decode(noun, body)))))


def scour(traffic: Traffic) -> None:
    """Compact the segments in which texts were erased since it was last done, and no others.

    SQLite's `user_version` keeps how many had been erased by then: one that was not compacted in
    the end, since it was in use or for a kill, is compacted the next time.
    """
    count = sa.select(sa.func.count(payloads.c.erased_at))
    for engine in traffic.engines().values():
        if engine.dialect.name == "postgresql":
            compact(engine)
            continue
        with engine.connect().execution_options(read_only=True) as connection:
            erased = int(connection.execute(count).scalar_one())
            known = connection.execute(sa.text("PRAGMA user_version")).scalar_one()
        if erased != known:
            compact(engine)
            with closing(engine.raw_connection()) as raw:
                raw.cursor().execute(f"PRAGMA user_version = {erased}")


def compact(engine: sa.Engine) -> None:
    """Leave no copy of what was changed or deleted in a database's own files.

    Raises
    ------
    ConflictError
        When another process reads or writes for so long that SQLite gives up, or when PostgreSQL
        keeps old rows for a transaction that began before.
    SpaceError
        When the disk has no room for the database written anew.
    """
    if engine.dialect.name == "postgresql":
        return _vacuum(engine)
    try:
        with closing(engine.raw_connection()) as raw:
            cursor = raw.cursor()
            cursor.execute("VACUUM")
            is_busy = cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)").fetchone()[0]
    except sqlite3.OperationalError as error:
        raise not_compacted(engine.url.database, error) from error
    if is_busy:
        raise not_compacted(engine.url.database)


def _vacuum(engine: sa.Engine) -> None:
    """Take old rows out of the tables that hold words, waiting for transactions that see them."""
    deadline = time.monotonic() + VACUUM_WAIT_S
    while sum(map(_kept, _vacuumed(engine))):
        if time.monotonic() >= deadline:
            raise not_compacted(engine.url.database)
        time.sleep(0.5)


def _vacuumed(engine: sa.Engine) -> list[str]:
    """Vacuum and return what PostgreSQL told of it."""
    there, told = set(sa.inspect(engine).get_table_names()), list[str]()
    with closing(engine.raw_connection()) as raw:
        connection: Any = raw.driver_connection

        def hear(notice: Any) -> None:
            told.append("\n".join(filter(None, (notice.message_primary, notice.message_detail))))

        connection.rollback()
        connection.autocommit = True
        connection.add_notice_handler(hear)
        try:
            for table in (facts, predictions, schema.feedback, payloads):
                if table.name in there:
                    connection.execute(f"VACUUM (VERBOSE) {table.name}")
        finally:
            connection.remove_notice_handler(hear)
            connection.autocommit = False
    return told


def _kept(told: str) -> int:
    """Return how many old rows a table keeps: the last number of the third line, since 15.

    Its words are in the server's language. Earlier versions had another form.
    """
    lines = told.splitlines()
    numbers = re.findall(r"\d+", lines[2]) if len(lines) > 2 else []
    before = re.findall(r"(\d+) dead row versions? cannot be removed yet", told)
    return sum(map(int, before)) + (int(numbers[2]) if len(numbers) == 3 else 0)


def batches(identifiers: Iterable[str]) -> Iterator[list[str]]:
    """Yield ids by the hundreds, as many as one query takes."""
    left = iter(identifiers)
    while some := list(islice(left, _BATCH)):
        yield some
