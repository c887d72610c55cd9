"""Chinese word segmentation against a treebank: both segmenters, as they are and by way of OpenCC.

    python benchmarks/segmentation.py                  # where the shared data lies
    python benchmarks/segmentation.py --data FOLDER     # another place; reads test.jsonl there

Reads rows ``{"text": "我住在巷子", "words": ["我", "住", "在", "巷子"]}``; prints precision, recall
and F1 of word spans, with the share of sentences that are wholly right and the time.

A word counts when both its ends are right. The treebank is in traditional characters and the
dictionary of both segmenters mostly in simplified ones: *simplified first* cuts the text that
`simplified` gives (profile t2s, which keeps the number of characters) and carries the ends back.
"""

from __future__ import annotations

import argparse
import json
import time
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from chainring.text.script import simplified
from chainring.text.segment import SEGMENTERS, segment, segmenter_version

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "sinica-treebank-segmentation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Score:
    """Counts of word spans: in the treebank, of the segmenter, in both; and of whole sentences."""

    gold: int
    found: int
    both: int
    whole: float
    cpu_s: float

    @property
    def precision(self) -> float:
        return self.both / self.found

    @property
    def recall(self) -> float:
        return self.both / self.gold

    @property
    def f1(self) -> float:
        return 2 * self.both / (self.gold + self.found)


def spans(words: Sequence[str]) -> set[tuple[int, int]]:
    """Return the start and end of each word in the text that they make.

    >>> sorted(spans(["我", "住在"]))
    [(0, 1), (1, 3)]
    """
    ends = [0]
    for word in words:
        ends.append(ends[-1] + len(word))
    return set(pairwise(ends))


def rows(path: Path) -> Iterator[tuple[str, list[str]]]:
    for line in path.read_text(encoding="utf-8").splitlines():
        row = json.loads(line)
        yield row["text"], row["words"]


def score(path: Path, *, by: str, simplified_first: bool) -> Score:
    gold = found = both = whole = count = 0
    cpu_s = 0.0
    for text, words in rows(path):
        began = time.process_time()
        asked = simplified(text) if simplified_first else text
        cut = segment(asked, by=by, with_marks=True)
        cpu_s += time.process_time() - began
        assert len("".join(cut)) == len(text.replace(" ", "")), "a space or a character was lost"
        theirs, ours = spans(words), spans(cut)
        gold, found, both = gold + len(theirs), found + len(ours), both + len(theirs & ours)
        whole, count = whole + (theirs == ours), count + 1
    return Score(gold=gold, found=found, both=both, whole=whole / count, cpu_s=cpu_s)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--data", type=Path, default=DATA)
    path = parser.parse_args().data / "test.jsonl"
    if not path.is_file():
        raise SystemExit(f"{path} is not there; name the folder of the treebank with --data")
    for by in SEGMENTERS:
        segment("你好", by=by)  # opening the dictionary is not what is timed
    print(f"{sum(1 for _ in rows(path))} sentences of {path.parent.name}")
    print("| segmenter | characters | precision | recall | F1 | sentences right | CPU s |")
    print("|---|---|--:|--:|--:|--:|--:|")
    for by in SEGMENTERS:
        for first in (False, True):
            one = score(path, by=by, simplified_first=first)
            print(
                f"| {segmenter_version(by)} | {'simplified first' if first else 'as they are'} "
                f"| {one.precision:.4f} | {one.recall:.4f} | {one.f1:.4f} | {one.whole:.3f} "
                f"| {one.cpu_s:.2f} |"
            )


if __name__ == "__main__":
    main()
