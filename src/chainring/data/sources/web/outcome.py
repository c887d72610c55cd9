"""What comes of a request: a row, rules of a site, further addresses, another try, or a reason.

Enter a task and what was fetched for it, leave harvest and frontier changed; the caller commits.
"""

from __future__ import annotations

import time
from collections import Counter
from datetime import UTC, datetime

from chainring.contracts.codec import digest
from chainring.contracts.errors import InputError
from chainring.data.harvest import Harvest
from chainring.data.sources.web.fetch import REDIRECTS, Answer, Failure
from chainring.data.sources.web.frontier import Frontier, Task, Version
from chainring.data.sources.web.page import Page, read_page
from chainring.data.sources.web.round import Round
from chainring.data.sources.web.settings import WebSettings
from chainring.data.sources.web.site import MAX_HOPS, Sites
from chainring.data.sources.web.sitemap import sitemap
from chainring.data.sources.web.urls import normal, origin_of, place_of, within

GONE = (404, 410, 451)
_OVERLOADED = (429, 503)
_MAX_BACKOFF_S = 300.0
_SILENT_TRIES = 8


class Outcomes:
    """Takes in what was fetched."""

    def __init__(
        self,
        settings: WebSettings,
        harvest: Harvest,
        frontier: Frontier,
        sites: Sites,
        round_: Round,
    ) -> None:
        self._settings, self._harvest, self._frontier = settings, harvest, frontier
        self._sites, self._round = sites, round_
        self._silent: Counter[str] = Counter()
        self.answers = self.silences = 0

    def refuse(self, task: Task, why: str) -> None:
        """Note why an address is not asked for, or not kept; its row goes."""
        if why == "robots.txt could not be had":  # it may be had the next time: what stands, stays
            self._frontier.settle(task, "failed", why)
            return
        self._harvest.drop(task.url)
        self._frontier.settle(task, "refused", why, version=Version())

    def take(self, task: Task, found: Answer | Failure) -> None:
        """Take in an answer or a failure."""
        if isinstance(found, Failure):
            self._failed(task, found)
            return
        self.answers += 1
        self._silent[task.host] = 0
        if task.kind in ("robots", "tdm"):
            self._rules(task, found)
        else:
            self._answered(task, found)

    def _answered(self, task: Task, answer: Answer) -> None:
        self._count(task, len(answer.body))
        if answer.status == 200:
            self._sitemap(task, answer) if task.kind == "sitemap" else self._page(task, answer)
        elif answer.status == 304:
            self._unchanged(task)
        elif answer.status in REDIRECTS:
            self._moved(task, answer)
        elif answer.status in GONE:
            self._harvest.drop(task.url)
            self._frontier.settle(task, "gone", f"status {answer.status}", version=Version())
        else:
            self._frontier.settle(task, "failed", f"status {answer.status}")

    def _unchanged(self, task: Task) -> None:
        if task.content or task.kind == "sitemap":
            self._frontier.settle(task, "fetched")
        else:
            self._frontier.settle(task, "refused", task.why)

    def _count(self, task: Task, read: int) -> None:
        self._round.asked += task.kind == "page"
        self._round.bytes += read

    def _page(self, task: Task, answer: Answer) -> None:
        try:
            page = read_page(answer.body, url=task.url, headers=answer.headers)
        except InputError as error:
            self.refuse(task, str(error))
            return
        for link in page.links:
            self._sites.offer(link, depth=task.depth + 1)
        why = "" if page.obeyed.keep else page.obeyed.why
        if why or not page.text:
            self._harvest.drop(task.url)
            self._frontier.settle(task, "refused", why or "no main text", version=_version(answer))
        else:
            version = _version(answer, content=self._put(task, page))
            self._frontier.settle(task, "fetched", version=version)

    def _put(self, task: Task, page: Page) -> str:
        """Put a page's row, unless it is the one that stands; return the digest of its content."""
        row = self._row(task, page)
        content = digest([row, page.published], size=16)
        if content != task.content:
            at = page.published or datetime.now(UTC).isoformat(timespec="seconds")
            self._harvest.put(task.url, {**row, "at": at})
        return content

    def _row(self, task: Task, page: Page) -> dict[str, str]:
        rules, _ = self._sites.rules(origin_of(task.url))
        delay = f"crawl-delay={rules.delay_s:g}" if rules and rules.delay_s else ""
        row = {
            "text": page.titled if self._settings.titles else page.text,
            "id": task.url,
            "locator": task.url,
            "language": page.language,
            "licence": page.licence,
            "directives": "; ".join([*page.obeyed.said, *([delay] if delay else [])]),
        }
        return {name: value for name, value in row.items() if value}

    def _sitemap(self, task: Task, answer: Answer) -> None:
        try:
            pages, others = sitemap(answer.body)
        except InputError as error:
            self._frontier.settle(task, "refused", str(error), version=Version())
            return
        for link in others if task.depth < MAX_HOPS else ():
            self._sites.offer_sitemap(link, base=task.url, depth=task.depth + 1)
        for link in pages:
            if url := normal(link, base=task.url):
                self._sites.offer(url, depth=1)
        self._frontier.settle(task, "fetched", version=_version(answer))

    def _moved(self, task: Task, answer: Answer) -> None:
        target = normal(answer.header("location"), base=task.url)
        self._harvest.drop(task.url)
        if target is None or target == task.url:
            self._frontier.settle(task, "refused", "it leads nowhere", version=Version())
        elif not within(target, self._settings.within):
            why = f"it leads outside the hosts: {place_of(target)}"
            self._frontier.settle(task, "refused", why, version=Version())
        else:
            self._follow(task, target)
            self._frontier.settle(task, "moved", version=Version())

    def _follow(self, task: Task, target: str) -> None:
        if task.kind == "sitemap":
            self._sites.offer_sitemap(target, base=task.url, depth=task.depth + 1)
        elif task.hops < MAX_HOPS:
            self._sites.offer(target, depth=task.depth, hops=task.hops + 1)
        else:
            self._round.skipped[f"links lead on over {MAX_HOPS} redirects"] += 1

    def _rules(self, task: Task, answer: Answer) -> None:
        if answer.status in REDIRECTS and self._rules_moved(task, answer):
            return
        self._frontier.settle(task, "fetched", version=Version())
        text = answer.body.decode("utf-8", "replace") if answer.status == 200 else ""
        if task.kind == "tdm":
            self._frontier.set_rules(task.serves, tdm=text)
            self._sites.learned(task.serves)
            return
        self._frontier.set_rules(task.serves, robots=text)
        rules = self._sites.learned(task.serves)
        self._frontier.slow_down(task.host, rules.delay_s)
        self._frontier.rest(task, time.time())  # the new delay holds from this request on
        default = ["/sitemap.xml"] if self._sites.is_seed(task.serves) else []
        for link in rules.sitemaps or default:
            self._sites.offer_sitemap(link, base=f"{task.serves}/")

    def _rules_moved(self, task: Task, answer: Answer) -> bool:
        """Follow rules to where they lie; return False where that leads nowhere: there are none."""
        target = normal(answer.header("location"), base=task.url)
        if target is None or task.hops >= MAX_HOPS:
            return False
        if not self._frontier.add_rules(task.serves, task.kind, target, hops=task.hops + 1):
            return False
        self._frontier.settle(task, "moved", version=Version())
        return True

    def _failed(self, task: Task, failure: Failure) -> None:
        if not failure.again:
            self._count(task, 0)
            self._give_up(task, failure.why, refused=True)
            return
        self._silent[task.host] = 0 if failure.status else self._silent[task.host] + 1
        self.answers += failure.status > 0
        self.silences += failure.status == 0
        backoff = min(2.0**task.tries * max(1.0, self._settings.delay_s), _MAX_BACKOFF_S)
        pause = max(backoff, failure.after_s)
        if failure.status in _OVERLOADED or task.kind == "robots":
            self._frontier.rest(task, time.time(), at_least_s=pause)
        if task.tries + 1 < self._settings.max_tries:
            self._frontier.again(task, failure.why, time.time() + pause)
        else:
            self._count(task, 0)
            self._give_up(task, failure.why, refused=False)
        if self._silent[task.host] >= _SILENT_TRIES:
            self._frontier.hold(origin_of(task.url), f"{task.host} does not answer")

    def _give_up(self, task: Task, why: str, *, refused: bool) -> None:
        if task.kind == "robots":
            self._frontier.settle(task, "failed", why)
            self._frontier.hold(task.serves, f"robots.txt could not be had ({why})")
        elif task.kind == "page" and refused:
            self.refuse(task, why)
        else:
            self._frontier.settle(task, "failed", why)


def _version(answer: Answer, *, content: str = "") -> Version:
    etag, modified = (_sendable(answer.header(name)) for name in ("etag", "last-modified"))
    return Version(etag=etag, modified=modified, content=content)


def _sendable(value: str) -> str:
    """Return a header's value, if it can be sent back as it came."""
    return value if value.isascii() and value.isprintable() and len(value) <= 1000 else ""
