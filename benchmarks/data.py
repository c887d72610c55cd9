"""Cleaning beside two peers on one job, in one run: CPU seconds, memory, what was missed and lost.

    python benchmarks/data.py --peers FOLDER             # all of it
    python benchmarks/data.py --only ours                # ours alone
    python benchmarks/data.py --grow 10                  # memory at ten times the text, ours alone

FOLDER holds two virtual environments: `dj` with py-data-juicer==1.6.1 and aiohttp, `dt` with
datatrove[io,processing,multilingual]==0.10.1. The corpus, the peers' scripts and the meter are
those of the shared folder beside the project (`--shared`). The expected figures were written into
docs/log.md before the first run. Interpreter start is in every figure.
"""

from __future__ import annotations

import argparse
import json
import os
import random
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

ROOT = Path(__file__).resolve().parents[1]
LANGUAGES = ("en", "zh")
RESULT = re.compile(r"RESULT \S+ rc=(\d+) wall_s=([\d.]+) cpu_s=([\d.]+) load1=([\d.]+) "
                    r"peak_pss_mb=(\d+)")  # fmt: skip
MIN_JACCARD = 0.7
SAMPLE = 2000


def rows(folder: Path, pattern: str) -> Iterator[dict[str, Any]]:
    for path in sorted(folder.glob(pattern)):
        with path.open(encoding="utf-8") as lines:
            yield from map(json.loads, lines)


def megabytes(corpus: Path) -> float:
    return sum(len(row["text"].encode()) for row in rows(corpus, "*.jsonl")) / 1e6


def commands(args: argparse.Namespace, language: str) -> dict[str, tuple[list[str], str]]:
    """Return for each system its command and the pattern of its output."""
    bench, out, corpus = args.shared / "bench" / "data", args.work / "out", args.work / "corpus"
    ours = out / f"ours-{language}"
    chainring = [str(Path(sys.executable).with_name("chainring")), "data", "clean"]
    found = {
        "ours": ([*chainring, str(corpus / language), "--out", str(ours), "--workers", "2"],
                 f"{ours}/rows-*.jsonl"),
        "data-juicer": (["bash", str(bench / "peer_data_juicer.sh"), str(corpus), str(out),
                         language], f"{out}/data-juicer-{language}/final/out.jsonl"),
        "datatrove": ([str(args.peers / "dt/bin/python"), str(bench / "peer_datatrove.py"),
                       str(corpus), str(out), language],
                      f"{out}/datatrove-{language}/final/*.jsonl"),
    }  # fmt: skip
    return {name: one for name, one in found.items() if args.only in ("", name)}


def measured(args: argparse.Namespace, label: str, command: list[str]) -> dict[str, float]:
    meter = [sys.executable, str(args.shared / "bench" / "measure.py"), label, *command]
    path = f"{args.peers / 'dj/bin'}{os.pathsep}{os.environ['PATH']}"
    env = {**os.environ, "OMP_NUM_THREADS": "1"}
    env |= {"PATH": path} if label.startswith("data-juicer") else {}
    said = subprocess.run(meter, capture_output=True, text=True, check=False, env=env)
    found = RESULT.search(said.stdout)
    if found is None or found[1] != "0":
        sys.exit(f"{label} failed:\n{said.stdout[-2000:]}\n{said.stderr[-2000:]}")
    numbers = zip(("wall_s", "cpu_s", "load", "pss_mb"), found.groups()[1:], strict=True)
    return {name: float(value) for name, value in numbers}


def misses(args: argparse.Namespace, language: str, pattern: str) -> str:
    score = [sys.executable, str(args.shared / "bench" / "data" / "score.py")]
    corpus = str(args.work / "corpus" / language)
    said = subprocess.run([*score, corpus, pattern], capture_output=True, text=True, check=True)
    counts = re.search(r"in (\d+) out (\d+)", said.stdout)
    missed = re.findall(r"pairs (\d+) missed (\d+) one kept (\d+)", said.stdout)
    assert counts is not None
    exact, near = (f"{m} of {int(m) + int(one)}" for _, m, one in missed)
    return f"{counts[1]} → {counts[2]} | {exact} | {near}"


def shingles(text: str, language: str) -> set[tuple[str, ...]]:
    """Return the five-token sequences of a text, read without any of our code."""
    words = re.findall(r"\w", text) if language == "zh" else re.findall(r"[\w']+", text.lower())
    return {tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))}


def over_removal(args: argparse.Namespace, language: str) -> str:
    """Tell how many near copies that went are not like what stays, on a sample."""
    corpus = {row["id"]: row["text"] for row in rows(args.work / "corpus" / language, "*.jsonl")}
    gone = [
        row
        for row in rows(args.work / "out" / f"ours-{language}", "dropped.jsonl")
        if row["reason"] == "near copy"
    ]
    chosen = random.Random(0).sample(gone, min(SAMPLE, len(gone)))
    wrong, least = 0, 1.0
    for row in chosen:
        one, other = (shingles(corpus[row[key]], language) for key in ("id", "of"))
        likeness = len(one & other) / len(one | other)
        wrong, least = wrong + (likeness < MIN_JACCARD), min(least, likeness)
    return f"{language}: {wrong} of {len(chosen)} under {MIN_JACCARD}; the least like {least:.2f}"


def kept_of_real_text(args: argparse.Namespace, language: str) -> Iterator[str]:
    """Yield the share of each source that was not dropped for its quality."""
    out, corpus = args.work / "out" / f"ours-{language}", args.work / "corpus" / language
    copies = {"exact copy", "near copy"}
    poor = {r["id"] for r in rows(out, "dropped.jsonl") if r["reason"] not in copies}
    total: dict[str, list[int]] = {}
    for row in rows(corpus, "*.jsonl"):
        ink = len(re.findall(r"\w" if language == "zh" else r"\w+", row["text"]))
        if ink >= (40 if language == "zh" else 50):
            counts = total.setdefault(row["meta"]["source"], [0, 0])
            counts[0] += 1
            counts[1] += row["id"] not in poor
    for source, (all_of, kept) in sorted(total.items()):
        yield f"{language}: {source}: {kept / all_of:.1%} of {all_of} long enough"


def grown(args: argparse.Namespace, language: str) -> Path:
    """Return the corpus several times over, words (characters) of a line in another order."""
    target: Path = args.work / f"corpus-{args.grow}" / language
    target.mkdir(parents=True, exist_ok=True)
    for path in sorted((args.work / "corpus" / language).glob("*.jsonl")):
        for turn in range(args.grow):
            rng = random.Random(f"{path.name}-{turn}")
            with (target / f"{turn:02d}-{path.name}").open("w", encoding="utf-8") as out:
                for row in rows(path.parent, path.name):
                    text = "\n".join(shuffled(line, language, rng) for line in
                                     row["text"].split("\n"))  # fmt: skip
                    out.write(json.dumps({"id": f"{turn}-{row['id']}", "text": text},
                                         ensure_ascii=False) + "\n")  # fmt: skip
    return target


def shuffled(line: str, language: str, rng: random.Random) -> str:
    parts, joint = (list(line), "") if language == "zh" else (line.split(" "), " ")
    rng.shuffle(parts)
    return joint.join(parts)


def memory(args: argparse.Namespace) -> None:
    print("| | text MB | CPU s | MB per CPU-s | peak PSS MB |\n|---|--:|--:|--:|--:|")
    for language in LANGUAGES:
        for corpus in (args.work / "corpus" / language, grown(args, language)):
            out = args.work / "out" / f"memory-{language}"
            subprocess.run(["rm", "-rf", str(out)], check=True)
            command = [str(Path(sys.executable).with_name("chainring")), "data", "clean",
                       str(corpus), "--out", str(out), "--workers", "2"]  # fmt: skip
            found, size = measured(args, "ours", command), megabytes(corpus)
            print(f"| {language} | {size:.1f} | {found['cpu_s']} | {size / found['cpu_s']:.2f} "
                  f"| {found['pss_mb']:.0f} |", flush=True)  # fmt: skip


def side_by_side(args: argparse.Namespace) -> None:
    print("| | text MB | wall s | CPU s | MB per CPU-s | peak PSS MB | in → out | exact missed "
          "| near missed |\n|---|--:|--:|--:|--:|--:|---|---|---|")  # fmt: skip
    for language in LANGUAGES:
        size = megabytes(args.work / "corpus" / language)
        for name, (command, pattern) in commands(args, language).items():
            subprocess.run(["rm", "-rf", str(args.work / "out" / f"{name}-{language}")], check=True)
            found = measured(args, f"{name}-{language}", command)
            print(f"| {name}, {language} | {size:.1f} | {found['wall_s']} | {found['cpu_s']} | "
                  f"{size / found['cpu_s']:.2f} | {found['pss_mb']:.0f} | "
                  f"{misses(args, language, pattern)} |", flush=True)  # fmt: skip
    for language in LANGUAGES if args.only in ("", "ours") else ():
        print("over-removal,", over_removal(args, language))
        print("\n".join(kept_of_real_text(args, language)))


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--shared", type=Path, default=ROOT.parent / "shared")
    parser.add_argument("--work", type=Path, default=ROOT / "out" / "data-benchmark")
    parser.add_argument("--peers", type=Path, default=ROOT / "out" / "peers")
    parser.add_argument("--only", default="", choices=["", "ours", "data-juicer", "datatrove"])
    parser.add_argument("--mb", type=float, default=15)
    parser.add_argument("--grow", type=int, default=0)
    args = parser.parse_args()
    corpus = args.work / "corpus"
    if not corpus.exists():
        maker = [sys.executable, str(args.shared / "bench" / "data" / "make_corpus.py")]
        subprocess.run([*maker, str(corpus), "--mb", str(args.mb)], check=True)
    memory(args) if args.grow else side_by_side(args)


if __name__ == "__main__":
    main()
