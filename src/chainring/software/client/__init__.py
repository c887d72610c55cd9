"""The Python client of a chainring server, for programs that run elsewhere.

    from chainring import Client

    with Client("https://ask.example.com", key="cr_ask_…") as client:
        answer = client.predict("Where is my parcel?")
        client.react(answer.id, "correction", "track_order", author="visitor-7")

`AsyncClient` has the same methods, awaited. Both load httpx and nothing heavier, raise the errors
of `chainring.contracts.errors`, try again what may be tried again, and never do twice what should
be done once: every call that changes something carries an idempotency key.
"""

from __future__ import annotations

from chainring.software.client.asynchronous import AsyncClient
from chainring.software.client.retrying import Retry
from chainring.software.client.synchronous import Client
from chainring.software.client.wire import Answer, Model, Piece, Reacted

__all__ = ["Answer", "AsyncClient", "Client", "Model", "Piece", "Reacted", "Retry"]
