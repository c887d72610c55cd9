"""The best sequence of classes, and how sure each is: a linear-chain conditional random field.

Enter scores of tokens and of one class after another, in natural logarithms, leave the likeliest
path or the share of each class at each token, whatever the others are.

    best_path(scores_tc, transitions_cc)        # [0, 3, 4, 0]
    marginals(scores_tc, transitions_cc)        # shape (T, C), rows add up to 1

J. Lafferty, A. McCallum, F. Pereira 2001, "Conditional random fields"; L. Rabiner 1989, "A tutorial
on hidden Markov models", sections III.A and III.B, for the two recursions.

Axes: T tokens, C classes.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]


def best_path(scores_tc: Floats, transitions_cc: Floats) -> list[int]:
    """Return the class of each token in the sequence of the greatest sum.

    >>> import numpy as np
    >>> never_twice = np.array([[-9.0, 0.0], [0.0, -9.0]])
    >>> best_path(np.array([[2.0, 0.0], [1.0, 0.0], [2.0, 0.0]]), never_twice)
    [0, 1, 0]
    """
    import numpy as np

    if not len(scores_tc):
        return []
    came_tc = np.zeros(scores_tc.shape, dtype=np.intp)
    total_c = scores_tc[0]
    for t in range(1, len(scores_tc)):
        reached_cc = total_c[:, None] + transitions_cc
        came_tc[t] = reached_cc.argmax(axis=0)
        total_c = reached_cc.max(axis=0) + scores_tc[t]
    path = [int(total_c.argmax())]
    for t in range(len(scores_tc) - 1, 0, -1):
        path.append(int(came_tc[t, path[-1]]))
    return path[::-1]


def marginals(scores_tc: Floats, transitions_cc: Floats) -> Floats:
    """Return the share of each class at each token, summed over all sequences; shape (T, C)."""
    import numpy as np

    tokens = len(scores_tc)
    before_tc, after_tc = np.zeros_like(scores_tc), np.zeros_like(scores_tc)
    for t in range(1, tokens):
        before_tc[t] = _log_sum(
            (before_tc[t - 1] + scores_tc[t - 1])[:, None] + transitions_cc, axis=0
        )
    for t in range(tokens - 2, -1, -1):
        after_tc[t] = _log_sum(transitions_cc + (after_tc[t + 1] + scores_tc[t + 1]), axis=1)
    logs_tc = before_tc + scores_tc + after_tc
    shares_tc = np.exp(logs_tc - logs_tc.max(axis=1, keepdims=True, initial=-np.inf))
    found: Floats = shares_tc / shares_tc.sum(axis=1, keepdims=True)
    return found


def _log_sum(table_cc: Floats, *, axis: int) -> Floats:
    import numpy as np

    most_c = table_cc.max(axis=axis)
    spread_cc = np.exp(table_cc - np.expand_dims(most_c, axis))
    found: Floats = most_c + np.log(spread_cc.sum(axis=axis))
    return found
