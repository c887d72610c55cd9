"""What a site allows: robots.txt (RFC 9309), its delays and sitemaps, and its word on AI.

Enters the text of a robots.txt, leave `Rules` for our robot:

========================================  ==================================================
``Disallow: /cart``                       ``rules.allows("http://a.example/cart")`` is False
``Crawl-delay: 5``, ``Request-rate: 1/5``  ``rules.delay_s`` is 5.0
``Content-Signal: ai-train=no``           ``rules.reserved`` says so: no page is kept
``Content-Usage: train-ai=n``             the same, in the words of the IETF's AIPREF draft
========================================  ==================================================

A robots.txt that is not there (4xx) allows everything; one that cannot be had (5xx, no answer)
allows nothing until it can.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from chainring.contracts.errors import MissingPackageError
from chainring.contracts.said import Said
from chainring.data.sources.web.settings import BOT

MAX_BYTES = 512 * 1024
"""A longer robots.txt is read to here: RFC 9309 asks for 500 KiB at least."""

_LONGEST_S = 3600.0
"""A site that asks for a longer pause than this between two requests is not kept waiting for."""
_NO_TRAINING = re.compile(r"\b(ai-train\s*=\s*no|train-ai\s*=\s*n)\b", re.IGNORECASE)


@dataclass(frozen=True)
class Rules:
    """What one site allows our robot; `text` is its robots.txt, empty where there is none."""

    text: str = ""

    @cached_property
    def _parsed(self) -> Any:
        try:
            from protego import Protego
        except ImportError as error:
            raise MissingPackageError(
                "protego", extra="data", needed_for=Said("a crawl", zh="抓取")
            ) from error
        return Protego.parse(self.text)

    def allows(self, url: str) -> bool:
        """Return whether our robot may ask for an address."""
        return bool(self._parsed.can_fetch(url, BOT))

    @property
    def delay_s(self) -> float:
        """Seconds to wait between two requests, at most an hour; 0 where the site names none."""
        rate = self._parsed.request_rate(BOT)
        paced = rate.seconds / rate.requests if rate else 0.0
        asked = float(self._parsed.crawl_delay(BOT) or 0.0)
        return min(max((one for one in (asked, paced) if one > 0), default=0.0), _LONGEST_S)

    @property
    def sitemaps(self) -> list[str]:
        """Addresses of the site's sitemaps, as they stand."""
        return list(self._parsed.sitemaps)

    @cached_property
    def reserved(self) -> str:
        """The line by which the site keeps its pages from training, or an empty string."""
        return next((line for line in _for_us(self.text) if _NO_TRAINING.search(line)), "")


def _for_us(text: str) -> Iterator[str]:
    """Yield the usage lines of the groups that speak to our robot, ours before everybody's."""
    lines = list(_usage_lines(text))
    ours = [line for agents, line in lines if BOT in agents]
    yield from ours or [line for agents, line in lines if "*" in agents or not agents]


def _usage_lines(text: str) -> Iterator[tuple[tuple[str, ...], str]]:
    agents: tuple[str, ...] = ()
    in_head = False
    for raw in text.splitlines():
        line = raw.partition("#")[0].strip()
        key, _, value = (piece.strip() for piece in line.partition(":"))
        if key.lower() == "user-agent":
            agents = (*agents, value.lower()) if in_head else (value.lower(),)
            in_head = True
        elif line:
            in_head = False
        if key.lower() in ("content-signal", "content-usage"):
            yield agents, line


def tdm_reserved(text: str, path: str) -> bool | None:
    """Return what a site's `/.well-known/tdmrep.json` says of a path; None when it says nothing.

    It is the longest location that counts, as in a robots.txt (TDM Reservation Protocol, W3C
    community group).

    >>> tdm_reserved('[{"location": "/", "tdm-reservation": 1}]', "/returns")
    True
    """
    try:
        rules = json.loads(text)
    except (ValueError, RecursionError):
        return None
    found: tuple[int, bool] | None = None
    for rule in rules if isinstance(rules, list) else []:
        location = str(rule.get("location", "")) if isinstance(rule, dict) else ""
        if location and _located(location, path) and (found is None or len(location) >= found[0]):
            found = len(location), str(rule.get("tdm-reservation", 0)) == "1"
    return None if found is None else found[1]


def _located(location: str, path: str) -> bool:
    """Return whether a location with `*` and a last `$` tells of a path.

    The pieces between the stars are looked for one behind the other: a pattern of many stars would
    be tried for ever.
    """
    first, *others = location.rstrip("$").split("*")
    if not path.startswith(first):
        return False
    is_whole, at = location.endswith("$"), len(first)
    if is_whole and not others:
        return path == first
    last = others.pop() if is_whole else ""
    for piece in others:
        found = path.find(piece, at)
        if found < 0:
            return False
        at = found + len(piece)
    return path.endswith(last) and len(path) - len(last) >= at
