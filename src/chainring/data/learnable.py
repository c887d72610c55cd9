"""Which labels can be learnt: each has rows to train on, and there are some to choose models by.

Enters the members of the splits, leaves those that stay, some of them in another split. Near-
duplicates move together, and so do turns of a conversation: they stand in one split, whatever
happens to them. Which rows of the files move is told by those of the files that stay.

    members = learnable(members, settings, dropped)
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import replace

from chainring.contracts.tasks import Form
from chainring.contracts.values import labels_in
from chainring.data.dropped import Dropped
from chainring.data.settings import DataSettings
from chainring.data.splits import Placed
from chainring.stats.units import joined

_LEARNT = ("train", "validation", "test")
_NAMED_RARE_LABELS = 50
_FEEDBACK = "feedback"


def learnable(members: Sequence[Placed], settings: DataSettings, dropped: Dropped) -> list[Placed]:
    """Return the members that stay, where they stand then.

    What users wrote goes where it is near to rows that choose, as if these had been drawn for
    validation. All is then told anew, as if it had not been written.
    """
    kept, rare = _without_rare(members, settings)
    units = _units(kept)
    chosen = _for_validation(kept, units, settings)
    if near := _near(kept, chosen, units):
        for one in near:
            dropped.add("near-duplicate of a validation row", **one.candidate.where)
        gone = {id(one.candidate) for one in near}
        left = [one for one in members if id(one.candidate) not in gone]
        return learnable(left, settings, dropped)
    for reason, one in rare:
        dropped.add(reason, **one.candidate.where)
    return _moved(kept, chosen, units, came="train", goes="validation")


def _without_rare(
    members: Sequence[Placed], settings: DataSettings
) -> tuple[list[Placed], list[tuple[str, Placed]]]:
    """Leave out labels of too few rows, and let every label that stays have a row to train on.

    What is left out is returned, too, with the reasons.
    Rows that the files give as test stay: a suite is not thinned, and a model that does not know
    their label is wrong there. A row with several labels goes when one of them is too rare.
    A label that users alone gave is not named in the reason, which cards and lineage keep for good:
    it may be a person's own words.
    """
    form, minimum = settings.facts.form, settings.min_rows_per_label
    named = {id(one): labels_in(form, one.candidate.label) for one in members}
    counts: Counter[str] = Counter()
    splits = defaultdict(set)
    taught: set[str] = set()  # by the files: what users teach keeps no row of theirs from it
    known: set[str] = set()
    for one in members:
        if one.candidate.record.source != _FEEDBACK:
            known.update(named[id(one)])
        for label in named[id(one)] if one.split in _LEARNT else ():
            counts[label] += 1
            splits[label].add(one.split)
        if one.split == "train" and not one.candidate.part:
            taught.update(named[id(one)])
    rare = {label: n for label, n in counts.items() if n < minimum}
    kept, missed, out = list[Placed](), set[int](), list[tuple[str, Placed]]()
    units = _units(members)
    for one in members:
        labels = named[id(one)]
        is_movable = one.split in _LEARNT and not one.fixed and bool(labels)
        few = next((label for label in labels if label in rare), "")
        alone = next((label for label in labels if splits[label] == {"test"}), "")
        if is_movable and few:
            said = few if few in known else ""
            out.append((_too_few(said, rare, minimum), one))
        elif is_movable and alone:
            said = f"label {alone!r}" if alone in known else "a label"
            out.append((f"{said} fell to the test alone; add rows", one))
        else:
            kept.append(one)
            if is_movable and one.split == "validation" and not taught.issuperset(labels):
                missed.add(units[id(one)])
    return _moved(kept, missed, units, came="validation", goes="train"), out


def _too_few(label: str, rare: Mapping[str, int], minimum: int) -> str:
    if not label or len(rare) > _NAMED_RARE_LABELS:
        return f"a label with fewer than {minimum} rows"
    noun = "row" if rare[label] == 1 else "rows"
    return f"label {label!r} has {rare[label]} {noun}; at least {minimum} needed"


def _for_validation(
    members: Sequence[Placed], units: Mapping[int, int], settings: DataSettings
) -> set[int]:
    """Where the draw left validation empty (few rows), choose the groups with the least draws.

    Each label keeps a row to train on. A later turn with more rows may train on these: they choose
    among candidates, they judge none.
    """
    if any(one.split == "validation" for one in members) or not settings.validation_share:
        return set()
    own = [one for one in members if _is_taught_by_files(one)]
    form = settings.facts.form
    wanted = max(1, round(settings.validation_share * len(own)))
    spare = _named(own, form)
    chosen: set[int] = set()
    groups = _in_order(own, units)
    least = min((len(rows) for _, rows in groups if 2 * len(rows) <= len(own)), default=0)
    for unit, rows in groups:
        labels = _named(rows, form)
        is_left = all(spare[label] > n for label, n in labels.items())
        if is_left and (len(rows) <= wanted or (not chosen and len(rows) == least)):
            spare.subtract(labels)
            wanted -= len(rows)
            chosen.add(unit)
    return chosen


def _named(rows: Iterable[Placed], form: Form) -> Counter[str]:
    """Return how many rows name each label, and as '' how many none: of values there is no end."""
    return Counter(label for one in rows for label in labels_in(form, one.candidate.label) or ("",))


def _is_taught_by_files(one: Placed) -> bool:
    return one.split == "train" and not one.candidate.part


def _near(
    members: Sequence[Placed], chosen: Collection[int], units: Mapping[int, int]
) -> list[Placed]:
    """Return what users teach near to the rows of the files that are chosen."""
    own = [one for one in members if _is_taught_by_files(one) and units[id(one)] in chosen]
    groups = {number for one in own for number in one.candidate.near}
    return [
        one
        for one in members
        if one.candidate.part == "train" and not groups.isdisjoint(one.candidate.near)
    ]


def _units(members: Sequence[Placed]) -> dict[int, int]:
    """Return what moves with each member; conversations with users move no row of the files."""
    names = [
        (one.group, "" if one.candidate.part else one.candidate.record.episode) for one in members
    ]
    return dict(zip(map(id, members), joined(names), strict=True))


def _in_order(own: Sequence[Placed], units: Mapping[int, int]) -> list[tuple[int, list[Placed]]]:
    """Return what moves together by draw, each with its rows."""
    groups: dict[int, list[Placed]] = defaultdict(list)
    for one in sorted(own, key=lambda one: (one.draw, one.candidate.record.id)):
        groups[units[id(one)]].append(one)
    return list(groups.items())


def _moved(
    members: Sequence[Placed],
    chosen: Collection[int],
    units: Mapping[int, int],
    *,
    came: str,
    goes: str,
) -> list[Placed]:
    return [
        replace(one, split=goes) if one.split == came and units[id(one)] in chosen else one
        for one in members
    ]
