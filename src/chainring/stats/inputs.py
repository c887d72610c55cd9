"""What enters this room: shares, counts and columns of numbers, checked with all faults at once.

Each check returns a fault as a sentence, or None; `require` raises them together.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from chainring.contracts.errors import InputError

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Floats: TypeAlias = NDArray[np.float64]


def require(what: str, *faults: str | None) -> None:
    """Raise one `InputError` that lists every fault that is not None.

    >>> require("wilson cannot be computed", None, None)
    """
    found = [fault for fault in faults if fault is not None]
    if found:
        raise InputError(what, faults=found)


def inside(name: str, value: float) -> str | None:
    """Return a fault unless 0 < value < 1."""
    return None if 0.0 < value < 1.0 else f"{name}: {value} is not between 0 and 1, both excluded"


def at_least(name: str, value: float, minimum: float) -> str | None:
    """Return a fault unless value >= minimum."""
    return None if value >= minimum else f"{name}: {value} is not >= {minimum}"


def at_most(name: str, value: float, maximum: float) -> str | None:
    """Return a fault unless value <= maximum."""
    return None if value <= maximum else f"{name}: {value} is not <= {maximum}"


def same_length(**columns: Sequence[Any] | Floats | None) -> str | None:
    """Return a fault unless all columns that are given have one length."""
    lengths = {name: len(column) for name, column in columns.items() if column is not None}
    if len(set(lengths.values())) <= 1:
        return None
    return "one entry per row expected; found " + ", ".join(f"{n} {k}" for k, n in lengths.items())


def numbers(name: str, values: object) -> Floats:
    """Return `values` as one column of finite floats.

    Raises
    ------
    InputError
        The values are not one-dimensional, there are none, or some are not finite.
    """
    import numpy as np

    column = np.asarray(values, dtype=np.float64)
    bad = int(np.count_nonzero(~np.isfinite(column)))
    require(
        f"{name} cannot be used",
        None if column.ndim == 1 else f"one column expected; found shape {column.shape}",
        None if column.size else "at least one value expected; found none",
        None if bad == 0 else f"finite numbers expected; found {bad} that are not",
    )
    return column
