"""A crawl is polite, complete, cut short at no loss, and obeys what sites ask for."""

from __future__ import annotations

import gzip
import json
import time
from collections.abc import Callable, Mapping
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
from tests.data.sources.web.conftest import WORDS, Crawler, Reply, Site, html, links

from chainring.contracts.errors import InputError, UnreachableError
from chainring.data.harvest import DROPPED, Harvest

ROBOTS = "/robots.txt"


def test_the_pages_of_a_site_become_rows(site: Site, crawler: Crawler) -> None:
    cc = '<link rel="license" href="https://creativecommons.org/licenses/by/4.0/">'
    date = '<meta name="pubdate" content="2026-11-02">'
    site.pages = {
        "/": html(links("/zh", "/free#top", "/cart.jpg", "http://other.example/"), number=0),
        "/zh": html(number=1, language="zh", head=date),
        "/free": html(links("/", "/missing"), number=2, head=cc),
    }
    rows = crawler.crawl()
    assert sorted(rows) == ["/", "/free", "/zh"]
    assert WORDS["zh"] in rows["/zh"]["text"]
    assert (rows["/zh"]["language"], rows["/zh"]["at"]) == ("zh", "2026-11-02")
    assert rows["/free"]["licence"] == "CC-BY-4.0"
    assert rows["/free"]["locator"] == f"{site.root}/free"
    assert site.paths[:2] == [ROBOTS, "/.well-known/tdmrep.json"]
    assert set(site.pages_asked.values()) == {1}
    assert all("+data@shop.example" in headers["User-Agent"] for _, _, headers in site.hits)


def test_pages_in_chinas_encodings_are_read(site: Site, crawler: Crawler) -> None:
    def page(encoding: str, text: str) -> bytes:
        body = html(number=encoding).decode().replace("utf-8", encoding)
        return body.replace(WORDS["en"], text).encode(encoding)

    taiwan = "自收到商品之日起三十天內，商品完好且未經使用的，可以免費退貨。"
    site.pages = {
        "/": html(links("/gbk", "/big5", "/header")),
        "/gbk": page("gbk", WORDS["zh"]),
        "/big5": page("big5", taiwan),
        "/header": Reply(
            page("gb18030", WORDS["zh"]).replace(b'<meta charset="gb18030">', b""),
            headers={"Content-Type": "text/html; charset=GB2312"},
        ),
    }
    rows = crawler.crawl()
    assert WORDS["zh"] in rows["/gbk"]["text"]
    assert WORDS["zh"] in rows["/header"]["text"]
    assert taiwan in rows["/big5"]["text"]


# -- what sites allow ------------------------------------------------------------------------


def test_what_robots_txt_forbids_is_not_asked_for(site: Site, crawler: Crawler) -> None:
    site.pages = {
        ROBOTS: b"User-agent: chainring\nDisallow: /private\nAllow: /private/help\n",
        "/": html(links("/private/a", "/private/help", "/open")),
        "/private/a": html(),
        "/private/help": html(number=1),
        "/open": html(number=2),
    }
    assert sorted(crawler.crawl()) == ["/", "/open", "/private/help"]
    assert "/private/a" not in site.paths
    assert crawler.states()["/private/a"] == ("refused", "robots.txt forbids it")


def test_a_page_that_robots_txt_forbids_later_loses_its_row(site: Site, crawler: Crawler) -> None:
    site.pages = {"/": html(links("/a")), "/a": html(number=1)}
    assert sorted(crawler.crawl()) == ["/", "/a"]
    site.pages[ROBOTS] = b"User-agent: *\nDisallow: /a\n"
    assert sorted(crawler.crawl()) == ["/"]
    assert site.pages_asked["/a"] == 1


def test_a_robots_txt_that_is_not_there_allows_everything(site: Site, crawler: Crawler) -> None:
    for status in (404, 401, 403):
        site.pages = {ROBOTS: Reply(b"", status), "/": html()}
        assert sorted(crawler.crawl()) == ["/"]


def test_without_a_robots_txt_that_can_be_had_no_page_is_asked_for(
    site: Site, crawler: Crawler
) -> None:
    site.pages = {ROBOTS: Reply(b"", 503), "/": html()}
    with pytest.raises(InputError, match=r"robots\.txt could not be had \(status 503\)"):
        crawler.crawl()
    assert "/" not in site.paths
    site.pages[ROBOTS] = b""
    assert sorted(crawler.crawl()) == ["/"]
    site.pages[ROBOTS] = Reply(b"", 500)
    assert sorted(crawler.crawl()) == ["/"]  # what stands, stands; it was not asked for again
    assert site.pages_asked["/"] == 1


def test_robots_txt_is_followed_to_where_it_lies(site: Site, crawler: Crawler) -> None:
    moved = Reply(b"", 301, {"Location": "/rules/robots.txt"})
    site.pages = {
        ROBOTS: moved,
        "/rules/robots.txt": b"User-agent: *\nDisallow: /a\n",
        "/": html(links("/a")),
        "/a": html(),
    }
    assert sorted(crawler.crawl()) == ["/"]
    site.pages[ROBOTS] = Reply(b"", 301, {"Location": ROBOTS})  # it leads nowhere: there is none
    assert sorted(crawler.crawl()) == ["/", "/a"]


def test_an_endless_robots_txt_is_read_to_its_limit(site: Site, crawler: Crawler) -> None:
    def write(out: Any) -> None:
        out.write(b"User-agent: *\nDisallow: /a\n")
        while True:
            out.write(b"# and so on\n" * 1000)

    site.pages = {ROBOTS: Reply(write=write), "/": html(links("/a")), "/a": html()}
    assert sorted(crawler.crawl()) == ["/"]


@pytest.mark.parametrize(
    ("head", "headers", "why"),
    [
        ('<meta name="robots" content="noai">', {}, "noai"),
        ('<meta name="robots" content="noindex">', {}, "noindex"),
        ("", {"X-Robots-Tag": "noai, noimageai"}, "noai"),
        ('<meta name="tdm-reservation" content="1">', {}, "tdm-reservation=1"),
        ("", {"TDM-Reservation": "1"}, "tdm-reservation=1"),
        ("", {"Content-Usage": "train-ai=n"}, "content-usage: train-ai=n"),
    ],
)
def test_a_page_that_does_not_want_to_be_kept_is_not(
    site: Site, crawler: Crawler, head: str, headers: dict[str, str], why: str
) -> None:
    site.pages = {
        "/": html(links("/no")),
        "/no": Reply(html(links("/yes"), head=head), headers=headers),
        "/yes": html(number=1),
    }
    assert sorted(crawler.crawl()) == ["/", "/yes"]
    assert crawler.states()["/no"] == ("refused", why)
    with Harvest.open(crawler.folder) as harvest:
        assert f'"{why}": 1' in harvest.state(DROPPED)


def test_links_are_not_followed_where_a_page_asks_for_it(site: Site, crawler: Crawler) -> None:
    site.pages = {
        "/": html(links("/a", "/b")),
        "/a": html(links("/x"), head='<meta name="robots" content="nofollow">'),
        "/b": Reply(html(links("/y"), number=1), headers={"X-Robots-Tag": "nofollow"}),
        "/x": html(),
        "/y": html(),
    }
    rows = crawler.crawl()
    assert sorted(rows) == ["/", "/a", "/b"]
    assert rows["/a"]["directives"] == "nofollow"


def test_a_site_may_reserve_a_folder_or_everything(site: Site, crawler: Crawler) -> None:
    site.pages = {
        "/.well-known/tdmrep.json": b'[{"location": "/news/", "tdm-reservation": 1}]',
        "/": html(links("/news/a", "/help")),
        "/news/a": html(),
        "/help": html(number=1),
    }
    assert sorted(crawler.crawl()) == ["/", "/help"]
    site.pages[ROBOTS] = b"User-agent: *\nContent-Signal: ai-train=no\nAllow: /\n"
    with pytest.raises(InputError, match="ai-train=no"):
        crawler.crawl()
    assert crawler.rows() == {}


# -- politeness ------------------------------------------------------------------------------


def _least_gap(site: Site) -> float:
    return min(b - a for (_, a, _), (_, b, _) in pairwise(site.hits))


def test_two_requests_to_a_host_are_never_closer_than_its_delay(
    site: Site, crawler: Crawler
) -> None:
    site.pages = {
        ROBOTS: b"User-agent: *\nCrawl-delay: 0.3\n",
        "/": html(links("/a", "/b")),
        "/a": html(number=1),
        "/b": html(number=2),
    }
    rows = crawler.crawl(delay_s=0.1)
    after_rules = Site.__new__(Site)
    after_rules.hits = site.hits[1:]  # robots.txt itself names the delay
    assert _least_gap(after_rules) >= 0.3
    assert _least_gap(site) >= 0.1
    assert rows["/a"]["directives"] == "crawl-delay=0.3"


def test_the_delay_holds_over_a_restart(site: Site, crawler: Crawler) -> None:
    site.pages = {"/": html(links("/a")), "/a": html(number=1)}
    for _ in range(2):
        crawler.crawl(delay_s=0.3)
    assert _least_gap(site) >= 0.3


def test_hosts_are_asked_side_by_side_each_by_one(
    site: Site, new_site: Callable[[], Site], tmp_path: Path
) -> None:
    names = ["a.example", "b.example"]
    gate: list[float] = []

    def slow(asked: Mapping[str, str]) -> Reply:
        gate.append(time.time())
        time.sleep(0.3)
        return Reply(html(links("/1"), number=asked["host"]))

    site.pages = {"/": slow, "/1": slow}
    places = tuple(f"{name}:{site.port}" for name in names)
    seeds = tuple(f"http://{place}/" for place in places)
    crawler = Crawler(tmp_path / "two", site)
    rows = crawler.crawl(
        seeds=seeds, allow_private=places, resolver=lambda *_: ["127.0.0.1"], sitemaps=False
    )
    assert len(rows) == 4
    assert gate[1] - gate[0] < 0.3  # both first pages were under way at once
    assert gate[2] - gate[0] >= 0.3


def test_an_overloaded_server_is_left_alone_for_as_long_as_it_asks(
    site: Site, crawler: Crawler
) -> None:
    times: list[float] = []

    def busy(_: Mapping[str, str]) -> Reply:
        times.append(time.time())
        return Reply(b"", 503, {"Retry-After": "2"}) if len(times) == 1 else Reply(html())

    site.pages = {"/": busy}
    assert sorted(crawler.crawl(max_tries=2)) == ["/"]
    assert times[1] - times[0] >= 2


def test_a_page_that_fails_for_a_while_is_tried_again_and_then_given_up(
    site: Site, crawler: Crawler
) -> None:
    site.pages = {"/": html(links("/broken")), "/broken": Reply(b"", 500)}
    assert sorted(crawler.crawl(max_tries=2)) == ["/"]
    assert site.pages_asked["/broken"] == 2
    assert crawler.states()["/broken"] == ("failed", "status 500")
    site.pages["/broken"] = html(number=1)
    assert sorted(crawler.crawl()) == ["/", "/broken"]


# -- the next round --------------------------------------------------------------------------


def test_the_next_round_asks_whether_pages_changed(site: Site, crawler: Crawler) -> None:
    def versioned(name: str, body: bytes) -> Callable[[Mapping[str, str]], Reply]:
        def answer(asked: Mapping[str, str]) -> Reply:
            same = asked.get("if-none-match") == f'"{name}"'
            return Reply(b"" if same else body, 304 if same else 200, {"ETag": f'"{name}"'})

        return answer

    site.pages = {
        "/": versioned("1", html(links("/same", "/changed", "/gone", "/dated"))),
        "/same": versioned("1", html(number=1)),
        "/changed": versioned("1", html(number=2)),
        "/gone": html(number=3),
        "/dated": Reply(html(number=4), headers={"Last-Modified": "Mon, 02 Nov 2026 08:00:00 GMT"}),
    }
    first = crawler.crawl()
    site.pages |= {
        "/changed": versioned("2", html(links("/new"), number="two")),
        "/new": html(number=5),
        "/gone": Reply(b"", 410),
    }
    site.hits.clear()
    second = crawler.crawl()
    asked = {path: headers for path, _, headers in site.hits}
    assert asked["/same"]["If-None-Match"] == '"1"'
    assert asked["/dated"]["If-Modified-Since"] == "Mon, 02 Nov 2026 08:00:00 GMT"
    assert sorted(second) == ["/", "/changed", "/dated", "/new", "/same"]
    assert second["/same"] == first["/same"]
    assert second["/dated"] == first["/dated"]  # sent again, and not another row
    assert "page two" in second["/changed"]["text"]
    assert set(site.pages_asked.values()) == {1}


def test_rules_are_read_anew_after_a_day_even_within_a_round(site: Site, crawler: Crawler) -> None:
    _wide(site, 6)
    crawler.crawl(max_minutes=0.01, delay_s=0.25)
    site.pages[ROBOTS] = b"User-agent: *\nDisallow: /5\n"
    site.hits.clear()
    with Harvest.open(crawler.folder) as harvest:
        kept = json.loads(harvest.state("web round"))
        kept["rules_at"] -= 25 * 3600
        harvest.set_state("web round", json.dumps(kept))
        harvest.commit()
    assert "/5" not in crawler.crawl()
    assert site.paths[0] == ROBOTS


def test_a_version_that_cannot_be_sent_back_is_not_kept(site: Site, crawler: Crawler) -> None:
    site.pages = {"/": Reply(html(), headers={"ETag": '"é\x01"'})}
    crawler.crawl()
    assert sorted(crawler.crawl()) == ["/"]
    assert "If-None-Match" not in site.hits[-1][2]


def test_an_unchanged_site_leaves_an_unchanged_harvest(site: Site, crawler: Crawler) -> None:
    site.pages = {"/": html(links("/a")), "/a": html(number=1)}
    crawler.crawl()
    with Harvest.open(crawler.folder) as harvest:
        before = harvest.digest()
    time.sleep(1.1)  # `at` has seconds
    crawler.crawl()
    with Harvest.open(crawler.folder) as harvest:
        assert harvest.digest() == before


def test_a_page_that_fails_in_the_next_round_keeps_its_row(site: Site, crawler: Crawler) -> None:
    site.pages = {"/": html(links("/a")), "/a": html(number=1)}
    crawler.crawl()
    for status in (500, 403):
        site.pages["/a"] = Reply(b"", status)
        assert sorted(crawler.crawl()) == ["/", "/a"]
    site.pages["/a"] = Reply(b"", 404)
    assert sorted(crawler.crawl()) == ["/"]


def test_a_site_that_does_not_answer_is_told_and_its_rows_stand(
    new_site: Callable[[], Site], tmp_path: Path
) -> None:
    site = new_site()
    crawler = Crawler(tmp_path / "harvest", site)
    site.pages = {"/": html()}
    crawler.crawl()
    site.close()
    with pytest.raises(UnreachableError, match="no server answered"):
        crawler.crawl()
    assert sorted(crawler.rows()) == ["/"]


def test_a_crawl_that_keeps_nothing_fails_with_its_reasons(site: Site, crawler: Crawler) -> None:
    site.pages = {"/": Reply(b"%PDF", headers={"Content-Type": "application/pdf"})}
    with pytest.raises(InputError, match="1 content type application/pdf"):
        crawler.crawl()


def test_a_private_host_is_refused_with_what_to_write(site: Site, crawler: Crawler) -> None:
    with pytest.raises(InputError, match=f'allow_private = \\["127.0.0.1:{site.port}"\\]'):
        crawler.crawl(allow_private=())
    assert site.hits == []


# -- traps -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "target",
    [
        "http://169.254.169.254/latest/",
        "http://127.0.0.1:1/",
        "http://[::1]/",
        "http://2130706433/",
    ],
)
def test_a_redirect_into_a_private_network_is_refused(
    site: Site, crawler: Crawler, target: str
) -> None:
    site.pages = {"/": html(links("/r")), "/r": Reply(b"", 302, {"Location": target})}
    assert sorted(crawler.crawl()) == ["/"]
    assert crawler.states()["/r"][1].startswith("it leads outside the hosts")
    place = target.removeprefix("http://").partition("/")[0]
    assert sorted(crawler.crawl(hosts=(site.place, place))) == ["/"]  # named, and still private
    assert any("is not asked" in why for _, why in crawler.states().values())


def test_a_host_that_turns_private_in_the_middle_is_refused(
    site: Site, new_site: Callable[[], Site], tmp_path: Path
) -> None:
    inner = new_site()
    inner.pages = {"/secret": html(number="secret")}
    turned: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        if host == "rebind.example":
            turned.append(host)
            return ["127.0.0.1"] if len(turned) > 1 else ["127.0.0.1", "10.0.0.1"]
        return ["127.0.0.1"]

    evil = f"http://rebind.example:{inner.port}/secret"
    site.pages = {"/": html(links(evil))}
    crawler = Crawler(tmp_path / "harvest", site)
    rows = crawler.crawl(hosts=(site.place, f"rebind.example:{inner.port}"), resolver=resolver)
    assert sorted(rows) == ["/"]
    assert inner.hits == []


def test_redirects_are_followed_to_their_end_and_loops_end(site: Site, crawler: Crawler) -> None:
    def moved(target: str) -> Reply:
        return Reply(b"", 301, {"Location": target})

    site.pages = {
        "/": html(links("/old", "/loop1", "/self", "/r0", "/nowhere")),
        "/old": moved("/退货".encode().decode("latin-1")),
        "/%E9%80%80%E8%B4%A7": html(number=1),
        "/loop1": moved("/loop2"),
        "/loop2": moved("/loop1"),
        "/self": moved("/self"),
        "/nowhere": Reply(b"", 302),
    }
    site.pages |= {f"/r{n}": moved(f"/r{n + 1}") for n in range(50)}
    assert sorted(crawler.crawl()) == ["/", "/%E9%80%80%E8%B4%A7"]
    assert set(site.pages_asked.values()) == {1}
    assert sum(path.startswith("/r") for path in site.pages_asked) == 6  # five were followed


def test_a_calendar_without_end_ends_at_the_depth(site: Site, crawler: Crawler) -> None:
    def day(path: str) -> bytes | None:
        number = int(path.rpartition("/")[2] or 0) if path.startswith("/day/") else None
        return None if number is None else html(links(f"/day/{number + 1}"), number=number)

    site.pages = {"/": html(links("/day/1"))}
    site.default = day
    rows = crawler.crawl(max_depth=4)
    assert sorted(rows) == ["/", "/day/1", "/day/2", "/day/3", "/day/4"]
    with Harvest.open(crawler.folder) as harvest:
        assert "links lead deeper than 4" in harvest.state(DROPPED)


def test_folders_without_end_are_told(site: Site, crawler: Crawler) -> None:
    site.pages = {"/": html('<a href="x/">x</a>')}
    site.default = lambda path: html('<a href="x/">x</a>', number=path) if "/x/" in path else None
    assert len(crawler.crawl(max_depth=50)) == 4


def test_bodies_that_are_bombs_endless_or_slow_cost_one_page(site: Site, crawler: Crawler) -> None:
    def endless(out: Any) -> None:
        while True:
            out.write(b"<p>" * 10_000)

    def slow(out: Any) -> None:
        for _ in range(600):
            out.write(b"x")
            out.flush()
            time.sleep(0.05)

    bomb = gzip.compress(gzip.compress(bytes(30 << 20)))
    site.pages = {
        "/": html(links("/endless", "/slow", "/bomb", "/fine")),
        "/endless": Reply(write=endless),
        "/slow": Reply(write=slow),
        "/bomb": Reply(gzip.compress(bytes(30 << 20)), headers={"Content-Encoding": "gzip"}),
        "/bomb2": Reply(bomb, headers={"Content-Encoding": "gzip, gzip"}),
        "/fine": html(number=1),
    }
    assert sorted(crawler.crawl(timeout_s=1.0, max_page_kib=256)) == ["/", "/fine"]
    states = crawler.states()
    assert states["/endless"] == ("refused", "longer than 262144 bytes")
    assert states["/bomb"][0] == "refused"
    assert states["/slow"][0] == "failed"


# -- limits ----------------------------------------------------------------------------------


def _wide(site: Site, pages: int) -> None:
    site.pages = {"/": html(links(*(f"/{n}" for n in range(1, pages))))}
    site.pages |= {f"/{n}": html(number=n) for n in range(1, pages)}


def test_a_round_asks_for_no_more_pages_than_it_may(site: Site, crawler: Crawler) -> None:
    _wide(site, 9)
    assert sorted(crawler.crawl(max_pages=4)) == ["/", "/1", "/2", "/3"]
    assert any("limit of this round" in said for said in crawler.said)
    site.hits.clear()
    assert sorted(crawler.crawl(max_pages=6)) == ["/", "/1", "/2", "/3", "/4", "/5"]
    assert sum(site.pages_asked.values()) == 6  # those that stand come first


def test_a_round_reads_no_more_bytes_than_it_may(site: Site, crawler: Crawler) -> None:
    _wide(site, 9)
    site.pages |= {f"/{n}": html(number=n) + b"<!--" + b"x" * 500_000 + b"-->" for n in range(1, 9)}
    assert len(crawler.crawl(max_mib=1)) == 4


def test_a_run_that_is_out_of_time_goes_on_the_next_time(site: Site, crawler: Crawler) -> None:
    _wide(site, 6)
    crawler.crawl(max_minutes=0.01, delay_s=0.25)
    assert "the next run goes on" in crawler.said[-1]
    before = len(crawler.rows())
    assert before < 6
    assert len(crawler.crawl()) == 6
    assert set(site.pages_asked.values()) == {1}


# -- sitemaps --------------------------------------------------------------------------------


def test_sitemaps_are_read_as_robots_txt_names_them(site: Site, crawler: Crawler) -> None:
    root = site.root
    index = (
        f"<sitemapindex><sitemap><loc>{root}/1.xml.gz</loc></sitemap>"
        f"<sitemap><loc>{root}/2.xml</loc></sitemap></sitemapindex>"
    )
    other = "<url><loc>http://other.example/</loc></url>"
    one = f"<urlset><url><loc>{root}/a</loc></url>{other}</urlset>"
    two = '<!DOCTYPE x [<!ENTITY a "b">]><urlset><url><loc>&a;</loc></url></urlset>'
    gz = {"Content-Type": "application/gzip"}
    site.pages = {
        ROBOTS: f"Sitemap: {root}/index.xml\n".encode(),
        "/index.xml": index.encode(),
        "/1.xml.gz": Reply(gzip.compress(one.encode()), headers=gz),
        "/2.xml": two.encode(),
        "/": html(),
        "/a": html(number=1),
    }
    assert sorted(crawler.crawl()) == ["/", "/a"]
    assert crawler.states()["/2.xml"] == ("refused", "it declares entities, which no sitemap needs")


def test_the_usual_place_is_looked_at_where_none_is_named(site: Site, crawler: Crawler) -> None:
    listed = f"<urlset><url><loc>{site.root}/a</loc></url></urlset>".encode()
    site.pages = {"/": html(), "/sitemap.xml": listed, "/a": html(number=1)}
    assert sorted(crawler.crawl(sitemaps=False)) == ["/"]
    assert sorted(crawler.crawl()) == ["/", "/a"]
