"""Pieces of documents packed into blocks of one length, each seeing itself alone.

Enter documents, leave blocks of at most T tokens in which hardly a place is empty:

    blocks(documents, max_tokens=128, marks=marks)
    attention(batch["segments"])          # (B, 1, T, T), true within a piece

Attention is block-diagonal and positions begin at 0 in each piece, so that a text is read exactly
as it will be read alone. Pieces are put by best fit, the longest first (D. Johnson 1973).

Axes: B batch, T tokens.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Sequence
from typing import Any, TypeAlias

import torch

from chainring.training.objectives.documents import Document, pieces
from chainring.training.tokenisers.special import Marks

Item: TypeAlias = dict[str, Any]
EMPTY = -1
ENDS_A_MULTIPLE = 64


def blocks(documents: Sequence[Document], *, max_tokens: int, marks: Marks) -> list[Item]:
    """Return all tokens of all documents in blocks of at most `max_tokens`, marks included."""
    cut = [_piece(one, part, marks) for one in documents for part in pieces(one, max_tokens - 2)]
    cut.sort(key=lambda piece: -len(piece["input_ids"]))
    filled: list[list[Item]] = []
    open_by_room: dict[int, list[int]] = defaultdict(list)
    for piece in cut:
        size = len(piece["input_ids"])
        room = next((r for r in range(size, max_tokens + 1) if open_by_room[r]), 0)
        place = open_by_room[room].pop() if room else len(filled)
        if not room:
            filled.append([])
        filled[place].append(piece)
        open_by_room[(room or max_tokens) - size].append(place)
    return [_joined(block) for block in filled]


def padded(items: Sequence[Item], name: str, fill: int) -> torch.Tensor:
    """Return the lists `name` of the items as one table, (B, T)."""
    longest = max(len(item[name]) for item in items)
    table_bt = torch.full((len(items), longest), fill)
    for b, item in enumerate(items):
        table_bt[b, : len(item[name])] = torch.tensor(item[name])
    return table_bt


def packed(items: Sequence[Item], *, pad: int) -> dict[str, torch.Tensor]:
    """Return ids, segments and positions of a batch of blocks, each (B, T), and ends of pieces."""
    segments_bt = padded(items, "segments", EMPTY)
    return {
        "input_ids": padded(items, "input_ids", pad),
        "segments": segments_bt,
        "position_ids": _positions(segments_bt),
        "ends": ends(segments_bt),
    }


def attention(segments_bt: torch.Tensor, *, causal: bool = False) -> torch.Tensor:
    """Return who sees whom: (B, 1, T, T), true where both are of one piece (and not later)."""
    same_btt = segments_bt.unsqueeze(2) == segments_bt.unsqueeze(1)
    return (same_btt.tril() if causal else same_btt).unsqueeze(1)


def ends(segments_bt: torch.Tensor) -> torch.Tensor:
    """Return 0 and where each piece ends, counted through all rows, int32; padding is a piece.

    >>> ends(torch.tensor([[0, 0, 1], [0, 0, EMPTY]])).tolist()[:5]
    [0, 2, 3, 5, 6]

    The last end is repeated up to a multiple of 64, as pieces of no token: a compiled network
    would be compiled anew for every number of pieces.
    """
    starts_p = _new(segments_bt).flatten().nonzero().squeeze(1).tolist()
    total = segments_bt.numel()
    filled = -(-(len(starts_p) + 1) // ENDS_A_MULTIPLE) * ENDS_A_MULTIPLE
    return torch.tensor(starts_p + [total] * (filled - len(starts_p)), dtype=torch.int32)


def _piece(document: Document, part: slice, marks: Marks) -> Item:
    ids = document.ids[part]
    words = [0, *(n + 1 for n in document.words[part]), 0] if document.words else []
    return {"input_ids": [marks.start, *ids, marks.end], "words": words}


def _joined(block: Sequence[Item]) -> Item:
    joined: Item = {"input_ids": [], "words": [], "segments": []}
    for number, piece in enumerate(block):
        joined["input_ids"] += piece["input_ids"]
        joined["segments"] += [number] * len(piece["input_ids"])
        known = max(joined["words"], default=0)
        joined["words"] += [word and word + known for word in piece["words"]]
    return joined


def _positions(segments_bt: torch.Tensor) -> torch.Tensor:
    """Return places counted from the start of each piece."""
    places_t = torch.arange(segments_bt.shape[1])
    starts_bt = torch.where(_new(segments_bt), places_t, 0).cummax(dim=1).values
    return places_t - starts_bt


def _new(segments_bt: torch.Tensor) -> torch.Tensor:
    """Return where a piece begins; each row begins one."""
    new_bt = torch.ones_like(segments_bt, dtype=torch.bool)
    new_bt[:, 1:] = segments_bt[:, 1:] != segments_bt[:, :-1]
    return new_bt
