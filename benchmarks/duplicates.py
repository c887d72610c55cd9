"""Near copies among product records, against a gold list of pairs that are the same product.

    python benchmarks/duplicates.py                  # where the shared data lies
    python benchmarks/duplicates.py --data FOLDER    # another place; reads product-duplicates there

2,173 records of two shops, 1,011 pairs of which name one product in other words. Three detectors:

clean      `chainring data clean`, profile messages: five-word sequences, at two thresholds; a pair
           is what was dropped with what stays in its place
groups     `near_groups` of the splits: three-letter sequences, transitive groups; a pair is any
           two records of a group
meaning    `chainring data clean --meaning`: likeness of vectors

A pair is right when the gold list calls it the same product, directly or through others. Pairs of
records that nobody judged are told apart: they are neither right nor wrong.
"""

from __future__ import annotations

import argparse
import gzip
import json
import tempfile
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from chainring.software.cleaning import clean_files
from chainring.text.near import near_groups

ROOT = Path(__file__).resolve().parents[1]
DATA = ROOT.parent / "shared" / "data" / "product-duplicates"
Pair = frozenset[int]


def rows(path: Path) -> Iterator[dict[str, Any]]:
    opener = gzip.open if path.suffix == ".gz" else open
    with opener(path, "rt", encoding="utf-8") as file:
        yield from map(json.loads, file)


def text_of(record: dict[str, Any]) -> str:
    """Return what the gold list shows of a record: its name and its description."""
    return f"{record['name']} {record['description'] or ''}".strip()


class Gold:
    """Which pairs were judged to be the same, and which were judged at all."""

    def __init__(self, pairs: Iterable[dict[str, Any]]) -> None:
        self.judged: dict[Pair, bool] = {}
        self._of: dict[int, int] = {}
        for row in pairs:
            self.judged[frozenset((row["left"], row["right"]))] = bool(row["label"])
            if row["label"]:
                self._join(row["left"], row["right"])

    def _join(self, one: int, other: int) -> None:
        low, high = sorted((self._root(one), self._root(other)))
        self._of[high] = low

    def _root(self, record: int) -> int:
        while self._of.get(record, record) != record:
            record = self._of[record]
        return record

    def told(self, found: set[Pair]) -> str:
        same = {pair for pair in found if len({self._root(record) for record in pair}) == 1}
        wrong = {pair for pair in found - same if self.judged.get(pair) is False}
        gold = {pair for pair, label in self.judged.items() if label}
        hit = len({pair for pair in gold if pair in found})
        precision = len(same) / max(len(same) + len(wrong), 1)
        unknown = len(found) - len(same) - len(wrong)
        return (
            f"{len(found)} | {len(same)} | {len(wrong)} | {unknown} | {precision:.3f} | "
            f"{hit / len(gold):.3f}"
        )


def cleaned_pairs(records: list[dict[str, Any]], **options: Any) -> set[Pair]:
    with tempfile.TemporaryDirectory() as folder:
        given, out = Path(folder) / "records.jsonl", Path(folder) / "out"
        with given.open("w", encoding="utf-8") as file:
            for one in records:
                file.write(json.dumps({"id": str(one["id"]), "text": text_of(one)}) + "\n")
        clean_files([given], out=out, profile="messages", redact=False, workers=1, **options)
        return {frozenset((int(r["id"]), int(r["of"]))) for r in rows(out / "dropped.jsonl")
                if "of" in r}  # fmt: skip


def grouped_pairs(records: list[dict[str, Any]], *, min_jaccard: float) -> set[Pair]:
    groups: dict[int, list[int]] = {}
    found = near_groups([text_of(one) for one in records], min_jaccard=min_jaccard)
    for one, group in zip(records, found, strict=True):
        groups.setdefault(group, []).append(one["id"])
    return {frozenset(pair) for members in groups.values() for pair in combinations(members, 2)}


def main() -> None:
    parser = argparse.ArgumentParser(description=(__doc__ or "").splitlines()[0])
    parser.add_argument("--data", type=Path, default=DATA)
    data = parser.parse_args().data
    records, gold = list(rows(data / "records.jsonl")), Gold(rows(data / "pairs.jsonl.gz"))
    print("| | pairs found | same product | another | not judged | precision | recall |")
    print("|---|--:|--:|--:|--:|--:|--:|")
    for limit in (0.7, 0.5):
        print(f"| clean, {limit} | {gold.told(cleaned_pairs(records, min_jaccard=limit))} |")
    for limit in (0.8, 0.65, 0.5):
        print(f"| groups, {limit} | {gold.told(grouped_pairs(records, min_jaccard=limit))} |")


if __name__ == "__main__":
    main()
