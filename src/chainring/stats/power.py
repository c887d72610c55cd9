"""How small a difference this many rows could show, and how many rows a difference needs.

Enters: rows, the share of them on which the two models disagree, and a difference. Leaves: the
difference, or the number of rows, at which the exact one-sided McNemar test finds it with given
power.

    smallest_detectable(500, disagreement=0.10)     0.036: "under 3.6 points we could not see"
    rows_needed(0.02, disagreement=0.10)            1629: "1,629 rows would show two points"

The power is exact: over every likely number of disagreeing rows, the chance that the test rejects
(S. W. Duffy 1984, "Asymptotic and exact power for the McNemar test and its analogue with R controls
per case"; here one-sided).
"""

from __future__ import annotations

import math
from statistics import NormalDist

from chainring.stats.binomial import mass, tail
from chainring.stats.inputs import at_least, at_most, inside, require

_WIDTH = 7.0  # standard deviations of the disagreeing rows that are added up
_MOST_ROWS = 1_000_000


def smallest_detectable(
    n: int, *, disagreement: float, alpha: float = 0.05, power: float = 0.8
) -> float:
    """Return the smallest true difference in accuracy that `n` rows show with the given power.

    Parameters
    ----------
    n
        Rows that both models answered, at least 1.
    disagreement
        Share of rows on which exactly one of the two is right, 0 to 1.
    alpha
        Level of the one-sided test, between 0 and 1.
    power
        Chance of seeing the difference, between 0 and 1, above `alpha`.

    Returns
    -------
    float
        A share (0.02 is two points), rounded up to 1e-6; infinity where so few rows disagree that
        not even a challenger that wins all of them would be noticed.
    """
    require(
        "no smallest difference",
        at_least("n", n, 1),
        at_least("disagreement", disagreement, 0.0),
        at_most("disagreement", disagreement, 1.0),
        *_policy_faults(alpha, power),
    )
    table = _table(n, disagreement, alpha)
    if _rejects(table, 1.0) < power:
        return math.inf
    low, high = 0.0, 1.0
    while (high - low) * disagreement > 1e-6:
        middle = (low + high) / 2.0
        low, high = (low, middle) if _rejects(table, _lead(middle)) >= power else (middle, high)
    return high * disagreement


def rows_needed(
    difference: float, *, disagreement: float, alpha: float = 0.05, power: float = 0.8
) -> int:
    """Return how many rows show a true `difference` in accuracy with the given power.

    Because the test is exact its power rises in small teeth; the answer is a number of rows that
    suffices while one row fewer does not.

    Parameters
    ----------
    difference
        True difference as a share, above 0 and at most `disagreement`.
    disagreement, alpha, power
        As in `smallest_detectable`.

    Raises
    ------
    InputError
        The difference is larger than the disagreement, which no two models can show, or more than a
        million rows would be needed.
    """
    fault = f"difference: {difference} is not > 0 and <= disagreement, which is {disagreement}"
    require(
        "no number of rows",
        None if 0.0 < difference <= disagreement else fault,
        at_most("disagreement", disagreement, 1.0),
        *_policy_faults(alpha, power),
    )
    guess = _normal_rows(difference, disagreement, alpha, power)
    found = f"about {guess:,.0f} rows; up to {_MOST_ROWS:,} are tried: ask a larger difference"
    require("no number of rows", None if guess <= _MOST_ROWS else found)
    lead = _lead(difference / disagreement)

    def enough(n: int) -> bool:
        return _rejects(_table(n, disagreement, alpha), lead) >= power

    few, many = int(0.9 * guess), int(1.1 * guess) + 10
    while enough(few):
        few //= 2
    while not enough(many):
        many += many // 4
    while many - few > 1:
        middle = (few + many) // 2
        few, many = (few, middle) if enough(middle) else (middle, many)
    return many


def _lead(share: float) -> float:
    """Return the chance that the challenger is the right one of two that disagree."""
    return (1.0 + share) / 2.0


def _normal_rows(difference: float, disagreement: float, alpha: float, power: float) -> float:
    """Return the rows by the normal approximation of R. J. Connor 1987, one-sided."""
    z_alpha, z_power = NormalDist().inv_cdf(1.0 - alpha), NormalDist().inv_cdf(power)
    spread = math.sqrt(max(0.0, disagreement - difference**2))
    return ((z_alpha * math.sqrt(disagreement) + z_power * spread) / difference) ** 2


def _table(n: int, disagreement: float, alpha: float) -> list[tuple[float, int, int]]:
    """Return (probability, disagreeing rows, wins needed) for every likely number of them."""
    mean = n * disagreement
    reach = _WIDTH * math.sqrt(mean * (1.0 - disagreement)) + _WIDTH
    first, last = max(0, math.floor(mean - reach)), min(n, math.ceil(mean + reach))
    rows, wins = [], _wins_needed(first, alpha)
    for m in range(first, last + 1):
        wins += tail(wins, m, 0.5) > alpha  # one more coin raises the bar by one at most
        rows.append((mass(m, n, disagreement), m, wins))
    return rows


def _wins_needed(m: int, alpha: float) -> int:
    """Return the fewest of `m` disagreeing rows that reject at `alpha`; m + 1 when none does."""
    low, high = -1, m + 1
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if tail(middle, m, 0.5) <= alpha else (middle, high)
    return high


def _rejects(table: list[tuple[float, int, int]], lead: float) -> float:
    """Return the power; each tail follows from that of one row fewer, whose bar is not higher."""
    _, m, bar = table[0]
    reached, power = tail(bar, m, lead), 0.0
    for chance, rows, wins in table:
        if rows > m:
            reached += lead * mass(bar - 1, m, lead)
            reached -= mass(bar, rows, lead) if wins > bar else 0.0
        m, bar = rows, wins
        power += chance * reached
    return power


def _policy_faults(alpha: float, power: float) -> tuple[str | None, ...]:
    above = None if power > alpha else f"power: {power} is not > alpha, which is {alpha}"
    return inside("alpha", alpha), inside("power", power), above
