"""The stages of a request: read, answer, model, log; each timed, and a span where traces are on.

    with stage("model", texts=3):
        replies = await lane.ask(requests)

Whoever wraps the request says what becomes of the times (`recording`); without that, as in a
notebook, a stage costs a lookup and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from contextvars import ContextVar, Token
from dataclasses import dataclass
from types import TracebackType
from typing import Any

Span = Callable[[str, Mapping[str, Any]], AbstractContextManager[Any]]
"""Opens a span of a name with attributes; see `chainring.deployment.http.traces`."""


@dataclass(frozen=True, slots=True)
class Recorder:
    """What is done with a stage: `observe` gets its name and seconds, `span` opens a span."""

    observe: Callable[[str, float], None]
    span: Span | None = None


_CURRENT: ContextVar[Recorder | None] = ContextVar("chainring_recorder", default=None)


class recording:
    """Record the stages of what runs inside the block.

    A class and no generator, as `stage`: every request passes through five of these.
    """

    __slots__ = ("_recorder", "_token")
    _token: Token[Recorder | None]

    def __init__(self, recorder: Recorder) -> None:
        self._recorder = recorder

    def __enter__(self) -> None:
        self._token = _CURRENT.set(self._recorder)

    def __exit__(self, *_: object) -> None:
        _CURRENT.reset(self._token)


class stage:
    """Time a stage; `facts` are attributes of its span: numbers and ids, never texts."""

    __slots__ = ("_begun", "_facts", "_name", "_recorder", "_span")
    _begun: float
    _recorder: Recorder | None
    _span: AbstractContextManager[Any] | None

    def __init__(self, name: str, **facts: Any) -> None:
        self._name, self._facts = name, facts

    def __enter__(self) -> None:
        self._recorder = _CURRENT.get()
        self._span = None
        if self._recorder is None:
            return
        self._begun = time.perf_counter()
        if self._recorder.span is not None:
            self._span = self._recorder.span(self._name, self._facts)
            self._span.__enter__()

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if self._recorder is None:
            return
        try:
            if self._span is not None:
                self._span.__exit__(kind, error, trace)
        finally:
            self._recorder.observe(self._name, time.perf_counter() - self._begun)
