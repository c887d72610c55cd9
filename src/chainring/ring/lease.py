"""The lease of a turn: one process turns a ring at a time, and renews its lease as it works."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from contextlib import contextmanager

from sqlalchemy.exc import SQLAlchemyError

from chainring.contracts.errors import ChainringError, ConflictError
from chainring.store.ledger import Lease, Ledger

log = logging.getLogger("chainring.ring")

_LEASE_S = 120.0


@contextmanager
def held(ledger: Ledger) -> Iterator[Lease]:
    """Hold the lease of the turn and renew it from a thread while the turn works."""
    with ledger.lease("turn", ttl_s=_LEASE_S) as lease:
        stop = threading.Event()
        thread = threading.Thread(target=_renewed, args=(ledger, lease, stop), daemon=True)
        thread.start()
        try:
            yield lease
        finally:
            stop.set()
            thread.join()


def _renewed(ledger: Ledger, lease: Lease, stop: threading.Event) -> None:
    """Renew the lease until told to stop, or until another has it; a failed try is no end."""
    while not stop.wait(_LEASE_S / 4):
        try:
            ledger.renew(lease, ttl_s=_LEASE_S)
        except ConflictError:
            return  # the next fenced write tells the turn
        except (ChainringError, SQLAlchemyError) as error:  # a database that restarts, or is locked
            log.warning("turn.lease-not-renewed because=%s", type(error).__name__)
