"""Word vectors of English and Chinese books: near words, pairs that belong together, time, memory.

    python benchmarks/words.py --data ../shared/data --out words-benchmark

Five trainings by the command line, each in a process of its own: Word2Vec and GloVe on each
language's training split, and GloVe on both in one. Printed: near words of ten words each, three
analogies, where in the whole vocabulary the partner of twenty pairs stands (a rank among all words;
chance is the middle of the vocabulary), wall and CPU seconds, peak memory, and GloVe's loss. The
pairs were written before the first run, and so was what is expected (docs/log.md): of the pairs
whose words both have a vector the partner is among the nearest 1 % of the vocabulary for at least
70 %, for each training.
"""

from __future__ import annotations

import argparse
import json
import os
import subprocess
import sys
import time
from pathlib import Path

import numpy as np

from chainring.data.words.vectors import WordVectors

SETS: dict[str, tuple[str, ...]] = {"en": ("classic-books-en",), "zh": ("classic-novels-zh",)}
SETS["both"] = (*SETS["en"], *SETS["zh"])
RUNS = (
    ("en", "word2vec"), ("en", "glove"), ("zh", "word2vec"), ("zh", "glove"), ("both", "glove"),
)  # fmt: skip
SHOWN = {
    "en": "horse money ship king sister letter whale sword winter happy".split(),
    "zh": "马 酒 银子 孔明 和尚 丞相 母亲 兵马 妖精 欢喜".split(),
}
PAIRS = {
    "en": (
        "horse saddle,ship captain,king queen,brother sister,father mother,bread butter,"
        "door window,letter wrote,day night,money pounds,sword knight,doctor patient,boat oars,"
        "sea waves,wine drink,hand fingers,church clergyman,lord lady,whale harpoon,winter summer"
    ),
    "zh": (
        "弓 箭,刀 枪,酒 肉,茶 饭,父亲 母亲,兄弟 哥哥,夫人 小姐,和尚 道士,皇帝 太子,将军 都督,"
        "孔明 周瑜,唐僧 八戒,妖精 大圣,银子 钱,山 岭,船 江,马 鞍,军马 人马,东 西,天 地"
    ),
}
ANALOGIES = {
    "en": ("man king woman", "he his she", "brother sister son"),
    "zh": ("父亲 儿子 母亲", "孔明 蜀 周瑜", "男 夫 女"),
}


def train(data: Path, out: Path, language: str, kind: str) -> dict[str, float]:
    """Train by the command line; return wall seconds, CPU seconds and peak memory in MiB."""
    texts = [str(next((data / name).glob("train.jsonl*"))) for name in SETS[language]]
    command = [sys.executable, "-m", "chainring.software.cli", "words", "train", *texts]
    began = time.perf_counter()
    child = subprocess.Popen([*command, "--out", str(out), "--kind", kind, "--licence", "mixed"])
    _, status, used = os.wait4(child.pid, 0)
    if status:
        raise SystemExit(f"training {language} {kind} ended with {status}")
    return {
        "wall_s": time.perf_counter() - began,
        "cpu_s": used.ru_utime + used.ru_stime,
        "peak_mib": used.ru_maxrss / 1024,
    }


def ranks(vectors: WordVectors, pairs: str) -> dict[str, int]:
    """Return pair → how many words stand nearer to the first one than its partner does, plus 1."""
    found = {}
    for pair in pairs.split(","):
        one, other = pair.split()
        if one in vectors and other in vectors:
            order = vectors.near(one, count=len(vectors))
            found[pair] = next(i for i, near in enumerate(order, 1) if near.word == other)
    return found


def tell(language: str, kind: str, vectors: WordVectors, cost: dict[str, float]) -> None:
    facts = vectors.facts
    print(f"\n## {language} {kind}\n")
    print(f"{facts['corpus']['words']:,} words of text, {len(vectors):,} with a vector; "
          + ", ".join(f"{name} {value:.0f}" for name, value in cost.items()))  # fmt: skip
    if facts["losses"]:
        print("loss by pass:", ", ".join(f"{loss:.4g}" for loss in facts["losses"]))
    for one in ("en", "zh") if language == "both" else (language,):
        found = ranks(vectors, PAIRS[one])
        near = sum(rank <= 0.01 * len(vectors) for rank in found.values())
        print(f"pairs {one}: {near} of {len(found)} in the nearest 1 %, median rank "
              f"{np.median(list(found.values())):.0f} of {len(vectors):,}; {found}")  # fmt: skip
        for word in SHOWN[one]:
            if word in vectors:
                print(f"{word}: " + ", ".join(n.word for n in vectors.near(word, count=8)))
        for analogy in ANALOGIES[one]:
            if all(word in vectors for word in analogy.split()):
                a, b, c = analogy.split()
                answers = ", ".join(n.word for n in vectors.analogy(a, b, c, count=4))
                print(f"{a} : {b} = {c} : {answers}")


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("words-benchmark"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    for language, kind in RUNS:
        folder = given.out / f"{language}-{kind}"
        costs = given.out / f"{language}-{kind}.json"
        if not folder.exists():
            costs.write_text(json.dumps(train(given.data, folder, language, kind)))
        tell(language, kind, WordVectors.open(folder), json.loads(costs.read_text()))


if __name__ == "__main__":
    main()
