"""An encoder-decoder Transformer learns to give back a text from which spans were cut.

    input    我想[MASK]，包裹还[MASK]到。[SEP]
    target   我想退货，包裹还没有到。[SEP]

M. Lewis and others 2020, "BART", section 2.2, text infilling: spans with lengths from a Poisson
distribution (mean 3), 30 % of the tokens in all, each replaced by one `[MASK]`; spans of length 0
are left out, and so is the shuffling of sentences. Documents are joined as for T5.
"""

from __future__ import annotations

from collections.abc import Sequence

import torch

from chainring.training.objectives.packing import Item
from chainring.training.objectives.spans import sequences
from chainring.training.tokenisers.special import Marks

CUT_SHARE = 0.3
MEAN_SPAN = 3.0


def infilled(items: Sequence[Item], *, marks: Marks) -> dict[str, torch.Tensor]:
    """Return a batch of texts with holes, and the texts as they were."""
    return sequences([_made(item["input_ids"], marks) for item in items], marks=marks)


def _made(ids: Sequence[int], marks: Marks) -> Item:
    holes = _holes(ids)
    told = [hole and token != marks.end for token, hole in zip(ids, holes, strict=True)]
    return {
        "input_ids": [*_holed(ids, holes, marks.mask or 0), marks.end],
        "labels": [*ids, marks.end],
        "hidden": [*told, False],
    }


def _holes(ids: Sequence[int]) -> list[bool]:
    """Return which of the ids are cut."""
    left = round(CUT_SHARE * len(ids))
    gone = torch.zeros(len(ids), dtype=torch.bool)
    while left > 0:
        size = min(left, int(torch.poisson(torch.tensor(MEAN_SPAN)).clamp(min=1)))
        start = int(torch.randint(len(ids) - size + 1, ()))
        left -= size - int(gone[start : start + size].sum())
        gone[start : start + size] = True
    holes: list[bool] = gone.tolist()
    return holes


def _holed(ids: Sequence[int], holes: Sequence[bool], mask: int) -> list[int]:
    """Return the ids with each span that is cut replaced by one mask."""
    return [
        mask if hole else token
        for token, hole, before in zip(ids, holes, [False, *holes], strict=False)
        if not (hole and before)
    ]
