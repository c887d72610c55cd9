"""A crawl: round over round a site is brought up to date, politely, and cut short at no loss.

Enter settings and a harvest, leaves the harvest with one row a page, known by the page's address.

    crawl(WebSettings(seeds=("https://shop.example/help/",), contact="data@shop.example"),
          harvest=harvest, say=print)

A round asks for every address once. One that was cut, by a kill or by its minutes, goes on where
it stood; the next one after a finished round asks for each page that stands whether it changed.
Requests run in threads, one a host; the database is written here alone. What a page brought and
what became of it are one commit, so a page that was stored is never fetched again in its round.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait

from chainring.contracts.errors import InputError, UnreachableError
from chainring.contracts.said import Said, joined
from chainring.data.harvest import Harvest
from chainring.data.sentences import progress, told_reasons
from chainring.data.sources.reading import is_new, note_dropped
from chainring.data.sources.web.address import Resolver, system_resolver
from chainring.data.sources.web.fetch import Answer, Failure, Fetcher
from chainring.data.sources.web.frontier import Frontier, Task
from chainring.data.sources.web.outcome import Outcomes
from chainring.data.sources.web.page import TYPES
from chainring.data.sources.web.robots import MAX_BYTES as ROBOTS_BYTES
from chainring.data.sources.web.round import Round
from chainring.data.sources.web.settings import WebSettings
from chainring.data.sources.web.site import Sites
from chainring.data.sources.web.sitemap import MAX_BYTES as SITEMAP_BYTES
from chainring.data.sources.web.urls import normal

Say = Callable[[str], None]
Fetched = Answer | Failure
_SAY_EVERY_S = 10.0
_RULES_LAST_S = 24 * 3600.0  # RFC 9309, 2.4: a robots.txt is not used for longer than a day
_FORM = 1
"""Raise it when pages are read in another way: each is then fetched once more."""


def crawl(
    settings: WebSettings,
    *,
    harvest: Harvest,
    say: Say,
    resolver: Resolver = system_resolver,
) -> None:
    """Bring the harvest of a site up to date.

    Parameters
    ----------
    settings
        Where to begin, how far to go, how gently.
    harvest
        Where the rows and the frontier lie.
    say
        Shows a line of progress.
    resolver
        What turns a host's name into addresses; each is checked before it is connected to.

    Raises
    ------
    UnreachableError
        When no server answers; what stood still stands.
    InputError
        When servers answered and not one page could be kept, with the reasons counted.
    """
    _Crawl(settings, harvest, say, resolver).run()


class _Crawl:
    def __init__(
        self, settings: WebSettings, harvest: Harvest, say: Say, resolver: Resolver
    ) -> None:
        self.settings, self.harvest, self.say = settings, harvest, say
        self.frontier = Frontier(harvest, delay_s=settings.delay_s)
        self.round = Round(harvest)
        self.sites = Sites(settings, self.frontier, self.round)
        self.outcomes = Outcomes(settings, harvest, self.frontier, self.sites, self.round)
        self.fetcher = Fetcher(
            user_agent=settings.user_agent,
            timeout_s=settings.timeout_s,
            max_bytes=settings.max_page_bytes,
            allow_private=settings.allow_private,
            resolver=resolver,
        )
        self.ends = time.time() + 60 * settings.max_minutes
        self.flying: dict[Future[Fetched], Task] = {}
        self.said_at = self.began_at = time.time()
        self.asked_before = 0

    def run(self) -> None:
        self._begin()
        with ThreadPoolExecutor(self.settings.parallel_hosts, "crawl") as pool:
            while self._start(pool) or self.flying or self._rest():
                self._land()
        self._end()

    def _begin(self) -> None:
        now = time.time()
        self.frontier.recover(now)
        if self.round.done:
            self.frontier.new_round()
            self.round.begin(now)
        elif now - self.round.rules_at > _RULES_LAST_S:
            self.frontier.renew_rules()
            self.round.rules_at = now
        if is_new(self.harvest, "web form", [_FORM, self.settings.titles]):
            self.frontier.forget_versions()
        for seed in self.settings.seeds:
            self.frontier.add(normal(seed) or seed)
        self.asked_before = self.round.asked
        self._commit()

    def _start(self, pool: ThreadPoolExecutor) -> bool:
        """Start what may be asked for now; return whether anything was started."""
        started = False
        while len(self.flying) < self.settings.parallel_hosts and not self._is_full():
            task = self.frontier.next(time.time(), busy=self._busy())
            if task is None:
                break
            why = self.sites.why_not(task)
            if why:
                self.outcomes.refuse(task, why)
            else:
                self.frontier.ask(task, time.time())
                self.harvest.commit()  # before the request: a kill now forgets no delay
                self.flying[pool.submit(self._fetch, task)] = task
                started = True
        self._commit()
        return started

    def _busy(self) -> set[str]:
        return {host for task in self.flying.values() for host in task.hosts}

    def _is_full(self) -> bool:
        flying = sum(task.kind == "page" for task in self.flying.values())
        return time.time() > self.ends or self.round.is_full(self.settings, flying=flying)

    def _fetch(self, task: Task) -> Fetched:
        if task.kind in ("robots", "tdm"):
            return self.fetcher.get(task.url, max_bytes=ROBOTS_BYTES, cut=True)
        if task.kind == "sitemap":
            return self.fetcher.get(task.url, known=task.known, max_bytes=SITEMAP_BYTES)
        return self.fetcher.get(task.url, types=TYPES, known=task.known)

    def _rest(self) -> bool:
        """Sleep until a host may be asked again; return False when the run is at its end."""
        now, soonest = time.time(), self.frontier.soonest()
        if soonest is None or self._is_full() or soonest > self.ends:
            return False
        time.sleep(min(max(soonest - now, 0.0), 1.0))
        return True

    def _land(self) -> None:
        """Take in what came; wait for the first, or until another host may be asked."""
        if not self.flying:
            return
        soonest = self.frontier.soonest(busy=self._busy())
        pause = 1.0 if soonest is None else min(max(soonest - time.time(), 0.01), 1.0)
        done, _ = wait(self.flying, timeout=pause, return_when=FIRST_COMPLETED)
        for future in done:
            task = self.flying.pop(future)
            self.frontier.rest(task, time.time())
            self.outcomes.take(task, future.result())
            self._commit()
        self._tell()

    def _commit(self) -> None:
        self.round.keep()
        self.harvest.commit()

    def _tell(self) -> None:
        now = time.time()
        if now - self.said_at < _SAY_EVERY_S:
            return
        self.said_at = now
        asked = self.round.asked - self.asked_before
        waiting = self.frontier.counts()["waiting"]
        self.say(
            progress(
                "crawling",
                asked=self.round.asked,
                rate=f"{asked / (now - self.began_at):.1f}",
                rows=len(self.harvest),
                waiting=waiting,
                mib=self.round.bytes >> 20,
            )
        )

    def _end(self) -> None:
        waiting = self.frontier.counts()["waiting"]
        full = self.round.is_full(self.settings, flying=0)
        finished = full or self.frontier.soonest() is None
        reasons = self.frontier.reasons() + self.round.skipped
        note_dropped(self.harvest, dict(reasons))
        if finished:
            self.round.done = True
        self._commit()
        if finished and self.outcomes.silences and not self.outcomes.answers:
            raise UnreachableError(f"no server answered: {_shown(reasons)}")
        if finished and not len(self.harvest):
            raise InputError(
                "the crawl kept no page; look at the reasons, at `seeds` and at `hosts`",
                faults=[f"{count} {why}" for why, count in reasons.most_common()],
            )
        self.say(_summary(self.round, len(self.harvest), waiting, full=full, finished=finished))
        if reasons:
            self.say(progress("not kept", reasons=_shown(reasons)))


def _shown(reasons: dict[str, int]) -> Said:
    ordered = sorted(reasons.items(), key=lambda item: (-item[1], item[0]))
    more = [progress("more reasons", count=len(ordered) - 8)] if len(ordered) > 8 else []
    return joined([told_reasons(ordered[:8]), *more])


def _summary(found: Round, rows: int, waiting: int, *, full: bool, finished: bool) -> Said:
    if finished and not full:
        return progress("crawled", asked=found.asked, rows=rows)
    ended = "round full" if full else "goes on"
    return progress(ended, asked=found.asked, rows=rows, waiting=waiting)
