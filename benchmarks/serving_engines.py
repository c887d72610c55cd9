"""Engines beside each other on this machine: texts per second, and how far they answer alike.

    python benchmarks/acceptance.py ../shared/data/banking77 --label label_name --keep bank
    python benchmarks/serving_engines.py encoder bank --data ../shared/data/banking77

    python benchmarks/translation.py ../shared/data/multi30k-en-de --out m30k --minutes 6
    python benchmarks/serving_engines.py writer m30k/run/seq2seq \
        --data ../shared/data/multi30k-en-de/test.jsonl

`encoder` makes every form of a project's champion anew, also the ones that the ring would refuse,
and asks each for all test texts, in turns with the others. Quality is of all of them; the cosine is
of logits to the form `exact`. `writer` converts a writer's folder and lets transformers and
CTranslate2 write the same texts in batches of 32; BLEU is sacreBLEU's. Expected figures stand in
docs/log.md, the tables in docs/benchmarks/serving.md.
"""

from __future__ import annotations

import argparse
import json
import platform
import statistics
import tempfile
import time
from collections.abc import Callable, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import numpy as np

from chainring.contracts.codec import decode
from chainring.contracts.model import Model
from chainring.contracts.parts import load_part
from chainring.contracts.placement import Placement
from chainring.contracts.request import Request
from chainring.deployment.forms.parity import _cosines, _scores
from chainring.deployment.forms.parts import Making, parts_of
from chainring.deployment.model_folder import read_card
from chainring.deployment.predictors import open_predictor
from chainring.hardware.machine import machine
from chainring.hardware.placement import placement
from chainring.hardware.settings import HardwareSettings
from chainring.software.api import Project
from chainring.stats.written import bleu

TIE = 0.03
BATCH = 32


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("kind", choices=("encoder", "writer"))
    parser.add_argument("folder", type=Path, help="project, or folder of a writer")
    parser.add_argument("--data", type=Path, required=True)
    parser.add_argument("--label", default="label_name")
    parser.add_argument("--rows", type=int, default=0, help="texts that are asked; 0: all")
    parser.add_argument("--timed", type=int, default=512, help="of them, texts that are timed")
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--threads", type=int, default=2)
    args = parser.parse_args()
    here = placement(machine(folder=args.folder), settings=HardwareSettings())
    print(f"{platform.processor() or platform.machine()} {' '.join(here.instruction_sets)}")
    (encoder if args.kind == "encoder" else writer)(args, here)


def encoder(args: argparse.Namespace, here: Placement) -> None:
    rows = lines(args.data / "test.jsonl", args.rows)
    texts, truth = [row["text"] for row in rows], [row[args.label] for row in rows]
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        made = written(champion(args.folder), Path(place), here)
        predictors = {
            name: stack.enter_context(open_predictor(folder, engine=engine, threads=args.threads))
            for name, (folder, engine) in made.items()
        }
        shares = {name: one.probabilities(texts) for name, one in predictors.items()}
        some = texts[: args.timed]
        asked = {name: asking(one.probabilities, some) for name, one in predictors.items()}
        speeds = measured(asked, len(some), args.rounds)
        labels = next(iter(predictors.values())).labels
        for name, table in shares.items():
            told = parity(np.asarray(table), np.asarray(shares["exact"]), labels, truth)
            size = sum(p.stat().st_size for p in made[name][0].rglob("*") if p.is_file()) / 1e6
            show(form=name, engine=made[name][1], mb=round(size, 1), **told, **speeds[name])


def champion(folder: Path) -> Path:
    """Return the model folder of a project's newest model."""
    project = Project.open(folder)
    rows = project.ring.ledger.all_lineage(step="model")
    return project.ring.runner.trees.open(decode(Model, rows[-1].result).address)


def written(source: Path, place: Path, here: Placement) -> dict[str, tuple[Path, str]]:
    """Write every form that this machine can write; return folder and engine by name."""
    made: dict[str, Path] = {}
    engines: dict[str, str] = {"trained": "torch"}
    for name in parts_of(read_card(source)):
        part = load_part("form", name)
        if not part.concerns(here, made, (part.name,)):
            continue
        hindrance = part.hindrance(here, made)
        if hindrance:
            print(f"{part.name}: left out, {hindrance}")
            continue
        folder = place / part.name
        folder.mkdir()
        started = time.perf_counter()
        part.write(Making(source=source, folder=folder, earlier=made, placement=here))
        print(f"{part.name}: written in {time.perf_counter() - started:.1f} s", flush=True)
        made[part.name], engines[part.name] = folder, part.engine
    return {name: (folder, engines[name]) for name, folder in ({**made, "trained": source}).items()}


def parity(found: Any, exact: Any, labels: Sequence[str], truth: Sequence[str]) -> dict[str, Any]:
    """Return cosines and labels beside the exact form, and the share that is right."""
    cosines = _cosines(_scores(found), _scores(exact))
    said, meant = found.argmax(1), exact.argmax(1)
    behind = exact.max(1) - exact[np.arange(len(exact)), said]
    right = np.mean([labels[n] == one for n, one in zip(said, truth, strict=True)])
    return {
        "min_cosine": round(float(cosines.min()), 5),
        "mean_cosine": round(float(cosines.mean()), 5),
        "other_labels": int((said != meant).sum()),
        "no_ties": int((behind > TIE).sum()),
        "accuracy": round(100 * float(right), 2),
    }


def writer(args: argparse.Namespace, here: Placement) -> None:
    rows = lines(args.data, args.rows)
    texts, truth = [row["source"] for row in rows], [row["target"] for row in rows]
    folders: dict[str, tuple[Path, str]] = {"transformers": (args.folder, "generator")}
    with tempfile.TemporaryDirectory() as place, ExitStack() as stack:
        for name in ("float32", "int8"):
            part = load_part("form", f"writing-{name}.v1")
            (folder := Path(place) / name).mkdir()
            (args.folder / "golden.jsonl").touch()
            part.write(Making(source=args.folder, folder=folder, placement=here))
            folders[name] = (folder, part.engine)
        predictors = {
            name: stack.enter_context(open_predictor(folder, engine=engine, threads=args.threads))
            for name, (folder, engine) in folders.items()
        }
        outputs = {
            name: asking(outputs_of(one), texts, BATCH)() for name, one in predictors.items()
        }
        some = texts[: args.timed]
        asked = {name: asking(outputs_of(one), some, BATCH) for name, one in predictors.items()}
        speeds = measured(asked, len(some), args.rounds)
        for name, said in outputs.items():
            score = bleu(truth, said)
            same = np.mean([a == b for a, b in zip(said, outputs["transformers"], strict=True)])
            show(
                form=name, bleu=round(score.estimate, 2), same=round(100 * float(same), 1),
                **speeds[name],
            )  # fmt: skip


def outputs_of(predictor: Any) -> Callable[[Sequence[str]], list[str]]:
    def write(texts: Sequence[str]) -> list[str]:
        return [answer.output for answer in predictor.predict([Request(text=t) for t in texts])]

    return write


def asking(
    answer: Callable[[Sequence[str]], Any], texts: Sequence[str], batch: int = 0
) -> Callable[[], Any]:
    """Return what asks all texts, in batches of so many or in one call."""

    def ask() -> Any:
        if not batch:
            return answer(texts)
        starts = range(0, len(texts), batch)
        return [one for start in starts for one in answer(texts[start : start + batch])]

    return ask


def measured(
    asked: dict[str, Callable[[], Any]], count: int, rounds: int
) -> dict[str, dict[str, Any]]:
    """Ask each in turns, once to warm it; return texts a second with the spread of the rounds."""
    for ask in asked.values():
        ask()
    rates: dict[str, list[float]] = {name: [] for name in asked}
    for _ in range(rounds):
        for name, ask in asked.items():
            started = time.perf_counter()
            ask()
            rates[name].append(count / (time.perf_counter() - started))
    first = next(iter(asked))
    return {
        name: {
            "texts_per_s": round(statistics.median(found), 1),
            "slowest": round(min(found), 1),
            "fastest": round(max(found), 1),
            f"times_{first}": round(
                statistics.median(a / b for a, b in zip(found, rates[first], strict=True)), 2
            ),
        }
        for name, found in rates.items()
    }


def lines(path: Path, most: int) -> list[dict[str, Any]]:
    found = [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]
    return found[: most or None]


def show(**facts: Any) -> None:
    print("RESULT " + json.dumps(facts, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
