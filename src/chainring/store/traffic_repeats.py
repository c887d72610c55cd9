"""A reaction whose key is there already: what is stored under that key, if it says the same.

identifier = traffic.commit([], [feedback])[0]
if identifier != feedback.id:
    stored = stored_before(traffic, feedback, identifier)  # None: it says something else
"""

from __future__ import annotations

import sqlalchemy as sa

from chainring.contracts.errors import ConflictError
from chainring.contracts.feedback import Feedback
from chainring.store.schema import payloads
from chainring.store.traffic import Traffic


def stored_before(traffic: Traffic, feedback: Feedback, identifier: str) -> Feedback | None:
    """Return the feedback that was stored under the key first; None where it says something else.

    Kind, value, comment and consent are compared. The value of a confirmation is not: it is the
    answer, which may have been unknown before. Nor are words that were erased since.

    Parameters
    ----------
    feedback
        What came with the key now.
    identifier
        What `Traffic.commit` returned for it: the id of the first one.
    """
    said = traffic.feedback_on(feedback.prediction)
    stored = next((one for one in said if one.id == identifier), None)
    if stored is None or (stored.kind, stored.consent) != (feedback.kind, feedback.consent):
        return None
    is_value_told = stored.kind == "confirmation" or stored.value == feedback.value
    if is_value_told and stored.comment == feedback.comment:
        return stored
    is_fact_told = is_value_told or stored.private
    return stored if is_fact_told and _is_erased(traffic, identifier) else None


def stored_once(traffic: Traffic, feedback: Feedback) -> Feedback:
    """Store a reaction and return it, or what its key holds already, if that says the same.

    Raises
    ------
    ConflictError
        When the key came with another reaction before; nothing is stored.
    """
    identifier = traffic.commit([], [feedback])[0]
    if identifier == feedback.id:
        return feedback
    known = stored_before(traffic, feedback, identifier)
    if known is None:
        raise ConflictError(
            f"the key {feedback.key!r} came with another reaction before, and this one was not "
            "stored; send each reaction with a key of its own"
        )
    return known


def _is_erased(traffic: Traffic, identifier: str) -> bool:
    query = sa.select(payloads.c.id).where(
        payloads.c.id == identifier, payloads.c.erased_at.is_not(None)
    )
    for engine in traffic.engines().values():
        with engine.connect().execution_options(read_only=True) as connection:
            if connection.execute(query).first() is not None:
                return True
    return False
