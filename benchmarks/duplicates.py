"""Near copies among product records, against a gold list of pairs that are the same product.

    python benchmarks/duplicates.py                  # where the shared data lies
    python benchmarks/duplicates.py --data FOLDER    # another place; reads product-duplicates there

2,173 records of two shops, 1,011 pairs of which name one product in other words. Three detectors:

clean      `chainring data clean`, profile messages: five-word sequences, at two thresholds; a pair
           is what was dropped with what stays in its place
groups     `near_groups` of the splits: three-letter sequences, transitive groups; a pair is any
           two records of a group
meaning    `chainring data clean --meaning`: likeness of vectors

A pair found is right when the gold list calls it the same product, directly or through others.
Pairs of records that nobody judged are told apart: they are neither right nor wrong.

Beside that, how well each likeness ranks the 8,315 judged pairs: average precision, and the best F1
that any one threshold gives (chosen on the same pairs, so an upper bound).
"""

from __future__ import annotations

import argparse
import gzip
import json
import re
import tempfile
from collections.abc import Iterable, Iterator
from itertools import combinations
from pathlib import Path
from typing import Any

from chainring.contracts.parts import load_part
from chainring.software.verbs.cleaning import clean_files
from chainring.text.near import near_groups, shingles

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


def words_of(text: str) -> frozenset[tuple[str, ...]]:
    """Return the five-word sequences of a text, as the clean step compares them."""
    words = re.findall(r"\w+", text.lower())
    return frozenset(tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4)))


def likenesses(pairs: list[dict[str, Any]]) -> dict[str, Any]:
    """Return for each way to compare two texts its number for every judged pair."""
    import numpy as np

    texts = sorted({row[side] for row in pairs for side in ("left_text", "right_text")})
    place = {text: number for number, text in enumerate(texts)}
    both = [(place[row["left_text"]], place[row["right_text"]]) for row in pairs]
    found: dict[str, Any] = {}
    for name, split in (("five words", words_of), ("three letters", shingles)):
        sets: list[Any] = [split(text) for text in texts]
        found[name] = np.array([len(sets[a] & sets[b]) / len(sets[a] | sets[b]) for a, b in both])
    vectors = load_part("embedder", "encoder.v1")("minilm")(texts)
    vectors /= np.linalg.norm(vectors, axis=1, keepdims=True)
    found["encoder"] = np.array([vectors[a] @ vectors[b] for a, b in both])
    return found


def ranked(likeness: Any, labels: Any) -> str:
    from sklearn.metrics import average_precision_score, precision_recall_curve

    precision, recall, at = precision_recall_curve(labels, likeness)
    f1 = 2 * precision * recall / (precision + recall).clip(1e-12)
    best = int(f1[:-1].argmax())
    return (
        f"{average_precision_score(labels, likeness):.3f} | {f1[best]:.3f} | {at[best]:.2f} | "
        f"{precision[best]:.3f} | {recall[best]:.3f}"
    )


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
    for limit in (0.95, 0.9, 0.8):
        found = cleaned_pairs(records, meaning="encoder.v1", min_cosine=limit)
        print(f"| meaning, {limit} | {gold.told(found)} |")
    pairs = list(rows(data / "pairs.jsonl.gz"))
    labels = [row["label"] for row in pairs]
    print("\n| | average precision | best F1 | at | precision | recall |")
    print("|---|--:|--:|--:|--:|--:|")
    for name, likeness in likenesses(pairs).items():
        print(f"| {name} | {ranked(likeness, labels)} |")


if __name__ == "__main__":
    main()
