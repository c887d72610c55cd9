"""Which rows are near-duplicates of each other; users move no row of the files.

Enters candidates, leaves the members of all splits; the others are dropped with the reason.

    members = grouped(candidates, settings, work.secret, dropped)

Rows of the files are grouped by themselves, and so get their split. Feedback is grouped by itself
too, and put beside them: what a user wrote is near to a group of the files where it is near to one
of its rows, and never makes one group of two. In order:

1. reviewed hold-out rows stay, but those near to a row of the test; all other groups of the files
   that they are near to go
2. other feedback goes where it is near to a group that judges, chooses or went so; and what judges
   nothing and teaches nothing where it is near to one that teaches
3. of a group of feedback the strongest stay: the hold-out's, then what teaches, then the reacted
4. groups of the files that say nothing give way to the feedback near to them
5. what teaches joins that group of the files which it is nearest to, and no other

Of pairs each of the two texts is told near likewise: by what the files say alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence, Set
from dataclasses import dataclass, replace

from chainring.data.candidates import Candidate
from chainring.data.dropped import Dropped
from chainring.data.settings import DataSettings
from chainring.data.splits import Placed, Shares, placed, split_of, unmoved
from chainring.text.beside import Beside, near_beside
from chainring.text.compared import compared, said

_STRENGTH = ("holdout", "train", "reacted", "unlabelled")
_BARRED_BY = {
    "holdout": ("test",),
    "train": ("test", "holdout", "validation"),
    "reacted": ("test", "holdout", "validation", "train"),
    "unlabelled": ("test", "holdout", "validation", "train"),
}


def grouped(
    candidates: Sequence[Candidate], settings: DataSettings, secret: bytes, dropped: Dropped
) -> list[Placed]:
    """Return the candidates that stay, each in its split."""
    given = {one.given for one in candidates if one.label}
    shares = Shares.beside(given, settings, secret)
    facts = settings.facts
    articles = [one for one in candidates if facts.reads_articles and not one.says]
    rows = [one for one in candidates if one.says] if articles else candidates
    members = [
        one
        for group in _groups(rows, shares, settings, dropped)
        for one in placed(group, shares, dropped, form=facts.form)
    ]
    return [*members, *unmoved(articles, shares, dropped, form=facts.form)]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Said:
    """A row of feedback, and the number of its own group."""

    candidate: Candidate
    part: str
    group: int

    @property
    def near(self) -> tuple[int, ...]:
        return self.candidate.near

    @property
    def answers(self) -> tuple[str, ...]:
        """What it is about: the answer comes first."""
        return self.candidate.record.parents[:1]


def _groups(
    rows: Sequence[Candidate], shares: Shares, settings: DataSettings, dropped: Dropped
) -> Iterator[list[Candidate]]:
    """Yield the groups, those of the files first; what gives way is dropped."""
    rows = sorted(rows, key=lambda one: bool(one.part))
    size = sum(not one.part for one in rows)
    texts = [compared(one.record.text, one.pair, facts=settings.facts) for one in rows]
    found = near_beside(texts[:size], texts[size:], min_jaccard=settings.min_jaccard)
    beside = [*((number,) for number in found.own), *found.near]
    rows = [replace(one, near=near) for one, near in zip(rows, beside, strict=True)]
    rows = _with_alike(rows, size, settings)
    files = _by_number(found.own, rows[:size])
    splits = [split_of(group, shares) for group in files]
    standing = _standing(_all_said(rows[size:], found), splits, dropped)
    gone = _gone(standing, splits)
    joined, apart = _joined(standing, splits, gone)
    for number, group in enumerate(files):
        if number in gone:
            _drop(group, gone[number], dropped)
        else:
            yield [*group, *joined[number]]
    yield from apart.values()


def _by_number(numbers: Sequence[int], rows: Sequence[Candidate]) -> list[list[Candidate]]:
    groups: dict[int, list[Candidate]] = defaultdict(list)
    for number, one in zip(numbers, rows, strict=True):
        groups[number].append(one)
    return list(groups.values())


def _all_said(rows: Sequence[Candidate], found: Beside) -> list[_Said]:
    return [
        _Said(candidate=one, part=one.part if one.says else "unlabelled", group=group)
        for one, group in zip(rows, found.others, strict=True)
    ]


def _standing(every: Sequence[_Said], splits: list[str], dropped: Dropped) -> list[_Said]:
    """Return the feedback that stays; `splits` then tells which groups the hold-out takes."""
    left: list[_Said] = []
    judging = {name for one in every if one.part == "holdout" for name in one.answers}
    for one in sorted(every, key=lambda one: _STRENGTH.index(one.part)):
        near = {splits[group] for group in one.near}
        barred = next((split for split in _BARRED_BY[one.part] if split in near), "")
        if barred:
            _drop_said(one, barred, judging, dropped)
            continue
        left.append(one)
        for group in one.near if one.part == "holdout" else ():
            splits[group] = "holdout"
    strongest: dict[int, str] = {}
    for one in left:
        part = strongest.setdefault(one.group, one.part)
        if part != one.part:
            _drop_said(one, part, judging, dropped)
    kept = {id(one) for one in left if strongest[one.group] == one.part}
    return [one for one in every if id(one) in kept]


def _gone(standing: Sequence[_Said], splits: Sequence[str]) -> dict[int, str]:
    """Return the groups of the files that give way, each with the part that it gives way to."""
    gone = {group: split for group, split in enumerate(splits) if split == "holdout"}
    for one in sorted(standing, key=lambda one: _STRENGTH.index(one.part)):
        for group in one.near:
            if splits[group] == "unlabelled" and one.part != "unlabelled":
                gone.setdefault(group, one.part)
    return gone


def _joined(
    standing: Sequence[_Said], splits: Sequence[str], gone: dict[int, str]
) -> tuple[dict[int, list[Candidate]], dict[int, list[Candidate]]]:
    """Return what joins a group of the files, and the groups of what joins none."""
    joined: dict[int, list[Candidate]] = defaultdict(list)
    apart: dict[int, list[Candidate]] = defaultdict(list)
    for one in standing:
        nearest = next((n for n in one.near if splits[n] == one.part and n not in gone), None)
        if nearest is None:
            apart[one.group].append(one.candidate)
        else:
            joined[nearest].append(one.candidate)
    return joined, apart


def _drop_said(one: _Said, split: str, judging: Set[str], dropped: Dropped) -> None:
    """Drop feedback; what was said of an answer that judges is no copy of another text."""
    if split == "holdout" and not judging.isdisjoint(one.answers):
        dropped.add("reaction to an answer that judges", **one.candidate.where)
    else:
        _drop([one.candidate], split, dropped)


def _drop(rows: Sequence[Candidate], split: str, dropped: Dropped) -> None:
    for one in rows:
        dropped.add(f"near-duplicate of a {split} row", **one.where)


def _with_alike(
    rows: Sequence[Candidate], size: int, settings: DataSettings
) -> Sequence[Candidate]:
    """Return rows of two texts with what each of them is near to, all others as they are."""
    if not settings.facts.pairs:
        return rows
    texts, pairs = (
        _numbers(near_beside(texts[:size], texts[size:], min_jaccard=settings.min_jaccard))
        for texts in (
            [said(one.record.text, facts=settings.facts) for one in rows],
            [one.pair for one in rows],
        )
    )
    return [
        replace(one, alike=alike)
        for one, alike in zip(rows, zip(texts, pairs, strict=True), strict=True)
    ]


def _numbers(found: Beside) -> list[int]:
    """Return a number a text: that of the nearest group of the files, else one of its own group."""
    size = len(found.own)
    beside = zip(found.near, found.others, strict=True)
    return [*found.own, *(near[0] if near else size + group for near, group in beside)]
