"""Scores where in passages an answer begins and ends, whatever runs the network.

Enters questions with passages, leaves two scores a token; `run` is of torch or of onnxruntime.
Axes: B passages, T tokens.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from chainring.deployment.engines.batches import token_batches
from chainring.deployment.engines.encoder import Ids, Tokens
from chainring.deployment.model_folder import Floats

Place = tuple[int, int]
Score = Callable[[Ids, Ids, Ids], Floats]
"""(input_ids_bt, attention_mask_bt, token_type_ids_bt) to scores_bt2."""


class Reader:
    """Scores tokens as ends of an answer."""

    def __init__(self, tokens: Tokens, score: Score) -> None:
        self.tokens, self._score = tokens, score

    def spans(self, asked: Sequence[tuple[str, str]]) -> list[tuple[Floats, list[Place | None]]]:
        """Return for each question and passage the scores of its tokens, shape (T, 2).

        Beside them where each token stands in the passage; None for one that is not of it.
        """
        found = self.tokens.read(list(asked))
        scores: list[Any] = [None] * len(found)
        for batch in token_batches([len(one.ids) for one in found]):
            ids_bt, mask_bt = self.tokens.padded([found[i].ids for i in batch])
            types_bt = self.tokens.segments([found[i].type_ids for i in batch])
            for place, table in zip(batch, self._score(ids_bt, mask_bt, types_bt), strict=True):
                scores[place] = table[: len(found[place].ids)]
        return [(table, _places(one)) for table, one in zip(scores, found, strict=True)]

    def close(self) -> None:
        """Let go of the network; it cannot be used afterwards."""
        self._score = _closed


def _closed(ids_bt: Ids, mask_bt: Ids, types_bt: Ids) -> Floats:
    raise RuntimeError("this predictor was closed")


def _places(encoding: Any) -> list[Place | None]:
    return [
        place if sequence == 1 and place[1] > place[0] else None
        for place, sequence in zip(encoding.offsets, encoding.sequence_ids, strict=True)
    ]
