from __future__ import annotations

import importlib.metadata
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.text.test_identify import without

from chainring.contracts.errors import InputError, MissingPackageError, UnknownNameError
from chainring.text import segment as module
from chainring.text.segment import SEGMENTERS, segment, segmenter_version

MIXED = "我的包裹还在路上。Where is it? 买了T恤和卡拉OK机，don't forget！"
EVERY = pytest.mark.parametrize("by", SEGMENTERS)


@pytest.mark.parametrize("by", ["rjieba.v1", "jieba.v1"])
def test_chinese_and_english_words_come_in_order(by: str) -> None:
    assert segment(MIXED, by=by) == (
        "我 的 包裹 还 在 路上 Where is it 买 了 T恤 和 卡拉 OK 机 don't forget".split()
    )


def test_characters_need_no_dictionary() -> None:
    assert segment("退货 no. 12", by="characters.v1") == ["退", "货", "no", "12"]


@EVERY
def test_a_user_word_stays_whole(by: str) -> None:
    text = "小明在链环齿社区工作"
    assert "链环齿" not in segment(text, by=by)
    assert "链环齿" in segment(text, by=by, user_words=("链环齿",))
    assert "链环齿" not in segment(text, by=by)


@EVERY
def test_with_marks_nothing_but_spaces_is_lost(by: str) -> None:
    assert "".join(segment(MIXED, by=by, with_marks=True)) == MIXED.replace(" ", "")


@given(st.text(alphabet="退货我的 aB1'.-，。T恤\n", max_size=40), st.sampled_from(SEGMENTERS[::2]))
def test_words_stand_in_the_text_in_order(text: str, by: str) -> None:
    at = 0
    for word in segment(text, by=by, with_marks=True):
        at = text.index(word, at) + len(word)
    assert set(segment(text, by=by)) <= set(segment(text, by=by, with_marks=True))


@EVERY
def test_empty_and_wordless_texts_have_no_words(by: str) -> None:
    assert segment("", by=by) == segment("  \n", by=by) == segment("！？…", by=by) == []


def test_versions_name_the_package() -> None:
    rjieba = importlib.metadata.version("rjieba")
    assert segmenter_version("rjieba.v1") == f"rjieba.v1 (rjieba {rjieba})"
    assert segmenter_version("characters.v1") == "characters.v1"


def test_jieba_leaves_no_file_behind(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    module._cut.cache_clear()
    assert segment("退货", by="jieba.v1") == ["退货"]
    assert list(tmp_path.iterdir()) == []


def test_faults_name_the_next_step(monkeypatch: pytest.MonkeyPatch) -> None:
    with pytest.raises(UnknownNameError, match=r"did you mean 'rjieba.v1'\?"):
        segment("x", by="rjieb.v1")
    with pytest.raises(UnknownNameError):
        segmenter_version("word.v1")
    with pytest.raises(InputError, match=r"'' is empty.*\n.*'a b'"):
        segment("x", user_words=("", "a b"))
    without(monkeypatch, "rjieba")
    with pytest.raises(MissingPackageError, match=r"chainring\[data\]"):
        segment("退货", user_words=("没有",))
