"""One request: to a checked address, within its time and size, with redirects left to the caller.

Enters an address, leaves an `Answer`, or a `Failure` that says why and whether to try again.

    fetcher = Fetcher(user_agent="chainring/0.1 (+data@shop.example)")
    fetcher.get("https://shop.example/returns", types=("text/html",))

The name is looked up once, every address it has is checked, and the connection goes to one of
those: a name server that answers otherwise the next time changes nothing. Certificate, SNI and
`Host` are those of the name. No proxy is used, no cookie kept, no redirect followed.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import TYPE_CHECKING

from chainring.contracts.errors import InputError, MissingPackageError, NotAllowedError
from chainring.contracts.said import Said
from chainring.data.sources.web.address import Resolver, system_resolver
from chainring.data.sources.web.body import CutShortError, unpacked

if TYPE_CHECKING:
    import ssl

    import httpcore

REDIRECTS = (301, 302, 303, 307, 308)
_AGAIN = (408, 425, 429, 500, 502, 503, 504)
_MAX_RETRY_AFTER_S = 24 * 3600.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Answer:
    """What a server said; `body` is unpacked, and empty unless the status is 200."""

    status: int
    headers: tuple[tuple[str, str], ...]
    body: bytes = b""

    def header(self, name: str) -> str:
        """Return a header's value, several joined by a comma, or an empty string."""
        return ", ".join(self.headers_of(name))

    def headers_of(self, name: str) -> list[str]:
        """Return every value of a header."""
        return [value for key, value in self.headers if key == name]


@dataclass(frozen=True, slots=True, kw_only=True)
class Failure:
    """Why there is no answer to use; `again` when a later try may have one."""

    why: str
    again: bool
    after_s: float = 0.0
    status: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetcher:
    """What all requests of a crawl share; it may be used from several threads."""

    user_agent: str
    timeout_s: float = 30.0
    max_bytes: int = 4 << 20
    allow_private: tuple[str, ...] = ()
    resolver: Resolver = system_resolver
    tls: ssl.SSLContext | None = field(default=None, repr=False)

    def get(
        self,
        url: str,
        *,
        types: Sequence[str] = (),
        known: Sequence[tuple[str, str]] = (),
        max_bytes: int = 0,
        cut: bool = False,
    ) -> Answer | Failure:
        """Ask for one address.

        Parameters
        ----------
        url
            In its normal form.
        types
            Content types that are wanted, or prefixes of them; others are not read. Empty: all.
        known
            What is known of an earlier answer: `("etag", …)`, `("last-modified", …)`.
        max_bytes
            Limit of the unpacked body; the fetcher's when 0.
        cut
            Whether a longer body is cut to the limit, and not a failure.
        """
        try:
            with self._asked(url, known) as response:
                return self._answer(response, types, max_bytes or self.max_bytes, cut)
        except CutShortError as error:
            return Failure(why=str(error), again=True)
        except (NotAllowedError, InputError) as error:
            return Failure(why=str(error), again=False)
        except _network_errors() as error:
            return Failure(why=_said(error), again=True)

    @contextmanager
    def _asked(self, url: str, known: Sequence[tuple[str, str]]) -> Iterator[httpcore.Response]:
        import httpcore

        from chainring.data.sources.web.network import PinnedNetwork

        network = PinnedNetwork(
            resolver=self.resolver,
            allow_private=self.allow_private,
            ends=time.monotonic() + self.timeout_s,
        )
        target = httpcore.URL(url)
        with httpcore.HTTPConnection(
            target.origin, ssl_context=self.tls or _tls(), network_backend=network
        ) as line:
            headers = _headers(self.user_agent, known, _host(target))
            with line.stream("GET", target, headers=headers) as response:
                yield response

    def _answer(
        self, response: httpcore.Response, types: Sequence[str], max_bytes: int, cut: bool
    ) -> Answer | Failure:
        headers = tuple((_text(key).lower(), _text(value)) for key, value in response.headers)
        answer = Answer(status=response.status, headers=headers)
        if response.status != 200:
            return _without_body(answer)
        kind = answer.header("content-type").partition(";")[0].strip().lower()
        if types and kind and not kind.startswith(tuple(types)):
            return Failure(why=f"content type {kind}", again=False, status=200)
        packing = answer.header("content-encoding")
        pieces = response.iter_stream()
        body = (
            _cut(pieces, packing, max_bytes)
            if cut
            else unpacked(pieces, packing, max_bytes=max_bytes)
        )
        return Answer(status=200, headers=headers, body=body)


def _text(header: bytes) -> str:
    """Return a header as text: servers write UTF-8 where the standard has Latin-1."""
    try:
        return header.decode("utf-8")
    except UnicodeDecodeError:
        return header.decode("latin-1")


def _cut(pieces: Iterator[bytes], packing: str, max_bytes: int) -> bytes:
    """Return the first bytes of a body; of a packed one all, or nothing."""
    if packing.strip().lower() not in ("", "identity"):
        return unpacked(pieces, packing, max_bytes=max_bytes)
    kept = bytearray()
    for piece in pieces:
        kept += piece
        if len(kept) >= max_bytes:
            break
    return bytes(kept[:max_bytes])


def _without_body(answer: Answer) -> Answer | Failure:
    if answer.status not in _AGAIN:
        return answer
    return Failure(
        why=f"status {answer.status}",
        again=True,
        after_s=retry_after(answer.header("retry-after")),
        status=answer.status,
    )


def retry_after(value: str, *, now: datetime | None = None) -> float:
    """Return the seconds that a server asks to wait: a number or a date; at most a day.

    >>> retry_after("120"), retry_after("soon")
    (120.0, 0.0)
    """
    text = value.strip()
    if text.isascii() and text.isdigit():
        return min(float(text), _MAX_RETRY_AFTER_S)
    try:
        until = parsedate_to_datetime(text)
    except (ValueError, TypeError):
        return 0.0
    zoned = until if until.tzinfo else until.replace(tzinfo=UTC)
    waiting = (zoned - (now or datetime.now(UTC))).total_seconds()
    return min(max(waiting, 0.0), _MAX_RETRY_AFTER_S)


def _headers(user_agent: str, known: Sequence[tuple[str, str]], host: str) -> list[tuple[str, str]]:
    asked = {"etag": "If-None-Match", "last-modified": "If-Modified-Since"}
    return [
        ("Host", host),
        ("User-Agent", user_agent),
        (
            "Accept",
            "text/html,application/xhtml+xml,text/plain;q=0.8,application/xml;q=0.7,*/*;q=0.1",
        ),
        ("Accept-Encoding", "gzip, deflate"),
        ("Connection", "close"),
        *((asked[name], value) for name, value in known if value),
    ]


def _host(target: httpcore.URL) -> str:
    name = target.host.decode("ascii")
    shown = f"[{name}]" if ":" in name else name
    return shown if target.port is None else f"{shown}:{target.port}"


_shared: list[ssl.SSLContext] = []


def _tls() -> ssl.SSLContext:
    import httpcore

    if not _shared:
        _shared.append(httpcore.default_ssl_context())
    return _shared[0]


def _network_errors() -> tuple[type[Exception], ...]:
    try:
        import httpcore
    except ImportError as error:
        raise MissingPackageError(
            "httpx", extra="data", needed_for=Said("a crawl", zh="抓取")
        ) from error
    return (httpcore.NetworkError, httpcore.ProtocolError, httpcore.TimeoutException, OSError)


def _said(error: Exception) -> str:
    words = str(error).strip()
    return f"{type(error).__name__}: {words}" if words else type(error).__name__
