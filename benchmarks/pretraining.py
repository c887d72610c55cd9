"""What BERT, GPT and T5 learn from bare text within a small budget, beside counting.

    python benchmarks/pretraining.py --data ../shared/data --out pretraining-benchmark --minutes 2

English classics and Chinese vernacular novels, each model from random weights on the training
split; the validation book chooses the weights that stay, the test book is told once at the end.
Beside them: a unigram and an interpolated 5-gram over characters (Witten-Bell), counted on
the same training texts. Two small GPTs write Shakespeare and Chinese poems. MiniLM goes on
learning on the contexts of pubmedqa. Minutes are nominal (`chainring.training.budget`): the work is
counted, not timed, so that a busy machine changes nothing but the wall time, which is printed with
CPU seconds. Of a longer training split, 4 million characters in whole documents are used. One
run a process; `--only NAME ...` chooses. Results lie in OUT/NAME.json.
"""

from __future__ import annotations

import argparse
import gzip
import json
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path
from typing import Any

RUNS: dict[str, dict[str, Any]] = {
    "gpt-en": {"set": "classic-books-en", "pretrain": {"objective": "causal"}},
    "gpt-zh": {"set": "classic-novels-zh", "pretrain": {"objective": "causal"}},
    "bert-en": {"set": "classic-books-en", "pretrain": {"next_sentence": True}},
    "bert-zh": {"set": "classic-novels-zh", "pretrain": {"next_sentence": True}},
    "t5-en": {"set": "classic-books-en", "pretrain": {"objective": "spans"}},
    "t5-zh": {"set": "classic-novels-zh", "pretrain": {"objective": "spans"}},
    "shakespeare": {"set": "tiny-shakespeare", "pretrain": {"objective": "causal"}},
    "poems": {"set": "chinese-poetry", "pretrain": {"objective": "causal"}},
    "field": {
        "set": "pubmedqa",
        "pretrain": {"continue_from": "minilm", "learning_rate": 2e-4, "max_tokens": 128},
    },
    "ngrams-en": {"set": "classic-books-en"},
    "ngrams-zh": {"set": "classic-novels-zh"},
    "ngrams-shakespeare": {"set": "tiny-shakespeare"},
    "ngrams-poems": {"set": "chinese-poetry"},
}
PROMPTS = {
    "shakespeare": ("ROMEO:\n", "KING RICHARD III:\nWhat", "To be, or"),
    "poems": ("春", "明月", "江南"),
    "gpt-en": ("The captain", "It was a"),
    "gpt-zh": ("话说", "次日"),
}
VOCABULARY = 4000
JUDGES = 20
TESTED = 120
STRETCH = 2000
MAX_CHARACTERS = 4_000_000


def texts(data: Path, name: str, split: str) -> list[str]:
    """Return the documents of a split; one long document comes in stretches."""
    path = next((data / name).glob(f"{split}.jsonl*"))
    with (gzip.open if path.suffix == ".gz" else open)(path, "rt", encoding="utf-8") as file:
        rows = [json.loads(line) for line in file]
    if name == "chinese-poetry":
        return [f"{row['title']}\n" + "\n".join(row["lines"]) for row in rows]
    if name == "pubmedqa":
        return ["\n".join(row["contexts"]) for row in rows]
    if name == "tiny-shakespeare":
        return [one for row in rows for one in stretches(row["text"])]
    return [row["text"] for row in rows]


def stretches(text: str) -> list[str]:
    """Return the text cut at empty lines into stretches of about 2,000 characters."""
    parts, held = [], ""
    for speech in text.split("\n\n"):
        held += speech + "\n\n"
        if len(held) >= STRETCH:
            parts.append(held)
            held = ""
    return [*parts, held] if held else parts


def spread(rows: Sequence[str], count: int) -> list[str]:
    """Return `count` of the rows, evenly from the whole."""
    step = max(1, len(rows) // count)
    return list(rows)[::step][:count]


def splits(data: Path, name: str) -> tuple[list[str], list[str], list[str]]:
    """Return the texts to learn from, to choose by and to be told at the end."""
    from chainring.training.tokenisers.make import sampled

    train = sampled(texts(data, name, "train"), MAX_CHARACTERS, seed=0)
    if name == "pubmedqa":
        return train, spread(train, 25), texts(data, name, "test")
    validation = texts(data, name, "validation")
    tested = validation if name == "tiny-shakespeare" else texts(data, name, "test")
    return train, spread(validation, JUDGES), spread(tested, TESTED)


def counted(data: Path, name: str) -> dict[str, Any]:
    """Return what counting reaches on the same test texts."""
    from chainring.text.character_model import bits_per_character

    train, _, tested = splits(data, name)
    return {
        "train_characters": sum(map(len, train)),
        "test_characters": sum(map(len, tested)),
        "unigram": bits_per_character(train, tested, order=1),
        "five_gram": bits_per_character(train, tested, order=5),
    }


def trained(
    data: Path, out: Path, name: str, minutes: float, changes: dict[str, Any]
) -> dict[str, Any]:
    """Return what a run reaches; its base lies in OUT/NAME/pretrained."""
    from chainring.hardware.placement import placement
    from chainring.training.objectives.sample import sample
    from chainring.training.pretrain import figures_of, pretrained
    from chainring.training.settings import TrainingSettings
    from chainring.training.trainer import prepare_torch

    run = RUNS[name]
    options = {"max_tokens": 128, "looks": 6} | run["pretrain"] | changes
    settings = TrainingSettings.model_validate(
        {"pretrain": options, "tokeniser": {"size": VOCABULARY, "max_characters": 2_000_000}}
    )
    work = _work(out / name, placement)
    prepare_torch(work.placement)
    train, judges, tested = splits(data, run["set"])
    if name == "field":  # the judging abstracts are taken out of the training ones
        train = [one for one in train if one not in set(judges)]
    began, cpu = time.perf_counter(), time.process_time()
    made = pretrained(
        train, licence="", minutes=minutes, work=work, settings=settings, judges=judges
    )
    found: dict[str, Any] = {
        "wall_s": time.perf_counter() - began,
        "cpu_s": time.process_time() - cpu,
        "name": made.base.name,
        "notes": made.notes,
        "readings": [str(one) for one in made.readings],
        "validation": dict(made.figures),
        "test": figures_of(made.base, tested, work=work, settings=settings),
        "samples": [
            sample(made.base.folder, prompt, seed=seed, tokens=110)
            for seed, prompt in enumerate(PROMPTS.get(name, ()))
        ],
    }
    if options.get("objective") != "causal":
        found |= by_counts(made.base.folder, train, tested)
    return found


def by_counts(folder: Path, train: Sequence[str], tested: Sequence[str]) -> dict[str, float]:
    """Return what counting tokens tells of the test texts, as a hidden one would be told.

    `chance` is the share of the commonest token, `unigram_perplexity` that of how often each token
    was counted in the training texts, one more of each.
    """
    import math
    from collections import Counter

    from tokenizers import Tokenizer

    tokenizer = Tokenizer.from_file(str(folder / "tokenizer.json"))
    tokenizer.no_truncation()
    learnt, told = (
        Counter(
            number
            for one in tokenizer.encode_batch(list(texts), add_special_tokens=False)
            for number in one.ids
        )
        for texts in (train, tested)
    )
    total = learnt.total() + tokenizer.get_vocab_size()
    nats = -sum(n * math.log((learnt[number] + 1) / total) for number, n in told.items())
    return {
        "chance": max(told.values()) / told.total(),
        "unigram_perplexity": math.exp(nats / told.total()),
    }


def _work(folder: Path, placement: Any) -> Any:
    from chainring.contracts.work import Work
    from chainring.hardware.executor import LocalExecutor
    from chainring.hardware.machine import machine
    from chainring.hardware.settings import HardwareSettings

    return Work(
        app="benchmark",
        trees=None,  # type: ignore[arg-type]
        scratch=folder,
        secret=b"",
        seed=0,
        placement=placement(machine(folder=folder), settings=HardwareSettings()),
        executor=LocalExecutor(workers=1),
        open_predictor=None,  # type: ignore[arg-type]
        say=lambda line: print(line, flush=True),
    )


def main() -> None:
    """Run each named benchmark in a process of its own, or one of them here."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("pretraining-benchmark"))
    parser.add_argument("--minutes", type=float, default=2.0)
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON of [pretrain]")
    parser.add_argument("--only", nargs="*", default=list(RUNS))
    parser.add_argument("--here", action="store_true", help="in this process")
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for name in given.only:
        (given.out / name).mkdir(exist_ok=True)
        result = given.out / f"{name}.json"
        if result.exists():
            continue
        if not given.here:
            options = ["--data", given.data, "--out", given.out, "--minutes", given.minutes]
            options += ["--settings", json.dumps(given.settings)]
            command = [sys.executable, __file__, *map(str, options), "--here", "--only", name]
            subprocess.run(command, check=True)
            continue
        run = RUNS[name]
        found = (
            trained(given.data, given.out, name, given.minutes, given.settings)
            if "pretrain" in run
            else counted(given.data, run["set"])
        )
        result.write_text(json.dumps(found, ensure_ascii=False, indent=1), encoding="utf-8")
        print(json.dumps(found, ensure_ascii=False), flush=True)


if __name__ == "__main__":
    main()
