"""Rows of the traffic log: what of a prediction or a feedback is a fact, what an erasable payload.

Enters nouns and a transaction, leaves rows. A feedback whose (author, key) is there already keeps
the first one's id; nothing that is there is changed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.dialects import sqlite

from chainring.contracts.codec import encode
from chainring.contracts.feedback import Feedback
from chainring.contracts.payload import packed
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


def _insert(connection: sa.Connection, table: sa.Table) -> Any:
    if connection.dialect.name == "postgresql":  # here, for it takes 0.05 s to load
        from sqlalchemy.dialects import postgresql

        return postgresql.insert(table).on_conflict_do_nothing()
    return sqlite.insert(table).on_conflict_do_nothing()
