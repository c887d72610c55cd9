"""Tokeniser bpe.v1: byte pairs, so that every text can be spelt and nothing is unknown.

Enter texts, leaves a tokeniser that gives back what it was given:

    bpe(["物流太久了", "where is my parcel"], settings=TokeniserSettings(size=8000))

R. Sennrich and others 2016, "Neural machine translation of rare words with subword units", on bytes
as in A. Radford and others 2019 (GPT-2, section 2.2), learnt by the `tokenizers` library.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainring.contracts.errors import InputError
from chainring.training.tokenisers.pieces import chinese_apart
from chainring.training.tokenisers.settings import TokeniserSettings
from chainring.training.tokenisers.special import SPECIAL

MIN_SIZE = 256 + len(SPECIAL)
MIN_COUNT = 2


def bpe(texts: Sequence[str], *, settings: TokeniserSettings) -> Any:
    """Return a byte-level tokeniser with at most `settings.size` tokens.

    Raises
    ------
    InputError
        The size has no room for the 256 bytes.
    """
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    if settings.size < MIN_SIZE:
        raise InputError(
            f"training.tokeniser.size: {settings.size} is not >= {MIN_SIZE}, the 256 bytes and "
            f"{len(SPECIAL)} special tokens of bpe.v1"
        )
    tokenizer = Tokenizer(models.BPE())
    if settings.lowercase:
        tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            chinese_apart(one_by_one=settings.chinese == "characters"),
            pre_tokenizers.ByteLevel(add_prefix_space=False),
        ]
    )
    tokenizer.decoder = decoders.ByteLevel()
    trainer = trainers.BpeTrainer(
        vocab_size=settings.size,
        min_frequency=MIN_COUNT,
        special_tokens=list(SPECIAL),
        initial_alphabet=sorted(pre_tokenizers.ByteLevel.alphabet()),
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return tokenizer
