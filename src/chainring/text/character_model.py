"""Bits per character by counting: what a language model must beat to be worth its weights.

Enter texts to count and texts to tell, leaves the mean cost of a character:

    bits_per_character(["the cat sat"], ["the cat"], order=5)

Order 1 is the unigram; a higher order mixes all lower ones with the weights of I. Witten and
T. Bell 1991, "The zero-frequency problem", method C, as S. Chen and J. Goodman 1998 interpolate it:
P(c | h) = (count(h c) + T(h) P(c | h')) / (count(h) + T(h)), where T(h) counts the different
characters seen after h, and h' is h without its first character. Below the unigram stands an equal
share for each character seen, and for one unseen.

Axes: N characters of all texts, with `order` - 1 blanks before each text.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

BLANK = -1


def bits_per_character(train: Sequence[str], test: Sequence[str], *, order: int) -> float:
    """Return the mean of -log2 P over the characters of `test`, counted in `train`.

    >>> round(bits_per_character(["abab"], ["ab"], order=1), 3)
    1.17
    """
    codes_n, known = _codes([*train, *test], train, blanks=order - 1)
    scored_n = codes_n != BLANK
    is_train_n = np.arange(len(codes_n)) < _length(train, order - 1)
    chance_n = np.full(len(codes_n), 1.0 / (known + 1))
    for width in range(1, order + 1):
        gram_n, context_n = _grams(codes_n, width)
        counted_n = is_train_n & scored_n
        grams = np.bincount(gram_n[counted_n], minlength=gram_n.max() + 1)
        contexts = np.bincount(context_n[counted_n], minlength=context_n.max() + 1)
        kinds = _kinds(gram_n[counted_n], context_n[counted_n], size=len(contexts))
        seen_n, types_n = contexts[context_n], kinds[context_n]
        mixed_n = grams[gram_n] + types_n * chance_n
        chance_n = np.where(seen_n > 0, mixed_n / np.maximum(seen_n + types_n, 1), chance_n)
    asked_n = scored_n & ~is_train_n
    return float(-np.log2(chance_n[asked_n]).mean())


def _codes(texts: Sequence[str], train: Sequence[str], *, blanks: int) -> tuple[Any, int]:
    """Return a number for each character; those that training has not seen share one."""
    known = len(set().union(*train))
    points_n = np.frombuffer("".join(texts).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    learnt = np.unique(
        np.frombuffer("".join(train).encode("utf-32-le", "surrogatepass"), dtype="<u4")
    )
    place_n = np.searchsorted(learnt, points_n).clip(max=len(learnt) - 1)
    place_n = np.where(learnt[place_n] == points_n, place_n, len(learnt)).astype(np.int64)
    ends = np.cumsum([len(text) for text in texts])[:-1]
    gap = np.full(blanks, BLANK, dtype=np.int64)
    parts = [part for one in np.split(place_n, ends) for part in (gap, one)]
    return np.concatenate(parts), known


def _length(texts: Sequence[str], blanks: int) -> int:
    return sum(len(text) + blanks for text in texts)


def _grams(codes_n: Any, width: int) -> tuple[Any, Any]:
    """Return a number for the gram that ends at each place, and for what stands before its end."""
    context_n = np.zeros(len(codes_n), dtype=np.int64)
    span = int(codes_n.max()) + 2
    for back in range(width - 1, 0, -1):
        earlier_n = np.concatenate([np.full(back, BLANK, dtype=np.int64), codes_n[:-back]])
        context_n = np.unique(context_n * span + earlier_n + 1, return_inverse=True)[1]
    gram_n = np.unique(context_n * span + codes_n + 1, return_inverse=True)[1]
    return gram_n, context_n


def _kinds(gram_n: Any, context_n: Any, *, size: int) -> Any:
    """Return how many different grams each context has."""
    first_n = np.unique(gram_n, return_index=True)[1]
    return np.bincount(context_n[first_n], minlength=size)
