"""Answers that quote a record: which they are, and how the quotation goes when the record does.

    names = quoting(traffic, {"rec_9c…"})
    forget_quotes(traffic, names)

Of an answer that was read off an article that was looked up, the log keeps the passage beside the
question. What was asked, and what people said of the answer, is theirs and stays.
"""

from __future__ import annotations

from collections.abc import Collection

import sqlalchemy as sa

from chainring.contracts.codec import decode
from chainring.contracts.payload import packed, unpacked
from chainring.contracts.prediction import Prediction
from chainring.store.erase import batches, compact
from chainring.store.schema import payloads, predictions
from chainring.store.traffic import Traffic

_BATCH = 500


def quoting(traffic: Traffic, records: Collection[str]) -> list[str]:
    """Return the ids of the answers, those of shadows too, that were read off any of the records.

    The likeliest of the records that an answer names is the one that it quotes.
    """
    if not records:
        return []
    looked = predictions.c.body.contains('"looked_up":true')
    query = sa.select(predictions.c.body).where(predictions.c.app == traffic.app, looked)
    found: list[str] = []
    for engine in traffic.engines().values():
        with engine.connect().execution_options(read_only=True, yield_per=_BATCH) as connection:
            rows = (decode(Prediction, body) for body in connection.execute(query).scalars())
            found += [row.id for row in rows if row.read_from in records]
    return found


def forget_quotes(traffic: Traffic, answers: Collection[str]) -> None:
    """Take passage and answer out of the texts of answers; done twice it does nothing."""
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
