"""Vectors of texts from the vectors of their words."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

from chainring.contracts.checks import EmbedderExample, check_part
from chainring.data.words.settings import WordSettings
from chainring.data.words.texts import words
from chainring.data.words.train import train

TEXT = """The ship left the harbour with a captain and ten sailors.
The captain of the ship was a sailor before.
My bank card was lost and the bank sent another card.
船长 和 水手 在 船 上。
银行卡 丢 了，银行 寄 来 一 张 新 卡。
"""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("texts")
    (place / "a.txt").write_text("\n\n".join(TEXT.splitlines() * 30), encoding="utf-8")
    settings = WordSettings(kind="glove", dimensions=16, min_count=2, epochs=20)
    train([place / "a.txt"], out=place / "vectors", settings=settings, say=lambda line: None)
    return place / "vectors"


def test_it_keeps_the_rules_of_embedders(folder: Path) -> None:
    example = EmbedderExample(
        source=str(folder),
        texts=("a sailor of the ship", "the captain and the harbour", "a bank card", "船长和水手"),
        alike=(0, 1),
        unlike=(0, 2),
    )
    check_part("embedder", "words.v1", example)


def test_a_text_is_the_mean_of_its_words_less_the_mean_of_all_words(folder: Path) -> None:
    embed = words(str(folder))
    known = [line for line in (folder / "words.txt").read_text("utf-8").split("\n") if line]
    vectors = np.load(folder / "vectors.npy")
    share = np.array([1 / rank for rank in range(1, len(known) + 1)])
    share /= share.sum()
    centre = sum(p * vector for p, vector in zip(share, vectors, strict=True))
    said = [known.index(word) for word in ("ship", "captain")]
    by_hand = sum(0.001 / (0.001 + share[i]) * (vectors[i] - centre) for i in said) / 2
    found = embed(["Ship, captain and xyzzy!".replace("and ", "")])[0]
    np.testing.assert_allclose(found, by_hand, rtol=1e-4, atol=1e-6)


def test_other_vectors_have_another_digest(folder: Path, tmp_path: Path) -> None:
    settings = WordSettings(kind="glove", dimensions=16, min_count=2, epochs=20, seed=1)
    (tmp_path / "a.txt").write_text("\n\n".join(TEXT.splitlines() * 30), encoding="utf-8")
    train([tmp_path / "a.txt"], out=tmp_path / "v", settings=settings, say=lambda line: None)
    assert words(str(folder)).digest != words(str(tmp_path / "v")).digest
