"""How many shingles each text of a batch shares with each other one, without asking pair by pair.

Enter the shingles of all texts in one array and the text that holds each; leaves a matrix and
the number of distinct shingles of each text:

================================  ==================  ====================  ==========
shingles (packed into integers)   texts               common                sizes
================================  ==================  ====================  ==========
``退货要 货要钱 退货要 货要货``   ``[0, 0, 1, 1]``    ``[[2, 1], [1, 2]]``  ``[2, 2]``
``ref efu ref ref``               ``[0, 0, 0, 1]``    ``[[2, 1], [1, 1]]``  ``[2, 1]``
================================  ==================  ====================  ==========

Letters, tickets and notes of one frame share most shingles with all others and the rest with
few. What many hold is counted by one matrix product, what few hold by walking its holders.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    Ints = NDArray[np.int64]
    Counts = NDArray[np.float32]

_MANY = 16  # a shingle in over 1/16 of the texts is cheaper as a column than as a list


def overlaps(
    shingles: NDArray[np.uint64], texts: Ints, left: slice, right: slice
) -> tuple[Counts, Ints]:
    """Return the shared distinct shingles of each text of `left` (rows) and `right` (columns).

    Parameters
    ----------
    shingles
        Of all texts; a shingle may repeat within a text and counts once.
    texts
        The index of the text that holds each shingle.
    left, right
        Which texts to compare, with start and stop.

    Returns
    -------
    The matrix, whole numbers exact up to 2**24, and the sizes of all texts. At most 64 bytes a
    shingle are held besides.
    """
    import numpy as np

    size = max(left.stop, right.stop)
    _, kinds = np.unique(shingles, return_inverse=True)
    held = np.sort(kinds * size + texts)
    kinds, texts = np.divmod(held[np.diff(held, prepend=-1) > 0], size)
    holders = np.bincount(kinds)
    is_many = (holders > 1) & (holders * _MANY > size)
    many = is_many[kinds]
    columns = np.zeros((size, np.count_nonzero(is_many)), dtype=np.float32)
    columns[texts[many], (np.cumsum(is_many) - 1)[kinds[many]]] = 1
    common: Counts = columns[left] @ columns[right].T
    _add_few(common, kinds[~many], texts[~many], left, right)
    return common, np.bincount(texts, minlength=size)


def _add_few(common: Counts, kinds: Ints, texts: Ints, left: slice, right: slice) -> None:
    """Add to `common` each pair of holders of one kind; `kinds` is sorted."""
    import numpy as np

    in_left = (texts >= left.start) & (texts < left.stop)
    in_right = (texts >= right.start) & (texts < right.stop)
    rows, columns = texts[in_left] - left.start, texts[in_right] - right.start
    place = np.searchsorted(kinds[in_left], kinds[in_right])
    end = np.searchsorted(kinds[in_left], kinds[in_right], side="right")
    flat = common.reshape(-1)
    while len(place):
        going = place < end
        place, end, columns = place[going], end[going], columns[going]
        np.add.at(flat, rows[place] * common.shape[1] + columns, np.float32(1))
        place = place + 1
