"""What a stage promises: the same answer for a text whatever stands beside it, and none lost.

Enters a stage and an example (texts, and how to make a batch of them), leaves its faults.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, slots=True, kw_only=True)
class StageExample:
    """Texts that the stage drops, changes and leaves, and a maker of batches."""

    texts: Sequence[str]
    make: Callable[[Sequence[str]], Any]


def stage_faults(_: str, part: Any, example: StageExample) -> Iterator[str]:
    """Yield what a stage does that a stage must not do."""
    together = _done(part, example, example.texts)
    if len(together) != len(example.texts):
        yield f"{len(example.texts)} texts went in, {len(together)} came out"
        return
    if together != _done(part, example, example.texts):
        yield "the same texts cleaned twice give other results"
    for text, among in zip(example.texts, together, strict=True):
        if _done(part, example, [text]) != [among]:
            yield f"{text[:20]!r} is treated otherwise alone than among others"
    if [text for text, _ in together] == list(example.texts) and not any(r for _, r in together):
        yield "it does nothing to any text of the example"


def _done(part: Any, example: StageExample, texts: Sequence[str]) -> list[tuple[str, str]]:
    batch = example.make(list(texts))
    part(batch)
    return list(zip(batch.texts, batch.reasons, strict=True))
