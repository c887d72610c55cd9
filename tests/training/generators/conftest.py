"""Small rows that a tiny network learns in seconds, and works that can open what they trained."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch
from tests.bert import tiny_bert

from chainring.contracts.dataset import Row
from chainring.contracts.work import Work
from chainring.deployment.predictors import open_predictor
from chainring.training.settings import TrainingSettings

SMALL = {
    "layers": 1, "hidden": 32, "inner": 64, "heads": 2, "vocabulary": 340, "dropout": 0.0,
    "label_smoothing": 0.0, "batch_size": 8, "learning_rate": 0.01, "patience": 0,
    "max_input_tokens": 64, "max_output_tokens": 32,
}  # fmt: skip
SUBJECTS = {"a dog": "一只狗", "a cat": "一只猫", "the man": "那个男人", "the child": "那个孩子"}
DEEDS = {"is running": "在跑", "is eating": "在吃", "is sleeping": "在睡觉", "is singing": "在唱歌"}
OTHER_TEXTS = [
    "where is my parcel", "i want my money back", "it comes", "here it is",
    "How long does a parcel take?", "A parcel takes three days.", "A refund takes five days.",
    "How long does a refund take?", "退款要几天？", "退款需要五天。", "包裹要几天？",
    "包裹需要三天。",
    "Who may return shoes?", "Shoes may be returned by anybody with a receipt.",
    "谁可以退鞋？", "有收据的人可以退鞋。",
]  # fmt: skip
NOTHING: dict[str, Any] = dict.fromkeys(("label", "language", "source", "licence", "group"), "")


@pytest.fixture
def pairs() -> list[Row]:
    """Sixteen sentences of a subject and a deed, English and Chinese."""
    return [
        Row(id=f"{a} {b}", text=f"{a} {b}.", target=f"{x}{y}。", split="train", **NOTHING)
        for a, x in SUBJECTS.items()
        for b, y in DEEDS.items()
    ]


@pytest.fixture
def ask() -> Callable[..., Row]:
    """Return a row of a text, and of a pair and target where given."""

    def row(text: str, target: str = "", pair: str = "", **more: Any) -> Row:
        known = {"id": text[:40], "split": "train"} | NOTHING | more
        return Row(text=text, target=target, pair=pair, **known)

    return row


@pytest.fixture
def opening(work: Work) -> Work:
    """A work whose predictors are real ones."""
    torch.set_num_threads(1)
    return dataclasses.replace(work, open_predictor=open_predictor)


@pytest.fixture(scope="session")
def tiny_encoder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a random BERT, 1 layer and 32 wide, that reads these tests' rows."""
    texts = [f"{a} {b}." for a in SUBJECTS for b in DEEDS] + OTHER_TEXTS
    folder = tmp_path_factory.mktemp("encoder")
    return tiny_bert(folder, texts * 2, layers=1, positions=80, dropout=0.0)


@pytest.fixture
def small() -> Callable[..., TrainingSettings]:
    """Return settings of a tiny network, with changes to one section."""

    def settings(section: str, **changes: Any) -> TrainingSettings:
        return TrainingSettings.model_validate({section: SMALL | {"epochs": 40} | changes})

    return settings
