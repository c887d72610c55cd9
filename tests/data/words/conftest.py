"""A small text with two fields of words in each language, and vectors made by hand."""

from __future__ import annotations

import json
import random
from pathlib import Path

import numpy as np
import pytest

from chainring.data.words.vectors import WordVectors

FIELDS = (
    ("parcel courier delivery shipment tracking", "late arrived sent waiting lost"),
    ("refund payment invoice card bank", "paid charged twice owed returned"),
    ("包裹 快递 物流 运单 派送", "太慢 送达 延误 丢失 寄出"),
    ("退款 付款 发票 账单 银行卡", "到账 扣费 多收 退回 支付"),
)
"""Pairs of nouns and what is said of them; the nouns of a field keep the same company."""


@pytest.fixture(scope="session")
def text(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a file of sentences of a noun and three words of its field."""
    rng = random.Random(0)
    path = tmp_path_factory.mktemp("words") / "help.jsonl"
    with path.open("w", encoding="utf-8") as out:
        for _ in range(600):
            for nouns, said in FIELDS:
                words = [rng.choice(nouns.split()), *rng.sample(said.split(), 3)]
                out.write(json.dumps({"text": " ".join(words)}, ensure_ascii=False) + "\n")
    return path


@pytest.fixture
def by_hand() -> WordVectors:
    """Return seven vectors whose angles one can see."""
    words = ("man", "king", "woman", "queen", "马", "车", "prince")
    vectors = [[1, 0, 0], [1, 1, 0], [1, 0, 1], [1, 1, 1.1], [-1, 0, 0], [-1, -0.1, 0], [1, 1, -1]]
    facts = {"settings": {"min_count": 3}, "words": 7, "dimensions": 3}
    return WordVectors(words, np.array(vectors, dtype=np.float32), facts=facts)
