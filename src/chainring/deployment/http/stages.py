"""The stages of a request: read, answer, model, log; each timed, and a span where traces are on.

    with stage("model", texts=3):
        replies = await lane.ask(requests)

Whoever wraps the request says what becomes of the times (`recording`); without that, as in a
notebook, a stage costs a lookup and nothing else.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from contextvars import ContextVar
from dataclasses import dataclass
from typing import Any

Span = Callable[[str, Mapping[str, Any]], AbstractContextManager[Any]]
"""Opens a span of a name with attributes; see `chainring.deployment.http.traces`."""


def no_span(name: str, facts: Mapping[str, Any]) -> AbstractContextManager[None]:
    """Open nothing."""
    del name, facts
    return nullcontext()


@dataclass(frozen=True, slots=True)
class Recorder:
    """What is done with a stage: `observe` gets its name and seconds, `span` opens a span."""

    observe: Callable[[str, float], None]
    span: Span = no_span


_CURRENT: ContextVar[Recorder | None] = ContextVar("chainring_recorder", default=None)


@contextmanager
def recording(recorder: Recorder) -> Iterator[None]:
    """Record the stages of what runs inside the block."""
    token = _CURRENT.set(recorder)
    try:
        yield
    finally:
        _CURRENT.reset(token)


@contextmanager
def stage(name: str, **facts: Any) -> Iterator[None]:
    """Time a stage; `facts` are attributes of its span: numbers and ids, never texts."""
    recorder = _CURRENT.get()
    if recorder is None:
        yield
        return
    begun = time.perf_counter()
    try:
        with recorder.span(name, facts):
            yield
    finally:
        recorder.observe(name, time.perf_counter() - begun)
