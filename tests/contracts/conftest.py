"""A small shop in two languages, and models of it made by the parts themselves."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from tests.bert import tiny_bert
from tests.contracts import source_examples

from chainring.contracts.dataset import Dataset, Row
from chainring.contracts.placement import Choice, Placement
from chainring.contracts.work import Work
from chainring.deployment.predictors import open_predictor
from chainring.hardware.executor import LocalExecutor
from chainring.store.tables import write_rows
from chainring.store.trees import TreeStore
from chainring.training.generators.settings import DecoderSettings
from chainring.training.settings import EncoderSettings, TrainingSettings

source_example = source_examples.source_example
SAID = {
    "refund": ("I want my money back", "please refund me", "我要退款", "把钱退给我"),
    "parcel": ("where is my parcel", "track my order", "我的包裹到哪了", "物流太久了"),
}
TINY_WRITER: dict[str, Any] = {
    "layers": 1, "hidden": 32, "inner": 64, "heads": 2, "vocabulary": 340, "dropout": 0.0,
    "batch_size": 8, "epochs": 12, "learning_rate": 0.01, "patience": 0,
    "max_input_tokens": 64, "max_output_tokens": 16,
}  # fmt: skip
FRAMES = ("{}", "hello, {}", "{} now", "{}!", "请问 {}", "{} today")


def shop_rows() -> list[Row]:
    return [
        Row(
            id=f"{label}{w}{f}",
            text=frame.format(words),
            label=label,
            language="zh" if "\u4e00" <= words[0] else "en",
            split="validation" if f == 3 else "train",
            source="shop",
            licence="CC0",
            group=f"{label}{w}{f}",
        )
        for label, texts in SAID.items()
        for w, words in enumerate(texts)
        for f, frame in enumerate(FRAMES)
    ]


def choice(value: str) -> Choice:
    return Choice(value=value, because="test")


PLACEMENT = Placement(
    device=choice("cpu"),
    precision=choice("fp32"),
    threads=choice("1"),
    executor=choice("local.v1"),
    instruction_sets=("avx512_bf16",),
)


@pytest.fixture(scope="session")
def make_work(tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Work]:
    trees = TreeStore(tmp_path_factory.mktemp("trees"))

    def build() -> Work:
        return Work(
            app="shop",
            trees=trees,
            scratch=tmp_path_factory.mktemp("scratch"),
            secret=b"k" * 32,
            seed=0,
            placement=PLACEMENT,
            executor=LocalExecutor(1),
            open_predictor=open_predictor,
            say=lambda _: None,
        )

    return build


@pytest.fixture(scope="session")
def training_settings(tmp_path_factory: pytest.TempPathFactory) -> TrainingSettings:
    """Settings of a training in seconds, on a random BERT of 2 layers, 32 wide."""
    folder = tmp_path_factory.mktemp("base")
    tiny_bert(folder, [row.text for row in shop_rows()], vocabulary=300)
    encoder = EncoderSettings(
        base=str(folder), epochs=12, learning_rate=3e-3, batch_size=8, max_tokens=32, dropout=0
    )
    return TrainingSettings(encoder=encoder)


@pytest.fixture(scope="session")
def model_folder(
    make_work: Callable[[], Work],
    training_settings: TrainingSettings,
    tmp_path_factory: pytest.TempPathFactory,
) -> Callable[[str], Path]:
    """Return the folder of a model whose only candidate was the part of that name."""
    made: dict[str, Path] = {}

    def build(part: str) -> Path:
        if part not in made:
            from chainring.training.model import model

            writes = part == "decoder.v1"
            rows = shop_rows()
            if writes:
                rows = [replace(row, label="", target=f"about {row.label}") for row in rows]
            work, folder = make_work(), tmp_path_factory.mktemp("dataset")
            write_rows(folder, rows)
            dataset = Dataset(
                app="shop",
                address=work.trees.put(folder, kind="dataset"),
                task="generation" if writes else "classification",
                labels=() if writes else tuple(SAID),
                languages=("en", "zh"),
                splits={},
                suite="",
                training="",
            )
            changes: dict[str, Any] = {"candidates": (part,)}
            if writes:
                changes["decoder"] = DecoderSettings.model_validate(TINY_WRITER)
            settings = training_settings.model_copy(update=changes)
            noun = model(dataset, (), PLACEMENT, work=work, settings=settings)
            made[part] = work.trees.open(noun.address)
        return made[part]

    return build
