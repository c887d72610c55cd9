"""Answers that quote a record: which they are, and how the quotation goes when the record does.

    quotes = quoting(traffic, {"rec_9c…"})      # {"pred_01…": "five days"}
    forget_labels(ledger, accepted(ledger, quotes))
    forget_quotes(traffic, quotes)

Of an answer that was read off an article that was looked up, the log keeps the passage beside the
question. What was asked, and what people said of the answer, is theirs and stays; where that was
to agree, what they agreed with goes.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Mapping

import sqlalchemy as sa

from chainring.contracts.label import Label
from chainring.contracts.payload import packed, unpacked
from chainring.store.erase import batches, compact, labels_about
from chainring.store.ledger import Ledger
from chainring.store.schema import payloads, predictions
from chainring.store.traffic import Traffic
from chainring.store.traffic_rows import read_prediction, told

_BATCH = 500


def quoting(traffic: Traffic, records: Collection[str]) -> dict[str, str]:
    """Return the answers, those of shadows too, that were read off any of the records, by id.

    The likeliest of the records that an answer names is the one that it quotes. Among them are the
    reactions that say the same: what confirms such an answer, or prefers it to another one.
    """
    if not records:
        return {}
    looked = predictions.c.body.contains('"looked_up":true')
    query = told.where(predictions.c.app == traffic.app, looked)
    found: dict[str, str] = {}
    for engine in traffic.engines().values():
        with engine.connect().execution_options(read_only=True, yield_per=_BATCH) as connection:
            rows = (read_prediction(*row)[0] for row in connection.execute(query))
            found |= {row.id: row.value for row in rows if row.read_from in records}
    return found | dict(_agreeing(traffic, found)) if found else {}


def _agreeing(traffic: Traffic, quotes: Mapping[str, str]) -> Iterator[tuple[str, str]]:
    for row in traffic.feedback_on(*quotes):
        if row.private and row.value == quotes[row.prediction]:
            yield row.id, row.value
    for row in traffic.feedback(kinds=("preference",)):
        if row.value in quotes:
            yield row.id, quotes[row.value]


def forget_quotes(traffic: Traffic, answers: Collection[str]) -> None:
    """Leave of answers the question, of reactions the comment; done twice it does nothing."""
    for engine in traffic.engines().values():
        changed = False
        with engine.begin() as connection:
            for some in batches(answers):
                held = payloads.c.id.in_(some), payloads.c.body.is_not(None)
                query = sa.select(payloads.c.id, payloads.c.body).where(*held)
                for name, body in connection.execute(query).all():
                    after = packed(unpacked(body)[0])
                    if after != body:
                        change = payloads.update().where(payloads.c.id == name)
                        connection.execute(change.values(body=after))
                        changed = True
        if changed:
            compact(engine)


def accepted(ledger: Ledger, quotes: Mapping[str, str]) -> list[Label]:
    """Return the decisions on answers, or on what was said of them, that say what they quote."""
    return [
        one
        for one in labels_about(ledger, quotes)
        if one.value in {quotes.get(name) for name in (one.record, *one.parents)}
    ]
