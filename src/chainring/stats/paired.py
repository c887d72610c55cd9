"""Whether the challenger is better than the champion on the same rows.

Enters: what two models did on the same rows. Leaves: one-sided p values of *better* (small means
better; swap the arguments or the signs for *worse*).

    mcnemar(31, 14)                                      right and wrong, rows independent
    sign_flip(gains, weights=w, groups=authors, seed=0)  with weights, or rows in groups
    paired_bootstrap(gains, groups=episodes, seed=0)     graded outcomes: chrF, exact match
    sign_test(40, 22)                                    reviewed preferences
    smallest_detectable(500, disagreement=0.1)           what 500 rows could show at all

See Also
--------
mcnemar : exact, the default for right and wrong.
sign_flip : the same question with weights, or when one author or episode gave many rows.
paired_bootstrap : when an interval of the gain is wanted too; with fewer than about twenty groups
    it is too sure of itself, so prefer `sign_flip` there.
chainring.stats.power : where `smallest_detectable` and `rows_needed` live.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chainring.stats.binomial import tail
from chainring.stats.inputs import at_least, numbers, require, same_length
from chainring.stats.intervals import Interval, percentiles, resampled_means
from chainring.stats.power import rows_needed, smallest_detectable

if TYPE_CHECKING:
    from collections.abc import Hashable, Sequence

    from numpy.typing import ArrayLike

    from chainring.stats.inputs import Floats

__all__ = [
    "mcnemar",
    "paired_bootstrap",
    "rows_needed",
    "sign_flip",
    "sign_test",
    "smallest_detectable",
]

ENUMERATED = 16  # units up to which all 2^units sign patterns are tried
_CHUNK = 1 << 21  # signs held at a time: 16 MiB


def mcnemar(b: int, c: int) -> float:
    """Return the one-sided exact p value that the challenger is better.

    Q. McNemar 1947, "Note on the sampling error of the difference between correlated proportions
    or percentages", in its exact form: the chance of at least `b` heads in `b + c` fair coins. Rows
    on which both are right, or both wrong, say nothing.

    Parameters
    ----------
    b
        Rows on which the challenger is right and the champion wrong.
    c
        Rows on which the challenger is wrong and the champion right.

    Returns
    -------
    float
        p of *better*; `mcnemar(c, b)` is p of *worse*. 1.0 when the models never disagree.

    >>> round(mcnemar(5, 0), 12)
    0.03125
    """
    require("McNemar's test cannot be computed", at_least("b", b, 0), at_least("c", c, 0))
    return tail(b, b + c, 0.5)


def sign_test(wins: int, losses: int) -> float:
    """Return the one-sided exact p value that wins are likelier than losses; leave ties out.

    J. Arbuthnot 1710; the same arithmetic as McNemar's test, asked of preferences.

    >>> round(sign_test(9, 1), 4)
    0.0107
    """
    require("no sign test", at_least("wins", wins, 0), at_least("losses", losses, 0))
    return tail(wins, wins + losses, 0.5)


def sign_flip(
    differences: ArrayLike,
    *,
    weights: ArrayLike | None = None,
    groups: Sequence[Hashable] | None = None,
    draws: int = 20_000,
    seed: int,
) -> float:
    """Return the one-sided p value that the challenger is better, by flipping signs.

    R. A. Fisher 1935, "The design of experiments", section 21: were the two models alike, each
    unit's difference could as well have had the other sign. p is the share of sign patterns whose
    weighted sum is at least the observed one. Up to 16 units that are not zero every pattern is
    tried; beyond, `draws` random ones, with the observed one counted in (B. Phipson and G. Smyth
    2010: a p value is never zero). On differences of -1, 0, 1 without weights and groups this is
    McNemar's test.

    Parameters
    ----------
    differences
        Challenger minus champion on each row, shape (n,).
    weights
        Weight of each row, >= 0, shape (n,); None weighs all alike.
    groups
        Author or episode of each row; rows of one group keep their signs together. None: each row
        for itself.
    draws
        Random sign patterns, at least 100.
    seed
        Seed of the patterns; without effect where all are tried.

    Returns
    -------
    float
        p of *better*; 1.0 when every difference is zero.
    """
    sums_u, _ = _units(differences, weights, groups)
    require("no permutation test", at_least("draws", draws, 100))
    sums_u = sums_u[sums_u != 0.0]
    if len(sums_u) <= ENUMERATED:
        return _enumerated(sums_u)
    return _sampled(sums_u, draws=draws, seed=seed)


def paired_bootstrap(
    differences: ArrayLike,
    *,
    groups: Sequence[Hashable] | None = None,
    draws: int = 4000,
    seed: int,
    level: float = 0.95,
) -> tuple[float, Interval]:
    """Return the one-sided p value of *better* and the interval of the mean difference.

    P. Koehn 2004, "Statistical significance tests for machine translation evaluation": rows are
    drawn again with replacement, and p is the share of resamples in which the challenger is not
    ahead. We draw whole groups where rows belong together, and count the observed sample in, so
    that p is never zero.

    Parameters
    ----------
    differences
        Challenger minus champion on each row, shape (n,).
    groups
        Author or episode of each row, drawn whole; None: each row for itself.
    draws
        Resamples, at least 100.
    seed
        Seed of the resampling.
    level
        Two-sided confidence of the interval, between 0 and 1.

    Returns
    -------
    tuple[float, Interval]
        p of *better* (small means better), and the interval, whose `n` counts rows.
    """
    sums_u, sizes_u = _units(differences, None, groups)
    means = resampled_means(sums_u, sizes_u, draws=draws, seed=seed)
    low, high = percentiles(means, level=level)
    estimate, rows = float(sums_u.sum() / sizes_u.sum()), int(sizes_u.sum())
    not_ahead = int((means <= 0.0).sum())
    return (1 + not_ahead) / (1 + draws), Interval(low=low, high=high, estimate=estimate, n=rows)


def _units(
    differences: ArrayLike, weights: ArrayLike | None, groups: Sequence[Hashable] | None
) -> tuple[Floats, Floats]:
    """Return the weighted sum and the number of rows of each unit, shapes (U,) and (U,)."""
    import numpy as np

    gains = numbers("differences", differences)
    weighed = np.ones_like(gains) if weights is None else numbers("weights", weights)
    require(
        "the rows do not fit together",
        same_length(differences=gains, weights=weighed, groups=groups),
        at_least("smallest weight", float(weighed.min()), 0.0),
    )
    if groups is None:
        return gains * weighed, np.ones_like(gains)
    place: dict[Hashable, int] = {}
    unit_n = np.array([place.setdefault(group, len(place)) for group in groups])
    sums_u = np.bincount(unit_n, gains * weighed).astype(np.float64)
    return sums_u, np.bincount(unit_n).astype(np.float64)


def _enumerated(sums_u: Floats) -> float:
    import numpy as np

    patterns = np.arange(1 << len(sums_u))
    kept_pu = (patterns[:, None] >> np.arange(len(sums_u))) & 1
    return float((kept_pu @ sums_u >= _observed(sums_u)).mean())


def _sampled(sums_u: Floats, *, draws: int, seed: int) -> float:
    import numpy as np

    generator, extreme = np.random.default_rng(seed), 0
    rows = max(1, _CHUNK // len(sums_u))
    for start in range(0, draws, rows):
        shape = (min(rows, draws - start), len(sums_u))
        kept_du = generator.integers(0, 2, size=shape, dtype=np.int8)
        extreme += int((kept_du @ sums_u >= _observed(sums_u)).sum())
    return (1 + extreme) / (1 + draws)


def _observed(sums_u: Floats) -> float:
    """Return what the kept units must add up to for a pattern to be as extreme as the observed one.

    With signs s, sum(s·x) >= sum(x) holds exactly where the units that keep their sign add up to at
    least sum(x). The slack lets sums that differ only by rounding count as ties.
    """
    return float(sums_u.sum() - 1e-12 * abs(sums_u).sum())
