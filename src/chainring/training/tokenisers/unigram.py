"""Tokeniser unigram.v1: pieces with likelihoods; a text is cut where the pieces are likeliest.

Enter texts, leaves a tokeniser:

    unigram(["物流太久了", "where is my parcel"], settings=TokeniserSettings(size=8000))

T. Kudo 2018, "Subword regularization", section 3.2, learnt by the `tokenizers` library. Its sums
run in another order in every process, so the last digits of the likelihoods differ: they are
rounded. It puts characters that it must keep, but has no likelihood for, at the bottom in an order
of chance, a ten-thousandth apart: they are put in the order of their codes. And so every
process makes the same tokeniser.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from typing import Any

from chainring.training.tokenisers.pieces import chinese_apart
from chainring.training.tokenisers.settings import TokeniserSettings
from chainring.training.tokenisers.special import SPECIAL, UNK

MAX_PIECE = 8
DIGITS = 4
TAIL_STEP = 1.1e-4


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
    room = settings.size - len(SPECIAL) - 1  # the mark of a blank is a character of its own
    tokenizer.train_from_iterator(_with_room(texts, room, settings.lowercase is True), trainer)
    return Tokenizer.from_str(_same_everywhere(tokenizer.to_str(), size=settings.size))


def _with_room(texts: Sequence[str], room: int, lowercase: bool) -> Sequence[str]:
    """Return the texts, blanks in place of the rarest characters where all are too many.

    The library must keep every character that it sees, and raises where they do not fit.
    """
    seen = Counter(c for text in texts for c in (text.lower() if lowercase else text))
    if len(seen) <= room:
        return texts
    ranked = sorted(seen, key=lambda c: (-seen[c], c))
    rare = dict.fromkeys(map(ord, ranked[room:]), " ")
    return [(text.lower() if lowercase else text).translate(rare) for text in texts]


def _same_everywhere(told: str, *, size: int) -> str:
    """Return the tokeniser's file with rounded likelihoods and its pieces in one order."""
    facts = json.loads(told)
    found = [(p, score) for p, score in facts["model"]["vocab"] if p not in SPECIAL]
    special = [(mark, 0.0) for mark in SPECIAL]
    rest = sorted(
        ((piece, round(score, DIGITS)) for piece, score in _tail_in_order(found)),
        key=lambda one: (-one[1], one[0]),
    )
    facts["model"]["vocab"] = (special + rest)[:size]
    facts["model"]["unk_id"] = UNK
    return json.dumps(facts, ensure_ascii=False)


def _tail_in_order(found: list[tuple[str, float]]) -> list[tuple[str, float]]:
    """Return the pieces; single characters in the ladder at the bottom, in the order of codes."""
    ranked = sorted(found, key=lambda one: -one[1])
    start = max(0, len(ranked) - 1)
    while start > 0 and ranked[start - 1][1] - ranked[start][1] <= TAIL_STEP:
        start -= 1
    ladder = [one for one in ranked[start:] if len(one[0]) == 1]
    others = ranked[:start] + [one for one in ranked[start:] if len(one[0]) > 1]
    tail = zip(sorted(piece for piece, _ in ladder), ladder, strict=True)
    return others + [(piece, score) for piece, (_, score) in tail]
