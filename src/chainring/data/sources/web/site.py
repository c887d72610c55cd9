"""Which addresses a crawl takes up: within its hosts, its depth, and what each site allows.

Enter addresses as pages and sitemaps name them, leaves the frontier with those to be asked for.
"""

from __future__ import annotations

from urllib.parse import urlsplit

from chainring.data.sources.web.frontier import Frontier, Task
from chainring.data.sources.web.robots import Rules, tdm_reserved
from chainring.data.sources.web.round import MAX_SITEMAPS, Round
from chainring.data.sources.web.settings import WebSettings
from chainring.data.sources.web.urls import is_no_page, normal, origin_of, place_of, trap, within

MAX_HOPS = 5
_FRONTIER_PER_PAGE = 10


class Sites:
    """The rules of all sites of one crawl, and the door to its frontier."""

    def __init__(self, settings: WebSettings, frontier: Frontier, round_: Round) -> None:
        self._settings, self._frontier, self._round = settings, frontier, round_
        self._hosts = settings.within
        self._known: dict[str, tuple[Rules, str]] = {}
        self._size = sum(frontier.counts().values())

    def offer(self, url: str, *, depth: int, hops: int = 0) -> bool:
        """Take up the address of a page, unless it lies outside, too deep, or looks endless."""
        if not within(url, self._hosts):
            return False
        why = self._skipped(url, depth)
        if why:
            self._round.skipped[why] += 1
            return False
        if self._frontier.add(url, depth=depth, hops=hops):
            self._size += 1
            return True
        return False

    def _skipped(self, url: str, depth: int) -> str:
        if depth > self._settings.max_depth:
            return f"links lead deeper than {self._settings.max_depth}"
        if is_no_page(url):
            return "links lead to files that are no page"
        if found := trap(url):
            return f"links look endless: {found}"
        full = self._size >= _FRONTIER_PER_PAGE * self._settings.max_pages + 1000
        return "links left: the frontier is full" if full else ""

    def offer_sitemap(self, link: str, *, base: str, depth: int = 0) -> None:
        """Take up the address of a sitemap, while there are not too many."""
        url = normal(link, base=base)
        if url is None or not within(url, self._hosts) or self._round.sitemaps >= MAX_SITEMAPS:
            return
        if self._settings.sitemaps and self._frontier.add(url, "sitemap", depth=depth):
            self._round.sitemaps += 1

    def is_seed(self, origin: str) -> bool:
        """Return whether one of the seeds lies on a site."""
        return any(origin_of(normal(seed) or "") == origin for seed in self._settings.seeds)

    def learned(self, origin: str) -> Rules:
        """Read the rules of a site anew."""
        self._known.pop(origin, None)
        return self.rules(origin)[0] or Rules()

    def rules(self, origin: str) -> tuple[Rules | None, str]:
        """Return a site's robots rules (None: they could not be had) and its tdmrep.json."""
        if origin not in self._known:
            robots, tdm = self._frontier.rules(origin)
            if robots is None:
                return None, tdm
            self._known[origin] = Rules(robots), tdm
        return self._known[origin]

    def why_not(self, task: Task) -> str:
        """Return why an address is not to be asked for, or an empty string."""
        if task.kind in ("robots", "tdm"):
            return ""
        if not within(task.url, self._hosts):
            return f"outside the hosts: {place_of(task.url)}"
        if task.kind == "page" and task.depth > self._settings.max_depth:
            return f"links lead deeper than {self._settings.max_depth}"
        return self._forbidden(task)

    def _forbidden(self, task: Task) -> str:
        rules, tdm = self.rules(origin_of(task.url))
        if rules is None:
            return "robots.txt could not be had"
        if not rules.allows(task.url):
            return "robots.txt forbids it"
        if task.kind == "page" and rules.reserved:
            return f"robots.txt: {rules.reserved}"
        path = urlsplit(task.url).path
        return "tdmrep.json reserves it" if tdm and tdm_reserved(tdm, path) else ""
