"""First vectors of tokens: those that stand among the same neighbours begin alike.

Enter the items that a new network will learn from, leaves its table of embeddings begun:

    begin(model, items, marks=marks, seed=0)

What a small network learns of words in its first hours, a count of neighbours says in seconds:
positive pointwise mutual information over a window, smoothed by 0.75, its largest singular vectors
weighted by the root of their values (O. Levy, Y. Goldberg and I. Dagan 2015, "Improving
distributional similarity with lessons learned from word embeddings"). Every vector is as long as a
random one would be; a token without neighbours keeps its random one. Hidden words would wear these
vectors down, since what tells a hidden word is not what tells a text: they stay as they are while
hidden words are learnt, and the output has a table of its own.

Axes: N tokens of the text, V vocabulary, H width.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from random import Random
from typing import Any

import numpy as np
from numpy.typing import NDArray

from chainring.training.tokenisers.special import Marks

WINDOW = 10
SMOOTHING = 0.75
MAX_TOKENS = 20_000_000
BREAK = -1


def begin(model: Any, items: Sequence[Mapping[str, Any]], *, marks: Marks, seed: int) -> int:
    """Give the tokens of the items their first vectors; return how many have one."""
    import torch

    table_vh = model.get_input_embeddings().weight
    size, width = table_vh.shape
    found_vh = vectors(_stream(items, marks, seed), vocabulary=size, width=width, seed=seed)
    norms_v = np.linalg.norm(found_vh, axis=1)
    known_k = np.flatnonzero(norms_v > 1e-6 * max(1e-6, norms_v.max()))
    length = model.config.initializer_range * width**0.5
    begun_kh = found_vh[known_k] / norms_v[known_k, None] * length
    with torch.no_grad():
        table_vh[torch.from_numpy(known_k)] = torch.from_numpy(begun_kh).to(table_vh)
    _hold(model)
    return len(known_k)


def _hold(model: Any) -> None:
    """Hold the table that is read fast, and give the output one of its own that learns."""
    from torch import nn

    table = model.get_input_embeddings().weight
    model.get_output_embeddings().weight = nn.Parameter(table.detach().clone())
    model.config.tie_word_embeddings = False
    table.requires_grad_(False)


def vectors(
    stream_n: NDArray[np.int32], *, vocabulary: int, width: int, seed: int
) -> NDArray[np.float64]:
    """Return a vector for each token of the vocabulary, (V, H); -1 in the stream is a break."""
    from sklearn.utils.extmath import randomized_svd

    information_vv = informations(neighbours(stream_n, vocabulary=vocabulary))
    vectors_vh = np.zeros((vocabulary, width))
    rank = min(width, vocabulary - 1)
    left, values, _ = randomized_svd(information_vv, rank, n_iter=3, random_state=seed)
    vectors_vh[:, :rank] = left * values**0.5
    return vectors_vh


def neighbours(stream_n: NDArray[np.int32], *, vocabulary: int) -> Any:
    """Return how often two tokens stand within the window, nearer ones counting more, (V, V)."""
    from scipy import sparse

    counted_vv = sparse.csr_array((vocabulary, vocabulary))
    breaks_n = np.cumsum(stream_n == BREAK)
    for distance in range(1, min(WINDOW, len(stream_n) - 1) + 1):
        left_n, right_n = stream_n[:-distance], stream_n[distance:]
        whole_n = (breaks_n[:-distance] == breaks_n[distance:]) & (left_n != BREAK)
        codes = left_n[whole_n].astype(np.int64) * vocabulary + right_n[whole_n]
        pairs, times = np.unique(codes, return_counts=True)
        weights = times * (WINDOW + 1 - distance) / WINDOW
        places = (pairs // vocabulary, pairs % vocabulary)
        counted_vv = counted_vv + sparse.csr_array((weights, places), shape=counted_vv.shape)
    return counted_vv + counted_vv.T


def informations(counted_vv: Any) -> Any:
    """Return the positive pointwise mutual information of the counted pairs, (V, V)."""
    from scipy import sparse

    pairs = counted_vv.tocoo()
    of_v = np.asarray(counted_vv.sum(axis=1)).ravel()
    smoothed_v = of_v**SMOOTHING
    smoothed_v /= max(1e-12, smoothed_v.sum())
    left_k, right_k = pairs.coords
    found_k = np.log(pairs.data / (of_v[left_k] * smoothed_v[right_k]))
    kept_k = found_k > 0
    places = (left_k[kept_k], right_k[kept_k])
    return sparse.csr_array((found_k[kept_k], places), shape=counted_vv.shape)


def _stream(items: Sequence[Mapping[str, Any]], marks: Marks, seed: int) -> NDArray[np.int32]:
    """Return the ids of the items one after another, special ones and ends as breaks."""
    found: list[NDArray[np.int32]] = []
    size = 0
    for ids in _shuffled(items, seed):
        found += [np.asarray(ids, dtype=np.int32), np.array([BREAK], dtype=np.int32)]
        size += len(ids)
        if size >= MAX_TOKENS:
            break
    stream_n = np.concatenate(found)
    stream_n[np.isin(stream_n, marks.special)] = BREAK
    return stream_n


def _shuffled(items: Sequence[Mapping[str, Any]], seed: int) -> Iterable[Any]:
    order = list(range(len(items)))
    Random(seed).shuffle(order)
    return (items[place]["input_ids"] for place in order)
