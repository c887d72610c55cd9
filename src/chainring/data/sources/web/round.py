"""One round over a site: what it has cost so far, kept with the harvest.

Enters a harvest, leaves numbers that survive a kill, as they are committed with the pages.
"""

from __future__ import annotations

import json
from collections import Counter

from chainring.data.harvest import Harvest
from chainring.data.sources.web.settings import WebSettings

_NAME = "web round"
MAX_SITEMAPS = 100


class Round:
    """Counts of a round; `keep` puts them into the harvest, its commit makes them durable."""

    def __init__(self, harvest: Harvest) -> None:
        self._harvest, self._told = harvest, ""
        kept = json.loads(harvest.state(_NAME) or "{}")
        self.number: int = kept.get("number", 0)
        self.asked: int = kept.get("asked", 0)
        self.bytes: int = kept.get("bytes", 0)
        self.sitemaps: int = kept.get("sitemaps", 0)
        self.done: bool = kept.get("done", True)
        self.rules_at: float = kept.get("rules_at", 0.0)
        """When the sites' rules began to be read, seconds since 1970."""
        self.skipped: Counter[str] = Counter(kept.get("skipped", {}))

    def begin(self, now: float) -> None:
        """Begin the next round."""
        self.rules_at = now
        self.number += 1
        self.asked = self.bytes = self.sitemaps = 0
        self.done = False
        self.skipped.clear()

    def keep(self) -> None:
        """Put the counts into the harvest, where they changed."""
        kept = {
            "number": self.number,
            "asked": self.asked,
            "bytes": self.bytes,
            "sitemaps": self.sitemaps,
            "done": self.done,
            "rules_at": self.rules_at,
            "skipped": dict(self.skipped),
        }
        told = json.dumps(kept, sort_keys=True)
        if told != self._told:
            self._harvest.set_state(_NAME, told)
            self._told = told

    def is_full(self, settings: WebSettings, *, flying: int) -> bool:
        """Return whether the round may ask for no more pages, those under way counted."""
        return self.asked + flying >= settings.max_pages or self.bytes >= settings.max_mib << 20
