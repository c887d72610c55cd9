"""Forgetting: what a person, a source or one record left behind is found, and taken out of trees.

Enters what is wanted (marks and ids), leaves what was found in every stored tree and in the traffic
log, and which data sets and models used it. `take_out` then scrubs the trees.

    found = find(Wanted(marks=[subject_mark("ann", secret)]), trees=trees, ...)
    found.counts                       # {'records': 3, 'dataset': 3, 'model': 1}
    take_out(found.chosen, trees=trees, addresses=found.addresses, receipt="fgt_01kb…", ...)

Two who wrote the same sentence are told apart by their records' ids: a text is looked for by itself
only where no ids stand (golden texts), and only if nobody who stays wrote it, too.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Sequence, Set
from dataclasses import dataclass, field, replace
from pathlib import Path

from chainring.contracts.codec import decode
from chainring.contracts.forgotten import is_forgotten, marks_of, record_mark
from chainring.contracts.ids import keyed
from chainring.contracts.model import Model
from chainring.contracts.record import Record
from chainring.store.erase import cases_about, labels_about, reactions_to, texts_of
from chainring.store.erasure import drop_replaced, erase
from chainring.store.ledger import Ledger
from chainring.store.opened import drop_orphans
from chainring.store.quoted import quoting
from chainring.store.tables import ROWS_FILE, TABLE_FILE, read_table
from chainring.store.traffic import Traffic
from chainring.store.trees import TreeStore
from chainring.trust.scrub import Chosen, concerned, partners, rows_by_split, scrub

FEEDBACK = "feedback"
"""Source of the records that reactions became; it is no source of the user's own."""

_RECORDS = ("records", "cleaned", "corrections")
_LEARNT = ("train", "validation", "unlabelled")


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """Where to look: the trees, the ledger, the traffic log; and the project's key."""

    trees: TreeStore
    ledger: Ledger
    traffic: Traffic
    secret: bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What shall be forgotten: records by mark or id, answers and reactions by id."""

    marks: frozenset[str] = frozenset()
    records: frozenset[str] = frozenset()
    predictions: frozenset[str] = frozenset()
    feedback: frozenset[str] = frozenset()


@dataclass(frozen=True, slots=True, kw_only=True)
class Found:
    """What there is of it: everything to scrub, counts by kind of store, and who used it.

    `marks` are those wanted, and one for each record that was wanted by id; `met` those of them
    that a record carries; `seen` the records that were met; `sources` every source there is.
    """

    marks: frozenset[str]
    met: frozenset[str]
    seen: frozenset[str]
    sources: frozenset[str]
    chosen: Chosen
    predictions: tuple[str, ...]
    feedback: tuple[str, ...]
    addresses: tuple[str, ...]
    places: tuple[tuple[str, str], ...] = ()
    counts: dict[str, int] = field(default_factory=dict)
    datasets: dict[str, int] = field(default_factory=dict)
    models: dict[str, int] = field(default_factory=dict)


@dataclass(slots=True, kw_only=True)
class _Seen:
    """Records that go: content digest and text by id, and where files hold them."""

    marks: set[str]
    answers: set[str]
    met: set[str] = field(default_factory=set)
    digests: dict[str, str] = field(default_factory=dict)
    texts: dict[str, str] = field(default_factory=dict)
    places: set[tuple[str, str]] = field(default_factory=set)
    sources: set[str] = field(default_factory=set)


def find(wanted: Wanted, *, stores: Stores) -> Found:
    """Return everything that carries one of the marks or ids, in every tree and in the log."""
    stores.trees.refresh()
    addresses = _addresses(stores)
    tables = list(_tables(stores.trees, addresses))
    wanted, seen = _records(wanted, tables, stores)
    predictions = tuple(sorted(wanted.predictions))
    feedback = tuple(sorted(wanted.feedback))
    chosen = _chosen(wanted, seen, tables, addresses, stores)
    datasets, learnt = _datasets(stores.trees, addresses, chosen)
    return Found(
        marks=frozenset(seen.marks),
        met=frozenset(seen.met),
        seen=frozenset(seen.digests.keys() - seen.answers),
        sources=frozenset(seen.sources),
        chosen=chosen,
        predictions=predictions,
        feedback=feedback,
        addresses=addresses,
        places=tuple(sorted(seen.places)),
        counts=_counts(stores, addresses, chosen),
        datasets=datasets,
        models=_models(stores.ledger, learnt),
    )


def take_out(
    chosen: Chosen,
    *,
    stores: Stores,
    addresses: Sequence[str],
    receipt: str,
    scratch: Path,
    still: Callable[[], None],
) -> int:
    """Scrub every tree; return how many files were replaced. A killed one is taken up again.

    Records go last: their texts are what golden texts are found by. `still` raises when no turn is
    held up any more: it is asked before each tree, and before bytes are removed.
    """
    scratch.mkdir(parents=True, exist_ok=True)
    stores.trees.refresh()
    clean: dict[str, Path | None] = {}
    count = 0
    for address in sorted(addresses, key=lambda one: _rank(stores.trees, one)):
        manifest = stores.trees.manifest(address)
        names = [blob for blob in manifest.files if _is_table(blob.path)]
        folder = stores.trees.open(address) if names else scratch
        files = {}
        for blob in names:
            if blob.digest not in clean:
                target = scratch / f"{len(clean)}-{Path(blob.path).name}"
                changed = scrub(folder / blob.path, target, chosen)
                clean[blob.digest] = target if changed else None
            found = clean[blob.digest]
            if found is not None:
                files[blob.path] = found
        if files:
            still()
            count += len(erase(stores.trees, address, files, receipt=receipt))
    still()
    drop_replaced(stores.trees)
    drop_orphans(stores.trees.root)
    stores.trees.digests.save()
    return count


def staying_texts(texts: Set[str], found: Found, *, stores: Stores) -> set[str]:
    """Return those of the texts that a record which stays holds, too."""
    if not texts:
        return set()
    return {
        text
        for record in _all_records(list(_tables(stores.trees, found.addresses)))
        if record.id not in found.chosen.records
        for text in (record.text, *record.fields.values())
        if text in texts
    }


def _rank(trees: TreeStore, address: str) -> tuple[bool, str]:
    return trees.manifest(address).kind in _RECORDS, address


def _is_table(path: str) -> bool:
    return path.endswith(".jsonl") or Path(path).name == ROWS_FILE


def _addresses(stores: Stores) -> tuple[str, ...]:
    """Return every tree that is here, or that the lineage names and the remote has."""
    here = set(stores.trees.addresses())
    named = stores.ledger.trees() - here
    return tuple(sorted(here | {one for one in named if stores.trees.has(one)}))


def _tables(trees: TreeStore, addresses: Sequence[str]) -> Iterator[Path]:
    """Yield the folder of each table of records; of several with the same bytes one."""
    known: set[str] = set()
    for address in addresses:
        manifest = trees.manifest(address)
        named = (blob.digest for blob in manifest.files if blob.path == TABLE_FILE)
        content = next(named, "") if manifest.kind in _RECORDS else ""
        if content and content not in known:
            known.add(content)
            yield trees.open(address)


def _records(wanted: Wanted, tables: Sequence[Path], stores: Stores) -> tuple[Wanted, _Seen]:
    """Find the records that go; a record made of feedback brings the reaction that it is."""
    while True:
        reactions = frozenset(reactions_to(stores.traffic, wanted.predictions))
        wanted = replace(wanted, feedback=wanted.feedback | reactions)
        seen = _Seen(marks=set(wanted.marks), answers={*wanted.predictions, *wanted.feedback})
        for record in _all_records(tables):
            seen.sources.add(record.source)
            if _goes(record, wanted, seen.answers, stores.secret):
                _note(record, wanted, seen)
                seen.met |= marks_of(record, secret=stores.secret) & wanted.marks
        origins = {place for source, place in seen.places if source == FEEDBACK}
        if origins <= seen.answers:
            break
        asked = frozenset(one for one in origins if one.startswith("pred_"))
        wanted = replace(
            wanted,
            predictions=wanted.predictions | asked,
            feedback=wanted.feedback | (origins - asked),
        )
    seen.places = {place for place in seen.places if place[0] != FEEDBACK}
    for name, text in texts_of(stores.traffic, seen.answers).items():
        seen.texts[name], seen.digests[name] = text, keyed(stores.secret, "content", text)
    return wanted, seen


def _goes(record: Record, wanted: Wanted, answers: Set[str], secret: bytes) -> bool:
    if record.id in wanted.records or not answers.isdisjoint(record.parents):
        return True
    return is_forgotten(record, wanted.marks, secret=secret)


def _note(record: Record, wanted: Wanted, seen: _Seen) -> None:
    seen.digests[record.id] = record.digest
    if record.text:
        seen.texts[record.id] = record.text
    seen.places.add((record.source, record.locator))
    if record.id in wanted.records and record.source != FEEDBACK and record.text:
        seen.marks.add(record_mark(record.id, record.subject))


def _all_records(tables: Sequence[Path]) -> Iterator[Record]:
    for folder in tables:
        yield from read_table(Record, folder)


def _chosen(
    wanted: Wanted,
    seen: _Seen,
    tables: Sequence[Path],
    addresses: Sequence[str],
    stores: Stores,
) -> Chosen:
    """Return what goes; of the texts those alone that no record which stays holds, too."""
    records = frozenset(seen.digests.keys() - seen.answers)
    bare = Chosen(records=records, answers=frozenset(seen.answers))
    shared = {
        one
        for address in addresses
        if (folder := _dataset_folder(stores.trees, address)) is not None
        for one in partners(folder / ROWS_FILE, bare)
    }
    mine, held = set(seen.digests.values()), set()
    stand_ins: dict[str, str] = {}
    for record in _all_records(tables):
        if record.id not in records and record.text:
            if record.digest in mine:
                held.add(record.digest)
            if record.id in shared:
                stand_ins[record.id] = record.text
    texts = {text for name, text in seen.texts.items() if seen.digests[name] not in held}
    quotes = quoting(stores.traffic, records)
    return replace(bare, texts=frozenset(texts), stand_ins=stand_ins, quotes=quotes)


def _dataset_folder(trees: TreeStore, address: str) -> Path | None:
    names = [blob.path for blob in trees.manifest(address).files]
    return trees.open(address) if ROWS_FILE in names else None


def _datasets(
    trees: TreeStore, addresses: Sequence[str], chosen: Chosen
) -> tuple[dict[str, int], dict[str, int]]:
    """Return the rows that go, and those of them that teach, by data set."""
    rows: dict[str, int] = {}
    learnt: dict[str, int] = {}
    for address in addresses:
        folder = _dataset_folder(trees, address)
        if folder is not None:
            splits = rows_by_split(folder / ROWS_FILE, chosen)
            rows[address] = sum(splits.values())
            learnt[address] = sum(splits[name] for name in _LEARNT)
    return {a: n for a, n in rows.items() if n}, {a: n for a, n in learnt.items() if n}


def _models(ledger: Ledger, learnt: dict[str, int]) -> dict[str, int]:
    """Return the models that learnt from rows that go, with how many."""
    models = (decode(Model, row.result) for row in ledger.all_lineage(step="model"))
    return {one.address: learnt[one.dataset] for one in models if one.dataset in learnt}


def _counts(stores: Stores, addresses: Sequence[str], chosen: Chosen) -> dict[str, int]:
    """Return how many rows are concerned, by kind of tree; of files with the same bytes one."""
    counts: Counter[str] = Counter()
    known: set[str] = set()
    for address in addresses:
        manifest = stores.trees.manifest(address)
        for blob in manifest.files:
            if _is_table(blob.path) and blob.digest not in known:
                known.add(blob.digest)
                place = stores.trees.open(address) / blob.path
                counts[f"rows of {manifest.kind}"] += concerned(place, chosen)
    counts["texts of requests and comments"] = len(texts_of(stores.traffic, chosen.answers))
    counts["cases"] = len(cases_about(stores.ledger, chosen.answers))
    ids = {*chosen.answers, *chosen.records}
    counts["decisions in words"] = len(labels_about(stores.ledger, ids))
    return {name: number for name, number in sorted(counts.items()) if number}
