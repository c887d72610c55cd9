"""Translation from random weights: sacreBLEU and chrF on held-out tests, and what it cost.

    python benchmarks/translation.py ../shared/data/multi30k-en-de --out translation-benchmark
    python benchmarks/translation.py ../shared/data/tatoeba-en-zh --back --epochs 10 --out back

Trains candidate seq2seq.v1 on the set's training split, looks at its validation split once an epoch
and translates every test split with beam search, as the engine serves it. `--score` translates with
the best weights of a training that was stopped, or is still on its way. Expected figures stand in
docs/log.md; the table in docs/benchmarks/translation.md.
"""

from __future__ import annotations

import argparse
import gzip
import json
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import torch

from chainring.contracts.dataset import Row
from chainring.contracts.placement import Choice, Placement
from chainring.contracts.work import Work
from chainring.deployment.predictors import open_predictor
from chainring.hardware.executor import LocalExecutor
from chainring.stats.written import bleu, chrf
from chainring.training.generators import seq2seq as part
from chainring.training.generators.writer import trained
from chainring.training.settings import TrainingSettings
from chainring.training.trainer import prepare_torch


def lines(path: Path) -> Iterator[dict[str, str]]:
    opened = gzip.open if path.suffix == ".gz" else open
    with opened(path, "rt", encoding="utf-8") as file:
        for line in file:
            yield json.loads(line)


def rows(path: Path, *, back: bool) -> list[Row]:
    """Return rows of a set; with `back` from target to source."""
    names = ("target", "source") if back else ("source", "target")
    nothing = dict.fromkeys(("label", "language", "split", "source", "licence", "group"), "")
    return [
        Row(id=str(n), text=line[names[0]], target=line[names[1]], **nothing)
        for n, line in enumerate(lines(path))
    ]


def placement(threads: int, device: str) -> Placement:
    def choice(value: str) -> Choice:
        return Choice(value=value, because="benchmark")

    return Placement(
        device=choice(device),
        precision=choice("bf16" if device == "cuda" else "fp32"),
        threads=choice(str(threads)),
        executor=choice("local.v1"),
    )


def work(folder: Path, *, threads: int, device: str) -> Work:
    return Work(
        app="translation",
        trees=None,  # type: ignore[arg-type]
        scratch=folder,
        secret=b"",
        seed=0,
        placement=placement(threads, device),
        executor=LocalExecutor(),
        open_predictor=open_predictor,
        say=lambda line: print(f"{time.strftime('%H:%M:%S')} {line}", flush=True),
    )


def stopped(train: list[Row], *, hands: Work, settings: TrainingSettings) -> Any:
    """Return the candidate with the best weights that a stopped training left."""
    started = part.starting(train, work=hands, settings=settings)
    folder = Path(hands.scratch).parent / "run" / "seq2seq-checkpoints"
    found = sorted(folder.glob("*.pt"), key=lambda path: path.stat().st_mtime)
    best = [path for path in found if path.name.startswith(("best", "finished"))]
    weights = torch.load(best[-1], weights_only=False)
    weights = weights.get("module", weights)
    inner = {name.removeprefix("network."): value for name, value in weights.items()}
    started.network.load_state_dict(inner)
    print(f"weights of {best[-1].name}", flush=True)
    folder = hands.folder("scored")
    return trained(
        started,
        folder,
        task="translation",
        work=hands,
        started=time.process_time(),
        curves={},
    )


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--back", action="store_true")
    parser.add_argument("--score", action="store_true")
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--minutes", type=float, default=60.0)
    parser.add_argument("--tokenize", default="13a", help="sacreBLEU's, of the target: 13a or zh")
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON of [training]")
    options = parser.parse_args()
    settings = TrainingSettings.model_validate(
        {"budget_minutes": options.minutes, **options.settings}
    )
    hands = work(
        options.out / ("score" if options.score else "run"),
        threads=options.threads,
        device=options.device,
    )
    train = rows(next(options.data.glob("train.jsonl*")), back=options.back)
    validation = rows(next(options.data.glob("validation.jsonl*")), back=options.back)
    began, spent = time.perf_counter(), time.process_time()
    if options.score:
        prepare_torch(hands.placement)
        made = stopped(train, hands=hands, settings=settings)
    else:
        made = part.seq2seq(
            train, validation, unlabelled=(), labels=(), work=hands, settings=settings,
            task="translation",
        )  # fmt: skip
    cost = {"wall_s": time.perf_counter() - began, "cpu_s": time.process_time() - spent}
    print(json.dumps({"notes": made.notes, **cost}), flush=True)
    for path in sorted(options.data.glob("test*.jsonl*")):
        asked = rows(path, back=options.back)
        began, spent = time.perf_counter(), time.process_time()
        said = [answer.output for answer in made.answers(asked)]
        truth = [row.target for row in asked]
        found: dict[str, Any] = {"test": path.name, "rows": len(asked)}
        for score in (bleu(truth, said, tokenize=options.tokenize), chrf(truth, said)):
            found[score.name] = [
                round(score.estimate, 2),
                round(score.low, 2),
                round(score.high, 2),
            ]
            found[f"{score.name} signature"] = score.signature
        found["wall_s"] = round(time.perf_counter() - began, 1)
        found["cpu_s"] = round(time.process_time() - spent, 1)
        print(json.dumps(found), flush=True)
        told = [
            {"text": row.text, "target": row.target, "output": output}
            for row, output in zip(asked, said, strict=True)
        ]
        out = options.out / f"{path.name.partition('.')[0]}-outputs.json"
        out.write_text(json.dumps(told, ensure_ascii=False, indent=1), encoding="utf-8")


if __name__ == "__main__":
    main()
