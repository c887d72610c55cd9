from __future__ import annotations

from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st
from transformers import AutoTokenizer

from chainring.training.tokens import (
    count_cut,
    encode,
    open_tokenizer,
    token_batches,
    unknown_shares,
)

TEXTS = ["Where is my parcel?", "请问物流到哪了", "", "I want 退款 now!", "refund " * 60]


def test_texts_are_cut_as_transformers_would_cut_them(tiny_base: Path) -> None:
    reference = AutoTokenizer.from_pretrained(str(tiny_base))
    ids = encode(open_tokenizer(tiny_base, max_tokens=24), TEXTS)
    expected = reference(TEXTS, truncation=True, max_length=24)["input_ids"]
    assert ids == expected
    assert max(map(len, ids)) == 24


def test_texts_and_pairs_that_are_cut_are_counted(tiny_base: Path) -> None:
    tokenizer = open_tokenizer(tiny_base, max_tokens=24)
    assert count_cut(tokenizer, TEXTS) == 1
    assert count_cut(tokenizer, [("refund " * 12, "refund " * 12), ("refund", "refund")]) == 1


@given(st.lists(st.lists(st.integers(0, 9), min_size=1, max_size=30)), st.integers(1, 90))
def test_batches_hold_every_text_once_and_keep_to_the_budget(
    ids: list[list[int]], budget: int
) -> None:
    batches = list(token_batches(ids, max_tokens=budget))
    assert sorted(place for batch in batches for place in batch) == list(range(len(ids)))
    for batch in batches:
        assert len(batch) == 1 or len(batch) * max(len(ids[i]) for i in batch) <= budget


def test_unknown_tokens_are_counted_by_language(tiny_base: Path) -> None:
    tokenizer = open_tokenizer(tiny_base, max_tokens=32)
    unknown = tokenizer.token_to_id("[UNK]")
    texts, languages = ["I want", "龘龘", "请问"], ["en", "zh", "zh"]
    shares = unknown_shares(tokenizer, texts, languages, unknown=unknown)
    assert shares == {"en": 0.0, "zh": 2 / 8}  # two of 龘 龘 请 问 and four marks
    assert unknown_shares(tokenizer, texts, languages, unknown=None) == {"en": 0.0, "zh": 0.0}
