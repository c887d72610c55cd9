from __future__ import annotations

import os
import subprocess
import sys
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.training.conftest import shop_rows

from chainring.training.vocabulary import SPECIAL, own_tokenizer, pieces

TEXTS = [row.text for row in shop_rows()]


def test_chinese_is_cut_by_character_and_english_by_word() -> None:
    tokenizer = own_tokenizer(TEXTS, size=400)
    assert tokenizer.encode("请问退款").tokens == ["[CLS]", "请", "问", "退", "款", "[SEP]"]
    assert tokenizer.encode("The Courier").tokens == ["[CLS]", "the", "courier", "[SEP]"]


def test_a_new_word_of_known_letters_is_spelt_and_not_unknown() -> None:
    tokens = own_tokenizer(TEXTS, size=400).encode("wanting").tokens
    assert "[UNK]" not in tokens
    assert "".join(token.removeprefix("##") for token in tokens[1:-1]) == "wanting"


def test_every_process_makes_the_same_vocabulary() -> None:
    code = (
        "import hashlib; from chainring.training.vocabulary import own_tokenizer;"
        f"t = own_tokenizer({TEXTS!r}, size=200);"
        "print(hashlib.sha256(t.to_str().encode()).hexdigest())"
    )
    found = {
        subprocess.run(
            [sys.executable, "-c", code],
            env={**os.environ, "PYTHONHASHSEED": seed},
            capture_output=True,
            check=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(found) == 1


@pytest.mark.parametrize("size", [10, 60, 300])
def test_the_vocabulary_is_never_larger_than_asked(size: int) -> None:
    vocabulary = own_tokenizer(TEXTS, size=size).get_vocab()
    assert len(vocabulary) <= size
    assert [vocabulary[token] for token in SPECIAL] == [0, 1, 2, 3, 4]


@given(st.dictionaries(st.text("abc物流", min_size=1, max_size=9), st.integers(1, 9)))
def test_pieces_are_distinct_and_in_one_order(counts: dict[str, int]) -> None:
    backwards = Counter(dict(reversed(counts.items())))
    found = pieces(Counter(counts), room=40)
    assert len(found) == len(set(found)) <= 40
    assert found == pieces(backwards, room=40)
