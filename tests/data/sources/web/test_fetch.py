"""A request goes to the checked address, ends in time and in size, and says why when it fails."""

from __future__ import annotations

import gzip
import shutil
import socket
import ssl
import subprocess
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import pytest
from tests.data.sources.web.conftest import Reply, Site

from chainring.data.sources.web.fetch import Answer, Failure, Fetcher, retry_after


@pytest.fixture
def fetcher(site: Site) -> Fetcher:
    return Fetcher(
        user_agent="chainring/0.1 (+data@shop.example)",
        timeout_s=1.0,
        max_bytes=100_000,
        allow_private=(site.place, f"shop.example:{site.port}"),
    )


def test_an_answer_has_its_status_headers_and_body(site: Site, fetcher: Fetcher) -> None:
    site.pages["/a"] = Reply(gzip.compress(b"returns"), headers={"Content-Encoding": "gzip"})
    found = fetcher.get(f"{site.root}/a")
    assert isinstance(found, Answer)
    assert (found.status, found.body) == (200, b"returns")
    _, _, headers = site.hits[0]
    assert headers["User-Agent"] == "chainring/0.1 (+data@shop.example)"
    assert headers["Host"] == site.place
    assert headers["Accept-Encoding"] == "gzip, deflate"


def test_the_connection_goes_to_the_checked_address_under_the_name_of_the_page(
    site: Site, fetcher: Fetcher
) -> None:
    asked: list[str] = []

    def resolver(host: str, port: int) -> list[str]:
        asked.append(host)
        return ["127.0.0.1"]

    pinned = Fetcher(
        user_agent="x", allow_private=(f"shop.example:{site.port}",), resolver=resolver
    )
    site.pages["/"] = b"hello"
    assert isinstance(pinned.get(f"http://shop.example:{site.port}/"), Answer)
    assert asked == ["shop.example"]
    assert site.hits[0][2]["Host"] == f"shop.example:{site.port}"


def test_a_name_server_that_turns_to_a_private_address_is_refused(site: Site) -> None:
    answers = iter([["93.184.216.34"], ["127.0.0.1"]])
    rebinding = Fetcher(user_agent="x", resolver=lambda *_: next(answers), timeout_s=0.2)
    url = f"http://evil.example:{site.port}/"
    first, second = rebinding.get(url), rebinding.get(url)
    assert isinstance(first, Failure)  # a public address, where nothing of ours listens
    assert isinstance(second, Failure)
    assert "loopback" in second.why
    assert not second.again
    assert site.hits == []


@pytest.mark.parametrize("place", ["127.0.0.1", "localhost", "[::1]", "169.254.169.254", "0.0.0.0"])
def test_nothing_private_is_asked(place: str) -> None:
    found = Fetcher(user_agent="x").get(f"http://{place}/latest/meta-data/")
    assert isinstance(found, Failure)
    assert "is not asked" in found.why
    assert not found.again


def test_a_redirect_is_left_to_the_caller(site: Site, fetcher: Fetcher) -> None:
    site.pages["/"] = Reply(status=302, headers={"Location": "http://169.254.169.254/"})
    found = fetcher.get(f"{site.root}/")
    assert isinstance(found, Answer)
    assert (found.status, found.header("location")) == (302, "http://169.254.169.254/")


def test_what_is_known_makes_the_request_conditional(site: Site, fetcher: Fetcher) -> None:
    def answer(asked: Mapping[str, str]) -> Reply:
        return Reply(status=304 if asked.get("if-none-match") == '"1"' else 200)

    site.pages["/"] = answer
    found = fetcher.get(f"{site.root}/", known=[("etag", '"1"'), ("last-modified", "")])
    assert isinstance(found, Answer)
    assert found.status == 304
    assert "If-Modified-Since" not in site.hits[0][2]


def _endless(out: Any) -> None:
    while True:
        out.write(b"x" * 65536)


def _slow(out: Any) -> None:
    for _ in range(100):
        out.write(b"x")
        out.flush()
        time.sleep(0.1)


def _bomb(out: Any) -> None:
    out.write(gzip.compress(bytes(50 << 20)))


@pytest.mark.parametrize(
    ("write", "headers", "why", "again"),
    [
        (_endless, {}, "longer than 100000 bytes", False),
        (_slow, {}, "Timeout", True),
        (_bomb, {"Content-Encoding": "gzip"}, "longer than 100000 bytes", False),
        (lambda out: out.write(b"x"), {"Content-Encoding": "br"}, "not asked for", False),
        (lambda out: out.write(b"x"), {"Content-Length": "10"}, "ProtocolError", True),
    ],
)
def test_a_body_that_does_not_end_well_is_stopped(
    site: Site,
    fetcher: Fetcher,
    write: Callable[[Any], None],
    headers: dict[str, str],
    why: str,
    again: bool,
) -> None:
    site.pages["/"] = Reply(write=write, headers=headers)
    began = time.monotonic()
    found = fetcher.get(f"{site.root}/")
    assert isinstance(found, Failure)
    assert why in found.why
    assert found.again is again
    assert time.monotonic() - began < 5


@pytest.mark.parametrize("drip", [b"HTTP/1.1 200 OK\r\nX-A: b\r\n", b""])
def test_headers_that_never_end_are_stopped(drip: bytes) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        fetcher = Fetcher(user_agent="x", timeout_s=0.5, allow_private=(f"127.0.0.1:{port}",))
        began = time.monotonic()
        found = fetcher.get(f"http://127.0.0.1:{port}/")
    assert isinstance(found, Failure)
    assert found.again
    assert time.monotonic() - began < 5


def test_a_long_body_is_cut_where_that_will_do(site: Site, fetcher: Fetcher) -> None:
    site.pages["/robots.txt"] = Reply(write=_endless)
    found = fetcher.get(f"{site.root}/robots.txt", max_bytes=1000, cut=True)
    assert isinstance(found, Answer)
    assert found.body == b"x" * 1000


def test_a_type_that_is_not_wanted_is_not_read(site: Site, fetcher: Fetcher) -> None:
    site.pages["/"] = Reply(write=_endless, headers={"Content-Type": "image/png"})
    found = fetcher.get(f"{site.root}/", types=("text/html",))
    assert found == Failure(why="content type image/png", again=False, status=200)


@pytest.mark.parametrize(
    ("status", "again"), [(429, True), (500, True), (503, True), (403, False), (404, False)]
)
def test_a_status_tells_whether_a_later_try_may_do(
    site: Site, fetcher: Fetcher, status: int, again: bool
) -> None:
    site.pages["/"] = Reply(status=status, headers={"Retry-After": "7"})
    found = fetcher.get(f"{site.root}/")
    if again:
        assert found == Failure(why=f"status {status}", again=True, after_s=7.0, status=status)
    else:
        assert isinstance(found, Answer)


def test_a_server_that_is_not_there_may_be_there_later() -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
    found = Fetcher(user_agent="x", allow_private=(f"127.0.0.1:{port}",)).get(
        f"http://127.0.0.1:{port}/"
    )
    assert isinstance(found, Failure)
    assert found.again


def test_retry_after_is_a_number_or_a_date_and_at_most_a_day() -> None:
    now = datetime(2026, 11, 25, 4, 0, tzinfo=UTC)
    assert retry_after("30") == 30
    assert retry_after("Wed, 25 Nov 2026 04:01:00 GMT", now=now) == 60
    assert retry_after("Wed, 25 Nov 2026 03:00:00 GMT", now=now) == 0
    assert retry_after("99999999") == 24 * 3600
    assert retry_after("-1") == retry_after("") == retry_after("²") == 0


@pytest.fixture
def secure(tmp_path: Path) -> Iterator[tuple[int, ssl.SSLContext]]:
    """A server for `shop.example` with a certificate of its own, and who trusts it."""
    key, certificate = tmp_path / "key.pem", tmp_path / "certificate.pem"
    told = ["-subj", "/CN=shop.example", "-addext", "subjectAltName=DNS:shop.example"]
    made = ["openssl", "req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", *told]
    subprocess.run([*made, "-keyout", key, "-out", certificate], check=True, capture_output=True)
    server = ThreadingHTTPServer(("127.0.0.1", 0), SimpleHTTPRequestHandler)
    server.daemon_threads = True
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)
    server.socket = context.wrap_socket(server.socket, server_side=True)
    thread = threading.Thread(target=server.serve_forever, args=(0.05,))
    thread.start()
    yield server.server_address[1], ssl.create_default_context(cafile=certificate)
    server.shutdown()
    server.server_close()
    thread.join()


@pytest.mark.skipif(not shutil.which("openssl"), reason="openssl makes the certificate")
def test_a_certificate_is_held_against_the_name_and_not_the_address(
    secure: tuple[int, ssl.SSLContext],
) -> None:
    port, tls = secure
    names = ("shop.example", "other.example")
    fetcher = Fetcher(
        user_agent="x",
        tls=tls,
        resolver=lambda *_: ["127.0.0.1"],
        allow_private=tuple(f"{name}:{port}" for name in names),
    )
    right, wrong = (fetcher.get(f"https://{name}:{port}/missing") for name in names)
    assert isinstance(right, Answer)
    assert right.status == 404
    assert isinstance(wrong, Failure)
    assert "CERTIFICATE_VERIFY_FAILED" in wrong.why
