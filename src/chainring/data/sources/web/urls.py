"""One spelling for each address of a page, so that no page is asked for twice.

Enters a link as it stands in a page, leaves its normal form, or None for what is no web page:

=============================================  ======================================
``HTTP://Shop.Example:80/a/../b?utm_source=x``  ``http://shop.example/b``
``https://例子.测试/退货#price``                  ``https://xn--fsqu00a.xn--0zwm56d/%E9%80%80…``
``mailto:ann@shop.example``                     None
=============================================  ======================================

>>> normal("/b#top", base="http://shop.example/a")
'http://shop.example/b'
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from posixpath import normpath
from urllib.parse import SplitResult, parse_qsl, quote, unquote_to_bytes, urljoin, urlsplit

MAX_LENGTH = 2000
PORTS = {"http": 80, "https": 443}
_NOISE = re.compile(r"(utm_\w+|gclid|fbclid|msclkid|yclid|phpsessid|jsessionid|sid)", re.I)
_SESSION = re.compile(r";jsessionid=[^/?#]*", re.I)
_SAFE = "/!$&'()*+,;=:@~-._"
_ESCAPE = re.compile(r"%[0-9A-Fa-f]{2}")
_UNRESERVED = frozenset(b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-._~")
_NO_PAGE = re.compile(
    r"\.(7z|apk|avi|bmp|bz2|css|csv|dmg|docx?|epub|exe|flac|gif|gz|ico|iso|jar|jpe?g|js|json|m4a|"
    r"m4v|mkv|mov|mp3|mp4|mpe?g|msi|odt|ogg|pdf|png|pptx?|rar|rpm|svg|tar|tgz|tiff?|ttf|wav|webm|"
    r"webp|woff2?|xlsx?|xz|zip|zst)$",
    re.I,
)


def normal(link: str, *, base: str = "") -> str | None:
    """Return the normal form of a link, or None where it leads to no http(s) address.

    A link with a user's name or password in it leads nowhere: it would be sent to the server.
    """
    try:
        parts = urlsplit(urljoin(base, link.strip()))
        host, port = parts.hostname, parts.port
    except ValueError:
        return None
    if parts.scheme not in PORTS or not host or parts.username or parts.password:
        return None
    name = _host(host)
    if name is None:
        return None
    place = name if port in (None, PORTS[parts.scheme]) else f"{name}:{port}"
    query = _query(parts.query)
    found = f"{parts.scheme}://{place}{_path(parts)}{'?' + query if query else ''}"
    return found if len(found) <= MAX_LENGTH else None


def _host(host: str) -> str | None:
    if ":" in host:  # an IPv6 address; a scope (%eth0) would choose our own network card
        return None if "%" in host else f"[{host.lower()}]"
    try:
        name = host.rstrip(".").encode("idna").decode("ascii").lower()
    except UnicodeError:
        return None
    return name if re.fullmatch(r"[a-z0-9._-]+", name) else None


def _path(parts: SplitResult) -> str:
    path = _SESSION.sub("", parts.path) or "/"
    ends = path.endswith(("/", "/.", "/.."))
    clean = normpath("/" + path.lstrip("/"))
    return _escaped(clean + "/" if ends and clean != "/" else clean, _SAFE)


def _query(query: str) -> str:
    kept = [
        piece for piece in query.split("&") if piece and not _NOISE.fullmatch(piece.split("=")[0])
    ]
    return _escaped("&".join(kept), _SAFE + "?")


def _escaped(text: str, safe: str) -> str:
    decoded = _ESCAPE.sub(_plain, text)
    return quote(decoded, safe=safe + "%")


def _plain(escape: re.Match[str]) -> str:
    byte = unquote_to_bytes(escape[0])
    return byte.decode("ascii") if byte[0] in _UNRESERVED else escape[0].upper()


def host_of(url: str) -> str:
    """Return the host's name, to which politeness is owed, whatever the port."""
    return urlsplit(url).hostname or ""


def place_of(url: str) -> str:
    """Return host and port as they stand in the address: `shop.example` or `127.0.0.1:8000`."""
    return urlsplit(url).netloc


def origin_of(url: str) -> str:
    """Return scheme, host and port, for which one robots.txt stands.

    >>> origin_of("http://127.0.0.1:8000/a?b=1")
    'http://127.0.0.1:8000'
    """
    parts = urlsplit(url)
    return f"{parts.scheme}://{parts.netloc}"


def within(url: str, hosts: Sequence[str]) -> bool:
    """Return whether an address lies in the given hosts: `a.example`, `*.a.example`, `b:8000`.

    >>> within("http://a.b/", ["*.b"]), within("http://b:81/", ["b"]), within("http://b/", ["b"])
    (True, False, True)
    """
    place = place_of(url)
    return any(
        place.endswith(host[1:]) if host.startswith("*.") else place == host for host in hosts
    )


def trap(url: str) -> str:
    """Return why an address looks like one of endless many, or an empty string.

    >>> trap("http://a.example/x/y/x/y/x/y/x/y")
    'the same folder again and again'
    """
    parts = urlsplit(url)
    folders = [piece for piece in parts.path.split("/") if piece]
    if any(folders.count(piece) > 3 for piece in set(folders)):
        return "the same folder again and again"
    if len(folders) > 20 or len(parse_qsl(parts.query)) > 12:
        return "too many folders or fields"
    return ""


def is_no_page(url: str) -> bool:
    """Return whether the name alone tells that this is a picture, a film, an archive.

    >>> is_no_page("http://a.example/manual.PDF"), is_no_page("http://a.example/manual")
    (True, False)
    """
    return _NO_PAGE.search(urlsplit(url).path) is not None
