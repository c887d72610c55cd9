"""How good the fine-tuned MiniLM is on four published sets: means of seeds, with intervals.

    python benchmarks/training_quality.py ../shared/data banking77 --seeds 3
    python benchmarks/training_quality.py ../shared/data trec-questions --set encoder.epochs=6

Candidate `encoder.v1` alone, as the ring trains it. A set without a validation split gives a tenth
of its training rows for one, drawn by the seed. Validation chooses the epoch, the temperature and
the threshold; the published test split is scored once a seed. `--set` changes a key of
`[training]`; `--validation-only` leaves the test split alone, for trying recipes.

Prints a line a seed and one of the mean with its interval (Student's t over seeds), and for sets
with texts out of scope the recall of these at the threshold that validation chose.
"""

from __future__ import annotations

import argparse
import gzip
import json
import random
import shutil
import statistics
import tempfile
import time
from pathlib import Path
from typing import Any

from scipy.stats import t as student
from tasks import drawn

from chainring.contracts.dataset import OUT_OF_SCOPE, Row
from chainring.contracts.work import Work
from chainring.hardware.executor import LocalExecutor
from chainring.hardware.machine import machine
from chainring.hardware.placement import placement
from chainring.hardware.settings import HardwareSettings
from chainring.stats.calibration import temperature
from chainring.training.candidate import prepare, softmax
from chainring.training.encoder import encoder
from chainring.training.settings import TrainingSettings
from chainring.training.threshold import threshold

VALIDATION_SHARE = 0.1
GOALS = {"banking77": 0.94, "clinc150": 0.96, "trec-questions": 0.96, "sms-spam": 0.97}


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("data", type=Path)
    parser.add_argument("sets", nargs="+", choices=GOALS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--first-seed", type=int, default=0)
    parser.add_argument("--rows", type=int, help="training rows, at most")
    parser.add_argument("--set", action="append", default=[], help="a key of [training]: a.b=value")
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--validation-only", action="store_true")
    parser.add_argument("--keep", type=Path, help="folder for the trained models")
    args = parser.parse_args()
    for name in args.sets:
        found = []
        for seed in range(args.first_seed, args.first_seed + args.seeds):
            splits = read(args.data / name, seed=seed)
            splits["train"] = drawn(splits["train"], args.rows)
            figures = one(name, splits, seed, args)
            found.append(figures)
            told = " ".join(f"{key}={value:.4f}" for key, value in figures.items())
            print(f"RESULT {name} seed={seed} {told}", flush=True)
        for key in found[0]:
            print(f"RESULT {name} mean {key} {interval([f[key] for f in found])}", flush=True)


def read(folder: Path, *, seed: int) -> dict[str, list[Row]]:
    """Return the splits as rows; texts are prepared as a project's are."""
    splits = {}
    for split in ("train", "validation", "test"):
        for path in folder.glob(f"{split}.jsonl*"):
            opened = gzip.open if path.suffix == ".gz" else open
            with opened(path, "rt", encoding="utf-8") as lines:
                splits[split] = [row(json.loads(line), n, split) for n, line in enumerate(lines)]
    random.Random(seed).shuffle(splits["train"])
    if "validation" not in splits:
        cut = round(VALIDATION_SHARE * len(splits["train"]))
        splits["validation"], splits["train"] = splits["train"][:cut], splits["train"][cut:]
    return splits


def row(found: dict[str, Any], n: int, split: str) -> Row:
    label = OUT_OF_SCOPE if found["label_name"] == "oos" else str(found["label_name"])
    return Row(
        id=f"{split}-{n}", text=prepare(found["text"]), label=label, language="en", split=split,
        source="benchmark", licence="see the set", group=f"{split}-{n}",
    )  # fmt: skip


def one(
    name: str, splits: dict[str, list[Row]], seed: int, args: argparse.Namespace
) -> dict[str, float]:
    """Train with a seed; return what validation and test say."""
    hardware = HardwareSettings(threads=args.threads or "auto")
    values: dict[str, Any] = {"seed": seed, "budget_minutes": 600}
    for setting in args.set:
        path, _, value = setting.partition("=")
        *sections, key = path.split(".")
        place = values
        for section in sections:
            place = place.setdefault(section, {})
        place[key] = json.loads(value) if value[:1] in "0123456789[tf" else value
    settings = TrainingSettings.model_validate(values)
    labels = sorted({r.label for r in splits["train"]})
    with tempfile.TemporaryDirectory() as scratch:
        here = placement(machine(), settings=hardware)
        work = Work(
            app="benchmark", trees=None, scratch=Path(scratch), secret=b"", seed=seed,
            placement=here, executor=LocalExecutor(), open_predictor=None, say=print,
        )  # type: ignore[arg-type]  # fmt: skip
        started, cpu = time.perf_counter(), time.process_time()
        trained = encoder(
            splits["train"], splits["validation"],
            unlabelled=(), labels=labels, work=work, settings=settings,
        )  # fmt: skip
        seconds, cpu_s = time.perf_counter() - started, time.process_time() - cpu
        judged = figures(name, splits, labels, trained, test=not args.validation_only)
        if args.keep:
            shutil.copytree(trained.folder, args.keep / f"{name}-{seed}")
    return {**judged, "seconds": seconds, "cpu_s": cpu_s}


def figures(
    name: str, splits: dict[str, list[Row]], labels: list[str], trained: Any, *, test: bool
) -> dict[str, float]:
    logits = trained.logits([r.text for r in splits["validation"]])
    truth = [r.label for r in splits["validation"]]
    known = [i for i, label in enumerate(truth) if label in labels]
    warmth = temperature(logits[known], [labels.index(truth[i]) for i in known])
    shares = softmax(logits, temperature=warmth)
    given = [labels[i] for i in shares.argmax(1)]
    limit = threshold(truth, given, shares.max(1)).value
    found = {"validation": share(truth, given)}
    if not test:
        return found
    truth = [r.label for r in splits["test"]]
    shares = softmax(trained.logits([r.text for r in splits["test"]]), temperature=warmth)
    given, sure = [labels[i] for i in shares.argmax(1)], shares.max(1)
    inside = [i for i, label in enumerate(truth) if label != OUT_OF_SCOPE]
    found["test"] = share([truth[i] for i in inside], [given[i] for i in inside])
    if len(inside) < len(truth):
        passed = [g == OUT_OF_SCOPE or s < limit for g, s in zip(given, sure, strict=True)]
        outside = [i for i, label in enumerate(truth) if label == OUT_OF_SCOPE]
        found["out_of_scope_recall"] = sum(passed[i] for i in outside) / len(outside)
        right = [given[i] == truth[i] and not passed[i] for i in inside]
        found["in_scope_after_threshold"] = sum(right) / len(inside)
    if name == "sms-spam":
        found["f1"] = f1(truth, given, "spam")
    return found


def share(truth: list[str], given: list[str]) -> float:
    return sum(t == g for t, g in zip(truth, given, strict=True)) / len(truth)


def f1(truth: list[str], given: list[str], label: str) -> float:
    both = sum(t == g == label for t, g in zip(truth, given, strict=True))
    return 2 * both / (truth.count(label) + given.count(label))


def interval(values: list[float]) -> str:
    mean = statistics.mean(values)
    if len(values) < 2:
        return f"{mean:.4f} (one seed)"
    half = student.ppf(0.975, len(values) - 1) * statistics.stdev(values) / len(values) ** 0.5
    return f"{mean:.4f} [{mean - half:.4f}, {mean + half:.4f}] seeds={len(values)}"


if __name__ == "__main__":
    main()
