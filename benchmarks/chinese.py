"""Chinese from nothing, without a network: does an encoder of our own text help?

    python benchmarks/chinese.py ../shared/data --out chinese-benchmark base --minutes 30
    python benchmarks/chinese.py ../shared/data --out chinese-benchmark sets chnsenticorp-hotel
    python benchmarks/chinese.py ../shared/data --out chinese-benchmark folds fewclue-tnews
    python benchmarks/chinese.py ../shared/data --out chinese-benchmark fields

`base` pre-trains an encoder (masked words) on the training split of classic-novels-zh, the
unlabelled pools of fewclue and the training texts of the two sets of reviews, labels unseen, and
writes beside it the same network with random weights. `sets` fine-tunes both on a set's training
split, and trains the linear model; `folds` does so on the five published small samples; `fields`
leaves out one category of online-shopping-10 at a time and is judged by that one. Published test
splits; validation chooses epoch and temperature. A line a run, and one of the mean over seeds.
"""

from __future__ import annotations

import argparse
import gzip
import json
import shutil
import time
from argparse import Namespace
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from tasks import SPLITS, Published, drawn, interval, one, read

from chainring.contracts.dataset import Row, Task
from chainring.hardware.machine import machine
from chainring.hardware.placement import placement
from chainring.hardware.settings import HardwareSettings
from chainring.training.candidate import prepare

NOVELS_CHARACTERS = 4_000_000
STARTS = ("pretrained", "random", "linear")
TASKS: dict[str, Task] = {
    "chnsenticorp-hotel": "classification",
    "online-shopping-10": "classification",
    "fewclue-tnews": "classification",
    "fewclue-eprstmt": "classification",
    "fewclue-bustm": "matching",
    "fewclue-ocnli": "inference",
}
POOLS = ("fewclue-tnews", "fewclue-eprstmt", "fewclue-bustm")
REVIEWS = ("chnsenticorp-hotel", "online-shopping-10")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("what", choices=("base", "sets", "folds", "fields"))
    parser.add_argument("names", nargs="*")
    parser.add_argument("--starts", nargs="+", choices=STARTS, default=STARTS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--minutes", type=float, default=30.0)
    parser.add_argument("--rows", type=int, help="training rows or texts, at most")
    parser.add_argument("--set", action="append", default=[], help="a key of [training]: a.b=value")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    if given.what == "base":
        base(given)
        return
    runs = {"sets": of_sets, "folds": of_folds, "fields": of_fields}[given.what]
    for name, splits, seeds in runs(given):
        for start in given.starts:
            judged(name, splits, start, seeds, given)


def base(given: Namespace) -> None:
    """Pre-train, write the random twin, print figures and cost."""
    from tasks import options, work_in

    from chainring.training.pretrain import pretrained
    from chainring.training.trainer import prepare_torch

    texts = [*novels(given.data), *pools(given.data)][:: 1 if given.rows is None else 50]
    settings = options(given.set, 0)
    (given.out / "base").mkdir(exist_ok=True)
    work = work_in(given.out / "base", 0)
    prepare_torch(placement(machine(), settings=HardwareSettings()))
    began, spent = time.perf_counter(), time.process_time()
    made = pretrained(texts, licence="", minutes=given.minutes, work=work, settings=settings)
    told = {
        "texts": len(texts),
        "characters": sum(map(len, texts)),
        "name": made.base.name,
        "notes": made.notes,
        "figures": dict(made.figures),
        "wall_s": round(time.perf_counter() - began, 1),
        "cpu_s": round(time.process_time() - spent, 1),
    }
    print("RESULT base", json.dumps(told, ensure_ascii=False), flush=True)
    randomised(made.base.folder, given.out / "random")


def randomised(folder: Path, twin: Path) -> None:
    """Write the same network and tokeniser with weights that have learnt nothing."""
    import torch
    from transformers import AutoConfig, AutoModelForMaskedLM

    shutil.rmtree(twin, ignore_errors=True)
    shutil.copytree(folder, twin, ignore=shutil.ignore_patterns("*.safetensors"))
    torch.manual_seed(0)
    AutoModelForMaskedLM.from_config(AutoConfig.from_pretrained(folder)).save_pretrained(twin)


def novels(data: Path) -> list[str]:
    from chainring.training.tokenisers.make import sampled

    found = [row["text"] for row in lines(next((data / "classic-novels-zh").glob("train.jsonl*")))]
    return list(sampled(found, NOVELS_CHARACTERS, seed=0))


def pools(data: Path) -> Iterator[str]:
    """Yield unlabelled texts and the texts of reviews that fine-tuning learns from, too."""
    for name in POOLS:
        for row in lines(next((data / name).glob("unlabelled.jsonl*"))):
            yield from (prepare(row[key]) for key in ("text", "text_a", "text_b") if key in row)
    for name in REVIEWS:
        for row in lines(next((data / name).glob("train.jsonl*"))):
            yield prepare(row["text"])


def of_sets(given: Namespace) -> Iterator[tuple[str, dict[str, list[Row]], int]]:
    for name in given.names:
        splits = {split: list(read(given.data / name, split, published(name))) for split in SPLITS}
        yield name, splits, given.seeds


def of_folds(given: Namespace) -> Iterator[tuple[str, dict[str, list[Row]], int]]:
    """Yield the five small samples of a set, judged by its test split."""
    for name in given.names:
        told = published(name)
        test = list(read(given.data / name, "test", told))
        train = next((given.data / name).glob("train.jsonl*"))
        names = {row["label"]: row["label_name"] for row in lines(train)}
        found: dict[int, dict[str, list[Row]]] = {}
        for number, row in enumerate(lines(next((given.data / name).glob("folds.jsonl*")))):
            split = "train" if row["part"] == "train" else "validation"
            parts = found.setdefault(row["fold"], {"train": [], "validation": [], "test": test})
            parts[split].append(made(row, number, split, names[row["label"]], name))
        for fold, splits in sorted(found.items()):
            yield f"{name}-fold{fold}", splits, 1


def of_fields(given: Namespace) -> Iterator[tuple[str, dict[str, list[Row]], int]]:
    """Yield the shopping set with one category left out, which alone is the test."""
    name = "online-shopping-10"
    rows = {
        split: [
            (row["category"], made(row, number, split, row["label_name"], name))
            for number, row in enumerate(lines(next((given.data / name).glob(f"{split}.jsonl*"))))
        ]
        for split in SPLITS
    }
    for field in sorted({category for category, _ in rows["train"]}):
        others = {s: [row for c, row in rows[s] if c != field] for s in ("train", "validation")}
        yield f"{name}-{field}", {**others, "test": [r for c, r in rows["test"] if c == field]}, 1


def judged(
    name: str, splits: dict[str, list[Row]], start: str, seeds: int, given: Namespace
) -> None:
    """Train from a start with each seed; print what the test split says."""
    splits = {**splits, "train": drawn(splits["train"], given.rows)}
    folder = {"pretrained": given.out / "base" / "pretrained", "random": given.out / "random"}
    part = "linear.v1" if start == "linear" else "encoder.v1"
    named = [] if start == "linear" else [f'encoder.base="{folder[start]}"']
    how = Namespace(set=[*named, *given.set], validation_only=False)
    known = next(one for one in TASKS if name.startswith(one))
    found = []
    for seed in range(1 if start == "linear" else seeds):
        figures = one(part, splits, published(known), seed, how)
        found.append(figures)
        told = " ".join(f"{key}={value:.4f}" for key, value in figures.items())
        print(f"RESULT {name} {start} seed={seed} {told}", flush=True)
    if len(found) > 1:
        mean = interval([figures["exact"] for figures in found])
        print(f"RESULT {name} {start} mean exact {mean}", flush=True)


def published(name: str) -> Published:
    return Published(task=TASKS[name], language="zh", candidates=())


def made(row: dict[str, Any], number: int, split: str, label: str, name: str) -> Row:
    return Row(
        id=f"{split}-{number}",
        text=prepare(row.get("text") or row["text_a"]),
        pair=prepare(row["text_b"]) if "text_b" in row else "",
        label=label,
        language="zh",
        split=split,
        source=name,
        licence="see the README of the data",
        group="",
    )


def lines(path: Path) -> Iterator[dict[str, Any]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


if __name__ == "__main__":
    main()
