"""Every row told by models that have not seen it, at growing shares of the others.

Enters rows with labels and a learner, leaves outcomes per share and the probabilities at the full
share: what a learning curve and the search for wrong labels both need, from one pass.

    found = crossed(rows, learner, seed=0)
    found.right_ns.mean(axis=0)         # accuracy by share

Axes: N rows, S shares, C labels.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainring.contracts.dataset import Row
from chainring.stats.units import joined
from chainring.training.progress_sentences import progress
from chainring.training.study.folds import folds
from chainring.training.study.learners import Learner

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from chainring.training.candidate import Floats

FOLDS = 3
SHARES = (0.125, 0.25, 0.5, 1.0)


@dataclass(frozen=True, slots=True, kw_only=True)
class Crossed:
    """`right_ns` has 1 where a row was told right; `sizes` are the rows that taught, on average.

    `taught_c` are the rows of a label that taught where one of it was told, in the fold of fewest:
    none of a label whose rows all belong together.
    """

    labels: tuple[str, ...]
    truth_n: NDArray[np.int64]
    right_ns: Floats
    probability_nc: Floats
    sizes: tuple[int, ...]
    taught_c: NDArray[np.int64]


def units_of(rows: Sequence[Row]) -> list[str]:
    """Return what stays whole: turns of a conversation and near-duplicates, joined; else a row."""
    names = [row.group or row.id for row in rows]
    leads = joined([(row.episode, name) for row, name in zip(rows, names, strict=True)])
    return [names[lead] for lead in leads]


def crossed(
    rows: Sequence[Row],
    learner: Learner,
    *,
    count: int = FOLDS,
    shares: Sequence[float] = SHARES,
    seed: int,
    say: Callable[[str], None] = lambda _: None,
) -> Crossed:
    """Tell every row by the rows of the other folds; what belongs together stands in one fold.

    The learner knows the rows by their places in `rows`.
    """
    import numpy as np

    labels = sorted({row.label for row in rows})
    place = {label: i for i, label in enumerate(labels)}
    truth_n = np.array([place[row.label] for row in rows], dtype=np.int64)
    right_ns = np.zeros((len(rows), len(shares)), dtype=np.float32)
    probability_nc = np.zeros((len(rows), len(labels)), dtype=np.float32)
    taught = np.zeros(len(shares))
    taught_c = np.bincount(truth_n, minlength=len(labels))
    named = [row.label for row in rows]
    groups = units_of(rows)
    for number, fold in enumerate(folds(named, groups, count=count, shares=shares, seed=seed), 1):
        told = list(fold.told)
        for s, teaching in enumerate(fold.teaching):
            told_nc = learner(teaching, told, truth_n.tolist(), labels=len(labels))
            right_ns[told, s] = told_nc.argmax(axis=1) == truth_n[told]
            taught[s] += len(teaching) / count
        probability_nc[told] = told_nc
        known_c = np.bincount(truth_n[list(fold.teaching[-1])], minlength=len(labels))
        asked = np.unique(truth_n[told])
        taught_c[asked] = np.minimum(taught_c[asked], known_c[asked])
        say(progress("study part", number=number, count=count, learner=learner.name))
    return Crossed(
        labels=tuple(labels),
        truth_n=truth_n,
        right_ns=right_ns,
        probability_nc=probability_nc,
        sizes=tuple(int(n) for n in taught),
        taught_c=taught_c,
    )
