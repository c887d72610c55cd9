"""Records joined with the labels that stand: what may become a row of a data set.

Enters records and labels, leaves one candidate a record, or its drop with the reason.

When several accepted labels disagree, the highest kind of author decides (a person, then a user,
then the source, then a model), and among equals the majority; a tie drops the record.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from statistics import mean
from typing import Any

from chainring.contracts.dataset import LABEL_SEPARATOR, Row, licences_in
from chainring.contracts.label import AuthorKind, Label
from chainring.contracts.record import Record
from chainring.contracts.tasks import Form
from chainring.contracts.values import written
from chainring.data.dropped import Dropped
from chainring.text.normalise import fold

RANK: dict[AuthorKind, int] = {"person": 3, "user": 2, "source": 1, "model": 0}


@dataclass(frozen=True, slots=True, kw_only=True)
class Candidate:
    """A record with its one value (empty: unlabelled) and the split it was given (or empty).

    `part` is empty for a row of the files, else `train`, `holdout` or `reacted` as feedback says.
    Of a near-duplicate group one may stand for another only where `alike` is equal: in tasks of two
    texts, where each of the two is near to the other's. `near` are the groups of the files that it
    is near to, by number: of a row of the files its own.
    """

    record: Record
    label: str
    kind: AuthorKind
    given: str
    part: str
    labels: tuple[Label, ...] = ()
    merged: tuple[Candidate, ...] = ()
    alike: tuple[int, int] = (0, 0)
    near: tuple[int, ...] = ()

    @property
    def pair(self) -> str:
        """The second text of its record, or an empty one."""
        return self.record.fields.get("pair", "")

    @property
    def rejected(self) -> str:
        """The written answer that feedback says was not wanted here."""
        found = self.record.fields.get("rejected", "") if self.part == "train" else ""
        return found if found != self.label else ""

    @property
    def says(self) -> bool:
        """Whether anything may be learnt from it: what is right, or what was not wanted."""
        return bool(self.label or self.rejected)

    @property
    def value(self) -> tuple[str, str]:
        """What it says: what is right, and what was not wanted."""
        return self.label, self.rejected

    @property
    def where(self) -> dict[str, object]:
        """The place of the record, as `dropped.jsonl` tells it."""
        return where(self.record)

    def row(self, *, split: str, group: str, weight: float, says: str = "label") -> Row:
        """Return this candidate (and the exact duplicates merged into it) as a row.

        `says` is the field of a row that holds the task's values. Where the records that it stands
        for have several licences, it has them all, whichever file is read first.
        """
        record, every = self.record, (self, *self.merged)
        said = tuple(label for one in every for label in one.labels)
        licences = {name for one in every for name in licences_in(one.record.licence)}
        parents = (parent for one in every if one.part for parent in one.record.parents)
        return Row(
            id=record.id,
            text=record.text,
            label=self.label if says == "label" else "",
            target=self.label if says == "target" else "",
            pair=self.pair,
            rejected=self.rejected,
            language=record.language,
            split=split,
            source=record.source,
            licence=LABEL_SEPARATOR.join(sorted(licences)),
            group=group,
            records=tuple(one.record.id for one in every),
            labels=tuple(label.id for label in said),
            feedback=tuple(dict.fromkeys(parents)),
            author=record.fields.get("author", ""),
            episode=record.episode,
            weight=weight if self.part else 1.0,
            must=any(label.must for label in said),
            protected=record.fields.get("protected", ""),
            consent=record.consent,
        )


def where(record: Record) -> dict[str, object]:
    """Return the place of a record; `feedback` names what it came from, if it came from any."""
    place: dict[str, object] = {"source": record.source, "locator": record.locator}
    return {
        "record": record.id,
        **place,
        **({"feedback": record.parents} if record.parents else {}),
    }


def settled(
    statements: Iterable[tuple[AuthorKind, str]], *, form: Form = "one"
) -> tuple[AuthorKind, str] | None:
    """Return the value that stands and the kind that decided, or None at a tie.

    Of numbers the mean stands, of written answers the first: two may both be right.

    >>> settled([("source", "refund"), ("user", "track_order"), ("source", "refund")])
    ('user', 'track_order')
    >>> settled([("user", "refund"), ("user", "track_order")]) is None
    True
    """
    votes: dict[AuthorKind, Counter[str]] = defaultdict(Counter)
    for kind, value in statements:
        votes[kind][value] += 1
    top = max(votes, key=RANK.__getitem__)
    if form == "number":
        return top, written(mean(float(value) for value in votes[top].elements()))
    first, *others = votes[top].most_common()
    if form == "text":
        return top, first[0]
    return None if others and others[0][1] == first[1] else (top, first[0])


def joined(
    records: Sequence[Record],
    corrections: Sequence[Record],
    labels: Iterable[Label],
    dropped: Dropped,
    *,
    form: Form = "one",
) -> Iterator[Candidate]:
    """Yield a candidate for each record that may be used."""
    about: dict[str, list[Label]] = defaultdict(list)
    for label in labels:
        about[label.record].append(label)
    for record in records:
        yield from _candidate(record, about[record.id], "", dropped, form)
    for record in corrections:
        part = record.fields.get("part", "train")
        yield from _candidate(record, about[record.id], part, dropped, form)


def _candidate(
    record: Record, labels: Sequence[Label], part: str, dropped: Dropped, form: Form
) -> Iterator[Candidate]:
    accepted = tuple(label for label in labels if label.state == "accepted")
    given = record.fields.get("split", "") if not part else ""
    if not accepted:
        if part:
            dropped.add(_why_unlabelled(labels), **where(record))
        else:
            yield Candidate(record=record, label="", kind="source", given=given, part=part)
        return
    stands = settled(((label.author_kind, label.value) for label in accepted), form=form)
    if stands is None:
        dropped.add("labels disagree", **where(record))
        return
    kind, value = stands
    said = tuple(label for label in accepted if label.value == value or form == "number")
    found = Candidate(record=record, label=value, kind=kind, given=given, part=part, labels=said)
    if part and not found.says:  # a user's text is no article, and no text of the owner's
        dropped.add("says no label", **where(record))
    else:
        yield found


def _why_unlabelled(labels: Sequence[Label]) -> str:
    """Say why a correction has no label; its text then teaches nothing, not even unlabelled."""
    states = {label.state for label in labels}
    return "waits for a review" if "pending" in states else "rejected or without a label"


def collapsed(
    candidates: Sequence[Candidate],
    dropped: Dropped,
    *,
    form: Form = "one",
    thinned: bool = True,
) -> list[Candidate]:
    """Return the candidates of one near-duplicate group that stay.

    Records of one text get one label as `settled` says (at a tie all go) and become one row that
    names all of them; capitals, spaces and sentence marks make no other text, but in tags. Texts of
    one skeleton differ in numbers, signs or emoji: where they agree on a label one row names them
    too, where they do not all of them stay, for what differs may be what decides (给5分, 给1分). Of
    near-duplicates beyond that the first of each label stays: two texts that differ in a
    word may well differ in meaning, and both are then worth learning. Rows of two texts are
    near-duplicates where both are: two questions about one passage are no copies. With
    `thinned=False` nothing but copies of a text goes.
    """
    texts = [one for same in _by_text(candidates, form) if (one := _merged(same, dropped, form))]
    for one in texts:
        _drop("exact duplicate", one.merged, dropped, kept=one)
    if not thinned:
        return texts
    kept: list[Candidate] = []
    known: dict[tuple[Any, ...], Candidate] = {}
    for alike in _by_skeleton(texts):
        if len({one.value for one in alike}) > 1:
            kept += alike
        elif first := known.get(_spoken(alike[0])):
            _drop("near-duplicate", alike, dropped, kept=first)
        else:
            kept.append(_in_one(alike, dropped))
        for one in alike:
            known.setdefault(_spoken(one), one)
    return kept


def _spoken(one: Candidate) -> tuple[Any, ...]:
    """Return what a near-duplicate would say again."""
    return one.alike, one.value


def _by_skeleton(texts: Sequence[Candidate]) -> Iterable[list[Candidate]]:
    found: dict[str, list[Candidate]] = defaultdict(list)
    for one in texts:
        found[one.record.group].append(one)
    return found.values()


def _in_one(alike: Sequence[Candidate], dropped: Dropped) -> Candidate:
    first, *others = alike
    _drop("near-duplicate", others, dropped, kept=first)
    more = [each for one in others for each in (one, *one.merged)]
    return replace(first, merged=(*first.merged, *more))


def _drop(reason: str, lost: Iterable[Candidate], dropped: Dropped, *, kept: Candidate) -> None:
    """Drop candidates, each with the record whose row stays in its place."""
    for one in lost:
        dropped.add(reason, **one.where, kept=kept.record.id)


def _by_text(candidates: Sequence[Candidate], form: Form) -> Iterable[list[Candidate]]:
    """Return the candidates by text; written answers that differ are rows of their own."""
    found: dict[tuple[str, ...], list[Candidate]] = defaultdict(list)
    for one in candidates:
        apart = one.value if form == "text" else ()
        found[(*same_text(one.record, form), *apart)].append(one)
    return found.values()


def same_text(record: Record, form: Form) -> tuple[str, str]:
    """Return what is equal for two records of one text: the exact skeletons.

    Capitals, spaces and sentence marks tell no label, but they may tell tags, or move them.
    """
    text, pair = record.text, record.fields.get("pair", "")
    if form == "tags":
        return text, pair
    return fold(text, exact=True), fold(pair, exact=True)


def _merged(same: Sequence[Candidate], dropped: Dropped, form: Form) -> Candidate | None:
    form = form if same[0].label else "one"  # nothing is no number
    stands = settled(((one.kind, one.label) for one in same), form=form)
    if form == "number" and stands is not None:
        kind, value = stands
        agreed = [replace(one, label=value) for one in same if one.kind == kind]
        for one in same:
            if one.kind != kind:
                dropped.add("conflicting duplicate", **one.where)
        return replace(agreed[0], merged=tuple(agreed[1:]))
    agreed = [one for one in same if stands is not None and one.label == stands[1]]
    for one in same:
        if stands is None or one.label != stands[1]:
            dropped.add("conflicting duplicate", **one.where)
    return replace(agreed[0], merged=tuple(agreed[1:])) if agreed else None
