"""Which rows learn and which are told, in folds and growing shares.

Enters labels and groups, leaves for each fold the rows that are told and, for each share, the rows
that teach: nested, every label in its proportion, no near-duplicate on both sides of a fold.

    for fold in folds(labels, groups, count=5, shares=(0.25, 0.5, 1.0), seed=0): ...
"""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True, kw_only=True)
class Fold:
    """Places of the rows that are told, and of those that teach, a tuple for each share."""

    told: tuple[int, ...]
    teaching: tuple[tuple[int, ...], ...]


def folds(
    labels: Sequence[str],
    groups: Sequence[str],
    *,
    count: int,
    shares: Sequence[float],
    seed: int,
) -> Iterator[Fold]:
    """Yield the folds; every row is told in exactly one of them."""
    draw = random.Random(seed)
    fold_of = _dealt(labels, groups, count, draw)
    order = list(range(len(labels)))
    draw.shuffle(order)
    for fold in range(count):
        told = tuple(i for i in range(len(labels)) if fold_of[i] == fold)
        rest = [i for i in order if fold_of[i] != fold]
        teaching = tuple(tuple(sorted(_share(rest, labels, share))) for share in shares)
        yield Fold(told=told, teaching=teaching)


def _dealt(
    labels: Sequence[str], groups: Sequence[str], count: int, draw: random.Random
) -> list[int]:
    """Return the fold of each row: groups stay whole and are dealt out label by label."""
    label_of = dict(zip(reversed(groups), reversed(labels), strict=True))  # of a group's first row
    by_label: dict[str, list[str]] = defaultdict(list)
    for group in sorted(label_of):
        by_label[label_of[group]].append(group)
    place = 0
    fold_of: dict[str, int] = {}
    for label in sorted(by_label):
        draw.shuffle(by_label[label])
        for group in by_label[label]:
            fold_of[group] = place % count
            place += 1
    return [fold_of[group] for group in groups]


def _share(order: Sequence[int], labels: Sequence[str], share: float) -> list[int]:
    """Return the first rows of each label, at least one: a larger share holds the smaller one."""
    by_label: dict[str, list[int]] = defaultdict(list)
    for i in order:
        by_label[labels[i]].append(i)
    return [i for rows in by_label.values() for i in rows[: max(1, round(share * len(rows)))]]
