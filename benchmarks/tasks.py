"""How good the tasks besides classification are on published sets: means of seeds, with intervals.

    python benchmarks/tasks.py ../shared/data medical-question-pairs --candidates encoder.v1
    python benchmarks/tasks.py ../shared/data cais --seeds 3

Each candidate is trained as the ring trains it and judged as evaluation judges it, by the published
test split, once a seed. `--set` changes a key of `[training]`; `--validation-only` leaves the test
split alone, for trying recipes. Prints a line a seed and one of the mean with Student's interval.
"""

from __future__ import annotations

import argparse
import gzip
import json
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from random import Random
from typing import Any

from scipy.stats import t as student

from chainring.contracts.dataset import Row, Task
from chainring.contracts.parts import load_part
from chainring.contracts.prediction import Answer
from chainring.contracts.tasks import TASKS
from chainring.contracts.values import labels_in, tags_text
from chainring.contracts.work import Work
from chainring.hardware.executor import LocalExecutor
from chainring.hardware.machine import machine
from chainring.hardware.placement import placement
from chainring.hardware.settings import HardwareSettings
from chainring.training.answered import value_of
from chainring.training.candidate import Trained, asked, prepare
from chainring.training.compete import Standing, judge
from chainring.training.measures import measures, searched
from chainring.training.settings import TrainingSettings


@dataclass(frozen=True, kw_only=True)
class Published:
    """A set, what it is for, the language, and which candidates are tried."""

    task: Task
    language: str
    candidates: tuple[str, ...]


PAIRS = ("linear.v1", "encoder.v1", "biencoder.v1")
SETS = {
    "medical-question-pairs": Published(task="matching", language="en", candidates=PAIRS),
    "fewclue-bustm": Published(task="matching", language="zh", candidates=PAIRS[:2]),
    "fewclue-ocnli": Published(task="inference", language="zh", candidates=PAIRS[:2]),
    "cais": Published(task="tagging", language="zh", candidates=("encoder.v1",)),
}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="+", choices=SETS)
    parser.add_argument("--candidates", nargs="*")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--rows", type=int, help="training rows, at most")
    parser.add_argument("--set", action="append", default=[], help="a key of [training]: a.b=value")
    parser.add_argument("--validation-only", action="store_true")
    args = parser.parse_args()
    for name in args.sets:
        published = SETS[name]
        splits = {split: list(read(args.data / name, split, published)) for split in SPLITS}
        splits["train"] = drawn(splits["train"], args.rows)
        for part in args.candidates or published.candidates:
            found = []
            for seed in range(args.first_seed, args.first_seed + args.seeds):
                figures = one(part, splits, published, seed, args)
                found.append(figures)
                told = " ".join(f"{key}={value:.4f}" for key, value in figures.items())
                print(f"RESULT {name} {part} seed={seed} {told}", flush=True)
            for key in found[0]:
                print(f"RESULT {name} {part} mean {key} {interval([f[key] for f in found])}")


SPLITS = ("train", "validation", "test")


def drawn(rows: list[Row], number: int | None) -> list[Row]:
    """Return so many rows, drawn from the whole: published files are often sorted by kind."""
    return rows if number is None else Random(0).sample(rows, min(number, len(rows)))


def read(folder: Path, split: str, published: Published) -> Iterator[Row]:
    """Yield the rows of a split; texts are prepared as a project's are."""
    path = next(folder.glob(f"{split}.jsonl*"))
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as lines:
        for number, line in enumerate(lines):
            said = json.loads(line)
            text, pair = said.get("text") or said.get("text_a"), said.get("text_b", "")
            is_tagged = published.task == "tagging"
            yield Row(
                id=f"{split}-{number}",
                text=text if is_tagged else prepare(text),
                pair=prepare(pair) if pair else "",
                label="" if is_tagged else said["label_name"],
                target=tags_text(places(said["tokens"], said["slots"])) if is_tagged else "",
                language=published.language,
                split=split,
                source=folder.name,
                licence="see the README of the data",
                group="",
            )


def places(tokens: list[str], slots: list[str]) -> list[tuple[int, int, str]]:
    """Return the tags of characters marked B, I, E and S."""
    tags: list[tuple[int, int, str]] = []
    start = end = 0
    for token, slot in zip(tokens, slots, strict=True):
        begin, end = end, end + len(token)
        mark, _, kind = slot.partition("-")
        if mark in ("B", "S"):
            start = begin
        if mark in ("E", "S"):
            tags.append((start, end, kind))
    return tags


def one(
    part: str, splits: dict[str, list[Row]], published: Published, seed: int, args: Any
) -> dict[str, float]:
    """Return the figures of one training on the split that judges."""
    settings = options(args.set, seed)
    task, form = published.task, TASKS[published.task].form
    labels = sorted({n for row in splits["train"] for n in labels_in(form, value_of(row, task))})
    with tempfile.TemporaryDirectory() as scratch:
        started = time.monotonic()
        trained: Trained = load_part("candidate", part)(
            splits["train"],
            splits["validation"],
            unlabelled=(),
            labels=labels,
            work=work_in(Path(scratch), seed),
            settings=settings,
            task=task,
        )
        seconds = time.monotonic() - started
        standing = judge(part, trained, splits["validation"], labels, task=task)
        judging = splits["validation" if args.validation_only else "test"]
        answers = answered(standing, judging, task)
        right = [a.value == value_of(row, task) for row, a in zip(judging, answers, strict=True)]
        found = measures(task, list(zip(judging, answers, strict=True)), level=0.95)
        found |= searched(Embedding(trained, Path(scratch)), judging, task, level=0.95)
        figures = {name: f.estimate for name, f in found.items() if not name.startswith("f1:")}
        return {
            "exact": statistics.fmean(right),
            **figures,
            "validation": standing.accuracy,
            "seconds": seconds,
        }


def answered(standing: Standing, rows: list[Row], task: Task) -> list[Answer]:
    """Return the answers of a trained candidate as its predictor would give them."""
    read, trained = standing.readout, standing.trained
    inputs = [asked(row, task) for row in rows]
    if trained.tokens is not None:
        said = [read.tagged(read.shares(t), places) for t, places in trained.tokens(inputs)]
    else:
        said = read.said(read.shares(trained.logits(inputs)))
    is_label = TASKS[task].says == "label"
    return [
        Answer(
            label=one.value if is_label else "",
            output="" if is_label else one.value,
            confidence=one.confidence,
            passed_on=False,
            text=row.text,
        )
        for one, row in zip(said, rows, strict=True)
    ]


class Embedding:
    """Embeds texts by the encoder that a bi-encoder left; other candidates embed nothing here."""

    def __init__(self, trained: Trained, scratch: Path) -> None:
        self.capabilities = frozenset({"embed"} if trained.kind == "biencoder" else ())
        self.folder = trained.folder

    def embed(self, texts: list[str]) -> Any:
        """Return mean-pooled states of shape (texts, hidden)."""
        from transformers import AutoModel

        from chainring.training.heads import in_batches, items_of
        from chainring.training.tokens import open_tokenizer
        from chainring.training.towers import Towers

        encoder = AutoModel.from_pretrained(str(self.folder / "encoder"))
        tokenizer = open_tokenizer(self.folder / "encoder", max_tokens=128)
        towers = Towers(encoder).eval()
        return in_batches(towers.embed, items_of(tokenizer, texts, segments=False), pad=0)


def options(changes: list[str], seed: int) -> TrainingSettings:
    """Return the settings of a run."""
    told: dict[str, Any] = {"seed": seed, "budget_minutes": 60}
    for change in changes:
        path, _, value = change.partition("=")
        *groups, key = path.split(".")
        place = told
        for group in groups:
            place = place.setdefault(group, {})
        place[key] = json.loads(value)
    return TrainingSettings.model_validate(told)


def work_in(folder: Path, seed: int) -> Work:
    """Return the hands of one training."""
    return Work(
        app="benchmark",
        trees=None,  # type: ignore[arg-type]
        scratch=folder,
        secret=b"benchmark",
        seed=seed,
        placement=placement(machine(folder=folder), settings=HardwareSettings()),
        executor=LocalExecutor(),
        open_predictor=None,  # type: ignore[arg-type]
        say=lambda line: print(f"  {line}", flush=True),
    )


def interval(values: list[float]) -> str:
    """Return mean and 95 % interval by Student's t over seeds."""
    mean = statistics.fmean(values)
    if len(values) < 2:
        return f"{mean:.4f}"
    reach = student.ppf(0.975, len(values) - 1) * statistics.stdev(values) / len(values) ** 0.5
    return f"{mean:.4f} ± {reach:.4f}"


if __name__ == "__main__":
    main()
