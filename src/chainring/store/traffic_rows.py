"""Rows of the traffic log: what of a prediction or a feedback is a fact, what an erasable payload.

Enters nouns and a transaction, leaves rows; bodies of rows become nouns again. A feedback whose
(author, key) is there already keeps the first one's id; nothing that is there is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from chainring.contracts.codec import decode, encode
from chainring.contracts.feedback import Feedback
from chainring.contracts.payload import packed, unpacked
from chainring.contracts.prediction import Prediction
from chainring.store import schema
from chainring.store.schema import payloads, predictions

_BLANK: dict[str, Any] = {
    "text": "",
    "answer": "",
    "passed_on": False,
    "group": "",
    "language": "",
    "holdout": False,
    "model": "",
    "pair": "",
    "looked_up": False,
}


def insert_predictions(
    connection: sa.Connection, rows: Sequence[tuple[Prediction, str | None]], *, retention_s: float
) -> None:
    """Write predictions, and their texts where they can be erased; what is there stays."""
    if not rows:
        return
    values = [
        {
            "id": p.id,
            "app": p.app,
            "at": p.at,
            "holdout": p.holdout,
            "passed_on": p.passed_on,
            "confidence": p.confidence,
            "model": p.model,
            "body": encode(replace(p, pair="", output="")),
        }
        for p, _ in rows
    ]
    connection.execute(_insert(connection, predictions), values)
    texts = [
        {"id": p.id, "body": packed(text, p.pair, p.output), "expires": p.at + retention_s}
        for p, text in rows
        if text is not None
    ]
    if texts:
        connection.execute(_insert(connection, payloads), texts)


def insert_feedback(
    connection: sa.Connection, reactions: Sequence[Feedback], *, retention_s: float
) -> dict[str, str]:
    """Write feedback, and its comments where they can be erased; return the id each has now."""
    stored = {}
    for feedback in reactions:
        bare = replace(feedback, comment="", **_BLANK)
        own = feedback.value if feedback.private else ""
        if feedback.private:
            bare = replace(bare, value="")
        dedupe = encode([feedback.app, feedback.key]) if feedback.key else feedback.id
        row = {
            "id": feedback.id,
            "app": feedback.app,
            "at": feedback.at,
            "prediction": feedback.prediction,
            "kind": feedback.kind,
            "author": feedback.author,
            "dedupe": dedupe,
            "body": encode(bare),
        }
        insert = _insert(connection, schema.feedback).returning(schema.feedback.c.id)
        if connection.execute(insert, row).scalar() is None:
            query = sa.select(schema.feedback.c.id).where(schema.feedback.c.dedupe == dedupe)
            stored[feedback.id] = str(connection.execute(query).scalar_one())
            continue
        stored[feedback.id] = feedback.id
        if feedback.comment or own:
            payload = {
                "id": feedback.id,
                "body": packed(feedback.comment, "", own),
                "expires": feedback.at + retention_s,
            }
            connection.execute(_insert(connection, payloads), payload)
    return stored


told = sa.select(predictions.c.body, payloads.c.body).join(
    payloads, payloads.c.id == predictions.c.id, isouter=True
)
"""Bodies of predictions and of their texts, as `read_prediction` wants them."""


def read_prediction(body: str, payload: str | None) -> tuple[Prediction, str | None]:
    """Return a prediction with pair and output, and its text; None when it was erased."""
    text, pair, output = unpacked(payload)
    whole = replace(decode(Prediction, body), pair=pair, output=output)
    return whole, None if payload is None else text


def read_feedback(
    body: str, about: str | None, payload: str | None, comment: str | None
) -> Feedback:
    """Return a feedback joined with its comment and with the text and facts of its prediction."""
    said, _, own = unpacked(comment)
    row = replace(decode(Feedback, body), comment=said)
    if row.private:
        row = replace(row, value=own)
    if about is None:
        return row
    p, text = read_prediction(about, payload)
    return replace(
        row,
        text=text or "",
        pair=p.pair,
        looked_up=p.looked_up,
        answer=p.value,
        passed_on=p.passed_on,
        group=p.group,
        language=p.language,
        holdout=p.holdout,
        model=p.model,
    )


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    if connection.dialect.name == "postgresql":  # here, for it takes 0.05 s to load
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()
