"""Does a study tell the truth? Its forecasts, its suspects and its wanted labels, put to the test.

    python benchmarks/judging.py --data ../shared/data/banking77 --out judging.json

Learning curve: a part of the rows is studied; then the same learner gets twice as many and is
measured on the test rows. Wrong labels: 5 % of the labels are flipped and searched for. Wanted
labels: rows of the labels wanted most are added, and as many of any labels. What is expected of
each stands in docs/log.md, written before the first run.

Axes: N rows, C labels.
"""

from __future__ import annotations

import argparse
import dataclasses
import gzip
import json
import random
import statistics
import time
from collections.abc import Callable, Sequence
from importlib.resources import files
from pathlib import Path
from typing import Any

import numpy as np

from chainring.contracts.dataset import Row
from chainring.stats.learning_curve import learning_curve
from chainring.stats.wrong_labels import suspects
from chainring.training.settings import TrainingSettings
from chainring.training.study.crossed import crossed
from chainring.training.study.learners import Learner
from chainring.training.study.study import fitted, stand_in, wanted

DRAWS = 3
FLIPPED = 0.05
Z95 = 1.96


class Part:
    """A learner seen through some of its rows: place i of the part is place `places[i]` of all."""

    def __init__(self, whole: Learner, places: Sequence[int], truth: Sequence[int]) -> None:
        self.name, self._whole, self._places, self._truth = whole.name, whole, places, truth

    def __call__(
        self, teaching: Sequence[int], told: Sequence[int], truth: Sequence[int], *, labels: int
    ) -> Any:
        """Return what the whole learner says, its labels those of the part."""
        whole = [0] * len(self._truth)
        for i, place in enumerate(self._places):
            whole[place] = truth[i]
        places = self._places
        return self._whole(
            [places[i] for i in teaching], [places[i] for i in told], whole, labels=labels
        )


@dataclasses.dataclass(frozen=True, slots=True, kw_only=True)
class Bench:
    """All rows with a learner that knows them; the test rows stand last."""

    rows: list[Row]
    labels: list[str]
    truth: list[int]
    learner: Learner
    train: int

    def part(self, places: Sequence[int]) -> tuple[list[Row], Part]:
        """Return the rows at some places and the learner of them."""
        return [self.rows[i] for i in places], Part(self.learner, places, self.truth)

    def right(self, places: Sequence[int]) -> Any:
        """Return for each test row whether a model of the rows at these places tells it right."""
        test = list(range(self.train, len(self.rows)))
        told_nc = self.learner(places, test, self.truth, labels=len(self.labels))
        return told_nc.argmax(axis=1) == np.array(self.truth[self.train :])


def read(path: Path) -> list[tuple[str, str]]:
    """Return texts and labels of a file of JSON lines."""
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    return [(row["text"], str(row.get("label_name") or row["label"])) for row in found]


def banking(folder: Path) -> Bench:
    """BANKING77 with the frozen MiniLM."""
    train, test = (read(next(folder.glob(f"{split}.jsonl*"))) for split in ("train", "test"))
    return bench(train, test, base="minilm")


def built_in() -> Bench:
    """The built-in project's texts, a sixth of them for the test, with candidate linear.v1."""
    folder = Path(str(files("chainring.software") / "projects" / "support" / "data"))
    found = [pair for path in sorted(folder.glob("*.jsonl")) for pair in read(path)]
    random.Random(0).shuffle(found)
    cut = len(found) // 6
    return bench(found[cut:], found[:cut], base="")


def bench(train: list[tuple[str, str]], test: list[tuple[str, str]], *, base: str) -> Bench:
    """Return rows and learner."""
    labels = sorted({label for _, label in train})
    test = [(text, label) for text, label in test if label in set(labels)]
    rows = [
        Row(id=str(i), text=text, label=label, language="", split="", source="", licence="",
            group=str(i))
        for i, (text, label) in enumerate([*train, *test])
    ]  # fmt: skip
    learner = stand_in(rows, base=base, settings=TrainingSettings())
    place = {label: i for i, label in enumerate(labels)}
    truth = [place[row.label] for row in rows]
    return Bench(rows=rows, labels=labels, truth=truth, learner=learner, train=len(train))


def curve(on: Bench, parts: Sequence[int]) -> list[dict[str, Any]]:
    """Return for each draw what was foretold of twice the rows and what came."""
    found = []
    for part in parts:
        for seed in range(DRAWS):
            order = random.Random(seed).sample(range(on.train), on.train)
            size = on.train // part
            rows, learner = on.part(order[:size])
            told = crossed(rows, learner, seed=seed)
            kept = fitted(told)
            says = learning_curve(
                told.right_ns[:, -kept:], told.sizes[-kept:], at=(size, 2 * size), seed=seed
            )
            before, after = on.right(order[:size]), on.right(order[: 2 * size])
            step = after.astype(float) - before
            chance = Z95 * float(step.std()) / len(step) ** 0.5
            came, gain = float(step.mean()), says.gain
            found.append(
                {
                    "rows": size,
                    "now": float(before.mean()),
                    "foretold now": says.forecasts[0].accuracy,
                    "twice": float(after.mean()),
                    "foretold twice": says.forecasts[1].accuracy,
                    "gain": came,
                    "foretold gain": gain.accuracy,
                    "low": gain.low,
                    "high": gain.high,
                    "held": gain.low - chance <= came <= gain.high + chance,
                }
            )
    return found


def flips(on: Bench, *, near: bool, seed: int) -> dict[str, float]:
    """Return how many flipped labels are found, and how many of the found ones were flipped."""
    draw = random.Random(seed)
    places = list(range(on.train))
    rows, learner = on.part(places)
    wrong = set(draw.sample(places, int(FLIPPED * on.train)))
    confused = _confused(crossed(rows, learner, shares=(1.0,), seed=seed)) if near else {}
    names = on.labels
    given = [
        dataclasses.replace(
            row, label=confused.get(row.label) or draw.choice([n for n in names if n != row.label])
        )
        if i in wrong
        else row
        for i, row in enumerate(rows)
    ]
    told = crossed(given, learner, shares=(1.0,), seed=seed)
    found = suspects(told.probability_nc, told.truth_n)
    hits = [one for one in found if one.row in wrong]
    first = found[: len(wrong)]
    seen = learner(places, places, told.truth_n.tolist(), labels=len(told.labels))
    in_sample = suspects(seen, told.truth_n)
    return {
        "suspects": len(found),
        "recall": len(hits) / len(wrong),
        "precision": len(hits) / len(found),
        "of the first": sum(one.row in wrong for one in first) / len(first),
        "true label named": sum(told.labels[h.likely] == rows[h.row].label for h in hits)
        / max(1, len(hits)),
        "recall in sample": sum(one.row in wrong for one in in_sample) / len(wrong),
    }


def _confused(told: Any) -> dict[str, str]:
    """Return for each label the one that its rows are most often told instead."""
    found = {}
    answer_n = told.probability_nc.argmax(axis=1)
    for c, label in enumerate(told.labels):
        others = answer_n[(told.truth_n == c) & (answer_n != c)]
        if len(others):
            found[label] = told.labels[int(np.bincount(others).argmax())]
    return found


def more_rows(on: Bench, *, seed: int) -> dict[str, float]:
    """Return accuracy with a tenth more rows of the labels wanted most, and of any labels."""
    order = random.Random(seed).sample(range(on.train), on.train)
    start, pool = order[: on.train // 5], order[on.train // 5 :]
    rows, learner = on.part(start)
    most = {
        one.label
        for one in wanted(crossed(rows, learner, shares=(0.5, 1.0), seed=seed))[
            : len(on.labels) // 5
        ]
    }
    chosen = [i for i in pool if on.rows[i].label in most][: on.train // 10]
    return {
        "start": float(on.right(start).mean()),
        "rows added": len(chosen),
        "wanted": float(on.right([*start, *chosen]).mean()),
        "any": float(on.right([*start, *pool[: len(chosen)]]).mean()),
    }


def told(name: str, found: Sequence[dict[str, Any]]) -> None:
    """Print the rows of a table and their means."""
    print(f"\n{name}\n" + " | ".join(found[0]))
    for row in found:
        print(" | ".join(f"{v:.3f}" if isinstance(v, float) else str(v) for v in row.values()))
    means = {k: statistics.mean(float(row[k]) for row in found) for k in found[0]}
    print("mean: " + ", ".join(f"{k} {v:.3f}" for k, v in means.items()), flush=True)


def main() -> None:
    """Run all parts and write what they gave."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawTextHelpFormatter
    )
    parser.add_argument("--data", type=Path, required=True, help="folder of BANKING77")
    parser.add_argument("--out", type=Path, required=True, help="JSON file to write")
    args = parser.parse_args()
    began = time.process_time()
    bank: list[Bench] = []

    def on_bank() -> Bench:
        if not bank:
            bank.append(banking(args.data))
        return bank[0]

    parts: dict[str, Callable[[], list[dict[str, Any]]]] = {
        "curve of the built-in texts": lambda: curve(built_in(), (4, 2)),
        "rows of wanted labels": lambda: [more_rows(on_bank(), seed=s) for s in range(DRAWS)],
        "curve of banking77": lambda: curve(on_bank(), (8, 4, 2)),
        "labels flipped at random": lambda: [
            flips(on_bank(), near=False, seed=s) for s in range(DRAWS)
        ],
        "labels flipped to the nearest": lambda: [
            flips(on_bank(), near=True, seed=s) for s in range(DRAWS)
        ],
    }
    found: dict[str, list[dict[str, Any]]] = {}
    for name, part in parts.items():
        found[name] = rows = part()
        told(name, rows)
        if name.startswith("curve"):
            errors = [abs(r["gain"] - r["foretold gain"]) for r in rows]
            print(f"mean error of the gain: {100 * statistics.mean(errors):.2f} points")
        print(f"{time.process_time() - began:.0f} CPU s so far", flush=True)
        args.out.write_text(json.dumps(found, indent=1) + "\n", encoding="utf-8")


if __name__ == "__main__":
    main()
