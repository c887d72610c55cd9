"""Bodies are unpacked as they come, and none grows beyond its limit."""

from __future__ import annotations

import gzip
import tracemalloc
import zlib
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from chainring.contracts.errors import InputError
from chainring.data.sources.web.body import gunzipped, unpacked

BODY = "退货 returns ".encode() * 50


def _pieces(body: bytes, size: int) -> Iterator[bytes]:
    yield from (body[at : at + size] for at in range(0, len(body), size))


def _raw_deflate(body: bytes) -> bytes:
    packer = zlib.compressobj(wbits=-zlib.MAX_WBITS)
    return packer.compress(body) + packer.flush()


@pytest.mark.parametrize(
    ("packing", "packed"),
    [
        ("", BODY),
        ("identity", BODY),
        ("gzip", gzip.compress(BODY, mtime=0)),
        ("X-GZIP", gzip.compress(BODY, mtime=0)),
        ("gzip", gzip.compress(BODY[:100], mtime=0) + gzip.compress(BODY[100:], mtime=0)),
        ("deflate", zlib.compress(BODY)),
        ("deflate", _raw_deflate(BODY)),
    ],
)
@pytest.mark.parametrize("size", [1, 7, 10_000])
def test_each_packing_gives_the_body_back(packing: str, packed: bytes, size: int) -> None:
    assert unpacked(_pieces(packed, size), packing, max_bytes=10_000) == BODY


@given(st.binary(max_size=2000), st.integers(1, 500))
def test_any_bytes_come_back(body: bytes, size: int) -> None:
    assert unpacked(_pieces(gzip.compress(body), size), "gzip", max_bytes=2000) == body


@pytest.mark.parametrize("packing", ["", "gzip", "deflate"])
def test_a_body_over_its_limit_is_stopped(packing: str) -> None:
    body = {"": BODY, "gzip": gzip.compress(BODY), "deflate": zlib.compress(BODY)}[packing]
    with pytest.raises(InputError, match="longer than 100 bytes"):
        unpacked([body], packing, max_bytes=100)


def test_a_gzip_of_zeros_is_stopped_in_little_memory() -> None:
    bomb = gzip.compress(bytes(200 << 20))
    tracemalloc.start()
    with pytest.raises(InputError, match="200-fold"):
        unpacked(_pieces(bomb, 1 << 14), "gzip", max_bytes=1 << 30)
    _, peak = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert peak < 8 << 20


@pytest.mark.parametrize("packing", ["br", "zstd", "gzip, gzip"])
def test_a_packing_that_was_not_asked_for_is_refused(packing: str) -> None:
    with pytest.raises(InputError, match="not asked for"):
        unpacked([BODY], packing, max_bytes=10_000)


def test_damaged_and_cut_bodies_are_told() -> None:
    packed = gzip.compress(BODY)
    with pytest.raises(InputError, match="ends before its time"):
        unpacked([packed[:-9]], "gzip", max_bytes=10_000)
    with pytest.raises(InputError, match="damaged"):
        unpacked([packed[:-8] + bytes(8)], "gzip", max_bytes=10_000)


def test_a_file_that_is_no_gzip_is_left_as_it_is() -> None:
    assert gunzipped(BODY, max_bytes=10_000) == BODY
    assert gunzipped(gzip.compress(BODY), max_bytes=10_000) == BODY
