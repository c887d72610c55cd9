"""An answer that is being written, read off the events of its stream.

No input or output happens here; both clients give it the texts as they come.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from chainring.contracts.errors import UnreachableError
from chainring.software.client.refusals import error_of
from chainring.software.client.wire import Answer, Piece, read, understood

_EVENTS = "events of another kind"
_TOLD: Mapping[str, type[Piece | Answer]] = {"piece": Piece, "answer": Answer}


class Events:
    """Puts texts together to server-sent events.

    A line ends at a line feed alone: U+2028, U+2029 and U+0085, at which `splitlines` and httpx cut
    as well, may stand in JSON as they are.
    """

    def __init__(self) -> None:
        self._name, self._data, self._rest = "message", "", ""

    def take(self, text: str) -> list[tuple[str, Any]]:
        """Take what came next; return the events that it ends."""
        *lines, self._rest = (self._rest + text).split("\n")
        return [event for line in lines for event in self._line(line.removesuffix("\r"))]

    def _line(self, line: str) -> list[tuple[str, Any]]:
        if line.startswith("event: "):
            self._name = line[7:]
        elif line.startswith("data: "):
            self._data = line[6:]
        elif not line and self._data:
            found = (self._name, json.loads(self._data))
            self._name, self._data = "message", ""
            return [found]
        return []


class Stream:
    """Reads an answer that is being written off the texts of its events."""

    def __init__(self, url: str) -> None:
        self._url, self._events, self._is_whole = url, Events(), False

    def take(self, text: str) -> Iterator[Piece | Answer]:
        """Yield what the text that came next tells; raise what an event `error` tells."""
        for name, data in understood(self._url, _EVENTS, self._events.take, text):
            if name == "error":
                raise error_of(500, data, {})
            if name in _TOLD:
                self._is_whole |= name == "answer"
                yield understood(self._url, _EVENTS, read, _TOLD[name], data)

    def end(self) -> None:
        """Raise UnreachableError unless the answer came: something between cut the rest off."""
        if not self._is_whole:
            raise UnreachableError(
                f"{self._url}: the stream ended before its answer; ask again, and look at the time "
                "limits of what stands before the server"
            )
