"""Real books in two languages, together in one training: partners stand near, far beyond chance."""

from __future__ import annotations

from pathlib import Path

import pytest

from chainring.data.words.settings import Kind, WordSettings
from chainring.data.words.train import train

PAIRS = (
    "king queen", "brother sister", "father mother", "day night", "door window", "ship sea",
    "酒 肉", "父亲 母亲", "银子 钱", "军马 人马", "孔明 周瑜", "和尚 道士",
)  # fmt: skip


@pytest.mark.shared
@pytest.mark.slow
@pytest.mark.parametrize("kind", ["word2vec", "glove"])
def test_partners_are_among_the_nearest_hundredth(shared: Path, tmp_path: Path, kind: Kind) -> None:
    texts = [
        next((shared / name).glob("train.jsonl*"))
        for name in ("classic-books-en", "classic-novels-zh")
    ]
    vectors = train(
        texts, out=tmp_path / kind, settings=WordSettings(kind=kind, epochs=8, min_count=10)
    )
    missing: list[str] = []
    for pair in PAIRS:
        one, other = pair.split()
        near = [found.word for found in vectors.near(one, count=len(vectors) // 100)]
        missing += [] if other in near else [pair]
    assert len(missing) <= 1, missing
