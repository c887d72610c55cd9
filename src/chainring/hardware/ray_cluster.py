"""Joining Ray: a running cluster by its address, or one of its own on this machine.

Enters an address and a number of workers, leaves ray, connected, and a session that leaves the
cluster (and ends it, where it was started here) when its last holder lets it go.

    ray, session = joined(workers=2, address="")
"""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import warnings
import weakref
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from chainring.contracts.errors import ChainringError, InputError

RETRIES = 3
"""How often a shard is tried again when its worker or its node was lost."""

_STORE_BYTES = 256 << 20  # of a cluster of our own: shards carry paths, results are small
_PATIENCE_S = 10.0


class Session:
    """The connection of this process to Ray: it ends with the last executor that holds it."""

    def __init__(self, ray: Any, *, ours: bool) -> None:
        if ours:
            weakref.finalize(self, ray.shutdown)


_sessions: weakref.WeakValueDictionary[str, Session] = weakref.WeakValueDictionary()


def joined(*, workers: int, address: str) -> tuple[Any, Session]:
    """Return ray, connected, and the session to hold as long as it is used.

    A process has one connection; where it stands already, it is used as it is.

    Raises
    ------
    ChainringError
        When no cluster answers at the address.
    """
    ray, running = imported(), _sessions.get("the one")
    if ray.is_initialized():
        return ray, Session(ray, ours=False) if running is None else running
    _connect(ray, workers, address)
    _sessions["the one"] = made = Session(ray, ours=True)
    return ray, made


def processors(ray: Any) -> int:
    """Return how many processors the nodes of the cluster have, at least 1."""
    return max(1, int(ray.cluster_resources().get("CPU", 0)))


def imported() -> Any:
    """Import ray with its usage reports off, and without its warnings."""
    os.environ["RAY_USAGE_STATS_ENABLED"] = "0"
    os.environ.setdefault("RAY_ACCEL_ENV_VAR_OVERRIDE_ON_ZERO", "0")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import ray
    return ray


def _connect(ray: Any, workers: int, address: str) -> None:
    is_own = address in ("", "local")
    own = {
        "include_dashboard": False,
        "num_cpus": workers or None,
        "object_store_memory": _STORE_BYTES,
        "_system_config": {"task_oom_retries": RETRIES},
    }
    if not is_own and address != "auto":
        _require_listener(address)
    try:
        with _sigterm_as_it_is(), warnings.catch_warnings():
            warnings.simplefilter("ignore")
            ray.init(
                address="local" if is_own else address,
                log_to_driver=False,
                logging_level=logging.ERROR,
                **(own if is_own else {}),
            )
    except (ConnectionError, ValueError) as error:
        raise ChainringError(_unreachable(address)) from error


def _require_listener(address: str) -> None:
    """Refuse an address where nobody listens at once: Ray would try for minutes."""
    host, _, port = address.rpartition(":")
    if not host or not port.isdecimal():
        raise InputError(f"hardware.ray_address: host:port or auto expected, found {address!r}")
    try:
        socket.create_connection((host.strip("[]"), int(port)), timeout=_PATIENCE_S).close()
    except (OSError, OverflowError) as error:
        raise ChainringError(_unreachable(address)) from error


def _unreachable(address: str) -> str:
    return (
        f"no Ray cluster answers at {address!r}: start one with `ray start --head`, give its "
        "address as [hardware] ray_address, or leave that out to start one on this machine"
    )


@contextmanager
def _sigterm_as_it_is() -> Iterator[None]:
    """Keep the caller's answer to SIGTERM; Ray puts its own in the place."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = signal.getsignal(signal.SIGTERM)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
