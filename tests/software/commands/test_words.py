"""`chainring words …` from text to near words, export and map, without a project."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from tests.software.conftest import refused, run

ROWS = [
    {"text": "parcel late parcel lost courier late"},
    {"text": "refund paid card refund charged card"},
    {"text": "快递 太慢 包裹 延误 快递 太慢"},
    {"text": "发票 付款 退款 付款 发票 退款"},
]


@pytest.fixture(scope="module")
def vectors(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("words")
    lines = "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS * 30)
    (folder / "help.jsonl").write_text(lines, encoding="utf-8")
    out = folder / "vectors"
    said = run(
        "words", "train", str(folder / "help.jsonl"), "--out", str(out), "--kind", "glove",
        "--dimensions", "8", "--licence", "CC0", "--epochs", "5",
    )  # fmt: skip
    assert f"made {out}" in said
    return out


def test_near_words_are_listed_with_their_likeness(vectors: Path) -> None:
    lines = run("words", "near", str(vectors), "包裹", "--count", "3").splitlines()
    assert len(lines) == 3
    assert lines == sorted(lines, reverse=True)


def test_an_analogy_is_answered(vectors: Path) -> None:
    said = run("words", "analogy", str(vectors), "parcel", "late", "包裹", "--count", "2")
    assert len(said.splitlines()) == 2


def test_an_unknown_word_says_what_to_do(vectors: Path) -> None:
    assert "--min-count" in refused("words", "near", str(vectors), "elephant")


def test_vectors_are_exported_beside_their_folder(vectors: Path) -> None:
    run("words", "export", str(vectors), "--format", "glove")
    path = vectors.with_name("vectors.glove.txt")
    words = [line.split(" ")[0] for line in path.read_text(encoding="utf-8").splitlines()]
    assert words == (vectors / "words.txt").read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", ["map.html", "map.svg"])
def test_a_map_is_drawn_as_a_page_or_a_picture(vectors: Path, tmp_path: Path, name: str) -> None:
    out = tmp_path / name
    run("words", "map", str(vectors), "--out", str(out), "--language", "zh", "--method", "pca")
    drawn = out.read_text(encoding="utf-8")
    assert drawn.startswith("<svg" if name.endswith("svg") else "<!doctype html>")
    assert "快递" in drawn


def test_every_segmenter_shows_its_words(tmp_path: Path) -> None:
    (tmp_path / "own.txt").write_text("云原生\n", encoding="utf-8")
    said = run(
        "words", "segment", "小明在云原生社区工作", "--user-words", str(tmp_path / "own.txt")
    )
    lines = said.splitlines()
    assert [line.split()[0] for line in lines] == ["rjieba.v1", "jieba.v1", "characters.v1"]
    assert all("云原生" in line.split(" / ") for line in lines)


def test_all_wrong_options_are_named_at_once(tmp_path: Path) -> None:
    said = refused("words", "train", "x", "--out", str(tmp_path), "--kind", "glov", "--window", "0")
    assert "--kind: 'glov'" in said
    assert "--window: 0" in said
