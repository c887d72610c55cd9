from __future__ import annotations

import json
from importlib.resources import files
from pathlib import Path

import pytest

from chainring.contracts.errors import InputError
from chainring.deployment.articles import load_articles


def line(**fields: object) -> str:
    row = {"title": "Follow it", "text": "Open your orders.", "label": "track_order"} | fields
    return json.dumps(row, ensure_ascii=False)


def written(path: Path, *lines: str) -> Path:
    path.write_text("\n".join(lines) + "\n", encoding="utf-8")
    return path


def test_the_article_of_a_label_comes_in_the_language_of_the_question(tmp_path: Path) -> None:
    path = written(
        tmp_path / "articles.jsonl",
        line(language="en"),
        line(title="查物流", text="打开我的订单。", language="zh"),
        "",
        line(title="A second one", language="en"),
    )
    articles = load_articles(path)
    english, chinese = (articles.find("track_order", language) for language in ("en", "zh"))
    assert english is not None
    assert chinese is not None
    assert (english.title, chinese.title) == ("Follow it", "查物流")


def test_an_article_in_another_language_is_better_than_none_and_says_its_language(
    tmp_path: Path,
) -> None:
    articles = load_articles(written(tmp_path / "a.jsonl", line(language="en")))
    found = articles.find("track_order", "zh")
    assert found is not None
    assert found.language == "en"
    assert articles.find("refund", "en") is None


def test_a_missing_language_is_read_off_the_text(tmp_path: Path) -> None:
    written(tmp_path / "en.jsonl", line())
    written(tmp_path / "zh.jsonl", line(title="查物流", text="打开我的订单。"))
    articles = load_articles(tmp_path)
    found = articles.find("track_order", "zh")
    assert found is not None
    assert found.title == "查物流"


def test_the_built_in_project_has_an_article_in_both_languages_for_each_of_its_labels() -> None:
    folder = Path(str(files("chainring") / "software" / "projects" / "support" / "articles"))
    articles = load_articles(folder)
    labels = {label for label, _ in articles._by_place}
    assert len(labels) >= 20
    for label in labels:
        for language in ("en", "zh"):
            found = articles.find(label, language)
            assert found is not None
            assert found.language == language


def test_all_faulty_lines_are_told_at_once(tmp_path: Path) -> None:
    path = written(tmp_path / "a.jsonl", "{", "[]", line(title=""), line(), line(label=3))
    with pytest.raises(InputError) as caught:
        load_articles(path)
    assert [fault.split(":")[0] for fault in caught.value.faults] == [
        f"a.jsonl, line {number}" for number in (1, 2, 3, 5)
    ]


def test_a_missing_file_or_an_empty_folder_is_named(tmp_path: Path) -> None:
    for path in (tmp_path, tmp_path / "none.jsonl"):
        with pytest.raises(InputError, match="no articles at"):
            load_articles(path)
