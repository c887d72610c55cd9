"""Texts become the tokeniser that a recipe names.

tokeniser(texts, settings=TokeniserSettings(use="bpe.v1"), form="decoder", seed=0)
"""

from __future__ import annotations

from collections.abc import Sequence
from random import Random
from typing import Any

from chainring.contracts.errors import InputError, RefusedError
from chainring.contracts.parts import load_part
from chainring.training.tokenisers.settings import TokeniserSettings
from chainring.training.tokenisers.special import SPECIAL, Form, marked

AUTO = {"encoder": "wordpiece.v1", "decoder": "bpe.v1", "encoder-decoder": "bpe.v1"}


def tokeniser(
    texts: Sequence[str], *, settings: TokeniserSettings, form: Form, seed: int = 0
) -> Any:
    """Return a tokeniser learnt from the texts, with the marks of the form.

    Raises
    ------
    RefusedError
        There is no text to learn from.
    InputError
        The part's tokeniser does not begin with our special tokens.
    UnknownNameError
        No tokeniser has this name.
    """
    name = AUTO[form] if settings.use == "auto" else settings.use
    some = sampled(texts, settings.max_characters, seed=seed)
    if not any(text.strip() for text in some):
        raise RefusedError("there is no text to learn a tokeniser from")
    tokenizer = load_part("tokeniser", name)(some, settings=settings)
    if [tokenizer.token_to_id(mark) for mark in SPECIAL] != list(range(len(SPECIAL))):
        raise InputError(f"tokeniser {name}: its first tokens must be {', '.join(SPECIAL)}")
    return marked(tokenizer, form=form)


def sampled(texts: Sequence[str], max_characters: int, *, seed: int) -> list[str]:
    """Return whole texts in their order, drawn at random until `max_characters` are full."""
    if sum(map(len, texts)) <= max_characters:
        return list(texts)
    order = list(range(len(texts)))
    Random(seed).shuffle(order)
    taken, room = [], max_characters
    for place in order:
        if room <= 0:
            break
        taken.append(place)
        room -= len(texts[place])
    return [texts[place][:max_characters] for place in sorted(taken)]
