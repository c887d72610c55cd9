"""A crawl that is killed again and again loses no page, asks for none twice, and stays polite."""

from __future__ import annotations

import gzip
import os
import random
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.data.sources.web.conftest import WORDS, Crawler, Reply, Site, html, links

CODE = """
import sys
from pathlib import Path
from chainring.data.harvest import Harvest
from chainring.data.sources.web.crawl import crawl
from chainring.data.sources.web.settings import WebSettings
with Harvest.open(Path(sys.argv[1])) as harvest:
    crawl(WebSettings.model_validate_json(sys.argv[2]), harvest=harvest, say=print)
"""
TAIWAN = "自收到商品之日起三十天內，商品完好且未經使用的，可以免費退貨。"


def tree(site: Site, pages: int) -> None:
    """Fill a site with pages, each of which links to the next two of a tree and back."""
    for n in range(pages):
        below = [f"/{child}" for child in (2 * n + 1, 2 * n + 2) if child < pages]
        body = html(links(*below, "/"), number=n, language=("en", "zh")[n % 2])
        site.pages[f"/{n}" if n else "/"] = body


def traps(site: Site) -> None:
    """Add what catches crawlers: loops, calendars, bombs, bodies without end, wrong charsets."""

    def endless(out: Any) -> None:
        while True:
            out.write(b"<p>" * 10_000)

    def slow(out: Any) -> None:
        for _ in range(100):
            out.write(b"x")
            out.flush()
            time.sleep(0.1)

    gbk = html(number="gbk").decode().replace("utf-8", "gbk").replace(WORDS["en"], WORDS["zh"])
    big5 = html(number="big5").decode().replace("utf-8", "big5").replace(WORDS["en"], TAIWAN)
    packed = {"Content-Encoding": "gzip"}
    site.pages |= {
        "/robots.txt": b"User-agent: *\nDisallow: /private/\n",
        "/loop/1": Reply(b"", 302, {"Location": "/loop/2"}),
        "/loop/2": Reply(b"", 302, {"Location": "/loop/1"}),
        "/endless": Reply(write=endless),
        "/slow": Reply(write=slow),
        "/bomb": Reply(gzip.compress(bytes(30 << 20)), headers=packed),
        "/gbk": gbk.encode("gbk"),
        "/big5": big5.encode("big5"),
        "/broken": html(number="broken").replace(b"</p>", b"\xff\xfe</p>", 1),
        "/away": Reply(b"", 302, {"Location": "http://169.254.169.254/"}),
        "/noai": Reply(html(), headers={"X-Robots-Tag": "noai"}),
        "/private/a": html(),
    }
    own = [name for name in site.pages if not name[1:].isdigit()]
    names = [name for name in own if name not in ("/", "/robots.txt")]
    site.pages["/"] = html(links("/1", "/2", "/calendar/1", "/day/x/", *names), number=0)
    site.default = _without_end


def _without_end(path: str) -> bytes | None:
    if path.startswith("/calendar/"):
        following = int(path.rpartition("/")[2]) + 1
        return html(links(f"/calendar/{following}"), number=f"day {following}")
    return html('<a href="x/">on</a>', number=path) if path.startswith("/day/") else None


KEPT = {"/gbk", "/big5", "/broken", "/calendar/1", "/day/x/"}


class Killer:
    """Runs a crawl in a process of its own, and kills it after a number of requests."""

    def __init__(self, crawler: Crawler, **own: Any) -> None:
        self.crawler, self.site = crawler, crawler.site
        self.settings = crawler.settings(**own)
        self.settled: dict[str, int] = {}
        self.kills: list[int] = []

    def run(self, *, kill_at: int | None) -> None:
        """Run to the end, or until the site was asked so many times in all."""
        command = [sys.executable, "-c", CODE, str(self.crawler.folder)]
        with subprocess.Popen(
            [*command, self.settings.model_dump_json()], stdout=subprocess.DEVNULL
        ) as child:
            while child.poll() is None and (kill_at is None or len(self.site.hits) < kill_at):
                time.sleep(0.005)
            if child.poll() is None:
                os.kill(child.pid, signal.SIGKILL)
            ended = child.wait()
        assert ended == (0 if kill_at is None else -signal.SIGKILL)
        self.kills += [] if kill_at is None else [len(self.site.hits)]
        for path, (state, _) in self.crawler.states().items():
            if state not in ("waiting", "asked"):
                self.settled.setdefault(path, len(self.site.hits))

    def asked_though_settled(self) -> list[str]:
        """Return what was asked for although a kill before found it settled."""
        late = (path for path, since in self.settled.items() if path in self.site.paths[since:])
        return sorted(late)


def _without_times(rows: dict[str, dict[str, str]]) -> dict[str, dict[str, str]]:
    root = next(iter(rows.values()))["locator"].removesuffix(next(iter(rows)))
    return {
        path: {key: value.removeprefix(root) for key, value in row.items() if key != "at"}
        for path, row in rows.items()
    }


def _least_gap(site: Site) -> float:
    return min(b - a for (_, a, _), (_, b, _) in pairwise(site.hits))


def test_a_crawl_that_is_killed_three_times_ends_as_an_unbroken_one(
    new_site: Callable[[], Site], tmp_path: Path
) -> None:
    whole, broken = new_site(), new_site()
    tree(whole, 40)
    tree(broken, 40)
    expected = Crawler(tmp_path / "whole", whole).crawl(max_depth=9)
    killer = Killer(Crawler(tmp_path / "broken", broken), max_depth=9, delay_s=0.02)
    chance = random.Random(20261125)
    for at in sorted(chance.sample(range(4, 40), 3)):
        killer.run(kill_at=at)
    killer.run(kill_at=None)
    assert _without_times(killer.crawler.rows()) == _without_times(expected)
    assert len(expected) == 40
    assert killer.asked_though_settled() == []
    assert sum(broken.pages_asked.values()) <= 40 + 3  # what was under way at a kill is asked again
    assert _least_gap(broken) >= 0.02


@pytest.mark.slow
@pytest.mark.timeout(2400)
def test_two_thousand_pages_with_traps_and_twenty_kills(site: Site, tmp_path: Path) -> None:
    tree(site, 2000)
    traps(site)
    crawler = Crawler(tmp_path / "harvest", site)
    limits = {"max_depth": 14, "max_pages": 5000, "max_tries": 3, "max_page_kib": 512}
    killer = Killer(crawler, delay_s=0.02, **limits)
    chance = random.Random(20261125)
    for at in sorted(chance.sample(range(4, 2000), 20)):
        killer.run(kill_at=at)
    killer.run(kill_at=None)
    rows = set(crawler.rows())
    wanted = {f"/{n}" for n in range(1, 2000)} | {"/"} | KEPT
    assert {path: crawler.states().get(path) for path in wanted - rows} == {}
    assert not rows & {"/noai", "/private/a", "/bomb", "/endless", "/slow", "/away"}
    assert killer.asked_though_settled() == []
    twice = Counter({path: count for path, count in site.pages_asked.items() if count > 1})
    del twice["/slow"]  # it failed, and was tried again as it should be
    assert twice.total() - len(twice) <= 20
    assert not any("/private/" in path for path in site.paths)
    least = _least_gap(site)
    assert least >= 0.02
    print(f"{len(rows)} rows, {len(site.hits)} requests, {len(killer.kills)} kills, "
          f"{twice.total() - len(twice)} asked again, least pause {least:.4f} s")  # fmt: skip


def test_a_robots_txt_that_changed_is_obeyed_in_the_next_round_whatever_is_killed(
    site: Site, tmp_path: Path
) -> None:
    tree(site, 60)
    killer = Killer(Crawler(tmp_path / "harvest", site), max_depth=14, delay_s=0.01)
    rows = set(killer.crawler.crawl(max_depth=14))
    site.pages["/robots.txt"] = b"User-agent: *\nDisallow: /5\nCrawl-delay: 0.02\n"
    site.hits.clear()
    killer.settled.clear()
    for at in (10, 30, None):
        killer.run(kill_at=at)
    forbidden = {path for path in rows if path.startswith("/5")}
    assert len(forbidden) == 11
    assert set(killer.crawler.rows()) == rows - forbidden
    assert not any(path.startswith("/5") for path in site.paths)
    assert min(b - a for (_, a, _), (_, b, _) in pairwise(site.hits[1:])) >= 0.02
