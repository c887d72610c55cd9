"""Redaction: what it finds of made-up personal data, what it takes by mistake, and how fast it is.

    python benchmarks/redaction.py                # 20,000 cases, then speed on mixed prose
    python benchmarks/redaction.py --cases 8000   # fewer
    python benchmarks/redaction.py --seed 99      # other numbers in the same sentences

Prints recall (the whole entity is inside a finding), precision (the finding is an entity, give or
take one character), the share of exact places and of right kinds, each kind by itself; then CPU
megabytes a second on one core, beside a reference that runs in the same process: splitting the same
text into words with `re`, which does about 50 MB/s on an idle core of the usual server.

The prose is made from one seed, English and Chinese by turns in paragraphs of about a kilobyte: a
tenth of the paragraphs hold a case, half of the others ordinary figures (dates, prices, counts).
"""

from __future__ import annotations

import argparse
import random
import re
import sys
import time
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from tests.text.entities import Case, cases

from chainring.text.redact import KINDS, redact

ENGLISH = (
    "the parcel came late and nobody told me why so I wrote to the shop again and waited for an"
    " answer while my sister who lives near the station asked her neighbours whether they had seen"
    " the driver because the box was large and somebody must have noticed it by the old gate"
).split()
CHINESE = (
    "昨天 下午 我们 一起 去 公园 散步 的 时候 看到 很多 孩子 在 草地 上 放 风筝 天气 非常 好 大家"
    " 都 觉得 这样 的 日子 应该 多 出来 走走 后来 又 到 旁边 的 小店 喝 茶 聊 了 很久 才 回家"
).split()
FIGURES = (
    "in 2026",
    "2026年5月",
    "25%",
    "$1,299.00",
    "3 days",
    "12点",
    "order 4471",
    "第3章",
    "1.5 km",
)
PARAGRAPH = 1000  # bytes
REPEATS = 5


def paragraph(rng: random.Random, *, chinese: bool, inside: Sequence[str]) -> str:
    words, join = (CHINESE, "") if chinese else (ENGLISH, " ")
    pieces: list[str] = []
    size = 0
    while size < PARAGRAPH:
        sentence = join.join(rng.choices(words, k=rng.randrange(8, 20)))
        pieces.append(sentence + ("。" if chinese else ". "))
        size += len(pieces[-1].encode())
    for piece in inside:
        pieces.insert(rng.randrange(len(pieces) + 1), piece + ("。" if chinese else ". "))
    return "".join(pieces)


def prose(count: int, *, seed: int) -> list[str]:
    rng = random.Random(seed)
    drawn = iter(cases(count, seed=seed))
    texts = []
    for i in range(count):
        inside = [next(drawn).text] if i % 10 == 0 else [rng.choice(FIGURES)] * (i % 2)
        texts.append(paragraph(rng, chinese=i % 4 < 2, inside=inside))
    return texts


def megabytes_a_second(run: Callable[[str], object], texts: Sequence[str]) -> float:
    """Return the median of `REPEATS` runs, in 10^6 bytes of UTF-8 per CPU second."""
    size = sum(len(text.encode()) for text in texts) / 1e6
    rates = []
    for _ in range(REPEATS):
        began = time.process_time()
        for text in texts:
            run(text)
        rates.append(size / (time.process_time() - began))
    return sorted(rates)[REPEATS // 2]


def quality(drawn: Sequence[Case]) -> None:
    total, hit, exact, kind = Counter[str](), Counter[str](), Counter[str](), Counter[str]()
    findings = meant = 0
    for case in drawn:
        found = redact(case.text, kinds=KINDS).found
        for name, start, end in case.spans:
            over = [one for one in found if one.start <= start and end <= one.end]
            total[name] += 1
            hit[name] += bool(over)
            exact[name] += any((one.start, one.end) == (start, end) for one in over)
            kind[name] += any(one.kind == name for one in over)
        findings += len(found)
        meant += sum(
            any(s - 1 <= one.start < one.end <= e + 1 for _, s, e in case.spans) for one in found
        )
    print("| kind | entities | recall | exact place | right kind |\n|---|--:|--:|--:|--:|")
    for name in sorted(total):
        shares = (counter[name] / total[name] for counter in (hit, exact, kind))
        print(
            f"| {name} | {total[name]} | " + " | ".join(f"{share:.4f}" for share in shares) + " |"
        )
    everything = total.total()
    print(
        f"all: {everything} entities, {sum(not case.spans for case in drawn)} negatives; "
        f"recall {hit.total() / everything:.4f}, precision {meant / findings:.4f}, "
        f"exact {exact.total() / everything:.4f}, kind {kind.total() / everything:.4f}"
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0] if __doc__ else "")
    parser.add_argument("--cases", type=int, default=20_000)
    parser.add_argument("--seed", type=int, default=20261125)
    options = parser.parse_args()
    quality(list(cases(options.cases, seed=options.seed)))
    texts = prose(2000, seed=options.seed)
    words = re.compile(r"\w+")
    reference = megabytes_a_second(words.findall, texts)
    rate = megabytes_a_second(redact, texts)
    every = megabytes_a_second(lambda text: redact(text, kinds=KINDS), texts)
    print(
        f"speed on mixed prose: {rate:.1f} MB/s a core (names as well: {every:.1f}); "
        f"reference, words by re: {reference:.1f} MB/s; ratio {rate / reference:.2f}"
    )


if __name__ == "__main__":
    main()
