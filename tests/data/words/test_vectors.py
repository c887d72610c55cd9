"""Near words and analogies of vectors made by hand; folders that cannot be used say why."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest

from chainring.contracts.errors import DamagedError, InputError
from chainring.data.words.vectors import FACTS, VECTORS, WORDS, WordVectors


def test_near_words_are_those_of_the_smallest_angle(by_hand: WordVectors) -> None:
    found = by_hand.near("马", count=2)
    assert [one.word for one in found] == ["车", "queen"]
    assert found[0].similarity == pytest.approx(1 / np.sqrt(1.01))
    assert len(by_hand.near("man", count=99)) == 6, "a word is not near itself"


def test_an_analogy_adds_the_difference_and_never_answers_with_what_was_asked(
    by_hand: WordVectors,
) -> None:
    found = by_hand.analogy("man", "king", "woman", count=2)
    assert found[0].word == "queen"
    assert {"man", "king", "woman"}.isdisjoint(one.word for one in found)


def test_a_capital_letter_makes_no_unknown_word(by_hand: WordVectors) -> None:
    assert by_hand.near("King", count=3) == by_hand.near("king", count=3)


def test_an_unknown_word_says_why_and_offers_the_nearest(by_hand: WordVectors) -> None:
    with pytest.raises(InputError, match="fewer than 3 times; did you mean 'queen'") as refused:
        by_hand.near("quean")
    assert "--kind fasttext" in str(refused.value)
    with pytest.raises(InputError, match="'牛' has no vector"):
        by_hand.near("牛")


def write(folder: Path, *, rows: int = 2, words: str = "a\nb\n", form: str = "words.v1") -> Path:
    folder.mkdir()
    np.save(folder / VECTORS, np.ones((rows, 3), dtype=np.float32))
    (folder / WORDS).write_text(words)
    (folder / FACTS).write_text(json.dumps({"format": form, "dimensions": 3, "settings": {}}))
    return folder


def test_vectors_are_mapped_and_not_read(tmp_path: Path) -> None:
    opened = WordVectors.open(write(tmp_path / "v"))
    assert isinstance(opened.vectors, np.memmap)
    assert "b" in opened
    assert "c" not in opened


def test_a_folder_without_vectors_names_the_command_that_makes_some(tmp_path: Path) -> None:
    with pytest.raises(InputError, match="chainring words train TEXT --out"):
        WordVectors.open(tmp_path)


def test_files_that_do_not_fit_together_are_not_used(tmp_path: Path) -> None:
    with pytest.raises(DamagedError, match="2 words of 3 numbers expected"):
        WordVectors.open(write(tmp_path / "short", rows=1))
    cut = write(tmp_path / "cut")
    (cut / VECTORS).write_bytes((cut / VECTORS).read_bytes()[:-4])
    with pytest.raises(DamagedError, match="train the vectors again"):
        WordVectors.open(cut)


def test_vectors_of_a_newer_version_are_refused(tmp_path: Path) -> None:
    with pytest.raises(InputError, match=r"words\.v1 expected, words\.v9 found"):
        WordVectors.open(write(tmp_path / "new", form="words.v9"))
