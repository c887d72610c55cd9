"""What an embedder promises: vectors that say the same of a text whatever stands beside it.

Enters an embedder and the source it opens (an encoder, a folder of word vectors), leaves its
faults. An embedder is called with the source and returns an object with `digest`, which changes
where its vectors would, and `__call__(texts)`, an array of shape (texts, width). A text that it
cannot read has a row of zeros and is like no other.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

_NEAR = 2e-3  # a text among others is padded: float32 sums are made in another order


@dataclass(frozen=True, slots=True, kw_only=True)
class EmbedderExample:
    """What to open, texts, and which two of them are more alike than another two (by place)."""

    source: str
    texts: Sequence[str]
    alike: tuple[int, int]
    unlike: tuple[int, int]


def embedder_faults(_: str, part: Any, example: EmbedderExample) -> Iterator[str]:
    """Yield what an embedder does not keep."""
    embed = part(example.source)
    if not embed.digest or embed.digest != part(example.source).digest:
        yield "its digest is not the same when the same source is opened twice"
    table = _unit(embed(list(example.texts)))
    if len(table) != len(example.texts) or len({len(row) for row in table}) != 1:
        yield f"vectors of shape ({len(example.texts)}, width) expected"
        return
    if not all(math.isfinite(number) for row in table for number in row):
        yield "its vectors are not finite"
    for text, among in zip(example.texts, table, strict=True):
        alone = _unit(embed([text]))[0]
        if any(abs(a - b) > _NEAR for a, b in zip(alone, among, strict=True)):
            yield f"{text[:20]!r} has another vector alone than among others"
    if any(_unit(embed([""]))[0]):
        yield "a text without words needs a row of zeros, or all such texts are alike"
    near, far = (_cosine(table[a], table[b]) for a, b in (example.alike, example.unlike))
    if near <= far:
        yield f"texts that are alike have a cosine of {near:.3f}, others one of {far:.3f}"


def _unit(table: Any) -> list[list[float]]:
    rows = [[float(number) for number in row] for row in table]
    sizes = [math.sqrt(sum(number * number for number in row)) or 1.0 for row in rows]
    return [[number / size for number in row] for row, size in zip(rows, sizes, strict=True)]


def _cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True))
