"""Which labels are likely wrong: confident disagreement of a model that has not seen the row.

Enters: out-of-fold probabilities and the labels as given. Leaves: the places of the suspects, most
suspicious first, each with the label that is likelier.

    suspects(probability_nc, given_n)[0]        # Suspect(row=17, given=3, likely=5, margin=0.91)

See Also
--------
chainring.data.doubtful : for users' corrections before they teach; knows which rows to suspect.

Axes: N rows, C labels.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from chainring.stats.inputs import require, same_length

if TYPE_CHECKING:
    from numpy.typing import ArrayLike


@dataclass(frozen=True, slots=True, kw_only=True)
class Suspect:
    """A row whose label is likely wrong; `given` and `likely` are places among the labels.

    `margin` is the probability of the likely label less that of the given one.
    """

    row: int
    given: int
    likely: int
    margin: float


def suspects(probability_nc: ArrayLike, given_n: ArrayLike) -> list[Suspect]:
    """Return the rows off the diagonal of the confident joint, by falling margin.

    C. G. Northcutt, L. Jiang and I. L. Chuang 2021, "Confident learning: estimating uncertainty in
    dataset labels", JAIR 70, section 3.1, equations 1 and 2: a label's threshold is the mean
    probability that its own rows give it; a row is counted under the most probable label among
    those whose threshold it reaches; where that is not the label given, it is a suspect. We differ
    in one thing: a suspect must also be told another label than its own outright.

    Parameters
    ----------
    probability_nc
        Shape (N, C), of models that did not learn from the row itself; in-sample ones find nothing.
    given_n
        Place of each row's label, 0 to C - 1.

    Raises
    ------
    InputError
        Shapes or places do not fit.

    >>> [s.row for s in suspects([[0.9, 0.1], [0.8, 0.2], [0.1, 0.9], [0.9, 0.1]], [0, 0, 1, 1])]
    [3]
    """
    import numpy as np

    table_nc = np.asarray(probability_nc, dtype=np.float64)
    given = np.asarray(given_n, dtype=np.int64)
    require(
        "no label can be suspected",
        None if table_nc.ndim == 2 else f"shape (rows, labels) expected; found {table_nc.shape}",
        same_length(probabilities=table_nc, labels=given.tolist()),
    )
    labels = table_nc.shape[1]
    bad = int(((given < 0) | (given >= labels)).sum())
    require("no label can be suspected", f"{bad} labels are not among {labels}" if bad else None)
    if not len(given):
        return []
    rows = np.arange(len(given))
    own_n = table_nc[rows, given]
    counts_c = np.bincount(given, minlength=labels)
    sums_c = np.bincount(given, weights=own_n, minlength=labels)
    threshold_c = np.where(counts_c > 0, sums_c / np.maximum(counts_c, 1), np.inf)
    confident_nc = np.where(table_nc >= threshold_c, table_nc, -1.0)
    likely_n = confident_nc.argmax(axis=1)
    margin_n = table_nc[rows, likely_n] - own_n
    is_suspect = (confident_nc.max(axis=1) >= 0) & (likely_n != given) & (margin_n > 0)
    found = rows[is_suspect]
    return [
        Suspect(row=int(i), given=int(given[i]), likely=int(likely_n[i]), margin=float(margin_n[i]))
        for i in found[np.argsort(-margin_n[found], kind="stable")]
    ]
