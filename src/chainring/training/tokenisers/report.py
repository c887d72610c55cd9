"""How a tokeniser reads each language: characters a token, and what it does not know.

Enters a tokeniser and texts, leaves a row for each language:

    report(tokenizer, ["物流太久了", "where is my parcel"])

| language | characters a token | unknown |
|---|--:|--:|
| en | 3.6 | 0.0 % |
| zh | 1.0 | 0.4 % |

A token of a byte-level tokeniser that is less than a character counts as the part that it is. Many
characters a token make short inputs; over 5 % unknown make a language unreadable.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from chainring.text.language import language
from chainring.training.base import unknown_id

CHUNK = 1024


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """How one language is read; special tokens do not count."""

    language: str
    texts: int
    characters: int
    tokens: int
    unknown: int

    @property
    def characters_a_token(self) -> float:
        """Characters that a token covers, on average."""
        return self.characters / max(1, self.tokens)

    @property
    def unknown_share(self) -> float:
        """Share of the tokens that stand for something unknown."""
        return self.unknown / max(1, self.tokens)

    def __str__(self) -> str:
        return (
            f"{self.language}: {self.characters_a_token:.2f} characters a token, "
            f"{self.unknown_share:.2%} unknown ({self.texts:,} texts)"
        )


def report(
    tokenizer: Any, texts: Sequence[str], *, languages: Sequence[str] | None = None
) -> tuple[Reading, ...]:
    """Return the reading of each language, by name; languages are told where none are given."""
    told = languages or [language(text) for text in texts]
    unknown = unknown_id(tokenizer)
    counts: dict[str, list[int]] = defaultdict(lambda: [0, 0, 0, 0])
    for name, text, ids in zip(told, texts, _encoded(tokenizer, texts), strict=True):
        found = counts[name]
        for place, number in enumerate(
            (1, len(text), len(ids), 0 if unknown is None else ids.count(unknown))
        ):
            found[place] += number
    return tuple(
        Reading(language=name, texts=n, characters=characters, tokens=tokens, unknown=missed)
        for name, (n, characters, tokens, missed) in sorted(counts.items())
    )


def _encoded(tokenizer: Any, texts: Sequence[str]) -> Iterator[list[int]]:
    for start in range(0, len(texts), CHUNK):
        chunk = list(texts[start : start + CHUNK])
        for found in tokenizer.encode_batch(chunk, add_special_tokens=False):
            yield found.ids
