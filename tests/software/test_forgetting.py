"""Forgetting, on a real small shop: planted by every way in, searched for in every store."""

from __future__ import annotations

import gzip
import json
import shutil
import sqlite3
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests.software.conftest import copy, opened

from chainring.contracts.prediction import Prediction
from chainring.contracts.reaction import Reaction
from chainring.software.api import Project
from chainring.software.receipts import Receipt

SAID = {
    "refund": ("I want my money back", "please refund me", "我要退款", "把钱退给我"),
    "parcel": ("where is my parcel", "track my order", "我的包裹到哪了", "物流太久了"),
}
FRAMES = ("{}", "hello, {}", "{} now", "请问 {}", "{} today", "about this: {}", "{} thanks")
RECIPE = """
[project]
name = "shop"
[training]
candidates = ["linear.v1"]
[data]
min_jaccard = 1.0
validation_share = 0.4
test_share = 0.2
[store]
min_free_mib = 0
[deployment]
speed_rounds = 1
[[data.sources]]
name = "forum"
use = "sql.v1"
url = "sqlite:///forum.db"
query = "SELECT id, body, person FROM posts"
full = true
columns = { text = "body", subject = "person" }
"""
SECRETS = {
    "file": "Ann wrote that the violet kettle of aunt Ottilie sings at midnight",
    "harvest": "安妮在论坛上说她家的紫色水壶半夜会自己唱歌还会跳舞",
    "request": "Ann asks why the amber heron in parcel nine hundred never blinked",
    "comment": "Ann remarks that seven cobalt lanterns were missing from the attic",
    "correction": "安妮问那只在阁楼上丢失的蓝色灯笼什么时候能够退款给她本人",
}
BO = "Bo would like to know whether the silver gate opens on Sundays at nine"
"""A sentence that Ann and Bo both write."""


def rows() -> Iterator[dict[str, str]]:
    for label, texts in SAID.items():
        for words in texts:
            for frame in FRAMES:
                yield {"text": frame.format(words), "label": label, "subject": f"s-{words}"}
    for number in range(4):  # so that some fall to each split
        yield {"text": f"{SECRETS['file']} {number}", "label": "parcel", "subject": "ann"}
    yield {"text": BO, "label": "parcel", "subject": "ann", "id": "a1"}
    yield {"text": BO, "label": "parcel", "subject": "bo", "id": "b1"}


def write(folder: Path, lines: list[dict[str, str]]) -> None:
    text = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in lines)
    (folder / "data" / "a.jsonl").write_text(text, encoding="utf-8")


def forum(folder: Path) -> None:
    """Write what people said in a forum into a database of their own, beside the project."""
    said = {"ann": SECRETS["harvest"], "bo": "一个完全不同的句子，关于包裹"}
    with sqlite3.connect(folder / "forum.db") as connection:
        connection.execute("CREATE TABLE posts (id TEXT, body TEXT, person TEXT)")
        rows = [(f"post-{person}", body, person) for person, body in said.items()]
        connection.executemany("INSERT INTO posts VALUES (?, ?, ?)", rows)
    connection.close()


@pytest.fixture(scope="module")
def planted(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a shop that turned twice; Ann's sentences came in by every way there is."""
    folder = tmp_path_factory.mktemp("planted") / "shop"
    (folder / "data").mkdir(parents=True)
    write(folder, list(rows()))
    (folder / "chainring.toml").write_text(RECIPE, encoding="utf-8")
    (folder / ".chainring").mkdir()
    (folder / ".chainring" / "key").write_text("07" * 32)
    forum(folder)
    with opened(folder) as project:
        project.turn()
        talk(project)
        project.turn()
        shutil.rmtree(project.ring.runner.scratch)
        leftover = project.ring.runner.scratch / "killed"
        leftover.mkdir(parents=True)
        (leftover / "rows.jsonl").write_text(SECRETS["file"], encoding="utf-8")
    return folder


def talk(project: Project) -> None:
    """Ann asks, comments and corrects; Bo asks the same as Ann and corrects it, too."""
    for words in ("request", "comment", "correction"):
        (answer,) = project.predict([SECRETS[words]], author="ann")
        react(project, answer, "correction", author="ann", value="refund")
        react(project, answer, "comment", author="ann", value=SECRETS["comment"])
    for author in ("ann", "bo"):
        (answer,) = project.predict([BO], author=author)
        react(project, answer, "correction", author=author, value="refund")
        react(project, answer, "flag", author=author, value="wrong")
    case = project.cases()[-1]
    project.close_case(case.id, outcome=SECRETS["comment"], told="thanks", by="op")


def react(project: Project, answer: Prediction, kind: Any, **words: str) -> None:
    project.react(Reaction(prediction=answer.id, kind=kind, consent="training", **words))


@pytest.fixture
def shop(planted: Path, tmp_path: Path) -> Path:
    return copy(planted, tmp_path / "shop")


@pytest.fixture
def project(shop: Path) -> Iterator[Project]:
    with opened(shop) as found:
        yield found


def forget_ann(project: Project, **more: Any) -> Receipt:
    return project.forget(subject=["ann"], author=["ann"], reason="asked", **more)


# The search is of its own: it knows nothing of what the code searches with.


def views(path: Path) -> Iterator[bytes]:
    """Yield the bytes of a file: as they are, unpacked, and as a database or a table shows them."""
    data = path.read_bytes()
    yield data
    if data[:2] == b"\x1f\x8b":
        yield gzip.decompress(data)
    if data[:4] == b"PAR1":
        import pyarrow.parquet as pq

        yield repr(pq.read_table(path).to_pydict()).encode()
    if data[:15] == b"SQLite format 3":
        with sqlite3.connect(path) as connection:
            yield "\n".join(connection.iterdump()).encode()
        connection.close()


def holding(folder: Path, text: str) -> list[str]:
    """Return the files below a folder that hold a text, in UTF-8, UTF-16 or escaped."""
    forms = {text.encode(), json.dumps(text)[1:-1].encode(), text.encode("utf-16-le")}
    files = sorted(path for path in folder.rglob("*") if path.is_file())
    return [
        path.relative_to(folder).as_posix()
        for path in files
        if any(form in view for view in views(path) for form in forms)
    ]


@pytest.mark.parametrize("way", SECRETS)
def test_what_came_in_by_any_way_is_in_the_stores_before(planted: Path, way: str) -> None:
    found = holding(planted / ".chainring", SECRETS[way])
    assert found
    kinds = {place.partition("/")[0] for place in found}
    expected = {
        "file": {"store", "scratch"},
        "harvest": {"store", "harvests"},
        "request": {"store", "traffic"},
        "comment": {"store", "traffic", "ledger.db"},
        "correction": {"store", "traffic"},
    }[way]
    assert {kind.removesuffix("-wal") for kind in kinds} == expected


def test_after_forgetting_no_byte_of_any_store_holds_it(project: Project) -> None:
    receipt = forget_ann(project)
    project.close()
    for way, text in SECRETS.items():
        assert holding(project.folder / ".chainring", text) == [], way
    assert receipt.act.state == "done"
    assert receipt.left == ("data/a.jsonl", "forum.db")
    for name in ("ann", "Ottilie"):
        told = json.dumps(json.loads(receipt.path.read_text())) if receipt.path else ""
        assert f'"{name}"' not in told


def test_every_tree_is_whole_afterwards(project: Project) -> None:
    forget_ann(project)
    for address in project.ring.runner.trees.addresses():
        project.ring.runner.trees.verify(address)
