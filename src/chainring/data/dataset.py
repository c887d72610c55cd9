"""Step: records and labels become rows in splits, without duplicates across them.

Enters records, the corrections made of feedback, and labels; leaves a Dataset (tree of kind
`dataset`: `rows.parquet`, `dropped.jsonl`, `card.md`).

    data = dataset(records, corrections, labels, guard, work=work, settings=settings)
    data.splits            # {'train': 1700, 'validation': 220, 'test': 330, ...}

Which rows share a split is told in `chainring.data.groups`, which split that is in
`chainring.data.splits`, which label stands in `chainring.data.candidates`. `dropped.jsonl` names
the feedback of what was dropped, so that nothing a user said is ever unaccounted for.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Any

from chainring.contracts.codec import digest
from chainring.contracts.dataset import SPLITS, Dataset, Row, licences_in
from chainring.contracts.errors import InputError
from chainring.contracts.guard import Guard
from chainring.contracts.label import Label
from chainring.contracts.record import Record
from chainring.contracts.table import Table
from chainring.contracts.values import labels_in
from chainring.contracts.work import Work
from chainring.data.candidates import Candidate, joined
from chainring.data.card import card
from chainring.data.dropped import Dropped
from chainring.data.groups import grouped
from chainring.data.learnable import learnable
from chainring.data.permitted import permitted, permitted_where_placed
from chainring.data.quoting import without_quotes
from chainring.data.settings import DataSettings
from chainring.data.spread import far_line, spread
from chainring.data.summary import crowded, lines
from chainring.store.tables import read_table, write_rows


def dataset(
    records: Table[Record],
    corrections: Table[Record],
    labels: Table[Label],
    guard: Guard,
    *,
    work: Work,
    settings: DataSettings,
) -> Dataset:
    """Return the data set of a turn.

    Raises
    ------
    InputError
        When no label is accepted, or fewer than two labels have rows to train on.
    """
    trees, folder = work.trees, work.folder("dataset")
    with Dropped(folder) as dropped:
        found = joined(
            list(read_table(Record, trees.open(records.address))),
            list(read_table(Record, trees.open(corrections.address))),
            read_table(Label, trees.open(labels.address)),
            dropped,
            form=settings.facts.form,
        )
        candidates = list(permitted(found, guard, dropped))
        _require_labels(candidates, dropped.counts, settings)
        members = grouped(candidates, settings, work.secret, dropped)
        hint = crowded(members, settings)
        members = permitted_where_placed(members, guard, dropped)
        members = without_quotes(members, dropped, facts=settings.facts)
        members = learnable(members, settings, dropped)
        common: dict[str, Any] = {"weight": settings.feedback_weight, "says": settings.facts.says}
        rows = [
            one.candidate.row(split=one.split, group=one.group, **common)
            for one in permitted_where_placed(members, guard, dropped)
        ]
    _require_enough(rows, dropped.counts, settings, hint)
    write_rows(folder, rows)
    made = _facts(rows, work.app, dropped.counts, settings)
    (folder / "card.md").write_text(card(made, rows), encoding="utf-8")
    told = {one.candidate.record.id: one.candidate.record for one in members}
    far = (
        far_line([row for row in rows if row.target], told)
        if settings.facts.form == "number"
        else None
    )
    told_of = lines(made, rows, corrections.counts, test_share=settings.test_share)
    for sentence in (*told_of, *([far] if far else [])):
        work.say(sentence)
    return replace(made, address=trees.put(folder, kind="dataset"))


def _require_labels(
    candidates: Sequence[Candidate], counts: dict[str, int], settings: DataSettings
) -> None:
    barred = [f"{number} x {why}" for why, number in counts.items() if why.startswith("access")]
    if any(one.label for one in candidates):
        return
    says = settings.facts.says
    review = "run `chainring review`, which shows clusters of your texts to name"
    raise InputError(
        f"none of the {len(candidates)} records has an accepted {says}, so there is nothing to "
        f"train on. If the files hold {says}s, name their column under [data.columns]; otherwise "
        + (review if settings.task == "classification" else f"add rows with a {says}"),
        faults=barred,
    )


def _require_enough(
    rows: Iterable[Row], counts: dict[str, int], settings: DataSettings, hint: str
) -> None:
    """Raise where the training rows tell nothing apart."""
    facts = settings.facts
    values = {row.label or row.target for row in rows if row.split == "train"}
    found = sorted({label for value in values for label in labels_in(facts.form, value)})
    is_enough = {
        "one": len(found) >= 2,
        "several": bool(found) and len(values) >= 2,
        "tags": bool(found),
    }.get(facts.form, len(values) >= 2)
    if is_enough:
        return
    wanted = {
        "one": f"at least two labels with rows to train on are needed; found {found or 'none'}",
        "tags": "at least one kind of tag with rows to train on is needed; found none",
    }.get(
        facts.form,
        f"at least two different {facts.says}s to train on are needed; found {len(values)}",
    )
    add = "labelled rows" if facts.says == "label" else "rows with a target"
    raise InputError(
        f"{wanted}. {hint or f'Add {add}, or see whether [data.columns] names the right column'}",
        faults=[f"{number} x {reason}" for reason, number in counts.items()],
    )


def _facts(
    rows: Sequence[Row], app: str, counts: dict[str, int], settings: DataSettings
) -> Dataset:
    facts = settings.facts
    labelled = [row for row in rows if row.label or row.target]
    sizes = Counter(row.split for row in rows)
    learnt = [row for row in labelled if row.split in ("train", "validation")]
    named = (label for row in learnt for label in labels_in(facts.form, row.label or row.target))
    measured = [row for row in learnt if not row.feedback] or learnt  # users move no yardstick
    targets = [float(row.target) for row in measured if facts.form == "number"]
    return Dataset(
        app=app,
        address="",
        task=settings.task,
        labels=tuple(sorted(set(named))),
        languages=tuple(sorted({row.language for row in labelled})),
        splits={split: sizes[split] for split in SPLITS},
        suite=_digest(rows, "test", "holdout"),
        training=_digest(rows, "train", "validation"),
        licences=tuple(sorted({one for row in rows for one in licences_in(row.licence)})),
        counts=counts,
        spread=spread(targets),
        frozen=_digest(rows, "test") if sizes["test"] else "",
    )


def _digest(rows: Iterable[Row], *splits: str) -> str:
    chosen = [row for row in rows if row.split in splits]
    return digest(sorted(_told(row) for row in chosen), size=32)


def _told(row: Row) -> tuple[str | float, ...]:
    """Return what of a row teaches or judges; a row of one text says what it always said."""
    more = (row.pair, row.target) if row.pair or row.target else ()
    rejected = (row.rejected,) if row.rejected else ()
    return (row.id, row.text, row.label, row.weight, *more, *rejected)
