"""Tokeniser wordpiece.v1: words, beginnings and continuations, Chinese by character.

Enter texts, leaves a tokeniser as BERT reads texts:

    wordpiece(["物流太久了", "where is my parcel"], settings=TokeniserSettings(size=8000))

How the pieces are chosen, and why not by the library's trainer: `chainring.training.vocabulary`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from chainring.training.tokenisers.settings import TokeniserSettings
from chainring.training.vocabulary import own_tokenizer


def wordpiece(texts: Sequence[str], *, settings: TokeniserSettings) -> Any:
    """Return a tokeniser with at most `settings.size` tokens; lower case unless told otherwise."""
    return own_tokenizer(
        texts,
        size=settings.size,
        lowercase=settings.lowercase is not False,
        chinese_words=settings.chinese == "words",
    )
