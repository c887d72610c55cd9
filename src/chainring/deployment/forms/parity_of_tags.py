"""Parity of tags: in how many texts two forms find the same ones, whatever single tokens say.

Enter the shares of each token of the form and of the trained model, leaves the share of texts that
agree. Tags are the best path through all tokens of a text, so shares of one token decide nothing.

    agreement(predictor.tokens(golden.texts), golden.probabilities, readout=readout, tie=0.03)

A text agrees where both have the same tags. It agrees, too, where rounding alone decides: in each
stretch in which the paths differ, all else being equal, the golden model finds the other path
nearly as likely as its own; of the two their shares are apart by the `tie` at most.

Axes: N tokens of all texts, T of one text, C classes.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Protocol, runtime_checkable

import numpy as np
from numpy.typing import NDArray

from chainring.contracts.values import Input
from chainring.deployment.model_folder import Floats
from chainring.stats.readout import TINY, Places, Readout

Doubles = NDArray[np.float64]


@runtime_checkable
class TellsTokens(Protocol):
    """A predictor of tags, which says of each token what it may be."""

    def tokens(self, texts: Sequence[Input]) -> list[tuple[Floats, Places]]:
        """Return of each text its tokens' shares, shape (T, C), and where each token stands."""
        ...


def agreement(
    found: Sequence[tuple[Floats, Places]], golden_nc: Floats, *, readout: Readout, tie: float
) -> float:
    """Return the share of texts to which the same tags are found, or hardly less likely ones.

    Parameters
    ----------
    found
        Of each text the form's shares of its tokens, shape (T, C), and where each token stands.
    golden_nc
        The trained model's shares of the same tokens, one text after the other.
    readout
        How tags are read from the shares.
    tie
        How far apart the shares of two paths may be, of the two alone.
    """
    ends = np.cumsum([len(shares_tc) for shares_tc, _ in found])
    texts = zip(found, np.split(golden_nc, ends[:-1]), strict=True)
    same = [_agrees(*one, golden_tc, readout, tie) for one, golden_tc in texts]
    return sum(same) / len(same)


def _agrees(
    found_tc: Floats, places: Places, golden_tc: Floats, readout: Readout, tie: float
) -> bool:
    said, path = readout.tags(found_tc, places)
    wanted, best = readout.tags(golden_tc, places)
    if said == wanted:
        return True
    scores_tc, links_cc = _chain(golden_tc, places, readout)
    return all(
        np.tanh(_behind(path, best, scores_tc, links_cc, start, end) / 2) <= tie
        for start, end in _apart(path, best)
    )


def _chain(shares_tc: Floats, places: Places, readout: Readout) -> tuple[Doubles, Doubles]:
    """Return the logarithms by which the golden model chooses its path, of tokens that are text."""
    inside = [t for t, (start, end) in enumerate(places) if end > start]
    scores_tc = np.log(np.maximum(shares_tc[inside].astype(np.float64), TINY))
    width = scores_tc.shape[1]
    links_cc = np.array(readout.transitions or np.zeros((width, width)), dtype=np.float64)
    return scores_tc, links_cc / readout.temperature


def _apart(path: Sequence[int], best: Sequence[int]) -> Iterator[tuple[int, int]]:
    """Yield begin and end of each stretch in which two paths differ.

    >>> list(_apart([0, 1, 1, 0, 2], [0, 2, 2, 0, 0]))
    [(1, 3), (4, 5)]
    """
    start = None
    for t, (one, other) in enumerate(zip(path, best, strict=True)):
        if one != other and start is None:
            start = t
        elif one == other and start is not None:
            yield start, t
            start = None
    if start is not None:
        yield start, len(path)


def _behind(
    path: Sequence[int],
    best: Sequence[int],
    scores_tc: Doubles,
    links_cc: Doubles,
    start: int,
    end: int,
) -> float:
    """Return by how much a stretch of the path is less likely than the best one, as a logarithm."""

    def likely(classes: Sequence[int]) -> float:
        own = sum(scores_tc[t, classes[t]] for t in range(start, end))
        steps = range(max(1, start), min(end + 1, len(classes)))
        return float(own + sum(links_cc[classes[t - 1], classes[t]] for t in steps))

    return likely(best) - likely(path)
