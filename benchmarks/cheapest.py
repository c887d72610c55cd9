"""What answering the label of least expected cost saves over the likeliest label.

    python benchmarks/cheapest.py --data ../shared/data

The linear candidate on messages (sms-spam, 12 % of one label) and on Chinese comments and reviews,
where a missed one of the dear label costs `missed` times any other mistake; five draws of training
and validation rows, both ways with their own cheapest threshold of passing on, chosen on validation
alone. Printed is what a test row costs.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import tempfile
from collections.abc import Sequence
from pathlib import Path
from statistics import mean
from typing import Any

from chainring.contracts.dataset import Row
from chainring.contracts.measure import Measure
from chainring.contracts.work import Work
from chainring.hardware.executor import LocalExecutor
from chainring.hardware.machine import machine
from chainring.hardware.placement import placement
from chainring.hardware.settings import HardwareSettings
from chainring.stats.readout import Readout
from chainring.training.answered import answered, told
from chainring.training.candidate import Trained, prepare
from chainring.training.compete import judge
from chainring.training.linear import linear
from chainring.training.settings import TrainingSettings
from chainring.training.threshold import threshold

SETS = {"sms-spam": ("spam", "en"), "cold": ("1", "zh"), "online-shopping-10": ("0", "zh")}
ROWS, VALIDATION, DRAWS = 3000, 600, 5
MISSED, PASS_ON = (5.0, 20.0), (0.5, 2.0, 100.0)
"""The last one is no person at all."""


def read(folder: Path, split: str, language: str) -> list[Row]:
    """Return the rows of a split, their texts prepared."""
    path = next(folder.glob(f"{split}.jsonl*"))
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as lines:
        found = [json.loads(line) for line in lines]
    key = "label_name" if folder.name == "sms-spam" else "label"
    return [
        Row(
            id=f"{split}-{n}", text=prepare(one["text"]), label=str(one[key]), language=language,
            split=split, source="benchmark", licence="see the set", group=f"{split}-{n}",
        )
        for n, one in enumerate(found)
    ]  # fmt: skip


def trained(rows: Sequence[Row], labels: list[str], *, seed: int, scratch: str) -> Trained:
    """Return the linear candidate of the first rows; the next ones are its validation."""
    work = Work(
        app="benchmark", trees=None, scratch=Path(scratch), secret=b"", seed=seed,
        placement=placement(machine(), settings=HardwareSettings(threads=1)),
        executor=LocalExecutor(), open_predictor=None, say=lambda line: None,
    )  # type: ignore[arg-type]  # fmt: skip
    return linear(
        rows[:ROWS], rows[ROWS:], unlabelled=(), labels=labels, work=work,
        settings=TrainingSettings(seed=seed),
    )  # fmt: skip


def cost(
    readout: Readout, value: float, logits: Any, tested: Sequence[Row], measure: Measure
) -> float:
    """Return what a test row costs, read so and passed on below this confidence."""
    found = told(readout, readout.said(readout.shares(logits)))
    passed_n = found.passed_n | (found.sure_n < value)
    answers = zip(tested, found.given, passed_n, strict=True)
    return mean(measure.cost(row.label, said, passed_on=bool(on)) for row, said, on in answers)


def likeliest(
    part: Trained, validation: Sequence[Row], labels: list[str], measure: Measure
) -> tuple[Readout, float]:
    """Return how the likeliest label is read, and its cheapest threshold."""
    found = answered(part, validation, labels, task="classification", spread=0.0)
    truth = [row.label for row in validation]
    return found.readout, threshold(truth, found.given, found.sure_n, measure=measure).value


def cheapest(
    part: Trained, validation: Sequence[Row], labels: list[str], measure: Measure
) -> tuple[Readout, float]:
    """Return how a turn reads it."""
    found = judge("linear.v1", part, validation, labels, measure=measure)
    return found.readout, found.threshold.value


def main() -> None:
    """Print a line a set and price."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--draws", type=int, default=DRAWS)
    given = parser.parse_args()
    for name, (dear, language) in SETS.items():
        pool = read(given.data / name, "train", language)
        tested = read(given.data / name, "test", language)
        labels = sorted({row.label for row in pool})
        found: dict[tuple[float, float], list[tuple[float, float]]] = {}
        for seed in range(given.draws):
            rows = random.Random(seed).sample(pool, ROWS + VALIDATION)
            with tempfile.TemporaryDirectory() as scratch:
                part = trained(rows, labels, seed=seed, scratch=scratch)
                logits = part.logits([row.text for row in tested])
                for missed in MISSED:
                    for pass_on in PASS_ON:
                        measure = Measure(
                            name="cost", pass_on=pass_on, missed=((dear, "", missed),)
                        )
                        before, after = (
                            cost(*way(part, rows[ROWS:], labels, measure), logits, tested, measure)
                            for way in (likeliest, cheapest)
                        )
                        found.setdefault((missed, pass_on), []).append((before, after))
        for (missed, pass_on), pairs in found.items():
            before, after = (mean(column) for column in zip(*pairs, strict=True))
            better = sum(new < old for old, new in pairs)
            print(
                f"{name}: missed {missed:g}, passed on {pass_on:g}: likeliest {before:.4f}, "
                f"cheapest {after:.4f} ({after / before - 1:+.0%}), cheaper in {better} of "
                f"{len(pairs)} draws",
                flush=True,
            )


if __name__ == "__main__":
    main()
