"""A real site on this machine that remembers who asked for what, and when."""

from __future__ import annotations

import threading
import time
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest

from chainring.data.harvest import Harvest
from chainring.data.sources.web.crawl import crawl
from chainring.data.sources.web.settings import WebSettings

WORDS = {
    "en": "Returns are free within thirty days when the parcel is complete and was not used.",
    "zh": "自收到商品之日起三十天内，商品完好且未经使用的，可以免费退货，运费由本店承担。",
}


def html(body: str = "", *, head: str = "", number: object = "", language: str = "en") -> bytes:
    """Return a page whose main text is a sentence of its own."""
    text = f"{WORDS[language]} This is page {number} of the site."
    return (
        f'<!doctype html><html lang="{language}"><head><meta charset="utf-8">'
        f"<title>Page {number}</title>{head}</head><body><main><article><h1>Page {number}</h1>"
        f"<p>{text}</p><p>{text} {number}</p></article></main><nav>{body}</nav></body></html>"
    ).encode()


def links(*targets: str) -> str:
    return " ".join(f'<a href="{target}">there</a>' for target in targets)


@dataclass
class Reply:
    """What the site answers: bytes, or a function that writes to the connection itself."""

    body: bytes = b""
    status: int = 200
    headers: Mapping[str, str] = field(default_factory=dict)
    write: Callable[[Any], None] | None = None


Pages = dict[str, Reply | bytes | Callable[[Mapping[str, str]], Reply]]


class Site:
    """Serves `pages` (path → reply) and keeps `hits`: path, time of arrival, headers."""

    def __init__(self) -> None:
        self.pages: Pages = {}
        self.hits: list[tuple[str, float, dict[str, str]]] = []
        self.default: Callable[[str], Reply | bytes | None] = lambda path: None
        site = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def do_GET(self) -> None:
                site.hits.append((self.path, time.time(), dict(self.headers.items())))
                try:
                    site.answer(self)
                except OSError:  # the crawl has gone
                    self.close_connection = True

            def log_message(self, *_: object) -> None:
                return

        self._server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        self._server.daemon_threads = True
        self.port = int(self._server.server_address[1])
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))
        self._thread.start()

    def answer(self, handler: Any) -> None:
        found: Any = self.pages.get(handler.path)
        if found is None:
            found = self.default(handler.path)
        if callable(found):
            found = found({key.lower(): value for key, value in handler.headers.items()})
        reply = found if isinstance(found, Reply) else Reply(found or b"", 200 if found else 404)
        handler.send_response(reply.status)
        if "Content-Type" not in reply.headers:
            handler.send_header("Content-Type", "text/html")
        for name, value in reply.headers.items():
            handler.send_header(name, value)
        if reply.write is None:
            handler.send_header("Content-Length", str(len(reply.body)))
        handler.end_headers()
        if reply.write is None:
            handler.wfile.write(reply.body)
        else:
            handler.close_connection = True
            reply.write(handler.wfile)

    @property
    def place(self) -> str:
        return f"127.0.0.1:{self.port}"

    @property
    def root(self) -> str:
        return f"http://{self.place}"

    @property
    def paths(self) -> list[str]:
        return [path for path, _, _ in self.hits]

    @property
    def pages_asked(self) -> Counter[str]:
        """How often each page was asked for; what speaks of the site itself is left out."""
        rules = ("/robots.txt", "/.well-known/tdmrep.json", "/sitemap.xml")
        return Counter(path for path in self.paths if path not in rules)

    def close(self) -> None:
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


@pytest.fixture
def new_site() -> Iterator[Callable[[], Site]]:
    sites: list[Site] = []

    def make() -> Site:
        sites.append(Site())
        return sites[-1]

    yield make
    for site in sites:
        site.close()


@pytest.fixture
def site(new_site: Callable[[], Site]) -> Site:
    return new_site()


class Crawler:
    """Crawls a site into one harvest, again and again."""

    def __init__(self, folder: Path, site: Site) -> None:
        self.folder, self.site = folder, site
        self.said: list[str] = []

    def settings(self, **own: Any) -> WebSettings:
        given = {
            "seeds": (f"{self.site.root}/",),
            "contact": "data@shop.example",
            "allow_private": (self.site.place,),
            "delay_s": 0.0,
            "timeout_s": 5.0,
            "max_tries": 1,
        }
        return WebSettings(**(given | own))

    def crawl(self, *, resolver: Any = None, **own: Any) -> dict[str, dict[str, str]]:
        more = {} if resolver is None else {"resolver": resolver}
        with Harvest.open(self.folder) as harvest:
            crawl(self.settings(**own), harvest=harvest, say=self.said.append, **more)
        return self.rows()

    def rows(self) -> dict[str, dict[str, str]]:
        """Return the rows by the path of their page."""
        with Harvest.open(self.folder) as harvest:
            return {key.removeprefix(self.site.root): row for key, row in harvest.rows()}

    def states(self) -> dict[str, tuple[str, str]]:
        """Return state and reason of every page by its path."""
        with Harvest.open(self.folder) as harvest:
            found = harvest.connection.execute("SELECT url, state, why FROM web_urls")
            return {url.removeprefix(self.site.root): (state, why) for url, state, why in found}


@pytest.fixture
def crawler(tmp_path: Path, site: Site) -> Crawler:
    return Crawler(tmp_path / "harvest", site)
