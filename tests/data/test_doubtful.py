from __future__ import annotations

import gzip
import json
import random
from collections import defaultdict
from pathlib import Path

import numpy as np
import pytest

from chainring.contracts.errors import MissingPackageError
from chainring.data.doubtful import _margins, _vectors, doubtful

TRACK = [
    f"where is my parcel {word}" for word in "now today please then bob again soon man".split()
]
RETURN = [
    f"我想退掉这个{word}" for word in ("包", "鞋", "帽子", "外套", "裙子", "箱子", "碗", "灯")
]
STOCK = [f"is the {word} in stock" for word in "coat hat shoe bag lamp bowl box skirt".split()]
TEXTS = TRACK + RETURN + STOCK
LABELS = ["track"] * 8 + ["return"] * 8 + ["stock"] * 8


def test_the_wrong_suspects_are_found_and_the_right_ones_are_not() -> None:
    texts = [*TEXTS, "where is my parcel lol", "我想退掉这个盘子", "is the lamp in stock again"]
    labels = [*LABELS, "stock", "track", "stock"]
    assert doubtful(texts, labels, suspects=[24, 25, 26]) == [24, 25]


def test_a_label_that_is_new_is_not_doubted() -> None:
    texts = [*TEXTS, "can i pay with alipay", "where is my parcel"]
    assert doubtful(texts, [*LABELS, "payment", "payment"], suspects=[24, 25]) == []


def test_with_too_few_rows_to_judge_by_nothing_is_doubted() -> None:
    assert doubtful(TEXTS[:9], ["track"] * 8 + ["track"], suspects=[8]) == []
    assert doubtful([], [], suspects=[]) == []


def test_margins_equal_those_of_centroids_recomputed_without_each_row() -> None:
    given_n = np.array([0] * 8 + [1] * 8 + [2] * 8)
    dense = _vectors(TEXTS).toarray().astype(np.float64)
    found = _margins(_vectors(TEXTS), given_n, 3)
    for i in range(len(TEXTS)):
        cosines = []
        for label in range(3):
            members = [j for j in range(len(TEXTS)) if given_n[j] == label and j != i]
            centre = dense[members].sum(axis=0)
            cosines.append(float(dense[i] @ centre / np.linalg.norm(centre)))
        own = cosines.pop(given_n[i])
        assert found[i] == pytest.approx(max(cosines) - own, abs=1e-5)


def test_texts_without_a_letter_are_no_error() -> None:
    texts = ["🙂", "??"] * 15
    assert doubtful([*texts, "!!"], ["a", "b"] * 15 + ["a"], suspects=[30]) == []


def test_without_scikit_learn_the_extra_to_install_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("chainring.data.doubtful.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"pip install 'chainring\[train\]'"):
        doubtful(TEXTS, LABELS, suspects=[0])


@pytest.mark.shared
def test_most_wrong_corrections_of_banking77_are_caught_and_few_right_ones(shared: Path) -> None:
    with gzip.open(shared / "banking77" / "train.jsonl.gz", "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    rng = random.Random(0)
    rng.shuffle(rows)
    taken: dict[str, int] = defaultdict(int)
    base: list[dict[str, str]] = []
    rest: list[dict[str, str]] = []
    for row in rows:
        taken[row["label_name"]] += 1
        (base if taken[row["label_name"]] <= 10 else rest).append(row)
    texts = [row["text"] for row in base + rest[:200]]
    labels = [row["label_name"] for row in base + rest[:200]]
    wrong = set(rng.sample(range(len(base), len(texts)), 60))
    for i in wrong:
        labels[i] = rng.choice([name for name in taken if name != labels[i]])
    found = set(doubtful(texts, labels, suspects=range(len(base), len(texts))))
    assert len(found & wrong) / 60 >= 0.5
    assert len(found - wrong) / 140 <= 0.1
