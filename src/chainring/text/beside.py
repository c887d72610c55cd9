"""Near-duplicates of two kinds of texts, of which the second never joins groups of the first.

Enters texts of one's own and those of others, leaves a group index per text, each kind by itself,
and the groups of one's own that each other text is near to, the nearest first:

=========================================  ==========  ===========================  ==========
own                                        groups      others                       near
=========================================  ==========  ===========================  ==========
``["我要退货退款吗", "Where is it now?"]`` ``[0, 1]``  ``["我要退货退款吗！"]``     ``[(0,)]``
=========================================  ==========  ===========================  ==========

`near_groups` of all texts together is transitive: whoever writes a text that is near to two others
makes one group of these. Here no chain leads through another's text. Which texts are near is told
as there; to be near to a group is to be near to one of its texts.

    found = near_beside(rows_of_files, texts_of_users)
    found.own, found.others, found.near
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import TYPE_CHECKING

from chainring.text.near import (
    CROWD,
    MIN_FOLDED_LENGTH,
    SLACK,
    band_keys,
    batches,
    indices,
    jaccard,
    near_groups,
    packed,
    rows_per_band,
    signatures_of,
)
from chainring.text.normalise import fold

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from chainring.text.near import Ints

_Found = dict[int, tuple[float, int]]

_SETUP = 256  # making one more text ready to be compared costs as much as comparing so many pairs


@dataclass(frozen=True, slots=True, kw_only=True)
class Beside:
    """The groups of own texts and of others; for each other text the own groups it is near to."""

    own: list[int]
    others: list[int]
    near: list[tuple[int, ...]]


def near_beside(
    own: Sequence[str], others: Sequence[str], *, min_jaccard: float = 0.8, seed: int = 0
) -> Beside:
    """Return the groups of `own` and of `others`, and which of the former each other is near to.

    The groups of a text are in the order of the greatest Jaccard index with one of their texts; at
    a tie the group whose text comes first is first. The chance of a missed pair is that of
    `near_groups`. The cost is up to half more than that of `near_groups` for all texts together,
    clusters and letters of one frame included, and besides grows with the groups in `near`.

    Parameters
    ----------
    own
        Texts whose groups hang on nothing but each other.
    others
        Texts that are put beside them.
    min_jaccard, seed
        As in `near_groups`.

    Raises
    ------
    InputError
        When `min_jaccard` is out of range.
    """
    numbers = near_groups(own, min_jaccard=min_jaccard, seed=seed)
    grouped = near_groups(others, min_jaccard=min_jaccard, seed=seed)
    if not own or not others:
        return Beside(own=numbers, others=grouped, near=[() for _ in others])
    exact = min_jaccard == 1
    known = _first(own, exact=exact)
    asked = [fold(text, exact=exact) for text in others]
    skeletons = list(known)
    group_of = [numbers[at] for at in known.values()]
    near = {
        one: {} if (at := known.get(one)) is None else {numbers[at]: (1.0, -1)} for one in asked
    }
    if not exact:
        _add_near(near, skeletons, group_of, min_jaccard=min_jaccard, seed=seed)
    ordered = {one: _in_order(found) for one, found in near.items()}
    return Beside(own=numbers, others=grouped, near=[ordered[one] for one in asked])


def _first(texts: Sequence[str], *, exact: bool) -> dict[str, int]:
    """Return the distinct skeletons, each with the place of the first text that has it."""
    found: dict[str, int] = {}
    for at, text in enumerate(texts):
        found.setdefault(fold(text, exact=exact), at)
    return found


def _in_order(found: _Found) -> tuple[int, ...]:
    return tuple(sorted(found, key=lambda group: (-found[group][0], found[group][1])))


def _add_near(
    near: dict[str, _Found],
    skeletons: Sequence[str],
    group_of: Sequence[int],
    *,
    min_jaccard: float,
    seed: int,
) -> None:
    """Add to each key of `near` the groups of the `skeletons` whose index with it suffices."""
    long = [i for i, one in enumerate(skeletons) if len(one) >= MIN_FOLDED_LENGTH]
    asked = [one for one in near if len(one) >= MIN_FOLDED_LENGTH]
    if not long or not asked:
        return
    long.sort(key=lambda i: group_of[i])
    kept = [skeletons[i] for i in long]

    def add(one: str, place: int, index: float) -> None:
        group = group_of[long[place]]
        best = near[one].get(group, (0.0, 0))
        if index >= min_jaccard and index > best[0]:
            near[one][group] = (index, long[place])

    crowd = _Crowd(len(kept))
    set_of = lru_cache(maxsize=4096)(packed)
    groups = [group_of[i] for i in long]
    for one, places in _proposed(kept, asked, min_jaccard=min_jaccard, seed=seed):
        if len(places) < CROWD:
            for place in places.tolist():
                add(one, place, jaccard(set_of(one), set_of(kept[place])))
            continue
        if not crowd.takes(places):
            for found in _nearest(crowd, kept, groups, min_jaccard):
                add(*found)
            crowd = _Crowd(len(kept))
        crowd.add(one, places)
    for found in _nearest(crowd, kept, groups, min_jaccard):
        add(*found)


def _proposed(
    own: Sequence[str], asked: Sequence[str], *, min_jaccard: float, seed: int
) -> Iterator[tuple[str, Ints]]:
    """Yield each skeleton that shares a band with some of `own`, and the places of these.

    Skeletons that share bands with the same ones follow one another.
    """
    import numpy as np

    of_own, of_asked = signatures_of(own, seed), signatures_of(asked, seed)
    shared: dict[int, list[Ints]] = defaultdict(list)
    rows = rows_per_band(min_jaccard)
    for mine, theirs in zip(band_keys(of_own, rows), band_keys(of_asked, rows), strict=True):
        order = np.argsort(mine, kind="stable")
        start = np.searchsorted(mine[order], theirs)
        stop = np.searchsorted(mine[order], theirs, side="right")
        for at in np.flatnonzero(start < stop):
            shared[int(at)].append(order[start[at] : stop[at]])
    for one in sorted(shared, key=lambda one: (int(max(shared[one], key=len)[0]), one)):
        is_shared = np.zeros(len(own), dtype=np.bool_)
        is_shared[np.concatenate(shared[one])] = True
        places = np.flatnonzero(is_shared)
        agreement = (of_own[places] == of_asked[one]).mean(axis=1)
        yield asked[one], places[agreement >= min_jaccard - SLACK]


class _Crowd:
    """Skeletons with many places proposed, and the union of these; they are compared at once."""

    def __init__(self, size: int) -> None:
        import numpy as np

        self.members: list[str] = []
        self.wanted = np.zeros(size, dtype=np.bool_)
        self._held = 0

    def takes(self, places: Ints) -> bool:
        """Tell whether a skeleton with these places costs less in here than by itself."""
        new = len(places) - int(self.wanted[places].sum())
        inside = new * (_SETUP + len(self.members)) + self._held
        return not self.members or inside <= len(places) * _SETUP

    def add(self, one: str, places: Ints) -> None:
        self._held += len(places) - int(self.wanted[places].sum())
        self.members.append(one)
        self.wanted[places] = True


def _nearest(
    crowd: _Crowd, own: Sequence[str], groups: Sequence[int], min_jaccard: float
) -> Iterator[tuple[str, int, float]]:
    """Yield the nearest pair of each skeleton and group; two batches are compared at once."""
    import numpy as np

    places = np.flatnonzero(crowd.wanted).tolist()
    wanted = [own[place] for place in places]
    for top, bottom in batches(crowd.members):
        for left, right in batches(wanted):
            index = indices(crowd.members[top:bottom], wanted[left:right])
            of_group = np.array([groups[place] for place in places[left:right]])
            for row, column, best in _best(index, of_group, min_jaccard):
                yield crowd.members[top + row], places[left + column], best


def _best(
    index: NDArray[np.float64], groups: Ints, min_jaccard: float
) -> Iterator[tuple[int, int, float]]:
    """Yield of each row and group of columns the first of the greatest, where that suffices.

    The columns of a group follow one another.
    """
    import numpy as np

    rows, columns = np.nonzero(index >= min_jaccard)
    if not len(rows):
        return
    values, of_group = index[rows, columns], groups[columns]
    is_other = (rows[1:] != rows[:-1]) | (of_group[1:] != of_group[:-1])
    heads = np.concatenate([[0], np.flatnonzero(is_other) + 1])
    greatest = np.maximum.reduceat(values, heads)
    at = np.flatnonzero(values == np.repeat(greatest, np.diff(heads, append=len(rows))))
    first = at[np.searchsorted(at, heads)]
    yield from zip(rows[first].tolist(), columns[first].tolist(), greatest.tolist(), strict=True)
