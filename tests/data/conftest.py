"""A small workshop: a tree store, a Work, and the steps of the data room run on rows in files."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import pytest
from tests.here import HereExecutor

from chainring.contracts.codec import encode
from chainring.contracts.dataset import Dataset, Row
from chainring.contracts.guard import Guard
from chainring.contracts.label import Label
from chainring.contracts.placement import Choice, Placement
from chainring.contracts.record import Record
from chainring.contracts.source import Source
from chainring.contracts.table import Table
from chainring.contracts.work import Work
from chainring.data.dataset import dataset
from chainring.data.labels import labels
from chainring.data.read import source_of
from chainring.data.records import records
from chainring.data.settings import DataSettings
from chainring.store.tables import read_rows, read_table
from chainring.store.trees import TreeStore
from chainring.text.language import language
from chainring.text.normalise import group_key

SECRET = b"a key of the project, 32 bytes  "


def _no_predictor(folder: Path, *, engine: str, threads: int = 0) -> Any:
    raise AssertionError("the data room predicts nothing")


@dataclass
class Workshop:
    """Runs the steps; `said` is what they showed."""

    folder: Path
    settings: DataSettings = field(default_factory=DataSettings)
    guard: Guard = field(
        default_factory=lambda: Guard(redact=True, log="redacted", retention_s=86400.0)
    )
    said: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.trees = TreeStore(self.folder / "store")
        choice = Choice(value="cpu", because="a test")
        self.work = Work(
            app="shop",
            trees=self.trees,
            scratch=self.folder / "scratch",
            secret=SECRET,
            seed=0,
            placement=Placement(device=choice, precision=choice, threads=choice, executor=choice),
            executor=HereExecutor(),
            open_predictor=_no_predictor,
            say=self.said.append,
        )
        (self.folder / "data").mkdir()

    def write(self, name: str, content: str | bytes) -> Path:
        path = self.folder / "data" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode() if isinstance(content, str) else content)
        return path

    def write_rows(self, name: str, rows: Iterable[dict[str, object] | tuple[str, str]]) -> Path:
        """Write JSON lines; a pair is a text and its label."""
        named = (
            dict(zip(("text", "label"), r, strict=True)) if isinstance(r, tuple) else r
            for r in rows
        )
        return self.write(
            name, "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in named)
        )

    def source(self) -> Source:
        return source_of(
            self.settings.paths, app="shop", digests=self.trees.digests, root=self.folder
        )

    def records(self) -> Table[Record]:
        return records(self.source(), self.guard, work=self.work, settings=self.settings)

    def table(self, nouns: Iterable[Record]) -> Table[Any]:
        folder = self.work.folder("given")
        lines = [encode(noun) + "\n" for noun in nouns]
        (folder / "rows.jsonl").write_text("".join(lines), encoding="utf-8")
        return Table(address=self.trees.put(folder, kind="corrections"), rows=len(lines))

    def labels(
        self,
        made: Table[Record],
        corrections: Iterable[Record] = (),
        decisions: tuple[Label, ...] = (),
    ) -> Table[Label]:
        said = self.table(corrections)
        return labels(made, said, decisions, work=self.work, settings=self.settings)

    def dataset(
        self, corrections: Iterable[Record] = (), decisions: tuple[Label, ...] = ()
    ) -> Dataset:
        """Run the three steps on what lies in the data folder."""
        made, said = self.records(), self.table(list(corrections))
        found = labels(made, said, decisions, work=self.work, settings=self.settings)
        return dataset(made, said, found, self.guard, work=self.work, settings=self.settings)

    def read(self, kind: type[Any], table: Table[Any]) -> list[Any]:
        return list(read_table(kind, self.trees.open(table.address)))

    def rows(self, data: Dataset, *splits: str) -> list[Row]:
        return read_rows(self.trees.open(data.address), *splits)

    def dropped(self, address: str) -> list[dict[str, Any]]:
        path = self.trees.open(address) / "dropped.jsonl"
        return [json.loads(line) for line in path.read_text(encoding="utf-8").splitlines()]


def _correction(number: int, text: str, label: str, **fields: str) -> Record:
    said = {"label": label, "author": "ann", "author_kind": "user", "part": "train", **fields}
    return Record(
        id=f"rec_fb{number}",
        app="shop",
        text=text,
        digest=f"d{number}",
        source="feedback",
        locator=f"fb_{number}",
        licence="owner",
        consent="training",
        language=language(text),
        group=group_key(text, key=SECRET),
        at=float(number),
        parents=(f"pred_{number}", f"fb_{number}"),
        fields=said,
    )


@pytest.fixture
def workshop(tmp_path: Path) -> Workshop:
    return Workshop(tmp_path)


@pytest.fixture(scope="session")
def new_workshop() -> type[Workshop]:
    """Return the class, for properties that need a fresh workshop an example."""
    return Workshop


@pytest.fixture(scope="session")
def correction() -> Callable[..., Record]:
    """Return a maker of records as the feedback room makes them."""
    return _correction
