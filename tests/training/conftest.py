"""Rows of a small shop, folders as trees, and a tiny random BERT as a base."""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import pytest
from tests.bert import tiny_bert
from tests.here import FolderTrees, HereExecutor

from chainring.contracts.codec import digest
from chainring.contracts.dataset import OUT_OF_SCOPE, Dataset, Row
from chainring.contracts.placement import Choice, Placement
from chainring.contracts.work import Work
from chainring.store.tables import write_rows

WORDS = {
    "refund": (
        ("my money back", "a refund", "the amount returned"),
        ("退款", "把钱退给我", "退钱"),
    ),
    "parcel": (
        ("where my parcel is", "the tracking", "the courier"),
        ("物流", "包裹到哪了", "快递"),
    ),
    "size": (("a larger size", "the size chart", "how it fits"), ("尺码", "大一号", "换大小")),
    OUT_OF_SCOPE: (("the weather", "a football score", "a poem"), ("天气", "足球比分", "写首诗")),
}
FRAMES = {
    "en": (
        "I want {}",
        "please tell me {}",
        "can I get {} today?",
        "hello, {}!",
        "{} now",
        "about {}",
    ),
    "zh": ("我想要{}", "请问{}", "今天可以{}吗？", "你好，{}！", "{}快点", "关于{}"),
}


def shop_rows(*, labels: Sequence[str] = tuple(WORDS), languages: str = "en zh") -> list[Row]:
    """Return rows in which every fourth frame is for validation and the last for the test."""
    rows = []
    for label in labels:
        for place, language in enumerate(("en", "zh")):
            if language not in languages:
                continue
            for w, word in enumerate(WORDS[label][place]):
                for f, frame in enumerate(FRAMES[language]):
                    split = {3: "validation", 5: "test"}.get(f, "train")
                    rows.append(make_row(frame.format(word), label, language, split, f"{w}.{f}"))
    return rows


def make_row(text: str, label: str, language: str = "en", split: str = "train", n: str = "") -> Row:
    identity = f"{label}-{language}-{n or digest(text)}"
    return Row(
        id=identity,
        text=text,
        label=label,
        language=language,
        split=split,
        source="shop",
        licence="CC0-1.0",
        group=identity,
    )


def refuse_to_open(folder: Path, *, engine: str, threads: int = 0) -> Any:
    raise AssertionError("training opens no predictor")


def make_placement(precision: str = "fp32") -> Placement:
    def choice(value: str) -> Choice:
        return Choice(value=value, because="test")

    return Placement(
        device=choice("cpu"),
        precision=choice(precision),
        threads=choice("1"),
        executor=choice("here"),
    )


def make_dataset(work: Work, rows: Sequence[Row], folder: Path) -> Dataset:
    folder.mkdir()
    write_rows(folder, rows)
    return Dataset(
        app="shop",
        address=work.trees.put(folder, kind="dataset"),
        task="classification",
        labels=tuple(sorted({row.label for row in rows})),
        languages=tuple(sorted({row.language for row in rows})),
        splits={},
        suite=digest([row.id for row in rows if row.split == "test"]),
        training=digest([row.id for row in rows if row.split == "train"]),
    )


@pytest.fixture
def said() -> list[str]:
    return []


@pytest.fixture
def work(tmp_path: Path, said: list[str]) -> Work:
    return Work(
        app="shop",
        trees=FolderTrees(tmp_path / "trees"),
        scratch=tmp_path / "scratch",
        secret=b"key",
        seed=0,
        placement=make_placement(),
        executor=HereExecutor(),
        open_predictor=refuse_to_open,
        say=said.append,
    )


@pytest.fixture
def fresh_work(work: Work, tmp_path: Path) -> Callable[[str], Work]:
    """Works with the same trees and scratch folders of their own."""
    return lambda name: dataclasses.replace(work, scratch=tmp_path / f"scratch-{name}")


@pytest.fixture(scope="session")
def tiny_base(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a random BERT, 2 layers and 32 wide, that reads both languages."""
    texts = [row.text for row in shop_rows()]
    folder = tiny_bert(tmp_path_factory.mktemp("base"), texts, positions=40)
    (folder / "README.md").write_text("---\nlicense: mit\n---\n", encoding="utf-8")
    return folder
