"""Sitemaps: XML, an index of others, or plain lines; packed or not; entities are refused.

Enter the bytes of a sitemap, leave the addresses of pages and of further sitemaps:

>>> sitemap(b"<urlset><url><loc>http://a.example/returns</loc></url></urlset>")
(['http://a.example/returns'], [])
"""

from __future__ import annotations

from xml.parsers import expat

from chainring.contracts.errors import InputError
from chainring.data.sources.web.body import gunzipped

MAX_BYTES = 50 << 20  # of the protocol, as are the addresses
MAX_ADDRESSES = 50_000


def sitemap(body: bytes, *, max_bytes: int = MAX_BYTES) -> tuple[list[str], list[str]]:
    """Return the addresses of pages and of sitemaps, in their order.

    Raises
    ------
    InputError
        When it is too long unpacked, declares entities, or is neither XML nor lines.
    """
    found = gunzipped(body, max_bytes=max_bytes)
    if found.lstrip(b"\xef\xbb\xbf \t\r\n")[:1] != b"<":
        lines = (line.strip() for line in found.decode("utf-8", "replace").splitlines())
        return [line for line in lines if line.startswith("http")][:MAX_ADDRESSES], []
    reader = _Reader()
    reader.read(found)
    return reader.pages, reader.sitemaps


class _Reader:
    """Gathers the `loc` of `url` and of `sitemap`; those of pictures and films are others'."""

    def __init__(self) -> None:
        self.pages: list[str] = []
        self.sitemaps: list[str] = []
        self._open: list[str] = []
        self._text: list[str] = []

    def read(self, body: bytes) -> None:
        parser = expat.ParserCreate()
        parser.StartElementHandler = self._start
        parser.EndElementHandler = self._end
        parser.CharacterDataHandler = self._data
        parser.EntityDeclHandler = self._entity
        try:
            parser.Parse(body, True)
        except expat.ExpatError as error:
            if not (self.pages or self.sitemaps):
                raise InputError(f"no sitemap ({error})") from error

    def _start(self, name: str, _: dict[str, str]) -> None:
        self._open.append(name.rpartition(":")[2] if not self._foreign(name) else name)
        self._text = []

    @staticmethod
    def _foreign(name: str) -> bool:
        return name.startswith(("image:", "video:", "news:", "xhtml:"))

    def _end(self, _: str) -> None:
        closed = self._open.pop()
        parent = self._open[-1] if self._open else ""
        address = "".join(self._text).strip()
        if closed == "loc" and address and len(self.pages) < MAX_ADDRESSES:
            if parent == "url":
                self.pages.append(address)
            elif parent == "sitemap":
                self.sitemaps.append(address)

    def _data(self, data: str) -> None:
        self._text.append(data)

    def _entity(self, *_: object) -> None:
        raise InputError("it declares entities, which no sitemap needs")
