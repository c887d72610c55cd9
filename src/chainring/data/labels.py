"""Step: what the source, users and people say of records, and whether it stands.

Enters records, the corrections made of feedback, and people's decisions; leaves a table of labels
(tree of kind `labels`). Every statement is kept with its state; only `accepted` ones make rows.

    table = labels(records, corrections, decisions, work=work, settings=settings)
    table.counts         # {'doubtful: waits for a review': 12, 'rejected by a person': 3}

A decision is a Label of a person about a record, a prediction or a feedback by id; of several on
one thing the last given counts. `accepted` with the value that stands confirms it, with another
value changes it; `rejected` rejects; `pending` sets it back.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace

from chainring.contracts.ids import keyed
from chainring.contracts.label import AuthorKind, Label, ReviewState
from chainring.contracts.record import Record
from chainring.contracts.table import Table
from chainring.contracts.tasks import Form
from chainring.contracts.values import written
from chainring.contracts.work import Work
from chainring.data.doubtful import doubtful
from chainring.data.otherwise import otherwise
from chainring.data.settings import DataSettings
from chainring.data.splits import Shares
from chainring.store.tables import read_table, write_table

OUTSIDE = "far outside the data's"
"""How the reason begins of numbers that wait for a review; the range follows."""
_WAITS = "waits for a review"
_KINDS: dict[str, AuthorKind] = {"person": "person", "user": "user", "model": "model"}
_STATES: dict[str, ReviewState] = {"pending": "pending", "rejected": "rejected"}


def labels(
    records: Table[Record],
    corrections: Table[Record],
    decisions: tuple[Label, ...],
    *,
    work: Work,
    settings: DataSettings,
) -> Table[Label]:
    """Return all labels of the records and corrections, each with its review state."""
    rows = list(read_table(Record, work.trees.open(records.address)))
    corrected = list(read_table(Record, work.trees.open(corrections.address)))
    counts: Counter[str] = Counter()
    reviewed = _Reviewed(decisions, secret=work.secret)
    found = [label for record in rows for label in reviewed.of(record, _from_source(record, work))]
    said = [
        label for record in corrected for label in reviewed.of(record, _from_user(record, work))
    ]
    decided = {label.id for label in said if label.author_kind == "person"} | reviewed.confirmed
    doubted = {"classification": _doubted, "regression": _far_outside}.get(settings.task)
    if settings.review_doubtful and any(_is_open(label, decided) for label in said):
        teachers = _teachers(rows, corrected, settings, work.secret)
        said = _against_files(said, decided, teachers, found, counts, settings.facts.form)
        if doubted is not None:
            said = doubted(said, decided, teachers, found, counts)
    counts.update(_waiting([*found, *said], counts))
    counts["decisions on nothing here"] = len(reviewed.unused())
    folder = work.folder("labels")
    count = write_table(folder, [*found, *said])
    kept = {reason: number for reason, number in sorted(counts.items()) if number}
    return Table(address=work.trees.put(folder, kind="labels"), rows=count, counts=kept)


def said_of(record: Record) -> str:
    """Return what a record says of itself: a value of the task; a written one lies apart."""
    return record.fields.get("label") or record.fields.get("target", "")


def _from_source(record: Record, work: Work) -> Iterator[Label]:
    if said_of(record):
        yield _label(record, work, kind="source", author=record.fields.get("author", "source"))


def _from_user(record: Record, work: Work) -> Iterator[Label]:
    if said_of(record) or record.fields.get("rejected"):
        kind = _KINDS.get(record.fields.get("author_kind", ""), "user")
        yield _label(record, work, kind=kind, author=record.fields.get("author", ""))


def _label(record: Record, work: Work, *, kind: AuthorKind, author: str) -> Label:
    value = said_of(record)
    return Label(
        id="lab_" + keyed(work.secret, "label", record.id, kind, author, value),
        app=record.app,
        record=record.id,
        value=value,
        author=author,
        author_kind=kind,
        state=_STATES.get(record.fields.get("state", ""), "accepted"),
        at=record.at,
        parents=record.parents,
        must=record.fields.get("must") == "true",
        private="target" in record.fields,
    )


class _Reviewed:
    """People's decisions, laid on the labels that they are about."""

    def __init__(self, decisions: Sequence[Label], *, secret: bytes) -> None:
        self._by_subject = {one.record: one for one in decisions}  # the last one given counts
        self._order = {one.record: place for place, one in enumerate(decisions)}
        self._used: set[str] = set()
        self._secret = secret
        self.confirmed: set[str] = set()

    def of(self, record: Record, labels: Iterable[Label]) -> Iterator[Label]:
        """Yield the labels of a record as a person left them, the person's own label last."""
        about = [name for name in (record.id, *record.parents) if name in self._by_subject]
        self._used.update(about)
        if not about:
            yield from labels
            return
        decision = self._by_subject[max(about, key=self._order.__getitem__)]
        if _refuses_still(record, decision):
            decision = replace(decision, value="")
        for label in labels:
            state = self._state(label, decision)
            if state == "accepted":
                self.confirmed.add(label.id)
            yield replace(
                label,
                state=state,
                must=label.must or (state == "accepted" and decision.must),
                parents=(*label.parents, decision.id),
            )
        yield self._own(record, decision)

    @staticmethod
    def _state(label: Label, decision: Label) -> ReviewState:
        if decision.state != "accepted":
            return decision.state
        return "accepted" if label.value == decision.value else "rejected"

    def _own(self, record: Record, decision: Label) -> Label:
        return replace(
            decision,
            id="lab_" + keyed(self._secret, "decision", record.id, decision.id),
            record=record.id,
            author_kind="person",
            parents=(*record.parents, decision.id),
        )

    def unused(self) -> set[str]:
        """Return what was decided upon and is not here."""
        return set(self._by_subject) - self._used


def _refuses_still(record: Record, decision: Label) -> bool:
    """Whether a decision let a rating stand by naming the unwanted answer, as it once did."""
    about_rating = decision.record == record.locator and not said_of(record)
    refused = record.fields.get("rejected")
    return about_rating and decision.state == "accepted" and decision.value == refused


def _held(labels: Sequence[Label], test: Callable[[int, Label], bool]) -> list[Label]:
    """Return the labels, those that pass the test set to `pending`."""
    return [
        replace(label, state="pending") if test(place, label) else label
        for place, label in enumerate(labels)
    ]


def _is_open(label: Label, decided: set[str]) -> bool:
    return label.author_kind == "user" and label.state == "accepted" and label.id not in decided


def _teachers(
    rows: Sequence[Record], corrected: Sequence[Record], settings: DataSettings, secret: bytes
) -> list[Record]:
    """Return the records that may teach: what judges a model must not choose its training rows."""
    given = {record.fields.get("split", "") for record in rows}
    shares = Shares.beside(given, settings, secret)
    own = [one for one in rows if one.fields.get("split") != "test"]
    own = [one for one in own if shares.split(shares.drawn([one])) != "test"]
    return [*own, *(one for one in corrected if one.fields.get("part", "train") == "train")]


def _against_files(
    said: list[Label],
    decided: set[str],
    records: Sequence[Record],
    found: Sequence[Label],
    counts: Counter[str],
    form: Form,
) -> list[Label]:
    """Hold back users' labels of texts that the files label otherwise; each names that record."""
    if form == "text":
        return said
    against = otherwise([*found, *said], records, form=form)
    wrong = {one.id for one in said if one.id in against and _is_open(one, decided)}
    counts[f"the files say otherwise: {_WAITS}"] = len(wrong)
    return [
        replace(one, state="pending", parents=(*one.parents, against[one.id]))
        if one.id in wrong
        else one
        for one in said
    ]


def _doubted(
    said: list[Label],
    decided: set[str],
    records: Sequence[Record],
    found: Sequence[Label],
    counts: Counter[str],
) -> list[Label]:
    """Hold back users' labels that the rest of the data contradicts."""
    texts = {record.id: record.text for record in records}
    suspects = {one.id for one in said if _is_open(one, decided) and one.record in texts}
    if not suspects:
        return said
    usable = [
        label for label in (*found, *said) if label.state == "accepted" and label.record in texts
    ]
    wrong = doubtful(
        [texts[label.record] for label in usable],
        [label.value for label in usable],
        suspects=[place for place, label in enumerate(usable) if label.id in suspects],
    )
    ids = {usable[place].id for place in wrong}
    counts[f"doubtful: {_WAITS}"] = len(ids)
    return _held(said, lambda _, label: label.id in ids)


def _far_outside(
    said: list[Label],
    decided: set[str],
    records: Sequence[Record],
    found: Sequence[Label],
    counts: Counter[str],
) -> list[Label]:
    """Hold back users' numbers beyond the range of the files' by more than it is wide."""
    names = {record.id for record in records}
    numbers = [float(one.value) for one in found if one.state == "accepted" and one.record in names]
    low, high = min(numbers, default=0.0), max(numbers, default=0.0)
    if low == high:
        return said
    far = {
        one.id
        for one in said
        if _is_open(one, decided)
        and not low - (high - low) <= float(one.value) <= high + (high - low)
    }
    counts[f"{OUTSIDE} {written(low)} to {written(high)}: {_WAITS}"] = len(far)
    return _held(said, lambda _, label: label.id in far)


def _waiting(labels: Sequence[Label], counts: Counter[str]) -> dict[str, int]:
    held = sum(number for reason, number in counts.items() if reason.endswith(_WAITS))
    pending = sum(label.state == "pending" for label in labels)
    rejected = sum(label.state == "rejected" for label in labels)
    return {_WAITS: pending - held, "rejected by a person": rejected}
