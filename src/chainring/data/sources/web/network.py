"""Connections for httpcore that go to checked addresses only and end in time.

Enters the host of a request, leaves a stream whose every read and write ends at one deadline: a
server that sends a letter a second is as slow as one that sends none.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Sequence
from ssl import SSLContext
from typing import Any

import httpcore

from chainring.data.sources.web.address import Resolver, checked


class PinnedNetwork(httpcore.NetworkBackend):
    """Looks a name up once, checks all it leads to, and connects to one of those addresses."""

    def __init__(self, *, resolver: Resolver, allow_private: Sequence[str], ends: float) -> None:
        self._resolver, self._allow, self._ends = resolver, allow_private, ends
        self._system = httpcore.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore.NetworkStream:
        """Connect to the first checked address that answers."""
        found = checked(host, port, resolver=self._resolver, allow_private=self._allow)
        for place in found[:-1]:
            try:
                return self._connected(place, port, share=0.5)
            except (httpcore.ConnectError, httpcore.ConnectTimeout):
                continue
        return self._connected(found[-1], port)

    def _connected(self, place: str, port: int, *, share: float = 1.0) -> httpcore.NetworkStream:
        timeout = share * left(self._ends, httpcore.ConnectTimeout)
        return TimedStream(self._system.connect_tcp(place, port, timeout=timeout), self._ends)


class TimedStream(httpcore.NetworkStream):
    """A stream that has one deadline in all, whatever each read may take."""

    def __init__(self, stream: httpcore.NetworkStream, ends: float) -> None:
        self._stream, self._ends = stream, ends

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        """Return the next bytes, if they come in time."""
        return self._stream.read(max_bytes, timeout=left(self._ends, httpcore.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        """Send, if it can be done in time."""
        self._stream.write(buffer, timeout=left(self._ends, httpcore.WriteTimeout))

    def close(self) -> None:
        """Close the connection."""
        self._stream.close()

    def start_tls(
        self,
        ssl_context: SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore.NetworkStream:
        """Speak TLS, under the name of the request and not the address."""
        inner = self._stream.start_tls(
            ssl_context, server_hostname, timeout=left(self._ends, httpcore.ConnectTimeout)
        )
        return TimedStream(inner, self._ends)

    def get_extra_info(self, info: str) -> Any:
        """Return what httpcore asks of a stream."""
        return self._stream.get_extra_info(info)


def left(ends: float, error: type[httpcore.TimeoutException]) -> float:
    """Return the seconds to a deadline, or raise the error of its kind when it has passed."""
    rest = ends - time.monotonic()
    if rest <= 0:
        raise error("the time of this page is over")
    return rest
