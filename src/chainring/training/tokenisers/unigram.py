"""Tokeniser unigram.v1: pieces with likelihoods; a text is cut where the pieces are likeliest.

Enter texts, leaves a tokeniser:

    unigram(["物流太久了", "where is my parcel"], settings=TokeniserSettings(size=8000))

T. Kudo 2018, "Subword regularization", section 3.2, learnt by the `tokenizers` library. Its sums
run in another order in every process, so the last digits of the likelihoods differ; they are
rounded and the pieces put in order, and so every process makes the same tokeniser.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from chainring.training.tokenisers.pieces import chinese_apart
from chainring.training.tokenisers.settings import TokeniserSettings
from chainring.training.tokenisers.special import SPECIAL, UNK

MAX_PIECE = 8
DIGITS = 4


def unigram(texts: Sequence[str], *, settings: TokeniserSettings) -> Any:
    """Return a tokeniser with at most `settings.size` tokens; rare characters may be unknown."""
    from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

    tokenizer = Tokenizer(models.Unigram())
    if settings.lowercase:
        tokenizer.normalizer = normalizers.Lowercase()
    tokenizer.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Metaspace(),
            chinese_apart(one_by_one=settings.chinese == "characters"),
        ]
    )
    tokenizer.decoder = decoders.Metaspace()
    trainer = trainers.UnigramTrainer(
        vocab_size=settings.size,
        special_tokens=list(SPECIAL),
        unk_token=SPECIAL[UNK],
        max_piece_length=MAX_PIECE,
        show_progress=False,
    )
    tokenizer.train_from_iterator(texts, trainer)
    return Tokenizer.from_str(_same_everywhere(tokenizer.to_str(), size=settings.size))


def _same_everywhere(told: str, *, size: int) -> str:
    """Return the tokeniser's file with rounded likelihoods and its pieces in one order."""
    facts = json.loads(told)
    found = [(piece, round(score, DIGITS)) for piece, score in facts["model"]["vocab"]]
    special = [(mark, 0.0) for mark in SPECIAL]
    rest = sorted((p for p in found if p[0] not in SPECIAL), key=lambda one: (-one[1], one[0]))
    facts["model"]["vocab"] = (special + rest)[:size]
    facts["model"]["unk_id"] = UNK
    return json.dumps(facts, ensure_ascii=False)
