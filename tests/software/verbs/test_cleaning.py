"""The verb `data clean` makes an executor as a project does."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from pathlib import Path
from typing import Any

import pytest

from chainring.contracts import parts
from chainring.contracts.checks import ExecutorExample, check_part
from chainring.software.verbs.cleaning import clean_files


class Plain:
    """An executor that does everything here, and takes nothing."""

    name = "plain.v1"

    def map(self, fn: Callable[[Any], Any], shards: Iterable[Any]) -> Iterator[Any]:
        """Yield the results."""
        return map(fn, shards)

    def spawn(self, world: int, fn: Callable[[int, int], Any]) -> list[Any]:
        """Return the results by rank."""
        return [fn(rank, world) for rank in range(world)]


def test_an_executor_that_keeps_the_rules_of_its_kind_cleans(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(parts, "_registered", dict(parts._registered))
    parts.part("executor", "plain.v1")(Plain)
    check_part("executor", "plain.v1", ExecutorExample(make=lambda part: part()))
    corpus = tmp_path / "in.jsonl"
    texts = [
        "Where is my parcel? It should have been here on Monday.",
        "我的包裹到哪了？已经三天了。",
    ]
    corpus.write_text("".join(json.dumps({"text": text}) + "\n" for text in texts), "utf-8")
    report = clean_files([corpus], out=tmp_path / "out", executor="plain.v1", profile="messages")
    assert report.kept == len(texts)
