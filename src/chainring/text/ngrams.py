"""The features of the linear model: one analyzer for training and for serving.

Enters any text, leaves a list of strings, in order and with repeats:

==============  ==================================================================
``Card lost``    ``w:card w:lost w:card lost``, ``c: c``, ``c:ca`` … ``c:lost ``
``退货``          ``h:退 h:货 h:退货``
==============  ==================================================================

``w:`` words and pairs of words, ``c:`` pieces of 2 to 5 characters of a word with its edges,
``h:`` runs of 1 to 3 Chinese characters. None crosses punctuation.

A pair of texts has `=` before what both say, `<` and `>` before what one says alone, and `~w` and
`~c`, of which there is one more for each tenth that their words and their pieces are alike.
"""

from __future__ import annotations

import re
from functools import lru_cache
from itertools import pairwise

from chainring.contracts.values import Input
from chainring.text.characters import HAN
from chainring.text.normalise import normalise

MAX_WORD_LENGTH = 40
"""What stands beyond 40 characters of a word is not looked at: a link or a dump stays cheap."""

_WORD = rf"[^\W{HAN}]+(?:['’][^\W{HAN}]+)*"
_STRETCH = re.compile(f"([{HAN}]+)|{_WORD}(?: {_WORD})*")


@lru_cache(maxsize=1 << 14)
def _pieces(word: str) -> tuple[str, ...]:
    edged = f" {word} "
    size = len(edged)
    return (
        "w:" + word,
        *("c:" + edged[i : i + n] for n in range(2, 6) for i in range(size - n + 1)),
    )


def _latin(stretch: str) -> list[str]:
    words = [word[:MAX_WORD_LENGTH] for word in stretch.replace("’", "'").split()]
    found = [f"w:{first} {second}" for first, second in pairwise(words)]
    for word in words:
        found += _pieces(word)
    return found


def _chinese(run: str) -> list[str]:
    found = ["h:" + char for char in run]
    found += ["h:" + run[i : i + 2] for i in range(len(run) - 1)]
    found += ["h:" + run[i : i + 3] for i in range(len(run) - 2)]
    return found


def features(text: str) -> list[str]:
    """Return the feature strings of `text`, for counting or TF-IDF.

    Pure and deterministic: the same text gives the same list in every process.

    >>> features("退货")
    ['h:退', 'h:货', 'h:退货']
    >>> features("go!")
    ['w:go', 'c: g', 'c:go', 'c:o ', 'c: go', 'c:go ', 'c: go ']
    """
    found: list[str] = []
    for match in _STRETCH.finditer(normalise(text).casefold()):
        stretch = match[0]
        found += _chinese(stretch) if match[1] else _latin(stretch)
    return found


STEPS = 10


def features_of(asked: Input) -> list[str]:
    """Return the feature strings of a text, or of a pair of texts.

    >>> features_of(("退款", "退货"))[:3]
    ['=h:退', '<h:款', '<h:退款']
    """
    if isinstance(asked, str):
        return features(asked)
    first, second = (dict.fromkeys(features(text)) for text in asked)
    found = [f"{'=' if name in second else '<'}{name}" for name in first]
    found += [f">{name}" for name in second if name not in first]
    for mark, kinds in (("~w", ("w:", "h:")), ("~c", ("c:", "h:"))):
        found += [f"{mark}{step}" for step in range(_likeness(first, second, kinds) + 1)]
    return found


def _likeness(first: dict[str, None], second: dict[str, None], kinds: tuple[str, ...]) -> int:
    """Return how many tenths of the features of some kinds are in both."""
    own, other = ({name for name in side if name.startswith(kinds)} for side in (first, second))
    return STEPS * len(own & other) // max(1, len(own | other))
