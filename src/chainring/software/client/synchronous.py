"""The client that waits.

with Client("http://localhost:8000") as client:
    for piece in client.stream("Guten Tag"):
        print(piece)
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Sequence
from types import TracebackType
from typing import Any, TypeVar

from chainring.contracts.feedback import FeedbackKind
from chainring.contracts.values import Input
from chainring.software.client import refusals, wire
from chainring.software.client.connection import answer_of, body_of, reached, require_events
from chainring.software.client.retrying import Retry, Tries
from chainring.software.client.stream import Stream
from chainring.software.client.wire import Answer, Model, Piece, Reacted, Sent

T = TypeVar("T")


class Client:
    """Asks a server. Safe to share between threads; close it, or use it in a `with`.

    Parameters
    ----------
    url
        Address of the server.
    key
        Its key; empty: the variable CHAINRING_KEY, if it is set.
    timeout_s
        How long one try may take.
    retry
        How often and when to try again.
    transport
        A transport of httpx in place of the network's, for tests.
    """

    def __init__(
        self,
        url: str,
        *,
        key: str = "",
        timeout_s: float = wire.TIMEOUT_S,
        retry: Retry | None = None,
        transport: Any = None,
    ) -> None:
        parts = reached(url, key, timeout_s)
        import httpx

        self.url, self.retry = parts.url, retry or Retry()
        self._http = parts.opened(httpx.Client, transport=transport)

    def __enter__(self) -> Client:
        """Return itself."""
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """Close it."""
        self.close()

    def close(self) -> None:
        """Close its connections."""
        self._http.close()

    def predict(
        self, text: str, *, pair: str | None = None, episode: str = "", author: str = "",
        idempotency_key: str = "",
    ) -> Answer:  # fmt: skip
        """Return the answer to a text, or to a text and a second one.

        Raises
        ------
        chainring.contracts.errors.ChainringError
            As the library does: InputError, NotAllowedError, BusyError, UnreachableError, …
        """
        asked: Input = text if pair is None else (text, pair)
        sent = wire.asked(asked, episode=episode, author=author, key=idempotency_key)
        return self._body(sent, wire.answer)

    def predict_many(
        self, texts: Sequence[Input], *, episode: str = "", author: str = "",
        idempotency_key: str = "",
    ) -> list[Answer]:  # fmt: skip
        """Return the answers to several texts or pairs, in order."""
        many = wire.several(texts)
        sent = wire.asked(many, episode=episode, author=author, key=idempotency_key)
        return self._body(sent, wire.answers(len(many)))

    def stream(
        self, text: str, *, pair: str | None = None, episode: str = "", author: str = ""
    ) -> Iterator[Piece | Answer]:
        """Yield an answer piece by piece while it is written, last the whole one."""
        asked: Input = text if pair is None else (text, pair)
        sent = wire.asked(asked, episode=episode, author=author, stream=True)
        import httpx

        try:
            with self._http.stream(
                sent.method, sent.path, content=sent.body, headers=dict(sent.headers)
            ) as response:
                if response.status_code >= 400:
                    response.read()
                    raise refusals.error_of(
                        response.status_code, body_of(response), response.headers
                    )
                require_events(response, url=self.url, path=sent.path)
                coming = Stream(self.url)
                for part in response.iter_text():
                    yield from coming.take(part)
                coming.end()
        except httpx.RequestError as error:
            raise refusals.unreachable(self.url, error) from error

    def react(
        self,
        prediction: str,
        kind: FeedbackKind,
        value: str = "",
        *,
        comment: str = "",
        author: str = "",
        episode: str = "",
        consent: str = "none",
        idempotency_key: str = "",
    ) -> Reacted:
        """Store what a person did about an answer; it is durable when this returns."""
        sent = wire.told(
            prediction,
            kind,
            value,
            comment=comment,
            author=author,
            episode=episode,
            consent=consent,
            key=idempotency_key,
        )
        return self._body(sent, wire.reacted)

    def embed(self, texts: Sequence[str]) -> list[list[float]]:
        """Return a vector a text."""
        many = wire.several(texts)
        return self._body(wire.embedding(many), wire.vectors(len(many)))

    def why(self, prediction: str) -> dict[str, Any]:
        """Return where an answer came from."""
        return self._body(wire.explaining(prediction), wire.an_object)

    def models(self) -> list[Model]:
        """Return the models that answer."""
        return self._body(wire.got("/v1/models"), wire.models)

    def labels(self) -> list[str]:
        """Return the labels that can be answered or corrected to."""
        return self._body(wire.got("/v1/labels"), wire.labels)

    def status(self) -> dict[str, Any]:
        """Return what answers and what waits."""
        return self._body(wire.got("/v1/status"), wire.an_object)

    def _body(self, sent: Sent, read: Callable[[Any], T]) -> T:
        import httpx

        tries = Tries(self.url, self.retry)
        while True:
            try:
                response = self._http.request(
                    sent.method, sent.path, content=sent.body, headers=dict(sent.headers)
                )
            except httpx.RequestError as error:
                time.sleep(tries.lost(error))
                continue
            if response.status_code < 400:
                return answer_of(response, url=self.url, path=sent.path, read=read)
            time.sleep(tries.refused(response))
