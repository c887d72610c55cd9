"""Preferences of people: does a decoder that learnt them prefer what they prefer on held-out pairs?

    python benchmarks/preference.py ../shared/data/hh-rlhf-harmless --out preference-benchmark

The set is one file: a pair is held out where the BLAKE2b hash of its first human turn is in the
lowest fifth, so that no conversation is on both sides. A decoder of the base learns the chosen
replies; DPO and KTO go on from that same start. Preference accuracy: the share of held-out pairs
whose chosen reply is likelier (sum of log-probabilities) than the rejected one; beside it the
reward's, which compares with the start as DPO does, and stands at a half there by definition. A sum
likes short texts, so the same is told by the mean over each reply's tokens, too. Differences from
the start are tested on the same pairs by exact McNemar. `--judge validation` looks
at the validation pairs in place of the held-out ones, to choose settings. Expected figures stand in
docs/log.md; the table in docs/benchmarks/preference.md.
"""

from __future__ import annotations

import argparse
import copy
import gzip
import hashlib
import json
import re
import time
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
from translation import work

from chainring.contracts.dataset import Row
from chainring.stats.intervals import wilson
from chainring.stats.paired import mcnemar
from chainring.text.chat import conversation
from chainring.training.generators.loss import IGNORED
from chainring.training.generators.preference import begun, learnt, minutes_left
from chainring.training.generators.preferring import preferred
from chainring.training.generators.tokens import decoder_items
from chainring.training.generators.writer import rejected_of
from chainring.training.settings import TrainingSettings
from chainring.training.trainer import prepare_torch

TURN = re.compile(r"(?:^|\n\n)(Human|Assistant):[ \n]?")
ROLES = {"Human": "user", "Assistant": "assistant"}
HELD_OUT = 0.2


def rows(path: Path) -> list[Row]:
    """Return the set's pairs as rows, those that are held out in the split `test`."""
    nothing = dict.fromkeys(("label", "language", "source", "licence", "group"), "")
    found = []
    with gzip.open(path, "rt", encoding="utf-8") as file:
        for number, line in enumerate(file):
            pair = json.loads(line)
            parts = TURN.split(pair["prompt"])[1:]
            turns = [
                {"role": ROLES[who], "content": said.strip()}
                for who, said in zip(parts[::2], parts[1::2], strict=True)
            ]
            if turns and turns[-1]["role"] == "assistant" and not turns[-1]["content"]:
                turns.pop()
            found.append(
                Row(
                    id=str(number),
                    text=conversation(turns),
                    target=pair["chosen"].strip(),
                    pair=pair["rejected"].strip(),
                    split="test" if share(turns[0]["content"]) < HELD_OUT else "train",
                    **nothing,
                )
            )
    return found


def share(text: str) -> float:
    """Return where the hash of a text falls, between 0 and 1."""
    return int.from_bytes(hashlib.blake2b(text.encode(), digest_size=8).digest()) / 2**64


def lengths(test: list[Row], writing: Any, settings: Any) -> Any:
    """Return how many tokens of each chosen and each rejected reply are read, shape (N, 2)."""
    sides = (test, [replace(row, target=rejected_of(row)) for row in test])
    items = [decoder_items(some, tokeniser=writing, settings=settings) for some in sides]
    return np.array([[sum(t != IGNORED for t in i["labels"]) for i in some] for some in items]).T


def told(name: str, likely: Any, start: Any, tokens: Any) -> dict[str, Any]:
    """Return the figures of one model on the held-out pairs."""
    found: dict[str, Any] = {"model": name, "pairs": len(likely)}
    for kind, now, then in (
        ("sum", likely, start), ("mean a token", likely / tokens, start / tokens)
    ):  # fmt: skip
        right, before = now[:, 0] > now[:, 1], then[:, 0] > then[:, 1]
        found[kind] = {"accuracy": share_of(right)}
        if likely is not start:
            better, worse = int((right & ~before).sum()), int((before & ~right).sum())
            found[kind]["mended, broken"] = [better, worse]
            found[kind]["McNemar p, one-sided"] = mcnemar(better, worse)
    if likely is not start:
        reward = likely - start
        found["accuracy of the reward"] = share_of(reward[:, 0] > reward[:, 1])
    return found


def share_of(right: Any) -> list[float]:
    """Return a share of pairs with its 95 % interval."""
    interval = wilson(int(right.sum()), len(right))
    return [round(v, 4) for v in (interval.estimate, interval.low, interval.high)]


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("data", type=Path)
    parser.add_argument("--out", type=Path, required=True)
    parser.add_argument("--threads", type=int, default=2)
    parser.add_argument("--device", default="cpu", choices=("cpu", "cuda"))
    parser.add_argument("--settings", type=json.loads, default={}, help="JSON of [training]")
    parser.add_argument("--methods", default="dpo,kto")
    parser.add_argument(
        "--validation", type=float, default=0.05, help="share of the pairs to learn"
    )
    parser.add_argument("--judge", default="test", choices=("test", "validation"))
    options = parser.parse_args()
    settings = TrainingSettings.model_validate({"budget_minutes": 60, **options.settings})
    every = rows(options.data / "test.jsonl.gz")
    train = [row for row in every if row.split == "train"]
    test = [row for row in every if row.split == "test"]
    validation = [row for row in train if share(row.id) < options.validation]
    train = [row for row in train if share(row.id) >= options.validation]
    print(json.dumps({"train": len(train), "validation": len(validation), "test": len(test)}))
    test = test if options.judge == "test" else validation
    hands = work(options.out, threads=options.threads, device=options.device)
    prepare_torch(hands.placement)
    spent = time.process_time()
    start, written = begun(train, validation, work=hands, settings=settings)
    first = preferred(start.network, start.writing, test, settings=settings.preference)
    tokens = lengths(test, start.writing, settings.preference)
    print(json.dumps({**told("start", first, first, tokens), "notes": written.notes}), flush=True)
    print(json.dumps({"cpu_s": round(time.process_time() - spent, 1)}), flush=True)
    for method in options.methods.split(","):
        spent = time.process_time()
        own = replace(start, network=copy.deepcopy(start.network))
        left = minutes_left(written, settings)
        learnt(method, own, train, work=hands, settings=settings, minutes=left)
        likely = preferred(own.network, own.writing, test, settings=settings.preference)
        cost = {"cpu_s": round(time.process_time() - spent, 1)}
        print(json.dumps({**told(method, likely, first, tokens), **cost}), flush=True)
        np.save(options.out / f"{method}.npy", likely)


if __name__ == "__main__":
    main()
