from __future__ import annotations

import os
import subprocess
import sys
from typing import Any, Literal

import pytest
from tests.training.conftest import shop_rows

from chainring.contracts.errors import InputError, RefusedError, UnknownNameError
from chainring.training.tokenisers.bpe import bpe
from chainring.training.tokenisers.make import sampled, tokeniser
from chainring.training.tokenisers.report import report
from chainring.training.tokenisers.settings import TokeniserSettings
from chainring.training.tokenisers.special import (
    SPECIAL,
    Marks,
    marks_of,
    save_tokeniser,
    with_sentinels,
)

TEXTS = [row.text for row in shop_rows()]


def made(use: str, *, chinese: Literal["auto", "characters", "words"] = "auto") -> Any:
    settings = TokeniserSettings(use=use, size=400, chinese=chinese)
    return tokeniser(TEXTS, settings=settings, form="encoder")


@pytest.mark.parametrize("use", ["bpe.v1", "unigram.v1"])
def test_every_process_makes_the_same_tokeniser(use: str) -> None:
    code = (
        "import hashlib; from chainring.training.tokenisers.make import tokeniser;"
        "from chainring.training.tokenisers.settings import TokeniserSettings as S;"
        f"t = tokeniser({TEXTS!r}, settings=S(use={use!r}, size=400), form='decoder');"
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


@pytest.mark.parametrize("text", ["我的包裹 hasn't arrived!\n\n龘 🙂", " two  spaces\t", "ÅÆ"])
def test_byte_pairs_give_back_every_text_and_know_every_character(text: str) -> None:
    tokenizer = made("bpe.v1")
    ids = tokenizer.encode(text, add_special_tokens=False).ids
    assert tokenizer.decode(ids) == text
    assert 1 not in ids


@pytest.mark.parametrize("use", ["bpe.v1", "unigram.v1", "wordpiece.v1"])
def test_chinese_is_cut_by_character_or_across_them_as_asked(use: str) -> None:
    apart, joined = (
        tokeniser(
            ["物流太久", "物流很快", "退款"] * 50,
            settings=TokeniserSettings(use=use, size=400, chinese=chinese),
            form="encoder",
        ).encode("物流太久", add_special_tokens=False)
        for chinese in ("characters", "words")
    )
    assert {len(range(*offset)) for offset in apart.offsets} == {1}
    assert max(len(range(*offset)) for offset in joined.offsets) > 1


@pytest.mark.parametrize("use", ["bpe.v1", "unigram.v1", "wordpiece.v1"])
def test_more_characters_than_there_is_room_leave_the_rare_ones_unknown(use: str) -> None:
    common = ["物流太久了，我的包裹还没有到"] * 50
    rare = ["".join(chr(0x4E00 + 300 * row + n) for n in range(300)) for row in range(5)]
    settings = TokeniserSettings(use=use, size=400)
    tokenizer = tokeniser([*common, *rare], settings=settings, form="encoder")
    assert tokenizer.get_vocab_size() <= 400
    assert 1 not in tokenizer.encode(common[0]).ids


def test_each_form_has_its_marks_around_a_text() -> None:
    settings = TokeniserSettings(use="wordpiece.v1", size=400)
    tokens = {
        form: tokeniser(TEXTS, settings=settings, form=form).encode("退款", "物").tokens
        for form in ("encoder", "encoder-decoder")
    }
    assert tokens["encoder"] == ["[CLS]", "退", "款", "[SEP]", "物", "[SEP]"]
    assert tokens["encoder-decoder"] == ["退", "款", "[SEP]", "物", "[SEP]"]
    single = tokeniser(TEXTS, settings=settings, form="decoder").encode("退款").tokens
    assert single == ["[CLS]", "退", "款"]


def test_saved_it_opens_with_transformers_and_cuts_the_same(tmp_path: Any) -> None:
    from transformers import AutoTokenizer

    tokenizer = with_sentinels(made("bpe.v1"))
    save_tokeniser(tokenizer, tmp_path)
    opened = AutoTokenizer.from_pretrained(str(tmp_path))
    for text in ("where is my parcel?", "我的包裹到哪了"):
        assert opened(text)["input_ids"] == tokenizer.encode(text).ids
    assert opened.mask_token_id == SPECIAL.index("[MASK]")
    assert opened.convert_tokens_to_ids("<extra_id_0>") == 400


def test_marks_are_found_in_ours_and_in_the_offline_base() -> None:
    from tokenizers import Tokenizer

    from chainring.training.base import find_base

    assert marks_of(made("bpe.v1")) == Marks(pad=0, start=2, end=3, mask=4, special=(0, 1, 2, 3, 4))
    minilm = Tokenizer.from_file(str(find_base("minilm").folder / "tokenizer.json"))
    assert (marks_of(minilm).start, marks_of(minilm).mask) == (101, 103)


def test_the_report_counts_characters_a_token_and_unknown_ones_by_language() -> None:
    english, chinese = report(made("wordpiece.v1"), ["the courier", "退款龘"])
    assert (english.language, english.characters, english.tokens) == ("en", 11, 2)
    assert (chinese.language, chinese.characters, chinese.tokens) == ("zh", 3, 3)
    assert chinese.unknown_share == pytest.approx(1 / 3)
    assert "33.33% unknown" in str(chinese)


def test_texts_are_drawn_until_the_characters_are_full() -> None:
    some = sampled(TEXTS, 200, seed=0)
    assert 200 <= sum(map(len, some)) < 200 + max(map(len, TEXTS))
    assert some == [text for text in TEXTS if text in some]
    assert sampled(TEXTS, 10**6, seed=0) == TEXTS


def test_what_cannot_be_made_is_told() -> None:
    with pytest.raises(InputError, match="256 bytes"):
        bpe(TEXTS, settings=TokeniserSettings(size=200))
    with pytest.raises(RefusedError, match="no text"):
        tokeniser([" "], settings=TokeniserSettings(), form="encoder")
    with pytest.raises(UnknownNameError, match=r"did you mean 'wordpiece\.v1'"):
        tokeniser(TEXTS, settings=TokeniserSettings(use="wordpeice.v1"), form="encoder")
