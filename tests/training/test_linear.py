from __future__ import annotations

import dataclasses
import json
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from safetensors.numpy import load_file
from tests.here import FolderTrees
from tests.training.conftest import make_row, shop_rows

from chainring.contracts.dataset import Row
from chainring.contracts.errors import MissingPackageError
from chainring.contracts.work import Work
from chainring.training.candidate import Trained
from chainring.training.linear import linear
from chainring.training.settings import LinearSettings, TrainingSettings

SETTINGS = TrainingSettings(linear=LinearSettings(min_df=1))


def train(rows: Sequence[Row], work: Work, settings: TrainingSettings = SETTINGS) -> Trained:
    labels = sorted({row.label for row in rows})
    return linear(rows, (), unlabelled=(), labels=labels, work=work, settings=settings)


def by_hand(folder: Path, text: str) -> Any:
    """Return logits from the files alone, by the formula of the model folder's format."""
    from chainring.text.ngrams import features

    names = json.loads((folder / "vocabulary.json").read_text("utf-8"))
    arrays = {k: v.astype(np.float64) for k, v in load_file(folder / "linear.safetensors").items()}
    found = features(text)
    counts = np.array([found.count(name) for name in names], dtype=np.float64)
    vector = np.where(counts > 0, 1 + np.log(np.maximum(counts, 1)), 0) * arrays["idf"]
    vector /= np.linalg.norm(vector) or 1.0
    return vector @ arrays["weights"] + arrays["bias"]


@pytest.mark.parametrize("labels", [("refund", "size"), ("refund", "size", "parcel")])
def test_logits_equal_those_worked_out_from_the_written_files(
    work: Work, labels: tuple[str, ...]
) -> None:
    trained = train(shop_rows(labels=labels), work)
    texts = ["I want a refund", "请问物流 refund", "", "zzz", "退款退款退款"]
    expected = np.stack([by_hand(trained.folder, text) for text in texts])
    np.testing.assert_allclose(trained.logits(texts), expected, atol=1e-5)
    assert trained.logits(texts).dtype == np.float32


def test_it_learns_both_languages(work: Work) -> None:
    rows = shop_rows()
    labels = sorted({row.label for row in rows})
    trained = train([row for row in rows if row.split == "train"], work)
    test = [row for row in rows if row.split == "test"]
    told = [labels[i] for i in trained.logits([row.text for row in test]).argmax(axis=1)]
    for language in ("en", "zh"):
        right = [t == r.label for t, r in zip(told, test, strict=True) if r.language == language]
        assert np.mean(right) > 0.9


def test_a_row_of_weight_zero_teaches_nothing(fresh_work: Callable[[str], Work]) -> None:
    rows = [*shop_rows(labels=("refund", "size"))]
    wrong = [
        dataclasses.replace(make_row(f"quite wrong {i}", "size"), weight=0.0) for i in range(20)
    ]
    weighted = train([*rows, *wrong], fresh_work("zero"))
    counted = train(
        [*rows, *(dataclasses.replace(row, weight=1.0) for row in wrong)], fresh_work("one")
    )
    margin = [float(np.diff(m.logits(["quite wrong"])[0])[0]) for m in (weighted, counted)]
    assert margin[0] < 0.5 < margin[1]


def test_the_same_rows_give_the_same_bytes(
    fresh_work: Callable[[str], Work], tmp_path: Path
) -> None:
    trees = FolderTrees(tmp_path)
    first, second = (train(shop_rows(), fresh_work(name)).folder for name in "ab")
    assert trees.put(first, kind="model") == trees.put(second, kind="model")


def test_a_missing_library_is_named_with_the_extra_to_install(
    work: Work, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(MissingPackageError, match=r"chainring\[train\]"):
        train(shop_rows(), work)
