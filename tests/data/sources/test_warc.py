"""WARC files are read record by record; damage, a cut and a kill cost nothing that was whole."""

from __future__ import annotations

import base64
import gzip
import hashlib
import json
import os
import re
import signal
import subprocess
import sys
import time
import uuid
from pathlib import Path

import pytest
from tests.data.sources.web.conftest import html
from tests.litter import littered

from chainring.contracts.errors import InputError
from chainring.data.harvest import DROPPED, Harvest
from chainring.data.sources.warc import WARC, WarcSettings
from chainring.data.sources.warc_records import CUT, DAMAGED, LONG, SEVERAL

SHARED = Path(__file__).parents[4] / "shared" / "data" / "warc-sample"


def write(
    path: Path,
    pages: dict[str, bytes],
    *,
    headers: dict[str, str] | None = None,
    status: str = "200 OK",
) -> list[int]:
    """Add records to a WARC file as ISO 28500 has them; return the offset of each response."""
    offsets = []
    with path.open("ab") as file:
        file.write(_packed(path, _record("warcinfo", "", b"software: test\r\n")))
        for url, body in pages.items():
            given = {"Content-Type": "text/html; charset=utf-8"} | (headers or {})
            head = "".join(f"{name}: {value}\r\n" for name, value in given.items())
            offsets.append(file.tell())
            block = f"HTTP/1.1 {status}\r\n{head}\r\n".encode() + body
            file.write(_packed(path, _record("response", url, block)))
    return offsets


def _record(kind: str, url: str, block: bytes) -> bytes:
    digest = base64.b32encode(hashlib.sha1(block).digest()).decode()
    lines = (
        "WARC/1.0", f"WARC-Type: {kind}", f"WARC-Record-ID: <urn:uuid:{uuid.uuid4()}>",
        "WARC-Date: 2026-11-02T08:00:00Z", f"WARC-Target-URI: {url}",
        "Content-Type: application/http; msgtype=response", f"WARC-Block-Digest: sha1:{digest}",
        f"Content-Length: {len(block)}",
    )  # fmt: skip
    return "\r\n".join(lines).encode() + b"\r\n\r\n" + block + b"\r\n\r\n"


def _packed(path: Path, record: bytes) -> bytes:
    return gzip.compress(record) if path.name.endswith(".gz") else record


def pages(count: int) -> dict[str, bytes]:
    spoken = ("en", "zh")
    return {f"http://a.example/{n}": html(number=n, language=spoken[n % 2]) for n in range(count)}


Rows = dict[str, dict[str, str]]


def read(folder: Path, path: Path | str, **own: object) -> tuple[Rows, list[str]]:
    said: list[str] = []
    settings = WarcSettings.model_validate({"path": str(path), **own})
    with Harvest.open(folder) as harvest:
        WARC(settings, harvest=harvest, say=said.append)
        return {row["locator"]: row for _, row in harvest.rows()}, said


def dropped(folder: Path) -> dict[str, int]:
    with Harvest.open(folder) as harvest:
        found: dict[str, int] = json.loads(harvest.state(DROPPED))
        return found


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_each_captured_page_becomes_a_row(tmp_path: Path, name: str) -> None:
    write(tmp_path / name, pages(3))
    rows, said = read(tmp_path / "h", tmp_path / name)
    assert sorted(rows) == [f"http://a.example/{n}" for n in range(3)]
    row = rows["http://a.example/1"]
    assert "三十天" in row["text"]
    assert (row["language"], row["at"]) == ("zh", "2026-11-02T08:00:00Z")
    assert said == [f"{name}: 3 rows"]


def test_what_is_no_page_is_passed_over_with_its_reason(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    write(path, {"http://a.example/ok": html()})
    write(path, {"http://a.example/1": b""}, status="404 Not Found")
    write(path, {"http://a.example/2": b"x"}, headers={"Content-Type": "image/png"})
    write(path, {"http://a.example/3": html()}, headers={"X-Robots-Tag": "noai"})
    write(path, {"http://b.example/4": html()})
    write(path, {"http://a.example/5": b"<html><body></body></html>"})
    rows, _ = read(tmp_path / "h", path, hosts=["a.example"])
    assert sorted(rows) == ["http://a.example/ok"]
    assert dropped(tmp_path / "h") == {
        "status 404": 1, "content type image/png": 1, "noai": 1, "outside the hosts": 1,
        "no main text": 1,
    }  # fmt: skip


def test_a_packed_body_is_unpacked_and_a_bomb_is_not(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    packed = {"Content-Encoding": "gzip"}
    write(path, {"http://a.example/ok": gzip.compress(html())}, headers=packed)
    write(path, {"http://a.example/plain": html()}, headers=packed)
    write(path, {"http://a.example/bomb": gzip.compress(bytes(50 << 20))}, headers=packed)
    chunked = b"%x\r\n%s\r\n0\r\n\r\n" % (len(html()), html())
    write(path, {"http://a.example/chunks": chunked}, headers={"Transfer-Encoding": "chunked"})
    rows, _ = read(tmp_path / "h", path)
    assert sorted(rows) == [f"http://a.example/{name}" for name in ("chunks", "ok", "plain")]
    assert len({row["text"] for row in rows.values()}) == 1


@pytest.mark.parametrize(
    ("name", "where"), [("a.warc", 20), ("a.warc", 600), ("a.warc.gz", 20), ("a.warc.gz", 200)]
)
def test_a_damaged_record_costs_itself_alone(tmp_path: Path, name: str, where: int) -> None:
    path = tmp_path / name
    offsets = write(path, pages(5))
    body = bytearray(path.read_bytes())
    at = offsets[2] + where
    body[at : at + 8] = b"\x00damage\x00"
    path.write_bytes(bytes(body))
    rows, _ = read(tmp_path / "h", path)
    assert sorted(rows) == [f"http://a.example/{n}" for n in (0, 1, 3, 4)]
    assert sum(dropped(tmp_path / "h").values()) >= 1


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
@pytest.mark.parametrize("digits", [18, 19, 5000])
def test_a_record_whose_length_is_no_length_costs_itself_alone(
    tmp_path: Path, name: str, digits: int
) -> None:
    path = tmp_path / name
    write(path, pages(2))
    endless = _record("response", "http://a.example/endless", b"HTTP/1.1 200 OK\r\n\r\nx")
    told = re.sub(rb"Content-Length: \d+", b"Content-Length: " + b"9" * digits, endless)
    with path.open("ab") as file:
        file.write(_packed(path, told))
    write(path, {"http://a.example/after": html(number=9, language="en")})
    rows, _ = read(tmp_path / "h", path)
    assert sorted(rows) == [f"http://a.example/{n}" for n in (0, 1, "after")]
    expected = CUT if name == "a.warc" and digits == 18 else DAMAGED
    assert dropped(tmp_path / "h") == {expected: 1}


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_file_that_was_cut_off_gives_what_is_whole(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write(path, pages(4))
    path.write_bytes(path.read_bytes()[:-40])
    rows, _ = read(tmp_path / "h", path)
    assert len(rows) == 3
    assert dropped(tmp_path / "h") == {CUT: 1}


@pytest.mark.parametrize("name", ["a.warc", "a.warc.gz"])
def test_a_record_that_is_too_long_is_never_held(tmp_path: Path, name: str) -> None:
    path = tmp_path / name
    write(path, {"http://a.example/0": html() + bytes(3 << 20)})
    write(path, {"http://a.example/1": html()})
    rows, _ = read(tmp_path / "h", path, max_record_kib=64)
    assert sorted(rows) == ["http://a.example/1"]
    assert dropped(tmp_path / "h") == {LONG: 1}


def test_a_file_that_is_one_gzip_is_told_how_to_mend(tmp_path: Path) -> None:
    write(tmp_path / "a.warc", pages(2))
    whole = tmp_path / "b.warc.gz"
    whole.write_bytes(gzip.compress((tmp_path / "a.warc").read_bytes()))
    with pytest.raises(InputError, match="warcio recompress"):
        read(tmp_path / "h", whole)
    assert dropped(tmp_path / "h") == {SEVERAL: 1}


def test_bytes_that_are_no_warc_are_an_error(tmp_path: Path) -> None:
    path = tmp_path / "a.warc"
    path.write_bytes(os.urandom(200_000))
    with pytest.raises(InputError, match=DAMAGED):
        read(tmp_path / "h", path)
    with pytest.raises(InputError, match=r"no \.warc or \.warc\.gz file here"):
        read(tmp_path / "h", tmp_path / "nothing")


def test_a_file_that_was_read_is_not_read_again_and_a_changed_one_is(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    write(path, pages(2))
    rows, said = read(tmp_path / "h", tmp_path)
    assert read(tmp_path / "h", tmp_path) == (rows, [])
    path.unlink()
    write(path, {"http://a.example/new": html()})
    changed, _ = read(tmp_path / "h", tmp_path)
    assert sorted(changed) == ["http://a.example/new"]
    assert said == ["a.warc.gz: 2 rows"]


def test_the_rows_of_a_file_that_is_gone_go(tmp_path: Path) -> None:
    write(tmp_path / "a.warc.gz", {"http://a.example/a": html()})
    write(tmp_path / "b.warc.gz", {"http://a.example/b": html()})
    assert len(read(tmp_path / "h", tmp_path)[0]) == 2
    (tmp_path / "b.warc.gz").unlink()
    assert sorted(read(tmp_path / "h", tmp_path)[0]) == ["http://a.example/a"]


def test_a_kill_in_the_middle_loses_nothing(tmp_path: Path) -> None:
    path = tmp_path / "a.warc.gz"
    write(path, pages(110))
    code = (
        "import sys\nfrom pathlib import Path\nfrom chainring.data.harvest import Harvest\n"
        "from chainring.data.sources.warc import WARC, WarcSettings\n"
        "with Harvest.open(Path(sys.argv[1])) as harvest:\n"
        "    WARC(WarcSettings(path=sys.argv[2]), harvest=harvest, say=print)\n"
    )
    with subprocess.Popen([sys.executable, "-c", code, str(tmp_path / "h"), str(path)]) as child:
        while child.poll() is None and _rows(tmp_path / "h") < 50:
            time.sleep(0.02)
        os.kill(child.pid, signal.SIGKILL)
    kept = _rows(tmp_path / "h")
    assert 50 <= kept < 110
    rows, _ = read(tmp_path / "h", path)
    assert (rows, dropped(tmp_path / "h")) == (read(tmp_path / "whole", path)[0], {})
    assert len(rows) == 110


def _rows(folder: Path) -> int:
    if not (folder / "harvest.db").exists():
        return 0
    with Harvest.open(folder) as harvest:
        return len(harvest)


@pytest.mark.shared
@pytest.mark.skipif(not SHARED.exists(), reason="the shared data sets are not here")
def test_a_real_warc_file_gives_all_its_pages(tmp_path: Path) -> None:
    rows, said = read(tmp_path / "h", SHARED)
    assert said == ["sample-0001.warc.gz: 15 rows"]
    assert len(rows) == 13  # allenai.org was captured three times
    assert all(len(row["text"]) > 100 and row["language"] == "en" for row in rows.values())


def test_what_a_system_lays_beside_a_warc_file_is_none(tmp_path: Path) -> None:
    (tmp_path / "crawl").mkdir()
    write(tmp_path / "crawl" / "a.warc.gz", pages(3))
    rows, said = read(tmp_path / "h", littered(tmp_path / "crawl"))
    assert (len(rows), said) == (3, ["a.warc.gz: 3 rows"])
