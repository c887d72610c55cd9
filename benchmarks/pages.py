"""Main text of real pages beside trafilatura alone, and a real WARC file read page by page.

    python benchmarks/pages.py                  # where the shared data lies
    python benchmarks/pages.py --data FOLDER    # another place, with web-pages and warc-sample

A page of the set names segments that its main text must and must not contain. As in trafilatura's
own evaluation a segment that must stay and does is right, one that does not is missed, and one that
must go and stays is wrong; F1 is over all segments of all pages. *trafilatura alone* is its
`extract` with readers' comments left out, on the same bytes that it decodes itself. Pages that ask
not to be kept (`noindex`, `noai`) are obeyed by us, and therefore told and left out of both rows.

The WARC file is counted a second time with warcio's own iterator: every page that answered 200 with
HTML has to be a row or to have a reason.
"""

from __future__ import annotations

import argparse
import base64
import gzip
import json
import re
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from chainring.contracts.errors import InputError
from chainring.data.harvest import DROPPED, Harvest
from chainring.data.sources.warc import WARC, WarcSettings
from chainring.data.sources.web.page import read_page
from chainring.text.characters import HAN

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data"


@dataclass(slots=True)
class Score:
    """Segments: right, missed, wrong; and pages."""

    right: int = 0
    missed: int = 0
    wrong: int = 0
    pages: int = 0

    def add(self, text: str, page: dict[str, Any]) -> None:
        kept = [segment in text for segment in page["must_contain"]]
        self.right, self.missed = self.right + sum(kept), self.missed + kept.count(False)
        self.wrong += sum(segment in text for segment in page["must_not_contain"])
        self.pages += 1

    @property
    def told(self) -> str:
        precision = self.right / max(self.right + self.wrong, 1)
        recall = self.right / max(self.right + self.missed, 1)
        f1 = 2 * self.right / max(2 * self.right + self.missed + self.wrong, 1)
        return f"{self.pages} | {precision:.3f} | {recall:.3f} | **{f1:.3f}**"


def pages(path: Path) -> Iterator[tuple[dict[str, Any], bytes]]:
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for page in map(json.loads, file):
            packed = page.get("html_base64")
            yield page, base64.b64decode(packed) if packed else page["html"].encode()


def ours(body: bytes, url: str) -> str | None:
    """Return the main text, an empty one of a page that cannot be read, None where it forbids."""
    try:
        found = read_page(body, url=url)
    except InputError:
        return ""
    return found.text if found.obeyed.keep else None


def theirs(body: bytes, url: str) -> str | None:
    import trafilatura

    return trafilatura.extract(body, url=url, include_comments=False) or ""


def is_chinese(page: dict[str, Any]) -> bool:
    return any(re.search(f"[{HAN}]", segment) for segment in page["must_contain"])


def main_text(path: Path) -> None:
    ways: dict[str, Callable[[bytes, str], str | None]] = {
        "chainring": ours, "trafilatura alone": theirs
    }  # fmt: skip
    scores: dict[tuple[str, str], Score] = {}
    cpu = dict.fromkeys(ways, 0.0)
    unkept = 0
    for page, body in pages(path):
        if ours(body, page["url"]) is None:
            unkept += 1
            continue
        kinds = ("all", "with Chinese text" if is_chinese(page) else "without")
        for way, extract in ways.items():
            began = time.process_time()
            text = extract(body, page["url"]) or ""
            cpu[way] += time.process_time() - began
            for kind in kinds:
                scores.setdefault((way, kind), Score()).add(text, page)
    print(f"{unkept} pages ask not to be kept and are left out")
    print("| | pages of the set | pages | precision | recall | F1 |\n|---|---|--:|--:|--:|--:|")
    for (way, kind), one in sorted(scores.items(), key=lambda item: (item[0][1], item[0][0])):
        print(f"| {way} | {kind} | {one.told} |")
    print("CPU seconds:", ", ".join(f"{way} {spent:.1f}" for way, spent in cpu.items()))


def licences(path: Path) -> None:
    """Count the licences that pages state, as the set notes them and as they are read."""
    found = dict.fromkeys(("the same", "none read", "another", "read where the set has none"), 0)
    for page, body in pages(path):
        said = spdx(page["page_licence"] or "")
        read = read_page(body, url=page["url"]).licence
        if said and read:
            found["the same" if read.startswith(said) else "another"] += 1
        elif said or read:
            found["none read" if said else "read where the set has none"] += 1
    print("licences:", ", ".join(f"{name} {count}" for name, count in found.items()))


def spdx(noted: str) -> str:
    """Return a note such as `CC BY-SA 3.0 DE` as SPDX writes it; no version where it has none.

    >>> spdx("CC BY-SA 3.0 DE"), spdx("CC-BY"), spdx("DE")
    ('CC-BY-SA-3.0-DE', 'CC-BY', '')
    """
    name = noted.strip().replace(" ", "-")
    return name if name.startswith("CC-") else ""


def archive(path: Path) -> None:
    from warcio.archiveiterator import ArchiveIterator

    answered = []
    with path.open("rb") as file:
        for record in ArchiveIterator(file):
            if record.rec_type == "response":
                kind = record.http_headers.get_header("Content-Type") or ""
                code = record.http_headers.get_statuscode()
                answered.append((record.rec_headers.get_header("WARC-Target-URI"), code, kind))
    fit = {url for url, code, kind in answered if code == "200" and kind.startswith("text/html")}
    with (
        tempfile.TemporaryDirectory() as folder,
        Harvest.open(Path(folder) / "harvest") as harvest,
    ):
        WARC(WarcSettings(path=str(path)), harvest=harvest, say=lambda line: None)
        rows = {row["locator"]: row for _, row in harvest.rows()}
        reasons = json.loads(harvest.state(DROPPED) or "{}")
    print(f"\nWARC: {len(answered)} responses, {len(fit)} addresses with 200 and HTML by warcio; "
          f"{len(rows)} rows; not kept: {reasons}")  # fmt: skip
    print("answers of other kinds:", [(c, k) for u, c, k in answered if u not in fit])
    print("fit and no row:", sorted(fit - set(rows)), "row and not fit:", sorted(set(rows) - fit))
    for url, row in sorted(rows.items()):
        print(f"  {len(row['text']):6d} characters  {row.get('language', '–')}  "
              f"{row.get('licence', '–'):14}  {row['at'][:10]}  {url}")  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    data = parser.parse_args().data
    main_text(data / "web-pages" / "test.jsonl.gz")
    licences(data / "web-pages" / "test.jsonl.gz")
    archive(next((data / "warc-sample").glob("*.warc.gz")))


if __name__ == "__main__":
    main()
